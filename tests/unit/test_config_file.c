#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/config_file.h"

#define STRANGER 65534

/* Each test has a folder of its own, and works in it. */
static char folder[64];
static struct buf taken; /* "LINE key=value|" of each pair */
static struct error e;

static int enter(void **state)
{
	strcpy(folder, "/tmp/test_config_file.XXXXXX");
	buf_init(&taken, 100000);
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	buf_done(&taken);
	unlink("a.ini");
	unlink("link.ini");
	rmdir("dir.ini");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void put_bytes(const char *text, size_t len)
{
	int fd = open("a.ini", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
	assert_int_equal(chmod("a.ini", 0644), 0);
}

static void put(const char *text)
{
	put_bytes(text, strlen(text));
}

static int take(
	void *arg, const char *place, const char *key, const char *value, struct error *reterr)
{
	if (strcmp(key, "refused") == 0)
		return error_set(reterr, -EINVAL, "%s: I do not want it", place);
	return buf_printf(&taken, "%s %s=%s|", strchr(place, ':') + 1, key, value);
}

static int read_file(const char *path)
{
	buf_reset(&taken);
	e.text[0] = '\0';
	return config_file_read(path, take, NULL, &e);
}

static void assert_taken(const char *text, const char *expected)
{
	put(text);
	if (read_file("a.ini") != 0)
		fail_msg("%s", e.text);
	assert_string_equal(taken.data ? taken.data : "", expected);
}

static void assert_refused(const char *text, const char *sentence)
{
	put(text);
	assert_true(read_file("a.ini") < 0);
	if (!strstr(e.text, sentence))
		fail_msg("'%s' does not say '%s'", e.text, sentence);
}

static void pairs_come_in_order_with_their_lines(void **state)
{
	assert_taken("rate = 5/s\n\n# c\n; c\nmap = name=Instance Name\nmap = a=b\n",
		"1 rate=5/s|5 map=name=Instance Name|6 map=a=b|");
	assert_taken("", "");
	assert_taken("\n", "");
	assert_taken("no-newline = 1", "1 no-newline=1|");
	assert_taken("\xef\xbb\xbf"
		     "crlf = 1\r\nb = 2\r\n",
		"1 crlf=1|2 b=2|");
}

/* inih alone would take the second line for more of the first. */
static void indentation_means_nothing(void **state)
{
	assert_taken("a = 1\n  b = 2\n\tc = 3\n", "1 a=1|2 b=2|3 c=3|");
}

static void a_comment_may_stand_behind_a_value(void **state)
{
	assert_taken("a = 1 ; c\nb = x;y\n", "1 a=1|2 b=x;y|");
}

static void sections_are_refused(void **state)
{
	assert_refused("a = 1\n[run]\nb = 2\n", "a.ini:2: there are no sections");
	assert_refused("\xef\xbb\xbf[run]\n", "a.ini:1: there are no sections");
	assert_refused("  [run]\n", "a.ini:1: there are no sections");
}

static void a_line_that_is_no_pair_is_refused(void **state)
{
	assert_refused("a = 1\n\nrate\n", "a.ini:3: write this line as name = value");
}

static void quotes_are_refused(void **state)
{
	assert_refused("a = \"x y\"\n", "a.ini:1: values have no quotes");
	assert_taken("a = 5\" disk\n", "1 a=5\" disk|");
}

/* inih alone would take the rest of it for a line of its own. */
static void a_line_that_is_too_long_is_refused_whole(void **state)
{
	char text[400] = "a = 1\nresults = ";

	memset(text + strlen(text), 'x', 180);
	strcat(text, "\nb = 2\n");
	assert_taken("a = 1\n", "1 a=1|");
	put(text);
	assert_int_equal(read_file("a.ini"), 0);
	memset(strchr(text, 'x'), 'x', 230);
	strcpy(text + 240, "\nb = 2\n");
	assert_refused(text, "a.ini:2: the line is too long");
}

static void reading_ends_at_the_first_refusal(void **state)
{
	assert_refused("a = 1\nrefused = 1\nb = 2\n", "a.ini:2: I do not want it");
	assert_string_equal(taken.data, "1 a=1|");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	put_bytes("a = 1\0b = 2\n", 12);
	assert_int_equal(read_file("a.ini"), -EINVAL);
	assert_non_null(strstr(e.text, "NUL"));
}

static void an_absent_file_is_told_apart(void **state)
{
	assert_int_equal(read_file("b.ini"), -ENOENT);
	assert_non_null(strstr(e.text, "cannot read 'b.ini'"));
	put("");
	assert_int_equal(read_file("a.ini/b.ini"), -ENOENT);
}

static void a_file_that_others_can_write_is_refused(void **state)
{
	put("a = 1\n");
	assert_int_equal(chmod("a.ini", 0664), 0);
	assert_int_equal(read_file("a.ini"), -EPERM);
	assert_non_null(strstr(e.text, "can be written by others"));
	assert_int_equal(chmod("a.ini", 0646), 0);
	assert_int_equal(read_file("a.ini"), -EPERM);
	assert_null(taken.data);
}

static void a_link_is_as_trusted_as_what_it_leads_to(void **state)
{
	put("a = 1\n");
	assert_int_equal(symlink("a.ini", "link.ini"), 0);
	assert_int_equal(read_file("link.ini"), 0);
	assert_int_equal(chmod("a.ini", 0666), 0);
	assert_int_equal(read_file("link.ini"), -EPERM);
}

static void a_file_or_a_link_of_another_user_is_refused(void **state)
{
	if (geteuid() != 0)
		return; /* only root can give a file away */
	put("a = 1\n");
	assert_int_equal(chown("a.ini", STRANGER, STRANGER), 0);
	assert_int_equal(read_file("a.ini"), -EPERM);
	assert_non_null(strstr(e.text, "belongs to another user"));

	assert_int_equal(chown("a.ini", 0, 0), 0);
	assert_int_equal(read_file("a.ini"), 0);
	assert_int_equal(symlink("a.ini", "link.ini"), 0);
	assert_int_equal(lchown("link.ini", STRANGER, STRANGER), 0);
	assert_int_equal(read_file("link.ini"), -EPERM);
}

static void the_own_file_and_that_of_root_count_for_a_user(void **state)
{
	if (geteuid() != 0)
		return; /* only root can give a file away */
	put("a = 1\n");
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(seteuid(STRANGER), 0);
	assert_int_equal(read_file("a.ini"), 0); /* root's */
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chown("a.ini", STRANGER, STRANGER), 0);
	assert_int_equal(seteuid(STRANGER), 0);
	assert_int_equal(read_file("a.ini"), 0); /* the user's */
	assert_int_equal(seteuid(0), 0);
}

/* A named pipe without a writer would keep the program waiting. */
static void only_a_regular_file_is_read(void **state)
{
	assert_int_equal(mkdir("dir.ini", 0700), 0);
	assert_int_equal(read_file("dir.ini"), -EINVAL);
	assert_non_null(strstr(e.text, "no regular file"));
	assert_int_equal(mkfifo("a.ini", 0600), 0);
	assert_int_equal(read_file("a.ini"), -EINVAL);
}

static void a_file_has_a_maximum(void **state)
{
	size_t size = CONFIG_FILE_MAX + 1;
	char *text = malloc(size);

	assert_non_null(text);
	memset(text, '\n', size);
	put_bytes(text, size - 1);
	assert_int_equal(read_file("a.ini"), 0);
	put_bytes(text, size);
	assert_int_equal(read_file("a.ini"), -EFBIG);
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pairs_come_in_order_with_their_lines),
		TEST(indentation_means_nothing),
		TEST(a_comment_may_stand_behind_a_value),
		TEST(sections_are_refused),
		TEST(a_line_that_is_no_pair_is_refused),
		TEST(quotes_are_refused),
		TEST(a_line_that_is_too_long_is_refused_whole),
		TEST(reading_ends_at_the_first_refusal),
		TEST(bytes_that_are_no_text_are_refused),
		TEST(an_absent_file_is_told_apart),
		TEST(a_file_that_others_can_write_is_refused),
		TEST(a_link_is_as_trusted_as_what_it_leads_to),
		TEST(a_file_or_a_link_of_another_user_is_refused),
		TEST(the_own_file_and_that_of_root_count_for_a_user),
		TEST(only_a_regular_file_is_read),
		TEST(a_file_has_a_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
