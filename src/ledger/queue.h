/* queue.h - messages from one thread to another, in order.
 *
 * One producer and one consumer. Messages lie one behind the other in chunks
 * that are used again, so a steady flow allocates nothing. What was put is seen
 * by the consumer from the next publish on; what was read stays where it is
 * until the consumer releases it, and can be read again until then.
 *
 * A message that is lost would leave its row open for ever, so without memory
 * this aborts.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue_chunk;

/* Where a message begins: behind `offset` bytes of `chunk`. */
struct queue_place {
	struct queue_chunk *chunk;
	size_t offset;
	uint64_t count; /* of messages before it */
};

struct queue {
	/* the producer's */
	struct queue_place end;  /* the next message goes there */
	struct queue_place mark; /* … and there if all since the last publish are taken back */
	/* the consumer's */
	struct queue_place next;     /* the next to read */
	struct queue_place released; /* the first that must stay */
	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t published_more; /* on the monotonic clock */
	uint64_t published;            /* count of messages */
	struct queue_chunk *spare;
	size_t spare_count;
};

int queue_init(struct queue *q); /* 0 or a negative errno */
void queue_done(struct queue *q);

/* ---- producer */

/** Room for a message of `size` bytes, aligned for any type. */
void *queue_put(struct queue *q, size_t size);

/** Let the consumer have what was put; true when that is anything. */
bool queue_publish(struct queue *q);

/** Forget what was put since the last publish. */
void queue_take_back(struct queue *q);

/* ---- consumer */

/** The next message; only as many as were published (queue.published, under the lock). */
void *queue_read(struct queue *q);

/** Go back to the first message that was not released. */
void queue_rewind(struct queue *q);

/** What was read is no longer needed. */
void queue_release(struct queue *q);
