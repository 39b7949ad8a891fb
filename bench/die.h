/*
 * A measurement that cannot go on says why and ends.
 */
#ifndef BENCH_DIE_H
#define BENCH_DIE_H

/* Print the cause on standard error; exit status 2. */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
