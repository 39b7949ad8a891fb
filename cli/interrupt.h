/*
 * Ctrl-C while something must still be tidied up: the live line.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

/* From now on SIGINT and SIGTERM are noted and no longer end the program. */
void interrupt_watch(void);

/* The signal that came, or 0. */
int interrupt_seen(void);

#endif
