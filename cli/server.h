/*
 * The commands about the server itself.
 */
#ifndef CLI_SERVER_H
#define CLI_SERVER_H

struct call;

int server_status(struct call *call);

#endif
