#include "base/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 64

/* Room beyond the maximum that a printer may use while it works (cJSON asks
 * for a few bytes more than it writes); the NUL is one of them. */
#define SLACK 8

void wipe(void *p, size_t len)
{
	if (len == 0)
		return;
	memset(p, 0, len);
	/* The compiler must believe that somebody reads the zeros. */
	__asm__ __volatile__("" : : "r"(p) : "memory");
}

void buf_init(struct buf *b, size_t max)
{
	assert(max <= SIZE_MAX / 4);
	*b = (struct buf){.max = max};
}

void buf_init_secret(struct buf *b, size_t max)
{
	buf_init(b, max);
	b->secret = true;
}

void buf_done(struct buf *b)
{
	if (b->secret && b->data)
		wipe(b->data, b->cap);
	free(b->data);
	*b = (struct buf){0};
}

void buf_reset(struct buf *b)
{
	if (!b->data)
		return;
	if (b->secret)
		wipe(b->data, b->cap);
	b->len = 0;
	b->data[0] = '\0';
}

/* realloc() would leave the old bytes behind when it moves them. */
static char *move_secret(struct buf *b, size_t cap)
{
	char *data = malloc(cap);

	if (!data)
		return NULL;
	if (b->data) {
		memcpy(data, b->data, b->len + 1);
		wipe(b->data, b->cap);
		free(b->data);
	}
	return data;
}

int buf_reserve(struct buf *b, size_t len)
{
	size_t need, cap;
	char *data;

	if (len > b->max - b->len)
		return -ENOBUFS;
	need = b->len + len + 1;
	if (need <= b->cap)
		return 0;

	cap = MAX(MAX(need, 2 * b->cap), (size_t)FIRST_CAP);
	if (cap > b->max)
		cap = b->max + SLACK;
	data = b->secret ? move_secret(b, cap) : realloc(b->data, cap);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->cap = cap;
	b->data[b->len] = '\0';
	return 0;
}

void buf_commit(struct buf *b, size_t len)
{
	if (len == 0 && !b->data)
		return;
	assert(len <= b->max - b->len);
	assert(b->len + len < b->cap);
	b->len += len;
	b->data[b->len] = '\0';
}

int buf_append(struct buf *b, const void *data, size_t len)
{
	int r = buf_reserve(b, len);

	if (r < 0)
		return r;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	buf_commit(b, len);
	return 0;
}

int buf_append_str(struct buf *b, const char *s)
{
	return buf_append(b, s, strlen(s));
}

int buf_append_char(struct buf *b, char c)
{
	return buf_append(b, &c, 1);
}

static int PRINTF_LIKE(2, 0) print_into(struct buf *b, const char *fmt, va_list ap)
{
	size_t room = b->data ? b->cap - b->len : 0;
	int n = vsnprintf(b->data ? b->data + b->len : NULL, room, fmt, ap);

	if (n < 0)
		return -EINVAL;
	return n;
}

int buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n, r;

	va_copy(again, ap);
	n = print_into(b, fmt, ap);
	r = n < 0 ? n : buf_reserve(b, (size_t)n);
	if (r == 0) {
		/* The first attempt may have been cut, or may have had no memory. */
		print_into(b, fmt, again);
		buf_commit(b, (size_t)n);
	} else if (b->data) {
		b->data[b->len] = '\0';
	}
	va_end(again);
	return r;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return r;
}

void buf_truncate(struct buf *b, size_t len)
{
	assert(len <= b->len);
	if (!b->data)
		return;
	wipe(b->data + len, b->cap - len);
	b->data[len] = '\0';
	b->len = len;
}
