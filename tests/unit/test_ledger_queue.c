#include "check.h"

#include <stdio.h>
#include <string.h>

#include "ledger/queue.h"

#define LARGE ((size_t)300 * 1024) /* more than a chunk */

static size_t size_of(uint64_t i)
{
	return i % 97 == 0 ? LARGE : 8 + i % 500;
}

static void put(struct queue *q, uint64_t i)
{
	unsigned char *m = queue_put(q, size_of(i));

	assert_int_equal((uintptr_t)m % _Alignof(max_align_t), 0);
	memset(m, (int)(i & 0xff), size_of(i));
	memcpy(m, &i, sizeof(i));
}

static void assert_next(struct queue *q, uint64_t i)
{
	const unsigned char *m = queue_read(q);
	uint64_t got;

	memcpy(&got, m, sizeof(got));
	assert_int_equal(got, i);
	assert_int_equal(m[size_of(i) - 1], size_of(i) == 8 ? m[7] : (i & 0xff));
}

static void messages_come_in_order_whatever_their_sizes(void **state)
{
	struct queue q;
	uint64_t in = 0, out = 0;

	assert_int_equal(queue_init(&q), 0);
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < round; i++)
			put(&q, in++);
		assert_int_equal(queue_publish(&q), round > 0);
		for (int i = 0; i < round - 1 && out < in; i++)
			assert_next(&q, out++);
		queue_release(&q);
	}
	assert_int_equal(q.published, in);
	while (out < in)
		assert_next(&q, out++);
	queue_done(&q);
}

static void what_is_taken_back_never_was(void **state)
{
	struct queue q;

	assert_int_equal(queue_init(&q), 0);
	for (uint64_t i = 0; i < 1000; i++) {
		put(&q, 2 * i);
		queue_publish(&q);
		for (uint64_t k = 0; k < i % 400; k++)
			put(&q, k); /* sometimes over the end of a chunk */
		queue_take_back(&q);
		assert_false(queue_publish(&q));
		assert_next(&q, 2 * i);
		if (i % 3 == 0)
			queue_release(&q);
	}
	queue_done(&q);
}

static void what_was_not_released_can_be_read_again(void **state)
{
	struct queue q;

	assert_int_equal(queue_init(&q), 0);
	for (uint64_t i = 0; i < 1000; i++)
		put(&q, i);
	queue_publish(&q);
	for (uint64_t i = 0; i < 300; i++)
		assert_next(&q, i);
	queue_release(&q);
	for (int again = 0; again < 3; again++) {
		for (uint64_t i = 300; i < 1000; i++)
			assert_next(&q, i);
		queue_rewind(&q);
	}
	queue_done(&q);
	queue_done(&q); /* fine once more */
}

/* A steady flow uses the same chunks again and again. */
static void chunks_are_used_again(void **state)
{
	struct queue q;
	size_t spare = 0;

	assert_int_equal(queue_init(&q), 0);
	for (uint64_t i = 1; i < 200000; i++) {
		put(&q, i % 97 == 0 ? 1 : i);
		queue_publish(&q);
		queue_read(&q);
		queue_release(&q);
		if (i == 1000)
			spare = q.spare_count;
	}
	assert_int_equal(q.spare_count, spare);
	assert_in_range(spare, 1, 2);
	queue_done(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_in_order_whatever_their_sizes),
		cmocka_unit_test(what_is_taken_back_never_was),
		cmocka_unit_test(what_was_not_released_can_be_read_again),
		cmocka_unit_test(chunks_are_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
