/*
 * Reading YAML as JSON, through libyaml.
 *
 * One document.  Plain scalars are typed by YAML 1.2's core schema as far as
 * JSON has the type: null, true, false and numbers written as JSON writes
 * them; all else is a string.  Keys are strings as they stand.  Aliases are
 * written out.  What json_parse() refuses is refused here, too.
 */
#ifndef CORE_YAML_H
#define CORE_YAML_H

#include "core/buf.h"
#include "core/json.h"

#define YAML_JSON_MAX (4u << 20) /* bytes of JSON, aliases written out */

struct yaml_error {
	unsigned line, column; /* from 1; 0: not known */
	char text[160];
};

/*
 * Append text as compact JSON to json, which must be empty, and give the
 * document that borrows it; owned.  NULL with *err filled.
 */
struct json *yaml_parse(struct slice text, struct buf *json,
    struct yaml_error *err);

#endif
