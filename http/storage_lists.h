/*
 * Which objects there are.  Who is bound to a project sees those of its
 * executions alone.
 */
#ifndef HTTP_STORAGE_LISTS_H
#define HTTP_STORAGE_LISTS_H

struct request;

/*
 * GET /api/v1/storage/objects: in the order of their keys, from cursor= on or
 * without the first offset=; prefix=, and delimiter=, up to which those that
 * begin alike behind the prefix are one of common_prefixes.
 */
void storage_lists_objects(struct request *r);

/* GET /api/v1/storage/browse: what is right in the folder path=. */
void storage_lists_browse(struct request *r);

#endif
