/* Keys that the index on disk does not have yet: nobody may notice. */
#include "ledger/newest.h"
#include "ledger/reader.h"
#include "ledger_fixture.h"

enum { ROWS = 40000, BATCH = 500 }; /* more than NEWEST_MAX */

_Static_assert(ROWS > NEWEST_MAX, "some rows are indexed, others are not");

static void rows_of_one_hash_are_found_one_after_the_other(void **state)
{
	struct newest k;
	size_t at = SIZE_MAX;

	assert_int_equal(newest_init(&k), 0);
	newest_add(&k, 7, 1);
	newest_add(&k, 7 + 2 * (int64_t)NEWEST_MAX, 2); /* the same place, another hash */
	newest_add(&k, 7, 3);
	newest_add(&k, -1, 4); /* the last place: the search goes round */
	newest_add(&k, -1, 5);
	assert_int_equal(newest_find(&k, 7, &at), 1);
	assert_int_equal(newest_find(&k, 7, &at), 3);
	assert_int_equal(newest_find(&k, 7, &at), 0);
	at = SIZE_MAX;
	assert_int_equal(newest_find(&k, -1, &at), 4);
	assert_int_equal(newest_find(&k, -1, &at), 5);
	assert_int_equal(newest_find(&k, -1, &at), 0);
	newest_done(&k);
}

static void they_are_sorted_by_hash_and_then_forgotten(void **state)
{
	struct newest k;
	size_t at = SIZE_MAX;

	assert_int_equal(newest_init(&k), 0);
	for (int64_t n = 1; n <= (int64_t)NEWEST_MAX; n++)
		newest_add(&k, (n * 7919) % 1000 - 500, n);
	assert_true(newest_full(&k));
	newest_sort(&k);
	for (size_t i = 1; i < k.count; i++)
		assert_true(k.slots[i - 1].hash < k.slots[i].hash ||
			    (k.slots[i - 1].hash == k.slots[i].hash &&
				    k.slots[i - 1].n < k.slots[i].n));
	newest_clear(&k);
	assert_int_equal(k.count, 0);
	assert_int_equal(newest_find(&k, 0, &at), 0);
	newest_done(&k);
}

static const char *name_of(uint64_t row)
{
	static char name[32];

	snprintf(name, sizeof(name), "row %llu", (unsigned long long)row);
	return name;
}

/* @return how many were answered so */
static uint64_t claim_all(struct ledger *l, uint64_t rows, enum ledger_claim claim)
{
	uint64_t as_asked = 0;

	for (uint64_t row = 1; row <= rows;) {
		uint64_t end = MIN(row + BATCH, rows + 1), count = end - row;

		for (; row < end; row++) {
			struct ledger_request q = request(LEDGER_CLAIM, row, name_of(row));

			ledger_submit(l, &q);
		}
		while (count-- > 0) {
			struct ledger_reply reply = wait_for_reply(l);

			assert_int_equal(reply.error, 0);
			as_asked += reply.claim == claim;
		}
	}
	return as_asked;
}

static void read_all(const char *path, uint64_t rows)
{
	const struct ledger_record *record;
	struct ledger_reader *r = NULL;
	struct error e;

	assert_int_equal(ledger_reader_open(path, &r, &e), 0);
	for (uint64_t row = 1; row <= rows; row++) {
		assert_int_equal(ledger_reader_find(r, "prod", name_of(row), &record, &e), 1);
		assert_int_equal(record->row, row);
	}
	assert_int_equal(ledger_reader_find(r, "prod", "nobody", &record, &e), 0);
	ledger_reader_close(r);
}

/* A run that died left the newest keys where no index has them. */
static void rows_are_found_indexed_or_not(void **state)
{
	struct ledger *l = begin("many");

	assert_int_equal(claim_all(l, ROWS, LEDGER_FRESH), ROWS);
	ask(l, LEDGER_INTEND, ROWS, name_of(ROWS));
	ledger_destroy(l); /* without an end of the run */
	read_all("many", ROWS);

	l = begin("many");
	assert_int_equal(claim_all(l, ROWS, LEDGER_FRESH), ROWS - 1); /* one was intended */
	for (uint64_t row = 1; row <= ROWS; row += ROWS - 1) {
		struct ledger_reply reply = ask(l, LEDGER_CLAIM, ROWS + row, name_of(row));

		assert_int_equal(reply.claim, LEDGER_DUPLICATE);
		assert_int_equal(reply.earlier_row, row);
	}
	assert_int_equal(ledger_end_run(l, true, "", NULL), 0);
	ledger_destroy(l);
	read_all("many", ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_one_hash_are_found_one_after_the_other),
		cmocka_unit_test(they_are_sorted_by_hash_and_then_forgotten),
		cmocka_unit_test(rows_are_found_indexed_or_not),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
