/*
 * Writing answers.  Every answer may be read by any web page (without
 * credentials), and none is sniffed.  http/request.c fills the struct.
 */
#include "http/reply.h"

#include <time.h>

#define COMMON                               \
	"Access-Control-Allow-Origin: *\r\n" \
	"X-Content-Type-Options: nosniff\r\n"

/* The reason phrase of a status; it may be empty, but not missing. */
static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} reasons[] = {
	    {200, "OK"},
	    {201, "Created"},
	    {202, "Accepted"},
	    {204, "No Content"},
	    {302, "Found"},
	    {304, "Not Modified"},
	    {400, "Bad Request"},
	    {401, "Unauthorized"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {408, "Request Timeout"},
	    {409, "Conflict"},
	    {413, "Content Too Large"},
	    {414, "URI Too Long"},
	    {417, "Expectation Failed"},
	    {422, "Unprocessable Content"},
	    {429, "Too Many Requests"},
	    {431, "Request Header Fields Too Large"},
	    {500, "Internal Server Error"},
	    {501, "Not Implemented"},
	    {503, "Service Unavailable"},
	    {505, "HTTP Version Not Supported"},
	    {507, "Insufficient Storage"},
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "";
}

/* Append a literal. */
#define ADD(out, lit) buf_add(out, lit, sizeof(lit) - 1)

/* Append "Date: ...", formatted once a second. */
static void
add_date(struct buf *out)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static struct buf line;
	static time_t when;
	struct timespec now = {0};
	struct tm tm;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	if ((now.tv_sec != when || line.len == 0) &&
	    gmtime_r(&now.tv_sec, &tm) != NULL) {
		when = now.tv_sec;
		line.len = 0;
		buf_addf(&line,
		    "Date: %.3s, %02d %.3s %d %02d:%02d:%02d GMT\r\n",
		    days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
		    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	}
	buf_add(out, line.p, line.len);
}

/* Append the status line. */
static void
add_status(struct buf *out, int status)
{
	ADD(out, "HTTP/1.1 ");
	buf_add_u64(out, (uint64_t)status);
	buf_add_byte(out, ' ');
	buf_add_str(out, reason(status));
	ADD(out, "\r\n");
}

/* Append an answer. */
void
reply_write(struct buf *out, const struct reply *reply)
{
	bool bodyless = reply->status == 204 || reply->status == 304;

	buf_room(out, 320 + reply->extra.n + reply->body.n);
	add_status(out, reply->status);
	add_date(out);
	if (reply->type != NULL && !bodyless) {
		ADD(out, "Content-Type: ");
		buf_add_str(out, reply->type);
		ADD(out, "\r\n");
	}
	if (reply->streamed) {
		if (!reply->http10)
			ADD(out, "Transfer-Encoding: chunked\r\n");
	} else if (!bodyless) {
		ADD(out, "Content-Length: ");
		buf_add_u64(out, reply->body.n);
		ADD(out, "\r\n");
	}
	ADD(out, COMMON);
	if (reply->close)
		ADD(out, "Connection: close\r\n");
	else if (reply->http10)
		ADD(out, "Connection: keep-alive\r\n");
	buf_add_slice(out, reply->extra);
	ADD(out, "\r\n");
	if (!reply->head && !bodyless)
		buf_add_slice(out, reply->body);
}

/* Append a chunk. */
void
reply_chunk(struct buf *out, struct slice bytes)
{
	buf_addf(out, "%zx\r\n", bytes.n);
	buf_add_slice(out, bytes);
	ADD(out, "\r\n");
}

/* Append "go on". */
void
reply_continue(struct buf *out)
{
	ADD(out, "HTTP/1.1 100 Continue\r\n\r\n");
}
