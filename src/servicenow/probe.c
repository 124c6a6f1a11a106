/* probe.c - see probe.h. */
#include "servicenow/probe.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

#define TABLE_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
#define BASIC "Authorization: Basic "
#define LINE_MAX_LEN ((size_t)128 * 1024) /* the longest fields of a row, in base64 */

/* -------------------------------------------------------------------- URL */

bool servicenow_table_valid(const char *table)
{
	size_t len = strlen(table);

	return len > 0 && len <= SERVICENOW_TABLE_MAX && strspn(table, TABLE_CHARS) == len;
}

int servicenow_probe_url(struct buf *url, const char *endpoint, const char *table)
{
	size_t len = strlen(endpoint);
	int r;

	assert(servicenow_table_valid(table));
	if (len > 0 && endpoint[len - 1] == '/')
		len--;
	r = buf_append(url, endpoint, len);
	if (r == 0)
		r = buf_append_str(url, "/api/now/table/");
	if (r == 0)
		r = buf_append_str(url, table);
	if (r == 0)
		r = buf_append_str(url, "?sysparm_limit=1&sysparm_fields=sys_id");
	return r;
}

/* ------------------------------------------------------------------ login */

static bool has_control(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			return true;
	}
	return false;
}

bool servicenow_login_sendable(
	const char *username, const char *password, struct servicenow_verdict *ret)
{
	enum servicenow_detail fault = SERVICENOW_PLAIN;

	if (strchr(username, ':'))
		fault = SERVICENOW_COLON;
	else if (has_control(username) || has_control(password))
		fault = SERVICENOW_CONTROL;
	if (fault == SERVICENOW_PLAIN)
		return true;
	*ret = (struct servicenow_verdict){
		.result = SERVICENOW_UNSENDABLE, .detail = fault, .untried = true};
	return false;
}

/* RFC 4648, 4: `count` of three bytes. */
static void encode_group(const unsigned char *bytes, size_t count, char dst[4])
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t group = 0;

	for (size_t i = 0; i < 3; i++)
		group = group << 8 | (i < count ? bytes[i] : 0);
	for (size_t i = 0; i < 4; i++)
		dst[i] = i <= count ? alphabet[group >> (18 - 6 * i) & 63] : '=';
}

static int append_base64(struct buf *line, const struct buf *bytes)
{
	char group[4] = "";
	int r = 0;

	for (size_t i = 0; r == 0 && i < bytes->len; i += 3) {
		encode_group((const unsigned char *)bytes->data + i, MIN(bytes->len - i, (size_t)3),
			group);
		r = buf_append(line, group, sizeof(group));
	}
	wipe(group, sizeof(group));
	return r;
}

/* Not by buf_printf: vsnprintf would leave copies of the password behind. */
static int put_login(struct buf *line, const char *username, const char *password)
{
	AUTO(buf_done) struct buf login = {0};
	int r;

	buf_init_secret(&login, LINE_MAX_LEN);
	r = buf_append_str(&login, username);
	if (r == 0)
		r = buf_append_char(&login, ':');
	if (r == 0)
		r = buf_append_str(&login, password);
	if (r == 0)
		r = buf_append_str(line, BASIC);
	return r < 0 ? r : append_base64(line, &login);
}

int servicenow_probe_headers(const char *username, const char *password,
	int (*add)(void *arg, const char *line), void *arg)
{
	AUTO(buf_done) struct buf line = {0};
	int r;

	assert(!strchr(username, ':'));
	buf_init_secret(&line, LINE_MAX_LEN);
	r = put_login(&line, username, password);
	if (r == 0)
		r = add(arg, line.data);
	return r != 0 ? r : add(arg, "Accept: application/json");
}
