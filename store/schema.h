/*
 * What is on disk, byte by byte.
 *
 * The store is one LMDB environment in the data folder: data.mdb, lock.mdb.
 * All integers are big-endian, so that key order is meaning.  A UUID is its
 * 16 bytes.  "id" below is an execution's UUID unless said otherwise; ids are
 * version 7 and ascend in order of creation; so are and do those of articles.
 *
 * The truth is the journal.  Every other table is a view of it that is kept
 * up in the same transaction; payload bytes are in the journal, and a row
 * points at them by seq.
 *
 * table        key                                value
 * -----        ---                                -----
 * journal      seq u64                            an event: core/event.h
 * executions   id ‖ 1 ‖ seq u64                   empty: a milestone, every
 *                                                 32nd event of the execution.
 *                                                 Each event names the one
 *                                                 before it, the row names the
 *                                                 last: milestones are where
 *                                                 reading upward may start
 *              id ‖ 2 ‖ index u16                 a step: core/execution.h
 *              id ‖ 3                             the row: core/execution.h
 *              One table, so that the row and the steps stand on one page
 *              and a report dirties one leaf.
 * index        facet u8 ‖ value ‖ id              empty
 *              'n' number u64                     value: the id (key ends
 *                                                 behind the number); all
 *                                                 executions by age
 *              's' status u8 ‖ id                 by status
 *              'j' job uuid ‖ id                  by job
 *              'J' job uuid ‖ status u8 ‖ id      by job and status
 *              'p' project u64 ‖ id               by project, not 0
 *              'P' project u64 ‖ status u8 ‖ id
 *              'x' project u64 ‖ job uuid ‖ id    by project, not 0, and job
 *              'X' project u64 ‖ job uuid ‖ status u8 ‖ id
 *              'c' category u8 ‖ id               by category, not 0
 *              'C' category u8 ‖ status u8 ‖ id
 *              'k' key uuid ‖ id                  the active ones that a key
 *                                                 made and is counted for
 *              'l' job uuid ‖ lane u64 ‖ id       those of a concurrency key
 *                                                 that are held by a worker
 *              'q' parent uuid ‖ id               replays of a parent
 *              't' label ‖ 0 ‖ id                 by label: "key:value", its
 *                                                 first 320 bytes, no NUL
 *              'A' ‖ article                      all articles by age
 *              'B' status u8 ‖ article            by publication status
 *              'D' project u64 ‖ article          by project, not 0
 *              'E' project u64 ‖ status u8 ‖ article
 *              'F' id ‖ article                   by execution
 * counters     facet u8 ‖ value                   u64: how many executions, or
 *                                                 articles
 *              'a'                                all executions
 *              all others but 'n'                 with values as in index; no
 *                                                 row where it would be 0
 * articles     article                            core/article.h
 * objects      the key of an object               its last write: version u8
 *              (core/object.h); over 480 bytes:   = 1, seq u64 of that
 *              the first 463, 0xff and            EVENT_STORAGE, size u64,
 *              slice_digest() of all, 2 u64       created u64, length u8 and
 *                                                 content type; then the key,
 *                                                 where it is not all here
 * timers       deadline u64 ‖ timer u8 ‖ id       empty; enum timer
 * jobs         id                                 version u8 = 1, current
 *                                                 u32, created u64, updated
 *                                                 u64, deleted u8, project
 *                                                 u64, name
 *              id ‖ version u32                   created u64, definition
 *                                                 JSON; never changes
 * job_names    the name's first 480 bytes         ids of the live jobs whose
 *                                                 name begins so: one, but
 *                                                 for very long names
 * idempotency  scope u8 ‖ tenant u64 ‖            ids of the executions made
 *              [job uuid, where the scope is      with it: one, unless long
 *              an operation's] ‖ key text; over   keys meet in their digest
 *              400 bytes: the first 384 and
 *              slice_digest() of all, 2 u64
 * names        name ‖ 0 ‖ project u64             id: the execution of that
 *                                                 unique name (at most 480
 *                                                 bytes, no NUL) in a project
 * keys         SHA-256 of the key                 version u8 = 1, id 16,
 *                                                 scope u8, project u64,
 *                                                 created u64, name
 * ready        job uuid ‖ kind u8 ‖ project u64 ‖ id: what waits for a worker,
 *              lane u64 ‖ 9 - priority u8 ‖       in the order in which it is
 *              since u64 ‖ number u64             to get one: store/ready.h
 *              [‖ step u16]
 * pauses       'j' ‖ job uuid                     since u64 ‖ the same uuid
 *              'q' ‖ a queue's name; over 480     since u64 ‖ the name
 *              bytes: the first 464 and its
 *              digest, 2 u64
 * meta         "schema"                           u32: SCHEMA_VERSION
 *              "epoch"                            8 random bytes, made with
 *                                                 the store, anew when a
 *                                                 backup is restored
 *              "secret"                           32 random bytes, made with
 *                                                 the store and kept in its
 *                                                 copies: what it signs with
 *              "clean"                            u8: 1 after an orderly stop
 *              "seq"                              u64: the last seq given
 *              "number"                           u64: the last number given
 *              "article"                          u64: the last one given to an
 *                                                 article
 *              "boots"                            u64: times opened to serve
 *              "copied"                           u8: 1 in a backup, until it
 *                                                 is opened to serve and gets
 *                                                 its own epoch
 *
 * To change an event: give it a new version byte, read both, write the new.
 * To change any other table: raise SCHEMA_VERSION.  Nothing is changed in
 * place: `tidewired rebuild` makes a store of this schema from the journal of
 * an older one, which stays as it was.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#define SCHEMA_VERSION 3
#define SCHEMA_JOURNAL 2 /* the oldest whose journal we read */

#define SCHEMA_EVENT_KEY 1
#define SCHEMA_EVENT_STRIDE 32
#define SCHEMA_STEP_KEY 2
#define SCHEMA_ROW_KEY 3

/* What index keys and counters begin with. */
enum facet {
	FACET_ALL = 'a',
	FACET_NUMBER = 'n',
	FACET_STATUS = 's',
	FACET_JOB = 'j',
	FACET_JOB_STATUS = 'J',
	FACET_PROJECT = 'p',
	FACET_PROJECT_STATUS = 'P',
	FACET_PROJECT_JOB = 'x',
	FACET_PROJECT_JOB_STATUS = 'X',
	FACET_CATEGORY = 'c',
	FACET_CATEGORY_STATUS = 'C',
	FACET_KEY = 'k',
	FACET_LANE = 'l',
	FACET_PARENT = 'q',
	FACET_LABEL = 't',
	FACET_ARTICLE = 'A',
	FACET_ARTICLE_STATUS = 'B',
	FACET_ARTICLE_PROJECT = 'D',
	FACET_ARTICLE_PROJECT_STATUS = 'E',
	FACET_ARTICLE_EXECUTION = 'F'
};

#define SCHEMA_LABEL_MAX 320
#define SCHEMA_NAME_MAX 480 /* of a job's or an execution's name in a key */
#define SCHEMA_IDEMPOTENCY_MAX 400
#define SCHEMA_OBJECT_MAX 480
#define SCHEMA_OBJECT_CUT 463 /* of a longer one */

#endif
