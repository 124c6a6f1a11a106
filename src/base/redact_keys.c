/* A value is found from the sign between it and its name, ':' or '='. Before
 * the sign a name is read backwards, at most NAME_MAX_BYTES of it, behind the
 * sign the value forwards, and the search goes on behind the value: so the work
 * grows with the text and not with its square.
 *
 * Names in running text are judged more narrowly than a header cell: "key" and
 * "pass" would hit "primary key: name" and "tests passed: 3".
 */
#include "base/redact_keys.h"

#include <stdbool.h>
#include <string.h>

#include "base/macros.h"
#include "base/redact.h"
#include "base/str.h"

#define NAME_MAX_BYTES 128

static bool contains_any(const char *name, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (str_icontains(name, words[i]))
			return true;
	}
	return false;
}

bool redact_name_is_secret(const char *name)
{
	static const char *const words[] = {
		"pass", "pwd", "secret", "token", "credential", "key", "authorization", "cookie"};

	return contains_any(name, words, ARRAY_SIZE(words));
}

static bool is_whole_line(const char *name)
{
	static const char *const headers[] = {"authorization", "cookie"};

	return contains_any(name, headers, ARRAY_SIZE(headers));
}

static bool speaks_of_secret(const char *name)
{
	static const char *const words[] = {"password", "passwd", "passphrase", "passcode", "pwd",
		"secret", "token", "credential", "apikey", "api-key", "api_key", "accesskey",
		"access-key", "access_key", "privatekey", "private-key", "private_key"};
	static const char *const whole[] = {"pass", "pw", "key"};

	if (is_whole_line(name) || contains_any(name, words, ARRAY_SIZE(words)))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		if (str_iequal(name, whole[i]))
			return true;
	}
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
	return is_blank(c) || c == '\n' || c == '\r';
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.' || c == '[' || c == ']';
}

struct key {
	char name[NAME_MAX_BYTES + 1];
	bool quoted;
	bool begins; /* a line, a list or an object, rather than inside a sentence */
};

static bool begins_something(const char *text, size_t start)
{
	while (start > 0 && is_blank(text[start - 1]))
		start--;
	return start == 0 || strchr("\r\n{}[](),;:&<>*\"'|", text[start - 1]);
}

/* The name that ends before text[sign]; a quote is one only as a pair. */
static bool key_before(const char *text, size_t sign, struct key *ret)
{
	size_t end = sign, start;
	char quote = '\0';

	while (end > 0 && sign - end < NAME_MAX_BYTES && is_space(text[end - 1]))
		end--;
	if (end > 0 && is_quote(text[end - 1]))
		quote = text[--end];
	start = end;
	while (start > 0 && end - start < NAME_MAX_BYTES && is_name_byte(text[start - 1]))
		start--;
	if (start == end || (quote && (start == 0 || text[start - 1] != quote)))
		return false;

	memcpy(ret->name, text + start, end - start);
	ret->name[end - start] = '\0';
	ret->quoted = quote != '\0';
	ret->begins = begins_something(text, start);
	return true;
}

/* "no credentials: set AEP_CLIENT_ID" is a sentence; "X-Api-Key: …" never is. */
static bool may_have_value(const struct key *k, char sign)
{
	if (sign == '=' || k->quoted || k->begins)
		return true;
	return is_whole_line(k->name) || strchr(k->name, '-');
}

static size_t quoted_end(const char *text, size_t len, size_t i, char quote)
{
	while (i < len && text[i] != quote)
		i += text[i] == '\\' ? 2 : 1;
	return MIN(i, len);
}

/* Up to the bracket that closes the one at `i`; brackets in strings are text. */
static size_t nested_end(const char *text, size_t len, size_t i)
{
	size_t depth = 0;

	for (; i < len; i++) {
		char c = text[i];

		if (c == '"')
			i = quoted_end(text, len, i + 1, c);
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			return i + 1;
	}
	return len;
}

static size_t run_end(const char *text, size_t len, size_t i, const char *stops)
{
	while (i < len && !strchr(stops, text[i]))
		i++;
	return i;
}

/* To the line's end or the quote that the header stands in; a quoted parameter
 * (response="…") belongs to the value. */
static size_t header_end(const char *text, size_t len, size_t i)
{
	for (;;) {
		i = run_end(text, len, i, "\r\n\"'");
		if (i == len || !is_quote(text[i]) || text[i - 1] != '=')
			return i;
		i = MIN(quoted_end(text, len, i + 1, text[i]) + 1, len);
	}
}

static size_t bare_end(const char *text, size_t len, size_t i, char sign, const struct key *k)
{
	if (sign == '=')
		return run_end(text, len, i, "& \t\r\n\"'");
	if (is_whole_line(k->name))
		return header_end(text, len, i);
	return run_end(text, len, i, k->quoted ? " \t\r\n\"',}]" : " \t\r\n\"'");
}

static void find_value(const char *text, size_t len, size_t sign, const struct key *k,
	size_t *ret_start, size_t *ret_end)
{
	bool json = k->quoted && text[sign] == ':';
	size_t i = sign + 1;

	while (i < len && (json ? is_space(text[i]) : is_blank(text[i])))
		i++;
	*ret_start = i;
	if (i < len && is_quote(text[i])) {
		*ret_start = i + 1;
		*ret_end = quoted_end(text, len, i + 1, text[i]);
	} else if (json && i < len && (text[i] == '{' || text[i] == '[')) {
		*ret_end = nested_end(text, len, i);
	} else {
		*ret_end = bare_end(text, len, i, text[sign], k);
	}
}

size_t redact_find_keyed(
	const char *text, size_t len, size_t from, size_t *ret_start, size_t *ret_end)
{
	struct key k;

	for (size_t sign = from; sign < len; sign++) {
		if (text[sign] != ':' && text[sign] != '=')
			continue;
		if (!key_before(text, sign, &k) || !speaks_of_secret(k.name) ||
			!may_have_value(&k, text[sign]))
			continue;
		find_value(text, len, sign, &k, ret_start, ret_end);
		if (*ret_end > *ret_start)
			return *ret_end;
	}
	return 0;
}
