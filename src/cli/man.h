/* man.h - the man page, generated from the tables of options and commands. */
#pragma once

#include "base/buf.h"

/** Append snowmelt(1) as roff: 0, -ENOBUFS or -ENOMEM. */
int man_page(struct buf *b);
