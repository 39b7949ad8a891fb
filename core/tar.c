/*
 * Writing tar headers.  http/storage_archive.c sends them between objects.
 */
#include "core/tar.h"

#include <stdio.h>

#include "core/log.h"

#define PREFIX_LEN 155
#define NAME_LEN 100
#define SIZE_LIMIT (UINT64_C(1) << 33) /* 11 octal digits */

/* One header; each field is filled, so none needs a NUL but by its rule. */
struct ustar {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], time[12];
	char sum[8];
	char type;
	char link[100];
	char magic[6], version[2];
	char user[32], group[32];
	char major[8], minor[8];
	char prefix[155];
	char rest[12];
};

_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a header is a block");

/* Write octal digits and a NUL into a field of n bytes. */
static void
put_octal(char *field, size_t n, uint64_t v)
{
	field[--n] = '\0';
	while (n-- > 0) {
		field[n] = (char)('0' + (v & 7));
		v >>= 3;
	}
}

static void
put_text(char *field, size_t size, struct slice s)
{
	memcpy(field, s.p, s.n < size ? s.n : size);
}

/* The sum of all bytes, its own field taken as spaces. */
static void
put_sum(struct ustar *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->sum, ' ', sizeof(h->sum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += p[i];
	put_octal(h->sum, 7, sum);
}

/* A header of that type, all but the path. */
static struct ustar
make(char type, uint64_t size, int64_t time)
{
	struct ustar h = {.type = type,
	    .magic = {'u', 's', 't', 'a', 'r', '\0'},
	    .version = {'0', '0'}};

	INVARIANT(size < SIZE_LIMIT);
	put_octal(h.mode, sizeof(h.mode), 0644);
	put_octal(h.uid, sizeof(h.uid), 0);
	put_octal(h.gid, sizeof(h.gid), 0);
	put_octal(h.size, sizeof(h.size), size);
	put_octal(h.time, sizeof(h.time), time > 0 ? (uint64_t)time : 0);
	put_octal(h.major, sizeof(h.major), 0);
	put_octal(h.minor, sizeof(h.minor), 0);
	return h;
}

/* Append a header. */
static void
add(struct buf *out, struct ustar *h)
{
	put_sum(h);
	buf_add(out, h, sizeof(*h));
}

/*
 * Where a path is cut in two, so that both parts have room: the offset of a
 * '/', 0 when there is no need, or path.n when there is no such place.
 */
static size_t
split(struct slice path)
{
	size_t i;

	if (path.n <= NAME_LEN)
		return 0;
	for (i = path.n - NAME_LEN - 1; i <= PREFIX_LEN && i < path.n; i++)
		if (i > 0 && path.p[i] == '/')
			return i;
	return path.n;
}

static bool
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > 0x7e)
			return false;
	return true;
}

/* "LENGTH path=PATH\n", where the length counts its own digits too. */
static void
add_record(struct buf *out, struct slice path)
{
	size_t rest = path.n + sizeof(" path=\n") - 1, n = rest + 1;
	size_t start = out->len;
	char digits[24];

	while (rest + (size_t)snprintf(digits, sizeof(digits), "%zu", n) != n)
		n++;
	buf_add_str(out, digits);
	buf_add_str(out, " path=");
	buf_add_slice(out, path);
	buf_add_byte(out, '\n');
	INVARIANT(out->len - start == n);
}

/* Append a file that says the path of the next one. */
static void
add_pax(struct buf *out, const struct tar_file *f)
{
	struct buf record = {0};
	struct ustar h;

	add_record(&record, f->path);
	h = make('x', record.len, f->time);
	put_text(h.name, sizeof(h.name), SLICE("PaxHeaders/path"));
	add(out, &h);
	buf_add(out, record.p, record.len);
	tar_add_padding(out, record.len);
	buf_free(&record);
}

/* Append a file's header. */
void
tar_add_header(struct buf *out, const struct tar_file *f)
{
	struct ustar h = make('0', f->size, f->time);
	struct slice name = f->path;
	size_t cut = split(f->path);

	if (cut == f->path.n || !is_ascii(f->path)) {
		add_pax(out, f);
	} else if (cut > 0) {
		put_text(h.prefix, sizeof(h.prefix),
		    (struct slice){name.p, cut});
		name = (struct slice){name.p + cut + 1, name.n - cut - 1};
	}
	put_text(h.name, sizeof(h.name), name);
	add(out, &h);
}

/* Fill the last block. */
void
tar_add_padding(struct buf *out, uint64_t size)
{
	size_t n = (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;

	memset(buf_room(out, n), 0, n);
	out->len += n;
}

/* Append two empty blocks. */
void
tar_add_end(struct buf *out)
{
	memset(buf_room(out, 2 * TAR_BLOCK), 0, 2 * TAR_BLOCK);
	out->len += 2 * TAR_BLOCK;
}
