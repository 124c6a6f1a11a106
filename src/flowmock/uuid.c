/* uuid.c - see uuid.h. */
#include "flowmock/uuid.h"

#include <errno.h>
#include <stdbool.h>

#include "base/str.h"

struct uuid uuid_make(uint64_t a, uint64_t b)
{
	return (struct uuid){
		.high = (a & ~UINT64_C(0xf000)) | UINT64_C(0x4000),
		.low = (b & ~(UINT64_C(3) << 62)) | (UINT64_C(2) << 62),
	};
}

static bool dash_stands_at(int i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

void uuid_format(struct uuid id, char dst[UUID_SIZE])
{
	int digit = 0;

	for (int i = 0; i < UUID_SIZE - 1; i++) {
		uint64_t half = digit < 16 ? id.high : id.low;

		if (dash_stands_at(i)) {
			dst[i] = '-';
			continue;
		}
		dst[i] = "0123456789abcdef"[(half >> (60 - 4 * (digit % 16))) & 15];
		digit++;
	}
	dst[UUID_SIZE - 1] = '\0';
}

static uint64_t hex_value(char c)
{
	if (c <= '9')
		return (uint64_t)(c - '0');
	return (uint64_t)((c | 0x20) - 'a' + 10);
}

int uuid_parse(const char *text, struct uuid *ret)
{
	struct uuid id = {0};
	int digit = 0;

	if (!str_uuid(text))
		return -EINVAL;
	for (int i = 0; i < UUID_SIZE - 1; i++) {
		uint64_t *half = digit < 16 ? &id.high : &id.low;

		if (dash_stands_at(i))
			continue;
		*half = *half << 4 | hex_value(text[i]);
		digit++;
	}
	*ret = id;
	return 0;
}
