/*
 * The handler only notes the signal.  The poll it interrupts returns, and
 * whoever polls looks here (cli/stream.c, cli/client.c).
 */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t interrupt_signal;

static void
note(int signo)
{
	interrupt_signal = signo;
}

/* Take over both signals.  No SA_RESTART: a poll must return. */
void
interrupt_watch(void)
{
	struct sigaction act = {.sa_handler = note};

	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

/* Tell which signal came last. */
int
interrupt_seen(void)
{
	return interrupt_signal;
}
