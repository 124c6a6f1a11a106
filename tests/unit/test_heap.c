#include "check.h"

#include "engine/heap.h"
#include "engine/random.h"

static uint32_t pop(struct heap *h)
{
	uint32_t job = heap_first(h);

	heap_remove(h, job);
	return job;
}

static void times_come_out_in_order(void **state)
{
	struct random r = {3};
	struct heap h;
	nsec_t last = 0;

	assert_true(heap_init(&h, 500));
	for (uint32_t job = 0; job < 500; job++)
		heap_set(&h, job, random_up_to(&r, 100));
	for (uint32_t job = 0; job < 500; job += 3)
		heap_remove(&h, job);
	for (uint32_t job = 1; job < 500; job += 5)
		heap_set(&h, job, random_up_to(&r, 100));
	for (; h.len > 0; pop(&h)) {
		assert_true(heap_due(&h) >= last);
		last = heap_due(&h);
	}
	assert_int_equal(heap_due(&h), NSEC_NEVER);
	heap_done(&h);
}

static void equal_times_come_out_as_they_went_in(void **state)
{
	struct heap h;

	assert_true(heap_init(&h, 64));
	for (uint32_t job = 0; job < 64; job++)
		heap_set(&h, (job * 37) % 64, 5);
	for (uint32_t job = 0; job < 64; job++)
		assert_int_equal(pop(&h), (job * 37) % 64);
	heap_done(&h);
}

static void a_job_is_in_it_once(void **state)
{
	struct heap h;

	assert_true(heap_init(&h, 4));
	heap_set(&h, 2, 10);
	heap_set(&h, 1, 7);
	heap_set(&h, 2, 5);
	assert_int_equal(h.len, 2);
	assert_int_equal(heap_first(&h), 2);
	heap_remove(&h, 2);
	heap_remove(&h, 2);
	assert_int_equal(heap_first(&h), 1);
	heap_done(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_come_out_in_order),
		cmocka_unit_test(equal_times_come_out_as_they_went_in),
		cmocka_unit_test(a_job_is_in_it_once),
	};
	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
