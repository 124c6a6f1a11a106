/* message.h - requests and replies with their text, as they lie in a queue. */
#pragma once

#include "ledger/ledger.h"
#include "ledger/queue.h"

/** Copy a request with all its text; text that is NULL becomes "". */
void message_put_request(struct queue *q, const struct ledger_request *request);

/** Copy a reply, and its record or what was listed, with all their text. */
void message_put_reply(struct queue *q, const struct ledger_reply *reply);
