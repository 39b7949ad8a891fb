/*
 * Input mapping: what a step is given, made from what came before.
 */
#ifndef CORE_MAPPING_H
#define CORE_MAPPING_H

#include "core/buf.h"
#include "core/execution.h"
#include "core/job.h"

/*
 * Parse "<step>.artifacts.<path>", "<step>.result_data.<path>" or
 * "job.input_params.<path>" (the path may be left out).  A step may be called
 * "job": its name wins only with artifacts or result_data behind it.  Step
 * names with dots match the longest.  False with a cause in why.
 */
bool mapping_parse(const struct job *j, struct slice text, struct mapping *out,
    char why[120]);

/*
 * Sources that were parsed, so that steps which become ready together read
 * the same one once.  They borrow what `get` gave.
 */
struct mapping_sources;
struct mapping_sources *mapping_sources_new(void);
void mapping_sources_free(struct mapping_sources *s);

/* What mapping_input() reads from. */
struct mapping_context {
	const struct job *job;
	const struct step *steps; /* job->nsteps of them */
	struct ref created;	  /* the event that holds the job's input */
	/* A member of an event; its bytes live until the turn ends. */
	struct slice (*get)(void *arg, struct ref at, enum member m);
	void *arg;
	struct mapping_sources *sources; /* NULL: one call's own */
};

/* Bytes of one step's input: a mapping can multiply what it reads. */
#define MAPPING_INPUT_MAX (8u << 20)
/* Bytes parsed into one mapping_sources: they stand in memory many times. */
#define MAPPING_READ_MAX (32u << 20)

/*
 * Append step i's input_params as JSON to out, by the rules of the Restep
 * document: with a mapping, the mapped keys alone, null where the source is
 * missing; without, the job's input for a step that depends on nothing, the
 * artifacts of its one dependency, or of all of them merged in depends_on
 * order, later keys winning (what is no object is left out of a merge).
 * Values keep their bytes.  Without a mapping, a source that is missing
 * gives {}.  False when that would be over MAPPING_INPUT_MAX bytes, or need
 * more than MAPPING_READ_MAX parsed; what out got until then is of no use.
 */
bool mapping_input(const struct mapping_context *c, uint16_t i,
    struct buf *out);

#endif
