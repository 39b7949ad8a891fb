/*
 * Objects in storage, one at a time: core/object.h says what they are.  An
 * object of an execution that the asker may not see is missing.
 */
#ifndef HTTP_STORAGE_OBJECTS_H
#define HTTP_STORAGE_OBJECTS_H

struct request;

/*
 * PUT /api/v1/executions/{id}/storage/{route}/{stage}/{name} (1 to 255 bytes
 * each, no '/', neither . nor ..; id or unique name): the body, as it
 * is, of the Content-Type it has.  201, or 200 where it takes another's
 * place; 400 once the execution is over, 409 once its X-Attempt or claim
 * is.  Who claimed a step writes under its route and name alone.  Unlike a
 * report it is no sign of life.
 */
void storage_objects_put(struct request *r);

/*
 * GET /api/v1/storage/objects/executions/{id}/{route}/{stage}/{name}: the
 * bytes; 304 where If-None-Match is their ETag.  They are somebody's, and
 * never run as a page of this server.
 */
void storage_objects_get(struct request *r);

/* The same with /metadata behind it. */
void storage_objects_metadata(struct request *r);

#endif
