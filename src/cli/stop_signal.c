/* stop_signal.c - SIGINT and SIGTERM end a run in order. */
#include "cli/stop_signal.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static struct snowmelt *_Atomic watched;
static atomic_int count;

static void on_signal(int signal_number)
{
	struct snowmelt *s = atomic_load(&watched);

	atomic_fetch_add(&count, 1);
	if (s)
		snowmelt_stop(s);
}

static void install(void (*handler)(int))
{
	/* Without SA_RESTART, so that a question on the terminal ends too. */
	struct sigaction action = {.sa_handler = handler};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

void stop_signal_watch(struct snowmelt *s)
{
	atomic_store(&count, 0);
	atomic_store(&watched, s);
	install(on_signal);
}

void stop_signal_forget(void)
{
	/* All is written and the status is decided: one that comes late, mostly the second
	 * of somebody in a hurry, must not end the process with another. */
	install(SIG_IGN);
	atomic_store(&watched, NULL);
}

int stop_signal_count(void)
{
	return atomic_load(&count);
}
