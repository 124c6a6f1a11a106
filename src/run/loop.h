/* loop.h - the loop and what lives on it: opened, run, closed in that order. */
#pragma once

#include "run/shell.h"

/** @return 0 or a negative errno with the sentence in s->error */
int loop_open(struct snowmelt *s);
/** Until the engine is done. */
void loop_run(struct snowmelt *s);
/** Closes whatever loop_open() opened, also when it failed midway. */
void loop_close(struct snowmelt *s);

/* The two parts of loop_open() that ask for no engine, for a purpose that drives itself; its
 * loop is open. Closed by loop_close(), too. Return as loop_open(). */
int loop_open_net(struct snowmelt *s);
/** @param each_turn, progress  called with the handle, whose data is `s`; the latter twice a
 *                              second, if the caller wants to know */
int loop_open_handles(struct snowmelt *s, uv_prepare_cb each_turn, uv_timer_cb progress);
