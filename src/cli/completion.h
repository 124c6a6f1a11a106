/* completion.h - bash completion, generated from the tables of options and commands. */
#pragma once

#include "base/buf.h"

/** Append the script: 0, -ENOBUFS or -ENOMEM. */
int completion_bash(struct buf *b);
