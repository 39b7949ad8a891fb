/*
 * /proc, read as text: stat for time, status for memory, io for the disk.
 */
#include "bench/proc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/die.h"

/* Read /proc/PID/NAME into out. */
static void
read_file(long pid, const char *name, char *out, size_t size)
{
	char path[64];
	FILE *f;
	size_t n;

	snprintf(path, sizeof path, "/proc/%ld/%s", pid, name);
	f = fopen(path, "r");
	if (f == NULL)
		die("cannot read %s: is it running?", path);
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	fclose(f);
}

/* The number behind a label at the start of a line; 0 without one. */
static uint64_t
labelled(const char *text, const char *label)
{
	const char *at = strstr(text, label);
	uint64_t v = 0;

	if (at != NULL && sscanf(at + strlen(label), "%" SCNu64, &v) != 1)
		v = 0;
	return v;
}

/* utime and stime: the 12th and 13th fields behind the name. */
static double
cpu_us(const char *stat)
{
	const char *at = strrchr(stat, ')');
	uint64_t user = 0, system = 0;

	if (at == NULL ||
	    sscanf(at + 1,
		" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64
		" %" SCNu64,
		&user, &system) != 2)
		die("/proc/PID/stat is not as expected");
	return (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

/* Read all of it. */
struct proc
proc_read(long pid)
{
	struct proc p = {0};
	char text[8192];

	read_file(pid, "stat", text, sizeof text);
	p.cpu_us = cpu_us(text);
	read_file(pid, "status", text, sizeof text);
	p.rss_kib = labelled(text, "\nVmRSS:");
	p.switches = labelled(text, "\nvoluntary_ctxt_switches:");
	read_file(pid, "io", text, sizeof text);
	p.written = labelled(text, "\nwchar:");
	return p;
}
