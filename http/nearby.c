/*
 * Reading Host and Origin; http/auth.c asks while no key is stored.
 */
#include "http/nearby.h"

/* Cut a port off. */
static struct slice
without_port(struct slice host)
{
	size_t i = host.n;

	while (i > 0 && host.p[i - 1] >= '0' && host.p[i - 1] <= '9')
		i--;
	if (i > 0 && i < host.n && host.p[i - 1] == ':')
		host.n = i - 1;
	return host;
}

static bool
ends_with(struct slice s, const char *tail)
{
	struct slice t = slice_str(tail), end = s;

	if (s.n < t.n)
		return false;
	end.p += s.n - t.n;
	end.n = t.n;
	return slice_is_nocase(end, tail);
}

/* 127.0.0.1 and its likes: four numbers, the first of them 127. */
static bool
is_loopback(struct slice host)
{
	unsigned dots = 0;
	size_t i;

	if (host.n < 4 || memcmp(host.p, "127.", 4) != 0)
		return false;
	for (i = 0; i < host.n; i++) {
		if (host.p[i] == '.')
			dots++;
		else if (host.p[i] < '0' || host.p[i] > '9')
			return false;
	}
	return dots == 3;
}

/* Does the host lead here by its own meaning? */
bool
nearby_host(struct slice host)
{
	host = without_port(host);
	if (host.n == 0 || memchr(host.p, '.', host.n) == NULL)
		return host.n == 0 || host.p[0] != '[' ||
		    slice_is(host, "[::1]");
	return is_loopback(host) || ends_with(host, ".localhost");
}

/* Is the page that asks one of this machine's? */
bool
nearby_origin(struct slice origin)
{
	struct slice host = origin;
	size_t i;

	if (origin.n == 0)
		return true;
	for (i = 0; i + 3 <= origin.n; i++)
		if (memcmp(origin.p + i, "://", 3) == 0)
			break;
	if (i + 3 > origin.n)
		return false; /* "null": a file, or something hidden */
	host.p += i + 3;
	host.n -= i + 3;
	return host.n > 0 && nearby_host(host);
}
