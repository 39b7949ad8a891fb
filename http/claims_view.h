/*
 * What a worker is handed: one element of a claim's answer.
 */
#ifndef HTTP_CLAIMS_VIEW_H
#define HTTP_CLAIMS_VIEW_H

#include "core/jsonw.h"
#include "engine/cmd.h"

struct app;

/* Draw what o says was claimed, as an object. */
void claims_view(struct jsonw *w, const struct app *app,
    const struct outcome *o);

#endif
