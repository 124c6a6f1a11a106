#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "leftovers.h"

static int parse(const char *text)
{
	struct json *root = NULL;
	int r = json_parse(text, strlen(text), &root);

	assert_true((r == 0) == (root != NULL));
	json_free(root);
	return r;
}

/* Each line is one text, so that a failure names it. */
#define assert_json(text) assert_int_equal(parse(text), 0)
#define refute_json(text) assert_int_equal(parse(text), -EBADMSG)

static void json_is_taken(void **state)
{
	assert_json("{}");
	assert_json("[]");
	assert_json(" \t\r\n[ ] \t\r\n");
	assert_json("{\"a\":1,\"b\":[true,false,null,{}],\"c\":{\"d\":\"e\"}}");
	assert_json("[[],[[]],{}]");
	assert_json("\"text\"");
	assert_json("true");
	assert_json("0");
	assert_json("[0,-0,10,1.5,-1.5e3,1E+2,1e-2,0.0]");
	assert_json("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"");
	assert_json("\"\xc3\xa9\xf0\x9f\x98\x80\x7f\"");
}

static void the_whole_text_is_one_value(void **state)
{
	refute_json("");
	refute_json(" ");
	refute_json("{} x");
	refute_json("{}{}");
	refute_json("[],");
	refute_json("1 2");
	refute_json("truefalse");
	refute_json("nullx");
}

static void what_is_open_must_close(void **state)
{
	refute_json("{");
	refute_json("[");
	refute_json("[1");
	refute_json("[1,");
	refute_json("{\"a\"");
	refute_json("{\"a\":");
	refute_json("{\"a\":1");
	refute_json("{\"a\":1,");
	refute_json("[}");
	refute_json("{]");
	refute_json("[{]}");
	refute_json("]");
	refute_json("\"");
	refute_json("\"a");
	refute_json("\"a\\");
	refute_json("\"\\u12");
	refute_json("tru");
	refute_json("-");
	refute_json("1e");
}

static void cousins_of_json_are_refused(void **state)
{
	refute_json("[1,]");
	refute_json("[,1]");
	refute_json("[1,,2]");
	refute_json("[1 2]");
	refute_json("{\"a\":1,}");
	refute_json("{,}");
	refute_json("{\"a\" 1}");
	refute_json("{\"a\":}");
	refute_json("{a:1}");
	refute_json("{'a':1}");
	refute_json("{1:1}");
	refute_json("{\"a\"}");
	refute_json("[\"a\":1]");
	refute_json("'a'");
	refute_json("[] // a comment");
	refute_json("/* a comment */ []");
	refute_json("True");
	refute_json("NULL");
	refute_json("NaN");
	refute_json("Infinity");
	refute_json("-Infinity");
}

static void numbers_have_one_form(void **state)
{
	refute_json("01");
	refute_json("-01");
	refute_json("+1");
	refute_json(".5");
	refute_json("1.");
	refute_json("1.e3");
	refute_json("0x10");
	refute_json("1e5e5");
	refute_json("--1");
	refute_json("1-1");
}

/* A server that writes them means something that a double cannot hold. */
static void numbers_beyond_a_double_are_refused(void **state)
{
	assert_json("1.7e308");
	refute_json("1e999");
	refute_json("[[-1e999]]");
	refute_json("{\"a\":1e309}");
}

static void numbers_of_endless_digits_are_refused(void **state)
{
	char text[80];

	memset(text, '1', sizeof(text));
	text[63] = '\0';
	assert_json(text);
	text[63] = '1';
	text[64] = '\0';
	refute_json(text);
}

static void nul_is_refused_in_every_form(void **state)
{
	struct json *root = NULL;

	assert_int_equal(json_parse("[]\0", 3, &root), -EBADMSG);
	assert_int_equal(json_parse("\"a\0b\"", 5, &root), -EBADMSG);
	assert_int_equal(json_parse("[\0]", 3, &root), -EBADMSG);
	assert_null(root);
	refute_json("\"a\\u0000b\"");
	refute_json("{\"a\\u0000b\":1}");
	refute_json("\"\\uZZZZ\"");   /* cJSON reads it as NUL */
	assert_json("\"\\\\u0000\""); /* a backslash and letters */
}

static void control_characters_are_refused(void **state)
{
	refute_json("\"a\nb\"");
	refute_json("\"a\tb\"");
	refute_json("\"a\x01"
		    "b\"");
	refute_json("[\x01]"); /* white space to cJSON */
	refute_json("[\x0b]");
	refute_json("\x0c[]");
}

static void text_is_utf8(void **state)
{
	refute_json("\"\xff\"");
	refute_json("\"\xc3\"");
	refute_json("\"\xed\xa0\x80\"");
	refute_json("{\"\x80\":1}");
	refute_json("\xef\xbb\xbf{}"); /* a byte order mark */
	refute_json("[\xc2\xa0]");     /* a no-break space is no white space */
}

static void surrogates_come_in_pairs(void **state)
{
	refute_json("\"\\ud800\"");
	refute_json("\"\\udc00\"");
	refute_json("\"\\udc00\\ud800\"");
	refute_json("\"\\ud800\\ud800\"");
	refute_json("\"\\ud800\\u0041\"");
	refute_json("\"\\ud800x\"");
	refute_json("\"\\ud83d\\\\ude00\"");
	refute_json("\"\\x41\"");
	refute_json("\"\\'\"");
}

static void the_same_name_twice_is_refused(void **state)
{
	refute_json("{\"id\":1,\"id\":2}");
	refute_json("{\"id\":1,\"\\u0069d\":2}");
	refute_json("{\"a\":[{\"b\":{\"c\":1,\"d\":1,\"c\":1}}]}");
	refute_json("{\"\":1,\"\":2}");
	assert_json("{\"id\":1,\"ID\":2}"); /* two names */
	assert_json("{\"a\":{\"id\":1},\"b\":{\"id\":1}}");
	assert_json("[{\"id\":1},{\"id\":1}]");
}

/* {"n0":0,"n1":0,…,last:0} */
static void many_members(struct buf *b, int count, const char *last)
{
	buf_init(b, 4 << 20);
	buf_append_char(b, '{');
	for (int i = 0; i < count; i++)
		buf_printf(b, "\"n%d\":0,", i);
	buf_printf(b, "\"%s\":0}", last);
}

static void the_same_name_twice_is_found_among_any_number(void **state)
{
	for (int count = 1; count < 40; count++) {
		AUTO(buf_done) struct buf same = {0}, other = {0};

		many_members(&same, count, "n0");
		refute_json(same.data);
		many_members(&other, count, "x");
		assert_json(other.data);
	}
}

/* Compared each with each these were ten thousand million comparisons. */
static void a_hundred_thousand_members_are_no_attack(void **state)
{
	AUTO(buf_done) struct buf same = {0}, other = {0};

	many_members(&same, 100000, "n99999");
	refute_json(same.data);
	many_members(&other, 100000, "x");
	assert_json(other.data);
}

static void nest(struct buf *b, size_t depth, const char *open, const char *close)
{
	buf_init(b, 4 << 20);
	for (size_t i = 0; i < depth; i++)
		buf_append_str(b, open);
	buf_append_str(b, "1");
	for (size_t i = 0; i < depth; i++)
		buf_append_str(b, close);
}

static void nesting_has_a_limit_and_no_stack_is_spent_on_more(void **state)
{
	static const struct {
		size_t depth;
		int expected;
	} cases[] = {{255, 0}, {256, 0}, {257, -EBADMSG}, {1001, -EBADMSG}, {200000, -EBADMSG}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(buf_done) struct buf arrays = {0}, objects = {0};

		nest(&arrays, cases[i].depth, "[", "]");
		assert_int_equal(parse(arrays.data), cases[i].expected);
		nest(&objects, cases[i].depth, "{\"a\":", "}");
		assert_int_equal(parse(objects.data), cases[i].expected);
	}
}

/* Our grammar must not take what cJSON refuses, or a bad text were "no memory".
 * Bits of JSON are strung together at random; what is taken must have a tree. */
static void what_the_grammar_takes_cjson_builds(void **state)
{
	static const char *const bits[] = {"{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"",
		"\\", "1", "-", ".", "e", "0", "true", "null", " ", "\\u0041", "\\ud83d\\ude00",
		"\xc3\xa9", "[]", "{}", "\"a\":", "1,", "\n"};
	uint32_t seed = 1;
	int taken = 0;

	for (int i = 0; i < 300000; i++) {
		char text[128] = "";
		int r, n;

		seed = seed * 1664525 + 1013904223;
		n = 1 + (int)(seed >> 16) % 9;
		while (n-- > 0) {
			seed = seed * 1664525 + 1013904223;
			strcat(text, bits[(seed >> 16) % ARRAY_SIZE(bits)]);
		}
		r = parse(text);
		assert_true(r == 0 || r == -EBADMSG);
		taken += r == 0;
	}
	assert_true(taken > 1000);
}

/* Every prefix of a good text, in a block that ends where the text does. */
static void no_byte_behind_the_text_is_read(void **state)
{
	static const char whole[] =
		"{\"a\":[1.5e+3,true,null,false,\"\\ud83d\\ude00\\n\xe2\x82\xac\"],\"b\":{}}";

	for (size_t len = 0; len < sizeof(whole); len++) {
		char *exact = malloc(len ? len : 1);
		struct json *root = NULL;
		int r;

		memcpy(exact, whole, len);
		r = json_parse(exact, len, &root);
		assert_int_equal(r, len == sizeof(whole) - 1 ? 0 : -EBADMSG);
		json_free(root);
		free(exact);
	}
}

static void values_are_reached_by_paths(void **state)
{
	const char *text =
		"{\"report\":{\"detailed-message\":\"no\"},\"n\":42,\"t\":true,\"f\":false,"
		"\"z\":null,\"list\":[1,\"two\"]}";
	AUTO(json_freep) struct json *root = NULL;
	const struct json *list;
	double n = 0;
	bool b = false;

	assert_int_equal(json_parse(text, strlen(text), &root), 0);
	assert_string_equal(
		json_string(json_get(json_get(root, "report"), "detailed-message")), "no");
	assert_true(json_number(json_get(root, "n"), &n));
	assert_true(n > 41.5 && n < 42.5);
	assert_true(json_bool(json_get(root, "t"), &b));
	assert_true(b);
	assert_true(json_bool(json_get(root, "f"), &b));
	assert_false(b);
	assert_true(json_is_null(json_get(root, "z")));
	list = json_get(root, "list");
	assert_true(json_is_array(list));
	assert_string_equal(json_string(json_next(json_first(list))), "two");
	assert_null(json_next(json_next(json_first(list))));
	assert_null(json_name(json_first(list)));
	assert_string_equal(json_name(json_first(root)), "report");
}

/* A path through what is absent, or of another type, ends in nothing. */
static void wrong_questions_have_no_answer(void **state)
{
	const char *text = "{\"a\":[{\"b\":1}],\"s\":\"1\",\"N\":1}";
	AUTO(json_freep) struct json *root = NULL;
	double n = 7;
	bool b = true;

	assert_int_equal(json_parse(text, strlen(text), &root), 0);
	assert_null(json_get(json_get(json_get(root, "x"), "y"), "z"));
	assert_null(json_get(json_get(root, "a"), "b")); /* of an array */
	assert_null(json_get(root, "n"));                /* case counts */
	assert_null(json_string(json_get(root, "N")));
	assert_false(json_number(json_get(root, "s"), &n));
	assert_false(json_bool(json_get(root, "s"), &b));
	assert_false(json_is_null(NULL) || json_is_array(NULL) || json_is_object(NULL));
	assert_null(json_first(json_get(root, "s")));
	assert_null(json_first(NULL));
	assert_null(json_next(NULL));
	assert_null(json_name(NULL));
	assert_null(json_string(NULL));
	assert_false(json_number(NULL, &n));
	assert_true(n > 6 && b);
	json_free(NULL);
}

static void each_visits_in_order(void **state)
{
	const char *text = "{\"x\":1,\"y\":2,\"z\":3}";
	AUTO(json_freep) struct json *root = NULL;
	char names[4] = "";

	assert_int_equal(json_parse(text, strlen(text), &root), 0);
	JSON_EACH (m, root)
		strcat(names, json_name(m));
	assert_string_equal(names, "xyz");
}

static struct json *some_tree(void)
{
	struct json *root = json_new_object(), *params, *list;

	json_add_string(root, "name", "a \"b\" \\ \n\x01/\xc3\xa9");
	params = json_add_object(json_add_object(root, "auth"), "params");
	json_add_borrowed(params, "password", "pass-1");
	list = json_add_array(root, "list");
	json_add_number(json_push_object(list), "n", 1.5);
	json_push_object(list);
	json_add_number(root, "big", 1795550078123.0);
	json_add_bool(root, "yes", true);
	json_add_bool(root, "no", false);
	assert_non_null(json_add_null(root, "nil"));
	return root;
}

static const char some_text[] =
	"{\"name\":\"a \\\"b\\\" \\\\ "
	"\\n\\u0001/\xc3\xa9\",\"auth\":{\"params\":{\"password\":\"pass-1\"}},"
	"\"list\":[{\"n\":1.5},{}],\"big\":1795550078123,\"yes\":true,\"no\":false,\"nil\":null}";

static void a_tree_is_printed_compact(void **state)
{
	AUTO(json_freep) struct json *root = some_tree();
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 1000);
	buf_append_str(&b, "body: ");
	assert_int_equal(json_print(root, &b), 0);
	assert_memory_equal(b.data, "body: ", 6);
	assert_string_equal(b.data + 6, some_text);
	assert_int_equal(b.len, 6 + strlen(some_text));
}

static void what_is_printed_is_taken_again(void **state)
{
	AUTO(json_freep) struct json *root = NULL;
	AUTO(buf_done) struct buf b = {0};

	assert_int_equal(json_parse(some_text, strlen(some_text), &root), 0);
	buf_init(&b, 1000);
	assert_int_equal(json_print(root, &b), 0);
	assert_string_equal(b.data, some_text);
}

/* To the byte, though cJSON wants a few more while it prints. */
static void printing_fits_exactly_or_leaves_no_trace(void **state)
{
	AUTO(json_freep) struct json *root = some_tree();

	for (size_t max = 0; max < strlen(some_text) + 20; max++) {
		AUTO(buf_done) struct buf b = {0};
		int r;

		buf_init(&b, max);
		buf_append_str(&b, "xyz");
		r = json_print(root, &b);
		if (max < 3 + strlen(some_text)) {
			assert_int_equal(r, -ENOBUFS);
			for (size_t i = b.len; b.data && i < b.cap; i++)
				assert_int_equal(b.data[i], 0);
			assert_string_equal(b.data ? b.data : "xyz", max < 3 ? "" : "xyz");
		} else {
			assert_int_equal(r, 0);
			assert_string_equal(b.data + 3, some_text);
		}
	}
}

static void a_large_tree_is_printed_whole(void **state)
{
	AUTO(json_freep) struct json *root = json_new_object();
	AUTO(buf_done) struct buf b = {0}, text = {0};

	buf_init(&text, 1 << 20);
	while (buf_append_str(&text, "0123456789") == 0)
		;
	json_add_borrowed(root, "a", text.data);
	json_add_borrowed(root, "b", text.data);
	buf_init(&b, 4 << 20);
	assert_int_equal(json_print(root, &b), 0);
	assert_int_equal(b.len, 2 * text.len + strlen("{\"a\":\"\",\"b\":\"\"}"));
}

static void printing_no_tree_is_lack_of_memory(void **state)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 100);
	assert_int_equal(json_print(NULL, &b), -ENOMEM);
	assert_null(json_add_object(NULL, "x"));
	assert_null(json_push_object(NULL));
	assert_null(json_add_string(NULL, "x", "y"));
	assert_null(json_add_borrowed(NULL, "x", "y"));
}

static void assert_printed_string(const char *text, const char *expected)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 100);
	assert_int_equal(json_print_string(&b, text), 0);
	assert_string_equal(b.data, expected);
}

static void a_string_is_printed_alone(void **state)
{
	assert_printed_string("", "\"\"");
	assert_printed_string("a\"b\\c/", "\"a\\\"b\\\\c/\"");
	assert_printed_string("\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
	assert_printed_string("\xc3\xa9", "\"\xc3\xa9\"");
	assert_printed_string("a\xff\xe2\x82z", "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
}

static void a_string_that_does_not_fit_leaves_no_trace(void **state)
{
	for (size_t max = 2; max < 9; max++) {
		AUTO(buf_done) struct buf b = {0};

		buf_init(&b, max);
		buf_append_str(&b, "x:");
		assert_int_equal(json_print_string(&b, "ab\n"), max < 8 ? -ENOBUFS : 0);
		assert_string_equal(b.data, max < 8 ? "x:" : "x:\"ab\\n\"");
	}
}

/* "echoed-in-an-answer" masked. */
static const char masked[] = "pv}zpq8|{8t{8t{fbpg";
#define MASKED_LEN (sizeof(masked) - 1)

static void what_an_answer_echoed_is_wiped_when_the_tree_goes(void **state)
{
	char text[LEFTOVER_SIZE(MASKED_LEN) + 16] = "[\"";
	struct json *root = NULL;

	leftovers_unmask(text + 2, masked, MASKED_LEN);
	strcat(text, "\"]");
	assert_int_equal(json_parse(text, strlen(text), &root), 0);
	json_free(root);
	assert_int_equal(leftovers_on_heap(masked, MASKED_LEN), 0);
	strcpy(text + strlen(text) - 1, ",\"\x01");
	assert_int_equal(json_parse(text, strlen(text), &root), -EBADMSG);
	assert_int_equal(leftovers_on_heap(masked, MASKED_LEN), 0);
	wipe(text, sizeof(text));
}

static void a_borrowed_secret_has_no_copy_but_the_printed_one(void **state)
{
	char secret[LEFTOVER_SIZE(MASKED_LEN)];
	struct json *root = json_new_object();
	struct buf b;

	leftovers_unmask(secret, masked, MASKED_LEN);
	json_add_borrowed(root, "password", secret);
	for (int i = 0; i < 100; i++) /* so that the buffer moves while it is printed */
		json_add_number(json_add_object(root, "filler"), "n", i);
	buf_init_secret(&b, 100000);
	assert_int_equal(json_print(root, &b), 0);
	assert_true(leftovers_on_heap(masked, MASKED_LEN) <= 1);
	json_free(root);
	buf_done(&b);
	assert_int_equal(leftovers_on_heap(masked, MASKED_LEN), 0);
	wipe(secret, sizeof(secret));
}

static int allocations_left;

static void *scarce_malloc(size_t size)
{
	return allocations_left-- > 0 ? malloc(size) : NULL;
}

/* At whatever allocation it happens: no leak, no crash, and no "bad message". */
static void without_memory_it_says_so(void **state)
{
	cJSON_Hooks scarce = {.malloc_fn = scarce_malloc, .free_fn = free};
	const char *text = "{\"a\":[1,\"two\",{\"b\":null}]}";
	int r = -ENOMEM, failures = 0;

	cJSON_InitHooks(&scarce);
	for (int n = 0; r != 0; n++) {
		struct json *root = NULL;

		allocations_left = n;
		r = json_parse(text, strlen(text), &root);
		assert_true(r == 0 || r == -ENOMEM);
		failures += r != 0;
		json_free(root);
	}
	assert_true(failures > 5);
	allocations_left = 1;
	struct json *root = json_new_object();
	assert_null(json_add_object(root, "x"));
	assert_null(json_add_string(root, "x", "y"));
	json_free(root);
	json_setup();
}

static int set_up(void **state)
{
	json_setup();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_taken),
		cmocka_unit_test(the_whole_text_is_one_value),
		cmocka_unit_test(what_is_open_must_close),
		cmocka_unit_test(cousins_of_json_are_refused),
		cmocka_unit_test(numbers_have_one_form),
		cmocka_unit_test(numbers_beyond_a_double_are_refused),
		cmocka_unit_test(numbers_of_endless_digits_are_refused),
		cmocka_unit_test(nul_is_refused_in_every_form),
		cmocka_unit_test(control_characters_are_refused),
		cmocka_unit_test(text_is_utf8),
		cmocka_unit_test(surrogates_come_in_pairs),
		cmocka_unit_test(the_same_name_twice_is_refused),
		cmocka_unit_test(the_same_name_twice_is_found_among_any_number),
		cmocka_unit_test(a_hundred_thousand_members_are_no_attack),
		cmocka_unit_test(nesting_has_a_limit_and_no_stack_is_spent_on_more),
		cmocka_unit_test(what_the_grammar_takes_cjson_builds),
		cmocka_unit_test(no_byte_behind_the_text_is_read),
		cmocka_unit_test(values_are_reached_by_paths),
		cmocka_unit_test(wrong_questions_have_no_answer),
		cmocka_unit_test(each_visits_in_order),
		cmocka_unit_test(a_tree_is_printed_compact),
		cmocka_unit_test(what_is_printed_is_taken_again),
		cmocka_unit_test(printing_fits_exactly_or_leaves_no_trace),
		cmocka_unit_test(a_large_tree_is_printed_whole),
		cmocka_unit_test(printing_no_tree_is_lack_of_memory),
		cmocka_unit_test(a_string_is_printed_alone),
		cmocka_unit_test(a_string_that_does_not_fit_leaves_no_trace),
		cmocka_unit_test(what_an_answer_echoed_is_wiped_when_the_tree_goes),
		cmocka_unit_test(a_borrowed_secret_has_no_copy_but_the_printed_one),
		cmocka_unit_test(without_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
