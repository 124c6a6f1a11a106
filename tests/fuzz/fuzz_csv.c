/* fuzz_csv.c - any bytes as an input, of instances and of results.
 *
 * Whatever they are, the input is refused with a sentence, or hands out as many
 * rows as the survey counted, in order; and a pipe hands out the same rows as a
 * file. Without arguments it tries seeds and mutations of them, always the same;
 * with arguments, the files named. The entry point is libFuzzer's.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/macros.h"
#include "base/str.h"
#include "input/input.h"

#define SIZE_LIMIT 65536 /* what a pipe holds, so that nobody has to write to it meanwhile */
#define ROUNDS 20000

static struct secret_region *region;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was said of the rows: their number, and a hash of all they hold. */
struct told {
	uint64_t rows, invalid;
	uint64_t hash;
	int end; /* INPUT_END or a negative errno */
};

static void look_at(struct told *t, const struct row *row, uint64_t *line)
{
	const char *const texts[] = {row->name, row->description, row->sandbox, row->endpoint,
		row->username, row->auth_spec, row->spec_id, row->spec_version, row->fault, row->id,
		row->etag, row->status, row->plain_name ? row->plain_name : ""};
	char fault[64];
	size_t at = 0, faults = 0;

	t->rows++;
	t->invalid += row->invalid;
	assert(row->number == t->rows && row->line > *line);
	assert(row->invalid == (row->fault[0] != '\0'));
	*line = row->line;
	while (row_fault_next(row, &at, fault, sizeof(fault)))
		faults++;
	assert(row->invalid == (faults > 0));
	if (*row->id)
		assert(str_uuid(row->id) && *row->name && *row->sandbox && !row->invalid);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert(utf8_valid(texts[i], strlen(texts[i])));
		t->hash = hash_str(t->hash, texts[i]);
	}
	for (size_t i = 0; i < row->param_count; i++)
		t->hash = hash_str(hash_str(t->hash, row->params[i].name), row->params[i].value);
	for (size_t i = 0; i < row->carried_count; i++)
		t->hash = hash_str(t->hash, row->carried[i]);
}

static struct told read_rows(struct input *in)
{
	struct told t = {.hash = HASH_START};
	struct error e;
	struct row row;
	uint64_t line = 0;

	row_init(&row, region);
	while ((t.end = input_next(in, &row, &e)) == INPUT_ROW) {
		look_at(&t, &row, &line);
		row_reset(&row);
	}
	assert(t.end == INPUT_END || (t.end < 0 && strlen(e.text) > 0));
	row_done(&row);
	return t;
}

static struct input *open_fd(int fd, enum input_kind kind)
{
	char path[32];
	const struct input_options o = {.kind = kind, .path = path, .default_sandbox = "prod"};
	struct input *in = NULL;
	struct error e = {0};

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (input_open(&o, &in, &e) == 0)
		return in;
	assert(e.code < 0 && strlen(e.text) > 0);
	return NULL;
}

static int as_file(const uint8_t *data, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	return fd;
}

static int as_pipe(const uint8_t *data, size_t len)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 || write(ends[1], data, len) != (ssize_t)len)
		abort();
	close(ends[1]);
	return ends[0];
}

static void try_as(enum input_kind kind, const uint8_t *data, size_t len)
{
	struct input_survey s = {0};
	struct told twice = {0}, once = {0};
	struct input *in;
	int fd, r;

	fd = as_pipe(data, len);
	in = open_fd(fd, kind);
	if (in)
		once = read_rows(in);
	input_close(in);
	close(fd);

	fd = as_file(data, len);
	in = open_fd(fd, kind);
	r = in ? input_survey(in, &s, NULL) : -1;
	if (r == 0) {
		twice = read_rows(in);
		assert(twice.end == INPUT_END && twice.rows == s.rows);
		assert(twice.rows == once.rows && twice.hash == once.hash);
	} else {
		assert(!in || once.end < 0); /* a bad file is a bad pipe */
	}
	input_close(in);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	bool locked;

	if (len > SIZE_LIMIT)
		return 0;
	if (!region && secret_region_create(1 << 20, &region, &locked) < 0)
		abort();
	try_as(INPUT_INSTANCES, data, len);
	try_as(INPUT_RESULTS, data, len);
	return 0;
}

#ifndef FUZZER /* libFuzzer has a main() of its own */

static uint64_t random_state = 88172645463325252u;

static uint64_t random_below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

/* Change, repeat or drop some bytes; what is put in is what matters to the formats. */
static size_t mutate(uint8_t *data, size_t len, size_t max)
{
	static const char bytes[] = "\",;\t|\r\n\0 a\xff\xef\xbb\xbf=:/{}[]\\'";

	for (uint64_t n = 1 + random_below(6); n > 0 && len > 0; n--) {
		size_t at = random_below(len), part = random_below(MIN(len - at, (size_t)64) + 1);

		switch (random_below(3)) {
		case 0: data[at] = (uint8_t)bytes[random_below(sizeof(bytes))]; break;
		case 1:
			if (len + part > max)
				break;
			memmove(data + at + part, data + at, len - at);
			len += part;
			break;
		default: memmove(data + at, data + at + part, len - at - part); len -= part;
		}
	}
	return len;
}

static void try_mutations(void)
{
#define ID "0f2a4b6c-0000-4000-8000-00000000abcd"
#define OBJECT                                                                                     \
	"{\"row\":1,\"name\":\"a\",\"sandbox\":\"dev\",\"status\":\"created\",\"id\":\"" ID        \
	"\",\"etag\":\"\\\"1\\\"\",\"x\":null,\"y\":7}\n"
#define ROW "dev 1,https://dev1.example.com,admin,pass-1,\"a\n\"\"b\"\"\",x\n"
	static const char *const seeds[] = {
		"name,endpoint,username,password,description,param.x\n" ROW ROW "\n" ROW,
		"\xef\xbb\xbfsep=;\r\nname;endpoint;username;password_ref;Region;status\r\n"
		"a;https://b;c;env:HOME;EU;x\r\n\r\nb;http://b;c;file:x;\"\";\r\n",
		"name|connection_spec_id|auth_spec|param.key|sandbox\r"
		"a|" ID "|Key|x|dev\rb|x|||d_v\r",
		"row,name,sandbox,status,id,etag,x\n1,'=a;'@b,'-dev,created," ID
		",'\"\"-1\"\",'=x\n"
		"2,,,invalid,,,\n",
		"\xef\xbb\xbf" OBJECT "\r\n" OBJECT OBJECT,
	};
	static uint8_t data[4096];

	for (int i = 0; i < ROUNDS; i++) {
		const char *seed = seeds[(size_t)i % ARRAY_SIZE(seeds)];
		size_t len = strlen(seed);

		memcpy(data, seed, len);
		if (i >= (int)ARRAY_SIZE(seeds))
			len = mutate(data, len, sizeof(data));
		LLVMFuzzerTestOneInput(data, len);
	}
}

static int try_file(const char *path)
{
	static uint8_t data[SIZE_LIMIT];
	FILE *f = fopen(path, "re");
	size_t len;

	if (!f) {
		perror(path);
		return 1;
	}
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	return LLVMFuzzerTestOneInput(data, len);
}

int main(int argc, char **argv)
{
	int r = 0;

	for (int i = 1; i < argc; i++)
		r |= try_file(argv[i]);
	if (argc == 1)
		try_mutations();
	return r;
}

#endif
