/* address.c - IP addresses as text. */
#include "flow/address.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One decimal part at `*at`, which moves behind it. */
static bool parse_part(const char *text, size_t len, size_t *at, uint8_t *ret)
{
	size_t start = *at;
	unsigned value = 0;

	while (*at < len && is_digit(text[*at]) && *at - start < 3)
		value = value * 10 + (unsigned)(text[(*at)++] - '0');
	if (*at == start || value > 255 || (text[start] == '0' && *at - start > 1))
		return false;
	*ret = (uint8_t)value;
	return true;
}

bool flow_ipv4_parse(const char *text, size_t len, uint8_t ret[4])
{
	size_t at = 0;

	for (int i = 0; i < 4; i++) {
		if (i > 0 && (at == len || text[at++] != '.'))
			return false;
		if (!parse_part(text, len, &at, &ret[i]))
			return false;
	}
	return at == len;
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* One group of up to four hex digits at `*at`, which moves behind it. */
static bool parse_group(const char *text, size_t len, size_t *at, uint16_t *ret)
{
	size_t start = *at;
	unsigned value = 0;

	while (*at < len && hex_value(text[*at]) >= 0 && *at - start < 4)
		value = value * 16 + (unsigned)hex_value(text[(*at)++]);
	*ret = (uint16_t)value;
	return *at > start;
}

/* The last 32 bits may be written as IPv4. */
static bool parse_tail(const char *text, size_t len, uint16_t *groups, int *count)
{
	uint8_t part[4];

	if (*count > 6 || !flow_ipv4_parse(text, len, part))
		return false;
	groups[(*count)++] = (uint16_t)(part[0] << 8 | part[1]);
	groups[(*count)++] = (uint16_t)(part[2] << 8 | part[3]);
	return true;
}

/* Groups in the order written; `ret_gap` is where "::" stood, -1 for nowhere. */
static bool parse_groups(
	const char *text, size_t len, uint16_t groups[8], int *ret_count, int *ret_gap)
{
	size_t at = 0;

	if (len >= 2 && memcmp(text, "::", 2) == 0) {
		*ret_gap = 0;
		at = 2;
	}
	while (at < len) {
		if (!memchr(text + at, ':', len - at) && memchr(text + at, '.', len - at))
			return parse_tail(text + at, len - at, groups, ret_count);
		if (*ret_count == 8 || !parse_group(text, len, &at, &groups[(*ret_count)++]))
			return false;
		if (at == len)
			return true;
		if (text[at++] != ':' || at == len)
			return false; /* another character, or a colon at the end */
		if (text[at] != ':')
			continue;
		if (*ret_gap >= 0)
			return false;
		*ret_gap = *ret_count;
		at++;
	}
	return *ret_gap >= 0;
}

bool flow_ipv6_parse(const char *text, size_t len, uint16_t ret[8])
{
	uint16_t groups[8] = {0};
	int count = 0, gap = -1, behind;

	if (!parse_groups(text, len, groups, &count, &gap))
		return false;
	/* "::" stands for at least one group; without it there must be all eight. */
	if (gap >= 0 ? count == 8 : count != 8)
		return false;

	behind = gap >= 0 ? count - gap : 0;
	memset(ret, 0, 8 * sizeof(ret[0]));
	memcpy(ret, groups, (size_t)(count - behind) * sizeof(ret[0]));
	memcpy(ret + 8 - behind, groups + count - behind, (size_t)behind * sizeof(ret[0]));
	return true;
}
