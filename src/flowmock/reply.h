/* reply.h - the answer on its way out, or the connection's end instead. */
#pragma once

#include <stdbool.h>

#include "flowmock/request.h"

/**
 * Send the answer as the request's fault has it.
 *
 * @param counted  the status goes to the counters
 * @return false: libmicrohttpd is to close the connection
 */
bool reply_send(struct request *r, bool counted);
