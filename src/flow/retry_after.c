/* retry_after.c - how long a server asks to wait. */
#include "flow/retry_after.h"

#include <string.h>

static nsec_t seconds_of_digits(const char *digits, size_t len)
{
	nsec_t seconds = 0;

	for (size_t i = 0; i < len; i++) {
		seconds = seconds * 10 + (digits[i] - '0');
		if (seconds >= NSEC_NEVER / SEC)
			return NSEC_NEVER;
	}
	return seconds * SEC;
}

int64_t flow_server_ms(const struct flow_reply *r)
{
	int64_t server_ms;

	return r->date && http_date_parse(r->date, &server_ms) == 0 ? server_ms : 0;
}

/* RFC 9110, 10.2.3: seconds or a date. The date is the server's, so it counts from
 * the server's own Date where there is one, and our clock may be wrong. */
nsec_t flow_retry_after(const struct flow_reply *r)
{
	const char *text = r->retry_after ? r->retry_after + strspn(r->retry_after, " \t") : "";
	size_t digits = strspn(text, "0123456789");
	int64_t server_ms = flow_server_ms(r);
	int64_t until_ms, from_ms = server_ms ? server_ms : r->wall_ms;

	if (digits > 0 && text[digits + strspn(text + digits, " \t")] == '\0')
		return seconds_of_digits(text, digits);
	if (http_date_parse(text, &until_ms) < 0)
		return NSEC_NONE;
	if (until_ms <= from_ms)
		return 0;
	return until_ms - from_ms > NSEC_NEVER / MS ? NSEC_NEVER : (until_ms - from_ms) * MS;
}
