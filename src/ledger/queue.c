#include "ledger/queue.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>

#define CHUNK_SIZE ((size_t)64 * 1024)
#define SPARE_MAX 32 /* 2 MiB: what a full table of jobs has on its way */

struct queue_chunk {
	struct queue_chunk *next;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

/* In front of each message. Behind the last one of a chunk that has a
 * successor stands one of size 0, for which there is always room. */
struct header {
	alignas(max_align_t) size_t size; /* of header and message */
};

static size_t message_size(size_t size)
{
	size_t a = alignof(max_align_t);

	return sizeof(struct header) + (size + a - 1) / a * a;
}

static struct queue_chunk *chunk_new(size_t size)
{
	struct queue_chunk *c = malloc(sizeof(*c) + size);

	if (!c)
		abort();
	c->next = NULL;
	c->size = size;
	return c;
}

static void chunks_free(struct queue_chunk *c)
{
	while (c) {
		struct queue_chunk *next = c->next;

		free(c);
		c = next;
	}
}

int queue_init(struct queue *q)
{
	pthread_condattr_t attr;
	struct queue_place start = {.chunk = malloc(sizeof(struct queue_chunk) + CHUNK_SIZE)};

	*q = (struct queue){0};
	if (!start.chunk)
		return -ENOMEM;
	start.chunk->next = NULL;
	start.chunk->size = CHUNK_SIZE;
	q->end = q->mark = q->next = q->released = start;
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->published_more, &attr);
	pthread_condattr_destroy(&attr);
	return 0;
}

void queue_done(struct queue *q)
{
	if (!q->released.chunk)
		return;
	chunks_free(q->released.chunk);
	chunks_free(q->spare);
	pthread_cond_destroy(&q->published_more);
	pthread_mutex_destroy(&q->lock);
	*q = (struct queue){0};
}

static struct queue_chunk *chunk_take(struct queue *q, size_t size)
{
	struct queue_chunk *c = NULL;

	if (size > CHUNK_SIZE)
		return chunk_new(size);
	pthread_mutex_lock(&q->lock);
	if (q->spare) {
		c = q->spare;
		q->spare = c->next;
		q->spare_count--;
		c->next = NULL;
	}
	pthread_mutex_unlock(&q->lock);
	return c ? c : chunk_new(CHUNK_SIZE);
}

static void chunk_give_back(struct queue *q, struct queue_chunk *c)
{
	pthread_mutex_lock(&q->lock);
	if (c->size == CHUNK_SIZE && q->spare_count < SPARE_MAX) {
		c->next = q->spare;
		q->spare = c;
		q->spare_count++;
		c = NULL;
	}
	pthread_mutex_unlock(&q->lock);
	free(c);
}

static struct header *header_at(const struct queue_place *p)
{
	return (struct header *)(void *)(p->chunk->data + p->offset);
}

void *queue_put(struct queue *q, size_t size)
{
	size_t need = message_size(size), stop = sizeof(struct header);
	struct header *h;

	if (q->end.offset + need + stop > q->end.chunk->size) {
		struct queue_chunk *c = chunk_take(q, need + stop);

		header_at(&q->end)->size = 0;
		q->end.chunk->next = c;
		q->end.chunk = c;
		q->end.offset = 0;
	}
	h = header_at(&q->end);
	h->size = need;
	q->end.offset += need;
	q->end.count++;
	return h + 1;
}

bool queue_publish(struct queue *q)
{
	bool any = q->end.count != q->mark.count;

	q->mark = q->end;
	if (!any)
		return false;
	pthread_mutex_lock(&q->lock);
	q->published = q->end.count;
	pthread_cond_signal(&q->published_more);
	pthread_mutex_unlock(&q->lock);
	return true;
}

void queue_take_back(struct queue *q)
{
	if (q->end.chunk != q->mark.chunk) {
		chunks_free(q->mark.chunk->next);
		q->mark.chunk->next = NULL;
	}
	q->end = q->mark;
}

void *queue_read(struct queue *q)
{
	struct header *h = header_at(&q->next);

	if (h->size == 0) {
		q->next.chunk = q->next.chunk->next;
		q->next.offset = 0;
		h = header_at(&q->next);
	}
	q->next.offset += h->size;
	q->next.count++;
	return h + 1;
}

void queue_rewind(struct queue *q)
{
	q->next = q->released;
}

void queue_release(struct queue *q)
{
	while (q->released.chunk != q->next.chunk) {
		struct queue_chunk *c = q->released.chunk;

		q->released.chunk = c->next;
		chunk_give_back(q, c);
	}
	q->released = q->next;
}
