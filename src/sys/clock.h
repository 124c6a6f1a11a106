/* clock.h - the two clocks of the machine. Any thread. */
#pragma once

#include "base/time.h"

nsec_t clock_monotonic(void);
int64_t clock_wall_ms(void); /* since 1970, UTC */
