/*
 * What articles.c and check*.c share: the index rows of an article.
 */
#ifndef STORE_ARTICLES_IMPL_H
#define STORE_ARTICLES_IMPL_H

#include "core/wire.h"
#include "store/articles.h"
#include "store/counters.h"
#include "store/rows_impl.h"
#include "store/table.h"

#define ARTICLES_FACETS_MAX 5
unsigned articles_facets(const struct article *a,
    struct rows_key out[ARTICLES_FACETS_MAX]);

#endif
