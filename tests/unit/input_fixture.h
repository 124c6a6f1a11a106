/* input_fixture.h - a folder of its own, and the CSV that a test writes into it. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/str.h"
#include "input/csv_reader.h"
#include "input/input.h"

/* malloc() that a test need not look at; the caller frees. */
static inline char *memory(size_t len)
{
	char *p = malloc(len);

	if (!p)
		abort();
	return p;
}

struct fixture {
	char dir[64];
	char path[128]; /* of in.csv */
	struct error e;
	/* for tests of the whole */
	struct input_options o;
	struct input *in;
	struct secret_region *region;
	struct row row;
	/* for tests of one part */
	struct bytes bytes;
	struct csv_reader csv;
	int pipe[2];
};

static inline int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	bool locked;

	assert_non_null(f);
	str_copy(f->dir, sizeof(f->dir), "/tmp/snowmelt-input-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	str_copy(f->path, sizeof(f->path), f->dir);
	str_copy(f->path + strlen(f->path), 32, "/in.csv");
	assert_int_equal(secret_region_create(64 << 10, &f->region, &locked), 0);
	row_init(&f->row, f->region);
	f->o = (struct input_options){.path = f->path, .default_sandbox = "prod"};
	f->bytes = BYTES_INIT;
	f->pipe[0] = f->pipe[1] = -1;
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	char command[128] = "rm -rf ";

	input_close(f->in);
	row_done(&f->row);
	csv_reader_done(&f->csv);
	bytes_done(&f->bytes);
	secret_region_destroy(f->region);
	for (int i = 0; i < 2; i++)
		if (f->pipe[i] >= 0)
			close(f->pipe[i]);
	str_copy(command + strlen(command), sizeof(command) - strlen(command), f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static inline void write_file(const char *path, const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		assert_true(n > 0);
		data += n;
		len -= (size_t)n;
	}
	close(fd);
}

/* A path in the fixture's folder, good until the next call. */
static inline const char *in_dir(const struct fixture *f, const char *name)
{
	static char path[256];

	str_copy(path, sizeof(path), f->dir);
	str_copy(path + strlen(path), 2, "/");
	str_copy(path + strlen(path), sizeof(path) - strlen(path), name);
	return path;
}

/* A pipe in f->pipe, and a path to its end for reading. */
static inline const char *open_pipe(struct fixture *f)
{
	static char path[32];

	assert_int_equal(pipe2(f->pipe, O_CLOEXEC), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", f->pipe[0]);
	return path;
}

static inline void pipe_text(struct fixture *f, const char *text)
{
	assert_int_equal(write(f->pipe[1], text, strlen(text)), strlen(text));
}

static inline void pipe_end(struct fixture *f)
{
	close(f->pipe[1]);
	f->pipe[1] = -1;
}

/* The first record of a text, in f->csv. */
static inline const struct csv_record *first_record(struct fixture *f, const char *text, size_t len)
{
	csv_reader_done(&f->csv);
	bytes_done(&f->bytes);
	write_file(f->path, text, len);
	assert_int_equal(bytes_open(&f->bytes, f->path, &f->e), 0);
	assert_int_equal(csv_reader_init(&f->csv, &f->bytes, ',', 1), 0);
	assert_int_equal(csv_reader_next(&f->csv, true, &f->e), CSV_RECORD);
	return &f->csv.record;
}

/* Open the input on a text, as the options say. */
static inline int open_bytes(struct fixture *f, const char *text, size_t len)
{
	input_close(f->in);
	f->in = NULL;
	write_file(f->path, text, len);
	return input_open(&f->o, &f->in, &f->e);
}

static inline void open_text(struct fixture *f, const char *text)
{
	if (open_bytes(f, text, strlen(text)) < 0)
		fail_msg("%s", f->e.text);
}

static inline int next(struct fixture *f)
{
	row_reset(&f->row);
	return input_next(f->in, &f->row, &f->e);
}

static inline void expect_row(struct fixture *f)
{
	int r = next(f);

	if (r < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(r, INPUT_ROW);
	if (f->row.invalid)
		fail_msg("invalid: %s", f->row.fault);
}

static inline void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

static inline void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in '%s'", part, text);
}

/* The next row is invalid, for this reason. */
static inline void expect_invalid(struct fixture *f, const char *why)
{
	int r = next(f);

	if (r < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(r, INPUT_ROW);
	assert_true(f->row.invalid);
	assert_contains(f->row.fault, why);
	assert_int_equal(f->row.param_count, 0);
}

/* The file is refused; the sentence begins with FILE and goes on as told. */
static inline void expect_refused(struct fixture *f, const char *text, const char *why)
{
	if (open_bytes(f, text, strlen(text)) == 0)
		fail_msg("opened: %s", text);
	assert_int_equal(strncmp(f->e.text, f->path, strlen(f->path)), 0);
	assert_contains(f->e.text + strlen(f->path), why);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
