#include "run/seen.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"

/* Four MiB of the table in memory: up to 65,536 names never leave it. */
#define BLOCK_SIZE ((size_t)4096)
#define BLOCK_COUNT 1024
#define PLACES_A_BLOCK (BLOCK_SIZE / sizeof(struct place))
#define PLACES_FIRST ((uint64_t)4096)
#define SHOWN_SIZE 300

struct place {
	unsigned char hash[16];
	uint64_t row; /* 0: free */
	uint64_t unused;
};

static int cannot(const struct seen *s, int code, struct error *reterr)
{
	char shown[SHOWN_SIZE];

	return error_set(reterr, code, "cannot use '%s': %s: make room there, then try again",
		str_shown(shown, sizeof(shown), s->path), strerror(-code));
}

/* An empty table; the file has no name from the first. */
static int begin(struct seen *s, uint64_t places, struct error *reterr)
{
	int r;

	s->fd = file_create_afresh(s->path, reterr);
	if (s->fd < 0)
		return s->fd;
	unlink(s->path);
	s->places = places;
	s->used = 0;
	r = blocks_init(&s->blocks, s->fd, 0, BLOCK_SIZE, BLOCK_COUNT);
	return r < 0 ? cannot(s, r, reterr) : 0;
}

static void end(struct seen *s)
{
	blocks_done(&s->blocks);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

int seen_init(struct seen *s, const char *path, struct error *reterr)
{
	*s = (struct seen){.path = path, .fd = -1};
	if (sodium_init() < 0)
		return error_set(reterr, -EIO, "no random numbers from the kernel");
	randombytes_buf(s->key, sizeof(s->key));
	return begin(s, PLACES_FIRST, reterr);
}

void seen_done(struct seen *s)
{
	if (s->path)
		end(s);
	*s = (struct seen){.fd = -1};
}

static void hash_name(
	const struct seen *s, const char *sandbox, const char *name, unsigned char ret[16])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, s->key, sizeof(s->key), 16);
	crypto_generichash_update(&state, (const unsigned char *)sandbox, strlen(sandbox) + 1);
	crypto_generichash_update(&state, (const unsigned char *)name, strlen(name));
	crypto_generichash_final(&state, ret, 16);
}

/* The place that has this hash, or the free one where it belongs. */
static int find(struct seen *s, const unsigned char hash[16], struct place **ret)
{
	uint64_t at;
	int r;

	memcpy(&at, hash, sizeof(at));
	for (;; at++) {
		char *block;
		struct place *p;

		at %= s->places;
		/* Nearly every block that is looked at is written to, too. */
		r = blocks_get(&s->blocks, at / PLACES_A_BLOCK, true, &block);
		if (r < 0)
			return r;
		p = (struct place *)(void *)block + at % PLACES_A_BLOCK;
		if (p->row == 0 || memcmp(p->hash, hash, sizeof(p->hash)) == 0) {
			*ret = p;
			return 0;
		}
	}
}

static int put(struct seen *s, const unsigned char hash[16], uint64_t row, uint64_t *ret_earlier)
{
	struct place *p;
	int r = find(s, hash, &p);

	if (r < 0)
		return r;
	*ret_earlier = p->row;
	if (p->row == 0) {
		memcpy(p->hash, hash, sizeof(p->hash));
		p->row = row;
		s->used++;
	}
	return 0;
}

static int copy_all(struct seen *from, struct seen *to)
{
	uint64_t earlier;
	char *block;
	int r = 0;

	for (uint64_t n = 0; r == 0 && n < from->places / PLACES_A_BLOCK; n++) {
		r = blocks_get(&from->blocks, n, false, &block);
		for (size_t i = 0; r == 0 && i < PLACES_A_BLOCK; i++) {
			const struct place *p = (struct place *)(void *)block + i;

			if (p->row != 0)
				r = put(to, p->hash, p->row, &earlier);
		}
	}
	return r;
}

static int grow(struct seen *s, struct error *reterr)
{
	struct seen bigger = *s;
	int r;

	bigger.blocks = (struct blocks){.fd = -1};
	r = begin(&bigger, 4 * s->places, reterr);
	if (r == 0) {
		r = copy_all(s, &bigger);
		if (r < 0)
			cannot(s, r, reterr);
	}
	if (r < 0) {
		end(&bigger);
		return r;
	}
	end(s);
	*s = bigger;
	return 0;
}

int seen_take(struct seen *s, const char *sandbox, const char *name, uint64_t row,
	uint64_t *ret_earlier, struct error *reterr)
{
	unsigned char hash[16];
	int r = 0;

	if (2 * s->used >= s->places)
		r = grow(s, reterr);
	if (r < 0)
		return r;
	hash_name(s, sandbox, name, hash);
	r = put(s, hash, row, ret_earlier);
	return r < 0 ? cannot(s, r, reterr) : 0;
}

int seen_find(struct seen *s, const char *sandbox, const char *name, uint64_t *ret_row,
	struct error *reterr)
{
	unsigned char hash[16];
	struct place *p;
	int r;

	hash_name(s, sandbox, name, hash);
	r = find(s, hash, &p);
	if (r < 0)
		return cannot(s, r, reterr);
	*ret_row = p->row;
	return 0;
}
