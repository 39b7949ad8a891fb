/*
 * Handing commands to the engine; the files of the dialects make them.
 */
#include "http/submit.h"

#include "http/app.h"

/* Submit, and let the request wait. */
void
submit_cmd(struct request *r, struct cmd *c)
{
	c->tenant = r->auth.project;
	c->bytes = r->body.n;
	request_defer(r);
	engine_submit(r->app->engine, c);
}
