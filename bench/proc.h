/*
 * What a process has used so far, from /proc.
 */
#ifndef BENCH_PROC_H
#define BENCH_PROC_H

#include <stdint.h>

struct proc {
	double cpu_us;	   /* user and system */
	uint64_t rss_kib;  /* resident now */
	uint64_t switches; /* times it went to sleep of its own will */
	uint64_t written; /* bytes by write(); what send() sends is not in it */
};

/* Read it; ends the program when there is no such process. */
struct proc proc_read(long pid);

#endif
