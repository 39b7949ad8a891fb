/*
 * Escaping is libcurl's.  A segment "." or ".." stays what it is: the client
 * sends paths as they are (cli/client.c).
 */
#include "cli/target.h"

#include <curl/curl.h>

#include "core/log.h"

static void
add_escaped(struct buf *t, const char *text)
{
	char *escaped;

	if (*text == '\0')
		return; /* libcurl reads a length of 0 as strlen */
	escaped = curl_easy_escape(NULL, text, 0);
	if (escaped == NULL)
		log_fatal("out of memory: escaping %zu bytes", strlen(text));
	buf_add_str(t, escaped);
	curl_free(escaped);
}

/* Add a segment to the path. */
void
target_segment(struct buf *t, const char *text)
{
	buf_add_byte(t, '/');
	add_escaped(t, text);
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
