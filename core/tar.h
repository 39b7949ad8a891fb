/*
 * The tar format, as far as it takes to write files: POSIX ustar, with a pax
 * header before a file whose path does not fit or is not ASCII.
 */
#ifndef CORE_TAR_H
#define CORE_TAR_H

#include "core/buf.h"

#define TAR_BLOCK 512

struct tar_file {
	struct slice path; /* no '/' at either end */
	uint64_t size;	   /* bytes, under 8 GiB */
	int64_t time;	   /* s since 1970 */
};

/* Append what stands before a file's bytes. */
void tar_add_header(struct buf *out, const struct tar_file *f);

/* Append what stands behind that many bytes of a file. */
void tar_add_padding(struct buf *out, uint64_t size);

/* Append the end of an archive. */
void tar_add_end(struct buf *out);

#endif
