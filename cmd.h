/*
 * tidewired's own commands beside serving.  argv[0] is the command's name.
 */
#ifndef CMD_H
#define CMD_H

/*
 * check --data DIR: read a whole store and say what does not agree.  Returns
 * the exit status: 0 consistent, 1 findings, 2 could not be looked at.
 */
int cmd_check(int argc, char **argv);

/*
 * backup --data DIR FILE: write a copy while a server runs.  Returns the exit
 * status: 0 done, 1 failed, 2 bad arguments or no store.
 */
int cmd_backup(int argc, char **argv);

/*
 * rebuild --data DIR NEWDIR: make a store again from the journal of one.
 * Returns the exit status: 0 done, 1 failed, 2 bad arguments or no store.
 */
int cmd_rebuild(int argc, char **argv);

/*
 * The folder that --data names, or the usual one, where exactly so many words
 * follow: argv[optind] is the first.  NULL when the command line is wrong.
 */
const char *cmd_data(int argc, char **argv, int words);

/* From now on, a store's file that is cut short ends the process politely. */
void cmd_catch_bus(void);

#endif
