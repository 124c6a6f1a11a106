/* address.h - IP addresses as text. Strict: what libc's older parsers guess
 * ("127.1", "0177.0.0.1", "1.2.3") is no address here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Four decimal parts without leading zeros. */
bool flow_ipv4_parse(const char *text, size_t len, uint8_t ret[4]);

/** RFC 4291, 2.2: eight groups, one "::", an IPv4 tail; no zone, no brackets. */
bool flow_ipv6_parse(const char *text, size_t len, uint16_t ret[8]);
