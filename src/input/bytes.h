/* bytes.h - the input as bytes: opened, read in chunks, handed out line by line.
 *
 * A segment is a piece of the input that ends at a LF or CR, at the end of a
 * chunk, or at the end of the input: so at most one record ends in it. A
 * regular file must stay the same from the moment it was opened (size and
 * times; over two readings also a hash of all bytes).
 *
 * What was handed out may hold passwords: the chunk is wiped before it is used
 * again, and at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

#define BYTES_CHUNK 65536
#define BYTES_DIGEST 32

struct bytes {
	int fd;
	bool regular;     /* a file with a path of its own: can be read twice */
	char shown[512];  /* its name for messages, fit for a terminal */
	struct stat stat; /* as it was when it was opened */
	char *chunk;
	size_t start, end; /* what is left of the chunk */
	size_t lf, cr;     /* the next of each at or behind start, or end */
	bool ended;
	void *hash; /* crypto_generichash_state, which wants to be aligned */
	unsigned char digest[BYTES_DIGEST]; /* of the first reading */
	bool has_digest;
};

#define BYTES_INIT ((struct bytes){.fd = -1})

enum bytes_got {
	BYTES_SOME,
	BYTES_END,
	BYTES_WAIT, /* a pipe, and nothing is there now */
};

/**
 * Open `path` ("-" is standard input; it is read once, even if it is a file).
 *
 * @return 0 or a negative errno with the sentence in reterr
 */
int bytes_open(struct bytes *b, const char *path, struct error *reterr);
void bytes_done(struct bytes *b);

/**
 * Read more behind what is left, without taking any of it; blocks on a pipe.
 *
 * @return BYTES_SOME, BYTES_END (no more, or the chunk is full), or a negative
 *         errno with the sentence in reterr
 */
int bytes_peek(struct bytes *b, const char **ret, size_t *ret_len, struct error *reterr);

/** Drop `len` bytes of what was peeked. */
void bytes_skip(struct bytes *b, size_t len);

/**
 * The next segment; valid until the next call.
 *
 * @param block  wait for a pipe instead of returning BYTES_WAIT
 * @return enum bytes_got, or a negative errno with the sentence in reterr
 *         (-ESTALE: the file was changed)
 */
int bytes_next(
	struct bytes *b, bool block, const char **ret, size_t *ret_len, struct error *reterr);

/** Back to the start of a regular file, for another reading. */
int bytes_rewind(struct bytes *b, struct error *reterr);
