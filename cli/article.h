/*
 * The commands about articles: what completed executions have written.
 */
#ifndef CLI_ARTICLE_H
#define CLI_ARTICLE_H

#include "cli/args.h"

struct call;

extern const struct args_option article_list_options[];
extern const struct args_option article_edit_options[];

int article_list(struct call *call);
int article_get(struct call *call);
int article_publish(struct call *call);
int article_unpublish(struct call *call);
int article_edit(struct call *call);
int article_delete(struct call *call);

#endif
