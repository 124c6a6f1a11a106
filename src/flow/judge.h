/* judge.h - what all judgements have in common. */
#pragma once

#include <stdbool.h>

#include "flow/answer.h"

/**
 * Begin a verdict: headers, and the end of the transport.
 *
 * @return whether there is a status to judge by, else the verdict is complete
 */
bool flow_judge_arrival(const struct flow_reply *r, struct flow_verdict *ret);

/** By its status, as the answer to a create; code and message too. */
void flow_judge_status(const struct flow_reply *r, struct flow_verdict *ret);

/** Take id and etag out of a body {"id","etag"}. False: without a UUID, nothing is taken. */
bool flow_judge_version(const struct flow_reply *r, struct flow_verdict *ret);
