/* error_body.h - what an error answer says: its code, its sentence, its number. */
#pragma once

#include <stdbool.h>

#include "flow/answer.h"

/**
 * Fill code, message, and request_id where the header had none.
 *
 * @return whether the body has the gateway's shape, that is an `error_code`
 */
bool flow_error_body_read(const struct flow_reply *r, struct flow_verdict *ret);

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
