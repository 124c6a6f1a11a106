/* etag.c - see etag.h. */
#include "flowmock/etag.h"

#include <errno.h>
#include <string.h>

#include "flowmock/uuid.h"

/* It is a UUID in quotes, with a fixed middle. */
void etag_format(struct etag e, char dst[ETAG_SIZE])
{
	dst[0] = '"';
	uuid_format(
		(struct uuid){(uint64_t)e.mark << 32 | 0x0200, (uint64_t)e.seconds << 16}, dst + 1);
	dst[ETAG_SIZE - 2] = '"';
	dst[ETAG_SIZE - 1] = '\0';
}

int etag_parse(const char *text, struct etag *ret)
{
	char middle[UUID_SIZE];
	struct uuid id;

	if (strlen(text) != ETAG_SIZE - 1 || text[0] != '"' || text[ETAG_SIZE - 2] != '"')
		return -EINVAL;
	memcpy(middle, text + 1, UUID_SIZE - 1);
	middle[UUID_SIZE - 1] = '\0';
	if (uuid_parse(middle, &id) < 0)
		return -EINVAL;
	*ret = (struct etag){(uint32_t)(id.high >> 32), (uint32_t)(id.low >> 16)};
	return 0;
}
