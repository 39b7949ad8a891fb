/*
 * A cursor as text: "<epoch>-<seq>", the id of every event, or a bare seq.
 */
#ifndef SSE_CURSOR_H
#define SSE_CURSOR_H

#include "core/slice.h"

/*
 * Read text.  False when it is no cursor of this epoch (16 hex digits):
 * malformed, or of another life of the store.
 */
bool cursor_parse(struct slice text, const char *epoch, uint64_t *seq);

#endif
