/*
 * Articles: what a completed execution has written.  Found in the result it
 * completed with, edited and published afterwards.
 *
 * Pure.  Text and lists stay in the journal as they were sent; an article's
 * row points at the JSON object there: an event, its member, and the range
 * of bytes within that.
 */
#ifndef CORE_ARTICLE_H
#define CORE_ARTICLE_H

#include "core/buf.h"
#include "core/event.h"
#include "core/json.h"
#include "core/uuid.h"

/* Stored: append, never renumber. */
enum article_status {
	ARTICLE_DELETED = 0, /* in events alone: its row is gone */
	ARTICLE_DRAFT = 1,
	ARTICLE_PUBLISHED = 2,
	ARTICLE_ARCHIVED = 3
};
#define ARTICLE_STATUS_COUNT 4 /* one over the largest */

#define ARTICLE_MAX 1000 /* that one result may hold; later ones are not kept */

struct article_body {
	struct ref at;	    /* the event that has it */
	enum member member; /* MEMBER_RESULT or MEMBER_ARTICLE */
	uint32_t from, n;   /* bytes within the member */
};

/* All times in ms since 1970, 0 = not (yet). */
struct article {
	struct uuid id;
	uint64_t number; /* ascending, never given twice */
	struct uuid execution;
	uint64_t project; /* the execution's */
	enum article_status status;
	int64_t created_at, updated_at;
	int64_t published_at; /* stays when it is no longer published */
	struct article_body body;
};

/* "draft", "published", "archived"; NULL for deleted, which is no word. */
const char *article_status_name(enum article_status s);
bool article_status_parse(struct slice s, enum article_status *out);

/* ---- found in a result ---- */

struct article_found {
	uint32_t from[ARTICLE_MAX], n[ARTICLE_MAX]; /* ranges in the result */
	unsigned count;
	uint64_t post; /* blog_post_id, as the worker said; 0: it did not */
};

/*
 * Look through result_data (well-formed JSON): the elements of its member
 * `articles`, then `article`, that are objects with a text as title or
 * content; and its integer `blog_post_id` from 1.
 */
void article_find(struct slice result, struct article_found *out);

/*
 * MEMBER_ARTICLES of the event by which an execution completed: u64 post (the
 * first article's number, or else found.post), u64 the seq of the event with
 * the result, u64 the first article's number; then each article, in order:
 * uuid id, u32 from, u32 n.
 */
struct article_made {
	uint64_t post, result, number;
	struct slice list; /* borrowed */
};
#define ARTICLE_MADE 24	 /* bytes before the list */
#define ARTICLE_ENTRY 24 /* bytes of an entry */

/* Read the member; false when ev has none or it is damaged. */
bool article_made_read(const struct journal_event *ev,
    struct article_made *out);
unsigned article_made_count(const struct article_made *m);

/* The i-th article that ev made; its project is the caller's to set. */
struct article article_made_at(const struct journal_event *ev,
    const struct article_made *m, unsigned i);

/* ---- changed ---- */

/* An edit, as asked for; texts and JSON are borrowed. */
#define ARTICLE_MEMBERS 8
#define ARTICLE_TEXTS 5 /* the first members are texts, the others lists */
struct article_edit {
	struct slice member[ARTICLE_MEMBERS]; /* raw JSON; p NULL: unchanged */
	enum article_status status;	      /* DELETED: unchanged */
};

/* The names of the members, in that order: "title", "content", ... */
extern const char *const article_members[ARTICLE_MEMBERS];

/*
 * Read an edit.  NULL, or the name of the member at fault with what it must
 * be in *why.  Unknown members are ignored, null is the same as absent.
 */
const char *article_edit_read(const struct json_node *body,
    struct article_edit *out, const char **why);
bool article_edit_has_members(const struct article_edit *e);

/* Append old (a JSON object) with the edit's members in their place. */
void article_edit_apply(const struct article_edit *e, struct slice old,
    struct buf *out);

/*
 * Apply EVENT_ARTICLE (MEMBER_ARTICLE_ID, and MEMBER_ARTICLE when the text
 * changed): the one place where a status or a publication time is assigned.
 */
void article_apply(const struct journal_event *ev, struct article *a);

/* True when the event is about that article. */
bool article_is_about(const struct journal_event *ev, const struct uuid *id);

/* ---- stored ---- */

/*
 * The stored row, 75 bytes, all integers big-endian:
 *
 *	  0	u8	version, 1
 *	  1	u64	number
 *	  9	uuid	execution
 *	 25	u64	project
 *	 33	u8	status, 1-3
 *	 34	u64 x 3	created_at, updated_at, published_at; under 2^63
 *	 58	u64	the seq of body
 *	 66	u8	its member, 4 or 24
 *	 67	u32 x 2	from, n
 */
#define ARTICLE_ROW 75
void article_encode(const struct article *a, uint8_t out[ARTICLE_ROW]);

/* All but the id, which is the key; false when damaged or newer. */
bool article_decode(struct slice bytes, struct article *out);

#endif
