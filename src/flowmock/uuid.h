/* uuid.h - 128-bit ids as text. */
#pragma once

#include <stdint.h>

#define UUID_SIZE 37

struct uuid {
	uint64_t high;
	uint64_t low;
};

/** Two random numbers as a version 4 UUID (RFC 9562, 5.4). */
struct uuid uuid_make(uint64_t a, uint64_t b);
void uuid_format(struct uuid id, char dst[UUID_SIZE]);
/** 0, or -EINVAL for text that is no UUID; either case. */
int uuid_parse(const char *text, struct uuid *ret);
