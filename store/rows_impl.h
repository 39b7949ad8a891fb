/*
 * What rows_*.c and check.c share: the index rows that follow from a row.
 */
#ifndef STORE_ROWS_IMPL_H
#define STORE_ROWS_IMPL_H

#include "store/internal.h"
#include "store/schema.h"

#define ROWS_ID sizeof(struct uuid)
/* facet ‖ label ‖ 0 ‖ id, the longest. */
#define ROWS_KEY_MAX (1 + SCHEMA_LABEL_MAX + 1 + ROWS_ID)

struct rows_key {
	uint8_t b[ROWS_KEY_MAX];
	size_t n;
};

/* The key of a row, of a step. */
struct rows_key rows_key_row(const struct uuid *id);
struct rows_key rows_key_step(const struct uuid *id, uint16_t index);
struct rows_key rows_key_number(uint64_t number);
struct rows_key rows_key_timer(int64_t deadline, enum timer timer,
    const struct uuid *id);

/* facet ‖ value: a counter's key, and what index keys begin with. */
struct rows_key rows_key_all(void);
struct rows_key rows_key_status(enum status s);
struct rows_key rows_key_job(const struct uuid *job);
struct rows_key rows_key_job_status(const struct uuid *job, enum status s);
struct rows_key rows_key_project(uint64_t project);
struct rows_key rows_key_project_status(uint64_t project, enum status s);
struct rows_key rows_key_project_job(uint64_t project, const struct uuid *job);
struct rows_key rows_key_project_job_status(uint64_t project,
    const struct uuid *job, enum status s);
struct rows_key rows_key_category(enum category c);
struct rows_key rows_key_category_status(enum category c, enum status s);
struct rows_key rows_key_maker(const struct uuid *key);
struct rows_key rows_key_parent(const struct uuid *parent);
struct rows_key rows_key_lane(const struct uuid *job, uint64_t lane);
/* A longer label than SCHEMA_LABEL_MAX is cut. */
struct rows_key rows_key_label(struct slice label);

/* The index key of id under facet ‖ value. */
struct rows_key rows_key_index(const struct rows_key *facet,
    const struct uuid *id);

struct slice rows_key_slice(const struct rows_key *k);

/*
 * The facets of a row, labels and number apart, in an order that depends on
 * what never changes alone; but the lane's is there while a worker holds the
 * execution, and the last, the maker's, while it is active.  Returns how many.
 */
#define ROWS_FACETS_MAX 12
unsigned rows_facets(const struct execution *x,
    struct rows_key out[ROWS_FACETS_MAX]);

/* A set of labels: "key:value" each, none twice. */
struct rows_labels {
	struct buf text;
	struct rows_label {
		size_t at, n; /* in text */
	} * labels;
	unsigned count, cap;
};

/*
 * The labels that tags are, copied.  What is no set of labels, or too long to
 * be one, is damage; false then.
 */
bool rows_labels_read(struct store_txn *t, const struct brief *tags,
    struct rows_labels *out);
bool rows_labels_have(const struct rows_labels *l, struct slice label);
struct slice rows_labels_at(const struct rows_labels *l, unsigned i);
void rows_labels_free(struct rows_labels *l);

/* Move the index rows of labels from one set to another. */
void rows_labels_move(struct store_txn *t, const struct uuid *id,
    const struct brief *from, const struct brief *to);

/* Add or remove an index row together with its count. */
void rows_index_add(struct store_txn *t, const struct rows_key *facet,
    const struct uuid *id);
void rows_index_remove(struct store_txn *t, const struct rows_key *facet,
    const struct uuid *id);

/* Move the timers that differ; old is NULL for a new row. */
void rows_timers_move(struct store_txn *t, const struct execution *old,
    const struct execution *x);

#endif
