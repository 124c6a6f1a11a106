/* loop.h - the loop and what lives on it: opened, run, closed in that order. */
#pragma once

#include "run/shell.h"

/** @return 0 or a negative errno with the sentence in s->error */
int loop_open(struct snowmelt *s);
/** Until the engine is done. */
void loop_run(struct snowmelt *s);
/** Closes whatever loop_open() opened, also when it failed midway. */
void loop_close(struct snowmelt *s);
