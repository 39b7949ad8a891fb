/*
 * Objects: what executions leave in storage.  A step's artifacts, its
 * checkpoints, and an execution's result are one each; EVENT_STORAGE, right
 * behind the event that has the bytes, names the object and says where they
 * are.  What somebody puts there has its bytes in EVENT_STORAGE itself.
 *
 *	executions/<id>/<route>/<stage>/artifacts.json	of a step, its stage
 *	executions/<id>/<route>/<stage>/checkpoint.json
 *	executions/<id>/_execution/result/result.json
 *	executions/<id>/<route>/<stage>/<name>		what was put there
 *
 * In a part of a key, '/', '%', '"', '\' and control bytes are %XX, so that
 * a key can be split, and stands in JSON as it is; so are the dots of a part
 * that is "." or "..", for keys become names of files.
 */
#ifndef CORE_OBJECT_H
#define CORE_OBJECT_H

#include "core/event.h"
#include "core/job.h"

struct object {
	struct slice key, content_type; /* borrowed */
	uint64_t size;			/* bytes */
	struct ref at;			/* the event that has them, */
	enum member member;		/* as this member */
};

/* What keys begin with. */
#define OBJECT_ROOT "executions/"

/* A part of a key, as it is put, is so long in bytes at most. */
#define OBJECT_PART_MAX 255

/* A key's parts, borrowed; path is all behind "executions/<id>/". */
struct object_parts {
	struct slice id, path, route, stage, name;
};

/* What somebody puts into storage; all borrowed. */
struct object_put {
	struct slice key, content_type, bytes;
};

/* The member of ev that is an object's bytes; 0: it has none. */
enum member object_member(const struct journal_event *ev);

/* Append the key of the object that ev of an execution of job has. */
void object_key(const struct job *job, const struct journal_event *ev,
    struct buf *out);

/* Append the key of what is put there as these: route, stage and name. */
void object_key_put(const struct uuid *id, const struct slice part[3],
    struct buf *out);

/* Append what the keys of a step's objects begin with, '/' included. */
void object_key_step(const struct uuid *id, const struct job_step *step,
    struct buf *out);

/* What is wrong with a part or a content type of something put; NULL: none. */
const char *object_check_part(struct slice part);
const char *object_check_type(struct slice type);

/* MEMBER_OBJECT: size u64, seq u64, member u8. */
#define OBJECT_PLACE 17
void object_place(const struct object *o, struct buf *out);

/* Read EVENT_STORAGE; false when it is damaged. */
bool object_read(const struct journal_event *ev, struct object *out);

/* Split a key; false when it is none. */
bool object_split(struct slice key, struct object_parts *out);

#endif
