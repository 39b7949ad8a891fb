/*
 * Giving back: a command that nobody waits for.
 */
#include "http/give_back.h"

#include <stdlib.h>

#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"

/* Nobody is told. */
static void
on_answer(struct cmd *c, const struct outcome *o)
{
	(void)c;
	(void)o;
}

/* Where the disk did not take it, the lease ends by itself. */
static void
on_settled(struct cmd *c, int rc)
{
	(void)rc;
	free(c);
}

/* Note what was handed out. */
struct handed
handed_of(const struct outcome *o)
{
	return (struct handed){o->x->id, o->fence};
}

/* Give it back. */
void
give_back(struct app *app, const struct handed *h)
{
	struct cmd *c = mem_zalloc(sizeof *c);

	c->kind = CMD_GIVE_BACK;
	c->answer = on_answer;
	c->settled = on_settled;
	c->id = h->id;
	c->fence = h->fence;
	engine_submit(app->engine, c);
}
