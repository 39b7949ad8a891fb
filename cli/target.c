/*
 * Escaping is libcurl's.  A segment "." or ".." stays what it is: the client
 * sends paths as they are (cli/client.c).
 */
#include "cli/target.h"

#include <limits.h>

#include <curl/curl.h>

#include "core/log.h"

static void
add_part(struct buf *t, const char *text, size_t n)
{
	char *escaped;

	if (n == 0)
		return; /* libcurl reads a length of 0 as strlen */
	if (n > INT_MAX)
		log_fatal("a text of %zu bytes on the command line", n);
	escaped = curl_easy_escape(NULL, text, (int)n);
	if (escaped == NULL)
		log_fatal("out of memory: escaping %zu bytes", n);
	buf_add_str(t, escaped);
	curl_free(escaped);
}

static void
add_escaped(struct buf *t, const char *text)
{
	add_part(t, text, strlen(text));
}

/* Add a segment to the path. */
void
target_segment(struct buf *t, const char *text)
{
	buf_add_byte(t, '/');
	add_escaped(t, text);
}

/* Add segments to the path. */
void
target_path(struct buf *t, const char *text)
{
	size_t n;

	for (;; text += n + 1) {
		n = strcspn(text, "/");
		buf_add_byte(t, '/');
		add_part(t, text, n);
		if (text[n] == '\0')
			return;
	}
}

/* Add a parameter to the query. */
void
target_query(struct buf *t, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_add_byte(t, memchr(t->p, '?', t->len) != NULL ? '&' : '?');
	buf_add_str(t, name);
	buf_add_byte(t, '=');
	add_escaped(t, value);
}
