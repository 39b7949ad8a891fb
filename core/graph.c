/*
 * Walks over depends_on.  core/definition_read.c asks before a job is
 * accepted, core/lifecycle.c while it runs.
 */
#include "core/graph.h"

#include "core/log.h"

/* A step being walked, and which of its dependencies comes next. */
struct visit {
	uint16_t step, next;
};

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

/* Walk depth first from a step; false when the walk meets itself at *at. */
static bool
walk(const struct job *j, uint16_t from, enum mark *marks, uint16_t *at)
{
	struct visit stack[JOB_STEPS_MAX];
	unsigned depth = 0;

	stack[depth++] = (struct visit){from, 0};
	marks[from] = MARK_OPEN;
	while (depth > 0) {
		struct visit *v = &stack[depth - 1];
		const struct job_step *s = &j->steps[v->step];

		if (v->next == s->ndepends) {
			marks[v->step] = MARK_DONE;
			depth--;
			continue;
		}
		*at = s->depends[v->next++];
		if (marks[*at] == MARK_OPEN)
			return false;
		if (marks[*at] == MARK_DONE)
			continue;
		marks[*at] = MARK_OPEN;
		stack[depth++] = (struct visit){*at, 0};
	}
	return true;
}

/* Walk from every step not yet seen. */
bool
graph_is_acyclic(const struct job *j, uint16_t *at)
{
	enum mark marks[JOB_STEPS_MAX] = {MARK_NEW};

	INVARIANT(j->nsteps <= JOB_STEPS_MAX);
	for (uint16_t i = 0; i < j->nsteps; i++) {
		if (marks[i] == MARK_NEW && !walk(j, i, marks, at))
			return false;
	}
	return true;
}

/* Collect what `of` waits for, then what that waits for, and so on. */
void
graph_upstream(const struct job *j, uint16_t of, bool out[JOB_STEPS_MAX])
{
	uint16_t queue[JOB_STEPS_MAX + 1];
	unsigned head = 0, tail = 0;

	INVARIANT(j->nsteps <= JOB_STEPS_MAX && of < j->nsteps);
	memset(out, 0, JOB_STEPS_MAX * sizeof(*out));
	queue[tail++] = of;
	while (head < tail) {
		const struct job_step *s = &j->steps[queue[head++]];

		for (unsigned i = 0; i < s->ndepends; i++) {
			if (out[s->depends[i]])
				continue;
			out[s->depends[i]] = true;
			queue[tail++] = s->depends[i];
		}
	}
}

/* Find what step i still waits for. */
int
graph_unmet(const struct job *j, const struct step *steps, uint16_t i)
{
	const struct job_step *s = &j->steps[i];

	for (unsigned k = 0; k < s->ndepends; k++) {
		enum step_status on = steps[s->depends[k]].status;

		if (on != STEP_COMPLETED && on != STEP_SKIPPED)
			return s->depends[k];
	}
	return -1;
}
