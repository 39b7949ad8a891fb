/*
 * tidewire execution why: what an execution waits for.
 */
#ifndef CLI_WHY_H
#define CLI_WHY_H

struct call;

int why_command(struct call *call);

#endif
