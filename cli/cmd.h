/*
 * Commands: a row in a table and one function each.
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include <stdio.h>

#include "cli/args.h"

struct call;

#define CMD_ANY ((size_t)-1) /* the command counts its words itself */

struct cmd {
	const char *group;
	const char *name;  /* NULL: the group is the command ("events") */
	const char *words; /* what stands for its words in help */
	const char *help;  /* one line */
	size_t nwords;	   /* exactly so many words, or CMD_ANY */
	bool pipes;	   /* answers one thing: JSON unless on a terminal */
	const struct args_option *options; /* its own; NULL: none */
	int (*run)(struct call *call);	   /* returns an exit code */
};

/* The command, or NULL.  name is NULL for a group that is one. */
const struct cmd *cmd_find(const char *group, const char *name);

/* The ith command in order of the table; NULL behind the last. */
const struct cmd *cmd_at(size_t i);

bool cmd_is_group(const char *group);

/* Help: for everything, for a group, for a command. */
void cmd_help(FILE *to);
void cmd_help_group(FILE *to, const char *group);
void cmd_help_one(FILE *to, const struct cmd *cmd);

#endif
