/*
 * Tags as options: --tag env=prod.
 */
#ifndef CLI_TAG_H
#define CLI_TAG_H

#include "core/jsonw.h"

#include "cli/args.h"

/*
 * Write all --tag options as one JSON object.  False, with a remark, when
 * one is no key=value or its key was there before.
 */
bool tag_write(const struct args *a, struct jsonw *w);

/*
 * Append each --tag as a parameter tag=key:value of a query; all must hold.
 * False, with a remark, when one is no key=value.
 */
bool tag_query(const struct args *a, struct buf *target);

#endif
