/*
 * The server about itself, and the test's clock.
 */
#ifndef HTTP_MISC_H
#define HTTP_MISC_H

struct request;

void misc_health(struct request *r);
void misc_server(struct request *r);
void misc_clock(struct request *r);

#endif
