/* etag.h - versions as the Flow Service writes them: with their quotes,
 * `"8e0052a2-0000-0200-0000-5e25fb330000"`, the last group being a time.
 */
#pragma once

#include <stdint.h>

#define ETAG_SIZE 39

struct etag {
	uint32_t mark;
	uint32_t seconds; /* when it was given, since 1970 */
};

void etag_format(struct etag e, char dst[ETAG_SIZE]);
/** 0, or -EINVAL for what etag_format() does not write. */
int etag_parse(const char *text, struct etag *ret);
