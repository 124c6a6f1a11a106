#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/redact.h"
#include "leftovers.h"

#define SECRETS(...)                                                                               \
	((const char *const[]){__VA_ARGS__}), ARRAY_SIZE(((const char *const[]){__VA_ARGS__}))

static void check(const char *text, const char *expected, const char *const *secrets, size_t count)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 10000);
	assert_int_equal(redact(&b, text, secrets, count), 0);
	assert_string_equal(b.data ? b.data : "", expected);
}

/* Without secrets that are known: by key alone. */
static void check_keyed(const char *text, const char *expected)
{
	check(text, expected, NULL, 0);
}

static void text_without_secrets_stays_as_it_is(void **state)
{
	check("", "", SECRETS("pass-1"));
	check("nothing here, %41 \\n + = : \"", "nothing here, %41 \\n + = : \"",
		SECRETS("pass-1"));
	check("x", "x", SECRETS(NULL, ""));
	check("x", "x", NULL, 0);
}

static void a_secret_is_cut_out_wherever_it_stands(void **state)
{
	check("pass-1", "[redacted]", SECRETS("pass-1"));
	check("a pass-1 b pass-1", "a [redacted] b [redacted]", SECRETS("pass-1"));
	check("pass-1pass-1", "[redacted]", SECRETS("pass-1"));
	check("pass-1 pass-2", "[redacted] [redacted]", SECRETS("pass-1", NULL, "pass-2"));
	check("PASS-1", "PASS-1", SECRETS("pass-1"));
}

static void secrets_that_overlap_leave_nothing(void **state)
{
	check("<abcdefghij>", "<[redacted]>", SECRETS("abcdefg", "defghij"));
	check("<abcdefghij>", "<[redacted]>", SECRETS("defghij", "abcdefg"));
	check("<abcdefghij>", "<[redacted]>", SECRETS("abcdefghij", "cdefgh"));
}

static void json_escapes_do_not_hide_it(void **state)
{
	check("{\"a\":\"p\\\"s\\\\t\\/u\\n\\u00e9\"}", "{\"a\":\"[redacted]\"}",
		SECRETS("p\"s\\t/u\n\xc3\xa9"));
	check("\\u0070ass-\\u0031", "[redacted]", SECRETS("pass-1"));
	check("pass\\u002D1 pass\\u002d1", "[redacted] [redacted]", SECRETS("pass-1"));
	check("x\\uD83D\\uDE00yyyyy", "x[redacted]", SECRETS("\xf0\x9f\x98\x80yyyyy"));
	check("pass\\x091", "[redacted]", SECRETS("pass\t1")); /* as a terminal is shown it */
}

/* A gateway that puts the request body into its message. */
static void a_json_text_inside_a_json_string_does_not_hide_it(void **state)
{
	check("{\"m\":\"{\\\"a\\\":\\\"p\\\\\\\"ss-1\\\"}\"}",
		"{\"m\":\"{\\\"a\\\":\\\"[redacted]\\\"}\"}", SECRETS("p\"ss-1"));
}

static void a_backslash_in_a_secret_is_no_escape(void **state)
{
	check("it is c:\\new\\u0041 raw", "it is [redacted] raw", SECRETS("c:\\new\\u0041"));
	check("\"c:\\\\new\\\\u0041\"", "\"[redacted]\"", SECRETS("c:\\new\\u0041"));
}

static void url_encoding_does_not_hide_it(void **state)
{
	check("a=p%26ss%2d1%2B&b", "a=[redacted]&b", SECRETS("p&ss-1+"));
	check("a=p%26ss%2D1%2b&b", "a=[redacted]&b", SECRETS("p&ss-1+"));
	check("a=my+pass+word", "a=[redacted]", SECRETS("my pass word"));
	check("a=my%20pass+word", "a=[redacted]", SECRETS("my pass word"));
	check("/my%20pass+word", "/[redacted]", SECRETS("my pass+word"));
	check("%70%61%73%73%2d%31", "[redacted]", SECRETS("pass-1"));
	check("raw %41bcdef", "raw [redacted]", SECRETS("%41bcdef"));
	check("url %2541bcdef", "url [redacted]", SECRETS("%41bcdef"));
	check("\"q\":\"a=\\u002526ss-12\"", "\"q\":\"a=[redacted]\"", SECRETS("&ss-12"));
}

static void base64_does_not_hide_it(void **state)
{
	check("cGFzcy0x", "[redacted]", SECRETS("pass-1"));
	check("x cGFzcy0xMg== y", "x [redacted]== y", SECRETS("pass-12"));
	check("Pz8/Pz8/Pj4+", "[redacted]",
		SECRETS("??????"
			">>>"));
	check("Pz8_Pz8_Pj4-", "[redacted]",
		SECRETS("??????"
			">>>"));
	check("\"Pz8\\/Pz8\\/Pj4+\"", "\"[redacted]\"",
		SECRETS("??????"
			">>>"));
	check("a=Pz8%2FPz8%2FPj4%2B&b", "a=[redacted]&b",
		SECRETS("??????"
			">>>"));
}

static size_t base64(char *dst, const char *src, size_t len)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = 0;

	for (size_t i = 0; i < len; i += 3) {
		unsigned v = (unsigned)(unsigned char)src[i] << 16;

		v |= i + 1 < len ? (unsigned)(unsigned char)src[i + 1] << 8 : 0;
		v |= i + 2 < len ? (unsigned)(unsigned char)src[i + 2] : 0;
		dst[n++] = alphabet[v >> 18];
		dst[n++] = alphabet[v >> 12 & 63];
		dst[n++] = i + 1 < len ? alphabet[v >> 6 & 63] : '=';
		dst[n++] = i + 2 < len ? alphabet[v & 63] : '=';
	}
	dst[n] = '\0';
	return n;
}

/* Basic authentication is base64 of "user:password": wherever the password
 * begins in its group of three, none of its characters is left. */
static void base64_of_something_longer_does_not_hide_it(void **state)
{
	for (size_t before = 0; before < 9; before++) {
		for (size_t len = 6; len < 20; len++) {
			char plain[64] = "", encoded[128], kept[128];
			AUTO(buf_done) struct buf b = {0};
			char secret[32] = "";
			size_t start;

			memset(plain, 'u', before);
			for (size_t i = 0; i < len; i++)
				secret[i] = (char)(0x21 + (i * 37 + len) % 94);
			strcat(plain, secret);
			strcat(plain, "tail");
			base64(encoded, plain, strlen(plain));
			buf_init(&b, 1000);
			assert_int_equal(redact(&b, encoded, SECRETS(secret)), 0);
			start = 8 * before / 6; /* the first character with a bit of it */
			memcpy(kept, encoded, start);
			kept[start] = '\0';
			assert_non_null(strstr(b.data, REDACTED));
			assert_true((size_t)(strstr(b.data, REDACTED) - b.data) <= start);
			assert_true(strlen(strstr(b.data, REDACTED)) - strlen(REDACTED) <=
				    strlen(encoded) - 8 * (before + len) / 6);
		}
	}
}

static int judge(const char *text, const char *secret)
{
	AUTO(buf_done) struct buf b = {0};
	int r;

	buf_init(&b, 1000);
	buf_append_str(&b, "kept ");
	r = redact(&b, text, SECRETS(secret));
	if (r == 1)
		assert_string_equal(b.data, "kept ");
	return r;
}

/* "ab[redacted]d" of "abcd" tells that the secret is c. */
static void a_text_with_a_short_secret_is_dropped_whole(void **state)
{
	assert_int_equal(judge("it is abcde", "abcde"), 1);
	assert_int_equal(judge("it is abcdef", "abcdef"), 0);
	assert_int_equal(judge("it is xyz", "abcde"), 0);
	assert_int_equal(judge("x", "x"), 1);
	assert_int_equal(judge("a\\u0062c", "abc"), 1);
	assert_int_equal(judge("a=%61b%63", "abc"), 1);
	assert_int_equal(judge("dTphYmNkZQ==", "abcde"), 1); /* u:abcde */
	assert_int_equal(judge("YWJj", "abc"), 1);
	assert_int_equal(judge("\xc3\xa9", "\xc3\xa9"), 1);
}

static void values_behind_telling_names_go_from_json(void **state)
{
	check_keyed("{\"password\":\"a\\\"b\",\"x\":1}", "{\"password\":\"[redacted]\",\"x\":1}");
	check_keyed("{\"Password\" : \"a\" }", "{\"Password\" : \"[redacted]\" }");
	check_keyed("{\"password\":\n\t\"a\"}", "{\"password\":\n\t\"[redacted]\"}");
	check_keyed("{\"client_secret\":\"a\\n\",\"x\":\"y\"}",
		"{\"client_secret\":\"[redacted]\",\"x\":\"y\"}");
	check_keyed("{\"pwd\":1234,\"x\":1}", "{\"pwd\":[redacted],\"x\":1}");
	check_keyed("{\"token\":true}", "{\"token\":[redacted]}");
	check_keyed("{\"access_token\":{\"a\":\"}\",\"b\":[1]},\"x\":1}",
		"{\"access_token\":[redacted],\"x\":1}");
	check_keyed(
		"{\"credentials\":[\"a\",\"b\"],\"x\":1}", "{\"credentials\":[redacted],\"x\":1}");
	check_keyed("{\"x-api-key\":\"a\"}", "{\"x-api-key\":\"[redacted]\"}");
	check_keyed("{'password': 'a', 'x': 1}", "{'password': '[redacted]', 'x': 1}");
	check_keyed("{password: abc def}", "{password: [redacted] def}");
	check_keyed("{\"pass\\u0077ord\":\"abc\"}", "{\"pass\\u0077ord\":\"[redacted]\"}");
}

/* Read as nested JSON the quote behind it is escaped: too much rather than too
 * little is taken. */
static void a_value_that_ends_in_a_backslash_takes_a_neighbour_along(void **state)
{
	check_keyed("{\"secret\":\"a\\\\\",\"x\":\"y\"}", "{\"secret\":\"[redacted]\"x\":\"y\"}");
}

static void a_value_that_never_ends_goes_to_the_end(void **state)
{
	check_keyed("{\"password\":\"abc", "{\"password\":\"[redacted]");
	check_keyed("{\"password\":\"abc\\", "{\"password\":\"[redacted]");
	check_keyed("{\"token\":{\"a\":[1", "{\"token\":[redacted]");
	check_keyed("{\"token\":{\"a\":\"b\\", "{\"token\":[redacted]");
	check_keyed("{\"password\":", "{\"password\":");
	check_keyed("password=", "password=");
	check_keyed("password", "password");
}

static void values_behind_telling_names_go_from_nested_json(void **state)
{
	check_keyed("{\"m\":\"{\\\"password\\\":\\\"a\\\\\\\"b\\\",\\\"k\\\":1}\"}",
		"{\"m\":\"{\\\"password\\\":\\\"[redacted]\\\",\\\"k\\\":1}\"}");
	check_keyed("{\"m\":\"{\\\"n\\\":\\\"{\\\\\\\"token\\\\\\\":\\\\\\\"ab\\\\\\\"}\\\"}\"}",
		"{\"m\":\"{\\\"n\\\":\\\"{\\\\\\\"token\\\\\\\":\\\\\\\"[redacted]\\\\\\\"}\\\"}"
		"\"}");
}

static void values_behind_telling_names_go_from_forms(void **state)
{
	check_keyed("grant_type=x&client_secret=a%2Cb+c;d,e&scope=s",
		"grant_type=x&client_secret=[redacted]&scope=s");
	check_keyed("?password=a#x", "?password=[redacted]");
	check_keyed("key=abc&monkey=abc", "key=[redacted]&monkey=abc");
	check_keyed("password=\"a b\" c", "password=\"[redacted]\" c");
	check_keyed("password = a b", "password = [redacted] b");
	check_keyed("%70assword=abc&x", "%70assword=[redacted]&x");
	check_keyed("q=password%3Dabc%26x%3D1", "q=password%3D[redacted]%26x%3D1");
	check_keyed("{\"q\":\"password=abc&x\"}", "{\"q\":\"password=[redacted]&x\"}");
}

static void values_behind_telling_names_go_from_headers(void **state)
{
	check_keyed("> Authorization: Bearer abc.def-_\r\n> Host: x",
		"> Authorization: [redacted]\r\n> Host: x");
	check_keyed("authorization:Basic dTpw", "authorization:[redacted]");
	check_keyed("-H 'Authorization: Bearer abc' -d x", "-H 'Authorization: [redacted]' -d x");
	check_keyed("Authorization: Digest username=\"u\", response=\"abc\"\nx",
		"Authorization: [redacted]\nx");
	check_keyed("got X-Api-Key: abc", "got X-Api-Key: [redacted]");
	check_keyed("Cookie: a=1; b=2\nx: y", "Cookie: [redacted]\nx: y");
	check_keyed("a\nApi-Key: abc\nb", "a\nApi-Key: [redacted]\nb");
}

/* The log's own advice must survive its redaction. */
static void sentences_about_secrets_stay_readable(void **state)
{
	static const char *const sentences[] = {
		"no credentials: set AEP_CLIENT_ID and AEP_CLIENT_SECRET",
		"row 7 has an empty password: fill it in",
		"the access token expired: a fresh one was fetched",
		"cannot read '/run/x.ledger.key': No such file or directory",
		"tests passed: 3",
		"keyboard: qwerty",
		"http://localhost:8080/x: time: 12:30",
	};

	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++)
		check_keyed(sentences[i], sentences[i]);
}

static void redacting_twice_changes_nothing_more(void **state)
{
	static const char *const texts[] = {"password: [redacted]", "password=[redacted]&x",
		"{\"password\":[redacted],\"x\":1}", "{\"password\":\"[redacted]\"}",
		"Authorization: [redacted]\nx", "'password': [redacted]}"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		check_keyed(texts[i], texts[i]);
}

static void names_speak_of_secrets(void **state)
{
	static const char *const secret[] = {"password", "PASSWORD", "Passwd", "pwd", "admin pass",
		"client_secret", "Access Token", "credential", "Credentials", "x-api-key", "apikey",
		"key", "Authorization", "Cookie"};
	static const char *const open[] = {
		"", "name", "endpoint", "username", "description", "owner", "Region"};

	for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
		assert_true(redact_name_is_secret(secret[i]));
	for (size_t i = 0; i < ARRAY_SIZE(open); i++)
		assert_false(redact_name_is_secret(open[i]));
}

static void what_does_not_fit_leaves_no_trace(void **state)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 14);
	buf_append_str(&b, "x: ");
	assert_int_equal(redact(&b, "ab pass-1", SECRETS("pass-1")), -ENOBUFS);
	assert_string_equal(b.data, "x: ");
	assert_int_equal(redact(&b, "pass-1", SECRETS("pass-1")), 0);
	assert_string_equal(b.data, "x: [redacted]");
}

/* What would be hours if the work grew with the square of the text. */
static void hostile_megabytes_are_worked_off(void **state)
{
	static const char *const bits[] = {"a", "password",
		"password:", "password=", "\"password\":{", "\\\\\\\"", "\\u0061", "%61+",
		"=:", "token:{[", "\"", "YWFh", "password   "};
	char secret[4097];

	memset(secret, 'a', sizeof(secret) - 2);
	secret[sizeof(secret) - 2] = 'b';
	secret[sizeof(secret) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		AUTO(buf_done) struct buf text = {0}, b = {0};
		int r;

		buf_init(&text, 1 << 20);
		while (buf_append_str(&text, bits[i]) == 0)
			;
		buf_init(&b, 16 << 20);
		r = redact(&b, text.data, SECRETS(secret, "aaaaaaa", "pass-1"));
		assert_int_equal(r, 0);
	}
}

/* Random texts with the secret in them, in random encodings, one inside another. */
static void no_encoding_in_any_company_hides_it(void **state)
{
	static const char *const forms[] = {"q\"ss \\w+rd%/1", "q\\\"ss \\\\w+rd%\\/1",
		"q%22ss+%5Cw%2Brd%25%2F1", "q%22ss%20%5cw%2brd%25%2f1",
		"q\\u0022ss \\u005Cw\\u002brd\\u0025\\/1", "q\\\\\\\"ss \\\\\\\\w+rd%\\/1",
		"cSJzcyBcdytyZCUvMQ", "dTpxInNzIFx3K3JkJS8x"};
	static const char *const fill[] = {
		" ", "\"", "\\", "%", "=", "&", "{\"a\":", "+", "x", "\\u0", "[", ":", "%4"};
	const char *secret = "q\"ss \\w+rd%/1";
	uint32_t seed = 7;

	for (int i = 0; i < 20000; i++) {
		AUTO(buf_done) struct buf text = {0}, b = {0}, again = {0};
		size_t form = 0;

		buf_init(&text, 1000);
		buf_init(&b, 10000);
		buf_init(&again, 10000);
		for (int k = 0; k < 7; k++) {
			seed = seed * 1664525 + 1013904223;
			if (k == 3) {
				form = (seed >> 16) % ARRAY_SIZE(forms);
				buf_append_str(&text, " ");
				buf_append_str(&text, forms[form]);
				buf_append_str(&text, " ");
			} else {
				buf_append_str(&text, fill[(seed >> 16) % ARRAY_SIZE(fill)]);
			}
		}
		assert_int_equal(redact(&b, text.data, SECRETS(secret)), 0);
		assert_non_null(strstr(b.data, REDACTED));
		assert_null(strstr(b.data, form >= 6 ? "NzIFx3" : "ss"));
		assert_int_equal(redact(&again, b.data, SECRETS(secret)), 0);
		assert_string_equal(again.data, b.data);
	}
}

/* "decoded-secret-1" masked. */
static const char masked[] = "qpvzqpq8fpvgpa8$";
#define MASKED_LEN (sizeof(masked) - 1)

/* Neither of the decoded text, nor of the secret's base64 (of which the last
 * alignment, two bytes into a group, is what memory would still hold). */
static void no_decoded_copy_is_left_on_the_heap(void **state)
{
	char secret[LEFTOVER_SIZE(MASKED_LEN)], text[200] = "\\u0020 %41 ";
	char behind_two[LEFTOVER_SIZE(MASKED_LEN) + 2] = "uu", encoded[200];
	AUTO(buf_done) struct buf b = {0};

	leftovers_unmask(secret, masked, MASKED_LEN);
	strcat(text, secret);
	strcat(behind_two, secret);
	base64(encoded, behind_two, strlen(behind_two));
	for (size_t i = 0; encoded[i]; i++)
		encoded[i] ^= LEFTOVER_MASK;
	buf_init(&b, 1000);
	assert_int_equal(redact(&b, text, SECRETS(secret)), 0);
	assert_int_equal(leftovers_on_heap(masked, MASKED_LEN), 0);
	assert_int_equal(leftovers_on_heap(encoded + 4 * LEFTOVER_LEAD / 3, 16), 0);
	wipe(secret, sizeof(secret));
	wipe(text, sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_without_secrets_stays_as_it_is),
		cmocka_unit_test(a_secret_is_cut_out_wherever_it_stands),
		cmocka_unit_test(secrets_that_overlap_leave_nothing),
		cmocka_unit_test(json_escapes_do_not_hide_it),
		cmocka_unit_test(a_json_text_inside_a_json_string_does_not_hide_it),
		cmocka_unit_test(a_backslash_in_a_secret_is_no_escape),
		cmocka_unit_test(url_encoding_does_not_hide_it),
		cmocka_unit_test(base64_does_not_hide_it),
		cmocka_unit_test(base64_of_something_longer_does_not_hide_it),
		cmocka_unit_test(a_text_with_a_short_secret_is_dropped_whole),
		cmocka_unit_test(values_behind_telling_names_go_from_json),
		cmocka_unit_test(a_value_that_ends_in_a_backslash_takes_a_neighbour_along),
		cmocka_unit_test(a_value_that_never_ends_goes_to_the_end),
		cmocka_unit_test(values_behind_telling_names_go_from_nested_json),
		cmocka_unit_test(values_behind_telling_names_go_from_forms),
		cmocka_unit_test(values_behind_telling_names_go_from_headers),
		cmocka_unit_test(sentences_about_secrets_stay_readable),
		cmocka_unit_test(redacting_twice_changes_nothing_more),
		cmocka_unit_test(names_speak_of_secrets),
		cmocka_unit_test(what_does_not_fit_leaves_no_trace),
		cmocka_unit_test(hostile_megabytes_are_worked_off),
		cmocka_unit_test(no_encoding_in_any_company_hides_it),
		cmocka_unit_test(no_decoded_copy_is_left_on_the_heap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
