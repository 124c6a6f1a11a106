/* life.h - what happens to a request and when, HTTP left out. */
#pragma once

#include "flowmock/request.h"

/**
 * The whole request is here: route, gate, fault, latency. Afterwards its step
 * says whether the answer may go (READY), there is none (DROPPED), or it waits
 * for its timer or, stalled, for its client to go.
 */
void life_start(struct request *r);

/** How long its fault holds it. */
nsec_t life_hold(const struct request *r);

/** Its timer fired. Same steps afterwards. */
void life_wake(struct request *r);
