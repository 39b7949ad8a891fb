/*
 * Drawing what a worker is handed: the execution, what of it is to be done,
 * and the token to report with.
 */
#include "http/claims_view.h"

#include "core/log.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/draw.h"
#include "http/restep_view.h"
#include "http/token.h"

/* The steps to do: the one that was claimed, or all that are ready. */
static void
write_steps(struct jsonw *w, const struct restep_view *v,
    const struct outcome *o)
{
	unsigned i;

	jsonw_key(w, "steps");
	jsonw_array(w);
	for (i = 0; i < o->x->nsteps; i++)
		if (o->fence.of_step ? i == o->fence.step
				     : o->steps[i].status == STEP_READY)
			restep_view_step(w, v, &o->steps[i]);
	jsonw_end(w);
}

static void
write_token(struct jsonw *w, const struct app *app, const struct outcome *o)
{
	const struct token t = {.id = o->x->id, .fence = o->fence};
	char text[TOKEN_TEXT + 1];

	token_write(app->store, &t, text);
	draw_cstr(w, "token", text);
}

/* Draw it. */
void
claims_view(struct jsonw *w, const struct app *app, const struct outcome *o)
{
	struct restep_view v = {.txn = o->txn,
	    .engine = app->engine,
	    .x = o->x,
	    .job = o->job};
	const struct fence *f = &o->fence;

	INVARIANT(o->steps != NULL);
	v.last_word = engine_last_word(app->engine, o->x);
	jsonw_object(w);
	jsonw_key(w, "execution");
	restep_view_execution(w, &v);
	write_steps(w, &v, o);
	if (f->of_step) {
		jsonw_key(w, "step_id");
		jsonw_uuid(w, &o->steps[f->step].id);
	}
	draw_u64(w, "attempt", f->attempt);
	write_token(w, app, o);
	draw_millis(w, "lease_expires_at", o->lease_due);
	jsonw_end(w);
}
