/*
 * Streams of what is written to storage, one event for each write.  All take
 * stage= and path= (what these begin with), extension= (a comma list),
 * timeout=, and a cursor.
 */
#ifndef HTTP_STORAGE_STREAMS_H
#define HTTP_STORAGE_STREAMS_H

struct request;

/* GET /storage-stream: of every execution. */
void storage_streams_all(struct request *r);

/* GET /api/v1/executions/{id}/storage-stream: until it ends; keep_open=. */
void storage_streams_execution(struct request *r);

/*
 * GET /api/v1/storage/events: of each execution_id= (repeated; ids or unique
 * names), until all have ended; keep_open=.
 */
void storage_streams_several(struct request *r);

#endif
