/*
 * Checking configs here, without a server: tidewire config validate.
 */
#ifndef CLI_CONFIG_CHECK_H
#define CLI_CONFIG_CHECK_H

#include "core/buf.h"
#include "core/json.h"

struct call;

/*
 * Check a config's text and append the report, as JSON in the server's form.
 * True when it can run.
 */
bool config_check_text(struct slice yaml, struct buf *report);

/* Print the issues of such a report as a table. */
void config_check_show(const struct json_node *report);

int config_validate(struct call *call);

#endif
