#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "leftovers.h"
#include "sys/log.h"

#define HEAD 25 /* the time and a blank */

static char last[300000];
static int lines;

static void keep(void *arg, const char *line)
{
	assert_true(strlen(line) < sizeof(last));
	strcpy(last, line);
	lines++;
	errno = ENOENT; /* as a write may leave it */
}

static int fresh(void **state)
{
	log_set_sink(keep, NULL);
	log_set_level(LOG_INFO);
	last[0] = '\0';
	lines = 0;
	return 0;
}

static void a_line_has_time_level_and_text(void **state)
{
	int year, n = 0;

	log_warn("row %d is odd", 7);
	assert_int_equal(sscanf(last, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ %n", &year, &n), 1);
	assert_int_equal(n, HEAD);
	assert_true(year > 2020);
	assert_string_equal(last + HEAD, "warn row 7 is odd\n");
}

static void what_is_not_wanted_is_not_written(void **state)
{
	assert_true(log_wants(LOG_INFO));
	assert_false(log_wants(LOG_DEBUG));
	log_debug("no");
	log_write(LOG_TRACE, "no");
	assert_int_equal(lines, 0);
	log_set_level(LOG_TRACE);
	log_trace("yes");
	assert_string_equal(last + HEAD, "trace yes\n");
	log_set_level(LOG_ERROR);
	log_warn("no");
	log_error("yes");
	assert_string_equal(last + HEAD, "error yes\n");
	assert_int_equal(lines, 2);
}

static void levels_have_names(void **state)
{
	for (int i = LOG_ERROR; i <= LOG_TRACE; i++) {
		enum log_level level = LOG_ERROR;

		assert_int_equal(log_level_parse(log_level_name((enum log_level)i), &level), 0);
		assert_int_equal(level, i);
	}
	assert_int_equal(log_level_parse("INFO", &(enum log_level){0}), -EINVAL);
	assert_int_equal(log_level_parse("", &(enum log_level){0}), -EINVAL);
}

/* A server's message that plays log: it stays one line, and is seen through. */
static void nothing_forges_a_line(void **state)
{
	log_info("server said: %s",
		"ok\n2026-01-01T00:00:00.000Z error all is lost\r\x1b[2J\xc2\x9b");
	assert_int_equal(lines, 1);
	assert_string_equal(last + HEAD,
		"info server said: ok\\x0A2026-01-01T00:00:00.000Z error all is lost"
		"\\x0D\\x1B[2J\\xC2\\x9B\n");
	log_info("%s", "");
	assert_string_equal(last + HEAD, "info \n");
}

static void registered_secrets_never_leave(void **state)
{
	assert_int_equal(log_add_secret("token-1234"), 0);
	log_info("sent token-1234 and dG9rZW4tMTIzNA== and token%%2D1234");
	assert_string_equal(last + HEAD, "info sent [redacted] and [redacted]== and [redacted]\n");
	log_info("header X-Api-Key: unknown-1");
	assert_string_equal(last + HEAD, "info header X-Api-Key: [redacted]\n");
	log_forget_secret("token-1234");
	log_info("sent token-1234");
	assert_string_equal(last + HEAD, "info sent token-1234\n");
}

static void a_line_with_a_short_secret_is_dropped(void **state)
{
	assert_int_equal(log_add_secret("abc"), 0);
	log_info("its value is abc");
	assert_string_equal(last + HEAD, "info (a line that holds a secret)\n");
	log_forget_secret("abc");
}

/* Tokens are renewed again and again: what is forgotten makes room. */
static void many_secrets_are_kept(void **state)
{
	char value[16];

	assert_int_equal(log_add_secret(""), 0);
	assert_int_equal(log_add_secret(NULL), 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < LOG_SECRETS_MAX; i++) {
			snprintf(value, sizeof(value), "token-%d-%d", round, i);
			assert_int_equal(log_add_secret(value), 0);
			assert_int_equal(log_add_secret(value), 0); /* is there already */
		}
		assert_int_equal(log_add_secret("one-too-many"), -ENOSPC);
		log_info("%s", value);
		assert_string_equal(last + HEAD, "info [redacted]\n");
		for (int i = 0; i < LOG_SECRETS_MAX; i++) {
			snprintf(value, sizeof(value), "token-%d-%d", round, i);
			log_forget_secret(value);
		}
	}
	log_forget_secret("never there");
	log_forget_secret(NULL);
}

static void a_line_may_be_long_but_not_endless(void **state)
{
	size_t size = 100000;
	char *text = malloc(size);

	memset(text, 1, size); /* four bytes each when shown */
	text[65536] = '\0';
	log_info("%s", text);
	assert_int_equal(strlen(last), HEAD + strlen("info \n") + 4 * 65536);
	text[65536] = 1;
	text[size - 1] = '\0';
	log_info("%s", text);
	assert_string_equal(last, "(a log line was too long, or there was no memory for it)\n");
	free(text);
}

static void errno_is_the_callers(void **state)
{
	errno = EDOM;
	log_info("x");
	assert_int_equal(errno, EDOM);
}

/* To standard error, whole and one by one, from many threads. */
static void *write_many(void *arg)
{
	for (int i = 0; i < 500; i++)
		log_info("thread %d says %s", *(int *)arg, "abcdefghijklmnopqrstuvwxyz");
	return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
	int ids[4] = {0, 1, 2, 3}, saved = dup(STDERR_FILENO), id, count[4] = {0};
	FILE *f = tmpfile();
	pthread_t threads[4];
	char line[256];

	log_set_sink(NULL, NULL);
	assert_true(dup2(fileno(f), STDERR_FILENO) >= 0);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, write_many, &ids[i]);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	while (fgets(line, sizeof(line), f)) {
		int n = 0;

		assert_int_equal(
			sscanf(line + HEAD, "info thread %d says abcdefghijklmnopqrstuvwxyz\n%n",
				&id, &n),
			1);
		assert_int_equal(HEAD + (size_t)n, strlen(line));
		count[id]++;
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(count[i], 500);
	fclose(f);
}

/* "logged-by-mistake" masked. */
static const char masked[] = "yzrrpq8wl8x|fat~p";
#define MASKED_LEN (sizeof(masked) - 1)

static void a_secret_that_was_logged_is_not_left_on_the_heap(void **state)
{
	char secret[LEFTOVER_SIZE(MASKED_LEN)];

	leftovers_unmask(secret, masked, MASKED_LEN);
	assert_int_equal(log_add_secret(secret), 0);
	log_info("oh %s", secret);
	assert_string_equal(last + HEAD, "info oh [redacted]\n");
	log_forget_secret(secret);
	wipe(secret, sizeof(secret));
	assert_int_equal(leftovers_on_heap(masked, MASKED_LEN), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_has_time_level_and_text, fresh),
		cmocka_unit_test_setup(what_is_not_wanted_is_not_written, fresh),
		cmocka_unit_test_setup(levels_have_names, fresh),
		cmocka_unit_test_setup(nothing_forges_a_line, fresh),
		cmocka_unit_test_setup(registered_secrets_never_leave, fresh),
		cmocka_unit_test_setup(a_line_with_a_short_secret_is_dropped, fresh),
		cmocka_unit_test_setup(many_secrets_are_kept, fresh),
		cmocka_unit_test_setup(a_line_may_be_long_but_not_endless, fresh),
		cmocka_unit_test_setup(errno_is_the_callers, fresh),
		cmocka_unit_test_setup(lines_of_threads_do_not_mix, fresh),
		cmocka_unit_test_setup(a_secret_that_was_logged_is_not_left_on_the_heap, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
