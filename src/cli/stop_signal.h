/* stop_signal.h - SIGINT and SIGTERM end a run in order. */
#pragma once

#include "snowmelt/snowmelt.h"

/** From here on they call snowmelt_stop(); SIGPIPE is ignored from main() on. */
void stop_signal_watch(struct snowmelt *s);

/** From here on they are ignored: the run has ended. Call it before snowmelt_destroy(). */
void stop_signal_forget(void);

/** How many came. */
int stop_signal_count(void);
