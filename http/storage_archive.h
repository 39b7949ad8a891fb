/*
 * All objects of an execution in one file.
 */
#ifndef HTTP_STORAGE_ARCHIVE_H
#define HTTP_STORAGE_ARCHIVE_H

struct request;

/*
 * GET /api/v1/executions/{id}/archive.tar: each object as <route>/<stage>/
 * <name>, in the order of their keys, with its time.  It is made while it is
 * sent: each object is whole, and as it is when its turn comes.
 */
void storage_archive(struct request *r);

#endif
