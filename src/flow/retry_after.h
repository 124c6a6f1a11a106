/* retry_after.h - how long a server asks to wait. */
#pragma once

#include "flow/answer.h"

/** The server's wall clock by its Date header; 0 when there is none to read. */
int64_t flow_server_ms(const struct flow_reply *r);

/**
 * @return NSEC_NONE when absent or unreadable; a date is a duration by the server's
 *         own clock where it tells it, 0 when past; NSEC_NEVER beyond 292 years
 */
nsec_t flow_retry_after(const struct flow_reply *r);
