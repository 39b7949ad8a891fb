/*
 * Work that was handed out and did not reach anybody goes back.
 */
#ifndef HTTP_GIVE_BACK_H
#define HTTP_GIVE_BACK_H

#include "core/lifecycle.h"
#include "engine/cmd.h"

struct app;

/* What was handed out. */
struct handed {
	struct uuid id; /* of the execution */
	struct fence fence;
};

/* What an answer to CMD_CLAIM handed out. */
struct handed handed_of(const struct outcome *o);

/* Submit that it goes back: in its old place, with the same attempt. */
void give_back(struct app *app, const struct handed *h);

#endif
