/* results_fixture.h - a folder of its own for each test, and short words for
 * what the results tests do in it. The working directory is that folder. */
#pragma once

#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/results.h"

#define RESULTS "out.csv"
#define PART "out.csv.part"
#define HEADER                                                                                     \
	"row,line,name,sandbox,endpoint,status,id,etag,http_status,error_code,error,"              \
	"attempts,request_id,started_at,duration_ms\n"
#define TAIL ",,,,,,,,,0,,,\n"

static const struct line_style csv_style = {.format = LINE_CSV};

static int enter_folder(void **state)
{
	char *folder = strdup("/tmp/snowmelt-results-XXXXXX");

	*state = folder;
	return folder && mkdtemp(folder) ? chdir(folder) : -1;
}

static int leave_folder(void **state)
{
	DIR *dir = opendir(".");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (unlink(entry->d_name) < 0)
			rmdir(entry->d_name); /* "." and ".." stay */
	closedir(dir);
	if (chdir("/") < 0 || rmdir(*state) < 0)
		return -1;
	free(*state);
	return 0;
}

static inline void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* The file as text, to be freed. */
static inline char *read_file(const char *path)
{
	struct stat st;
	char *text;
	FILE *f = fopen(path, "r");

	if (!f || fstat(fileno(f), &st) < 0)
		fail_msg("%s cannot be read", path);
	text = calloc(1, (size_t)st.st_size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)st.st_size, f), st.st_size);
	fclose(f);
	return text;
}

static inline void assert_file(const char *path, const char *expected)
{
	char *text = read_file(path);

	assert_string_equal(text, expected);
	free(text);
}

static inline bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static inline struct results *open_results(const struct line_style *style)
{
	struct results *r;
	struct error e;
	int code = results_open(RESULTS, style, NULL, 0, &r, &e);

	if (code < 0)
		fail_msg("%s", e.text);
	return r;
}

static inline void add(struct results *r, uint64_t row, const char *name)
{
	const struct line l = {.row = row, .line = row + 1, .name = name, .duration_ms = -1};
	struct error e;

	if (results_add(r, &l, &e) < 0)
		fail_msg("%s", e.text);
}

static inline void flush(struct results *r)
{
	struct error e;

	if (results_flush(r, &e) < 0)
		fail_msg("%s", e.text);
}

static inline void finish(struct results *r)
{
	struct error e;

	if (results_finish(r, &e) < 0)
		fail_msg("%s", e.text);
}

/* Nothing is left beside RESULTS. */
static inline void assert_tidy(void)
{
	assert_false(exists(PART));
	assert_false(exists(PART ".index"));
	assert_false(exists(PART ".lock"));
	assert_false(exists(RESULTS ".new"));
}
