/*
 * The limits as they are unless flags say otherwise.
 */
#include "http/http.h"

/* The default limits. */
void
http_limits_init(struct http_limits *l)
{
	*l = (struct http_limits){
	    .header_bytes = 16 * 1024,
	    .target_bytes = 8 * 1024,
	    .body_bytes = 1024 * 1024,
	    .header_timeout_ms = 10 * 1000,
	    .body_timeout_ms = 60 * 1000,
	    .idle_timeout_ms = 75 * 1000,
	    .pending_bytes = (size_t)256 << 20,
	    .connections = 16384,
	};
}
