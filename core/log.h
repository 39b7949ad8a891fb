/*
 * The log: one line an event, to standard error.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Lines below this level are left out (LOG_INFO unless set). */
void log_set_level(enum log_level level);

/* The time shown on lines from now on, in ms since 1970; 0 shows none. */
void log_set_time(int64_t ms);

bool log_wants(enum log_level level);

void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A bug or an end of resources: say why and abort. */
void log_fatal(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* An invariant that stays on in release builds. */
#define INVARIANT(cond)                                                        \
	((cond) ? (void)0                                                      \
		: log_fatal("%s:%d: invariant broken: %s", __FILE__, __LINE__, \
		      #cond))

#endif
