/* buf.h - a growable buffer that is born with its maximum.
 *
 * Always NUL-terminated behind len, so that data can be read as a string. Not
 * thread-safe. A buffer born with buf_init_secret() is wiped before it is
 * freed, moved or reset.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

struct buf {
	char *data; /* NULL until the first byte */
	size_t len; /* bytes in use, without the NUL */
	size_t cap;
	size_t max; /* len never exceeds it */
	bool secret;
};

void buf_init(struct buf *b, size_t max);
void buf_init_secret(struct buf *b, size_t max);

/** Free (a secret one wiped first); leaves it zeroed. Fine on a zeroed one. */
void buf_done(struct buf *b);

/** Empty it and keep the memory; a secret one is wiped. */
void buf_reset(struct buf *b);

/**
 * Append bytes.
 *
 * @return 0, -ENOBUFS (over its maximum; nothing was appended), -ENOMEM
 */
int buf_append(struct buf *b, const void *data, size_t len);
int buf_append_str(struct buf *b, const char *s);
int buf_append_char(struct buf *b, char c);
int buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
int buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/**
 * Make room for `len` more bytes, to be written by the caller behind data +
 * len, who then adds to len and writes the NUL by buf_commit().
 */
int buf_reserve(struct buf *b, size_t len);
void buf_commit(struct buf *b, size_t len);

/** Cut back to `len` bytes, not more than it has; everything behind is wiped. */
void buf_truncate(struct buf *b, size_t len);

/** Overwrite memory in a way that the compiler keeps. */
void wipe(void *p, size_t len);
