/* json_grammar.h - is this JSON? Private to base.
 *
 * RFC 8259, and narrower where a parser could be led astray: the whole text,
 * no byte order mark, well-formed UTF-8, no NUL (raw or as \u0000), no lone
 * surrogates, at most JSON_DEPTH_MAX deep, numbers of at most
 * JSON_NUMBER_MAX bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define JSON_DEPTH_MAX 256
#define JSON_NUMBER_MAX 63 /* what cJSON reads of one */

bool json_is_acceptable(const char *text, size_t len);
