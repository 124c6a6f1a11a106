/* error_body.h - what an error answer says: its code, its sentence, its number. */
#pragma once

#include <stdbool.h>

#include "base/json.h"
#include "flow/answer.h"

/**
 * Fill code, message, and request_id where the header had none.
 *
 * @return whether the body has the gateway's shape, that is an `error_code`
 */
bool flow_error_body_read(const struct flow_reply *r, struct flow_verdict *ret);

/**
 * Fill code and message from a body that was read, if it has a sentence or a code.
 *
 * @return false when it has no sentence; then the message is as it was
 */
bool flow_error_body_explain(
	const struct flow_reply *r, const struct json *root, struct flow_verdict *ret);

/**
 * Is it the Flow Service that says so, about a connection? That is JSON with a code
 * FLOW-… below 2000 (from there on they speak of org, sandbox and rights), or without a
 * code, an errorMessage. Never with an `error_code`, which is the gateway's.
 */
bool flow_error_body_of_service(const struct flow_reply *r);

/**
 * flow_field_take() for what an answer says: refuses also a value that holds
 * one of the reply's secrets, where a plain code or id should be.
 */
bool flow_reply_take(
	const struct flow_reply *r, char *dst, size_t dst_len, const char *value, bool blanks);

/**
 * Copy at most `max` bytes of a sentence of the server's, secrets cut out; "" when
 * it has to be dropped whole.
 */
void flow_reply_sentence(
	const struct flow_reply *r, char *dst, size_t dst_len, const char *text, size_t max);
