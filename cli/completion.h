/*
 * tidewire completion: scripts for shells, made from the table of commands.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

struct call;

int completion_command(struct call *call);

#endif
