/*
 * An archive made files of in a folder, by tar(1): all of it or nothing.
 */
#ifndef CLI_UNPACK_H
#define CLI_UNPACK_H

#include "core/slice.h"

struct unpack;

/*
 * Start to unpack into folder (borrowed), which is made when it is not
 * there.  interrupt_watch() came before.  NULL, with a remark, on failure.
 */
struct unpack *unpack_new(const char *folder);

/* Hand on what comes of the archive.  False: tar takes no more of it. */
bool unpack_write(struct unpack *u, struct slice bytes);

/*
 * That was all of it: give the files their place, and count them.  False,
 * with a remark unless a signal came, when the archive is not whole or not
 * as it should be.
 */
bool unpack_keep(struct unpack *u, uint64_t *files);

/* End what still goes on, remove what was not kept, and free it. */
void unpack_free(struct unpack *u);

#endif
