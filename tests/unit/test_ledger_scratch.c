/* What a server lists, asked afterwards, and gone with the process. */
#include "ledger_fixture.h"

#include <sqlite3.h>

#include "faulty_vfs.h"
#include "ledger/scratch.h"

#define MEGABYTE (1024 * 1024)

static struct ledger *make(void)
{
	struct ledger *l = NULL;
	struct error e = {0};

	if (ledger_scratch_create(NULL, NULL, &l, &e) < 0)
		fail_msg("%s", e.text);
	return l;
}

static void begin_listing(struct ledger *l, const char *sandbox, const char *spec_id)
{
	struct ledger_request q = {
		.op = LEDGER_INVENTORY_BEGIN, .sandbox = sandbox, .spec_id = spec_id};

	ask_for(l, &q);
}

static void put(struct ledger *l, const char *sandbox, const char *spec_id, const char *name,
	const char *id)
{
	struct ledger_request q = {
		.op = LEDGER_INVENTORY_ITEM,
		.sandbox = sandbox,
		.spec_id = spec_id,
		.name = name,
		.id = id,
		.etag = "\"e\"",
	};

	ask_for(l, &q);
}

static bool complete(struct ledger *l, const char *sandbox, const char *spec_id, uint64_t count)
{
	struct ledger_request q = {
		.op = LEDGER_INVENTORY_END, .sandbox = sandbox, .spec_id = spec_id, .count = count};

	return ask_for(l, &q).found;
}

/* Also where it has another number than was asked for. */
static uint64_t ids_of(struct ledger *l, const char *sandbox, const char *spec_id)
{
	struct ledger_request q = {
		.op = LEDGER_INVENTORY_END, .sandbox = sandbox, .spec_id = spec_id};

	return ask_for(l, &q).ids;
}

static void note(void *arg, const struct ledger_scratch_item *i)
{
	char *all = arg;

	sprintf(all + strlen(all), "%s/%s/%s/%s ", i->sandbox, i->spec_id, i->name, i->id);
}

static const char *found(
	struct ledger *l, const char *sandbox, const char *spec_id, const char *name)
{
	static char all[500];
	struct error e = {0};
	int64_t count, spaces = 0;

	all[0] = '\0';
	count = ledger_scratch_find(l, sandbox, spec_id, name, note, all, &e);
	if (count < 0)
		fail_msg("%s", e.text);
	for (const char *p = all; *p; p++)
		spaces += *p == ' ';
	assert_int_equal(count, spaces);
	return all;
}

static const char *found_by_id(struct ledger *l, const char *spec_id, const char *id)
{
	static char all[500];
	struct error e = {0};
	int r;

	all[0] = '\0';
	r = ledger_scratch_find_id(l, "prod", spec_id, id, note, all, &e);
	if (r < 0)
		fail_msg("%s", e.text);
	assert_int_equal(r, all[0] != '\0');
	return all;
}

static const char *unnamed(struct ledger *l)
{
	static char all[500];
	struct error e = {0};

	all[0] = '\0';
	if (ledger_scratch_unnamed(l, note, all, &e) < 0)
		fail_msg("%s", e.text);
	return all;
}

static void list_some(struct ledger *l)
{
	begin_listing(l, "prod", "s");
	put(l, "prod", "s", "acme", "id-2");
	put(l, "prod", "s", "acme", "id-1");
	put(l, "prod", "s", "acme", "id-1"); /* seen again on the next page */
	put(l, "prod", "s", "", "id-0");
	put(l, "prod", "s", "zebra", "id-9");
	assert_true(complete(l, "prod", "s", 4));
	assert_int_equal(ids_of(l, "prod", "s"), 4);
	begin_listing(l, "dev", "s");
	put(l, "dev", "s", "acme", "id-5");
	assert_true(complete(l, "dev", "s", 1));
	begin_listing(l, "prod", "r");
	put(l, "prod", "r", "acme", "id-6");
	assert_true(complete(l, "prod", "r", 1));
}

static void what_has_a_name_is_found_and_what_nobody_named_is_left(void **state)
{
	struct ledger *l = make();

	list_some(l);
	assert_string_equal(unnamed(l), "dev/s/acme/id-5 prod/r/acme/id-6 prod/s//id-0 "
					"prod/s/acme/id-1 prod/s/acme/id-2 prod/s/zebra/id-9 ");
	assert_string_equal(found(l, "prod", "s", "acme"), "prod/s/acme/id-1 prod/s/acme/id-2 ");
	assert_string_equal(found(l, "prod", "s", "acme"), "prod/s/acme/id-1 prod/s/acme/id-2 ");
	assert_string_equal(found(l, "prod", "s", "Acme"), "");
	assert_string_equal(found(l, "prod", "s", ""), "prod/s//id-0 ");
	assert_string_equal(found(l, "prod", "none", "acme"), "");
	assert_string_equal(found(l, "dev", "s", "acme"), "dev/s/acme/id-5 ");
	assert_string_equal(unnamed(l), "prod/r/acme/id-6 prod/s/zebra/id-9 ");
	assert_int_equal(ledger_end_run(l, false, "", NULL), 0);
	ledger_destroy(l);
}

static void an_id_is_found_whatever_its_name_and_does_not_name_it(void **state)
{
	struct ledger *l = make();

	list_some(l);
	assert_string_equal(found_by_id(l, "s", "id-9"), "prod/s/zebra/id-9 ");
	assert_string_equal(found_by_id(l, "s", "id-1"), "prod/s/acme/id-1 ");
	assert_string_equal(found_by_id(l, "s", "id-6"), "");
	assert_string_equal(found_by_id(l, "none", "id-6"), "");
	assert_string_equal(found_by_id(l, "r", "id-6"), "prod/r/acme/id-6 ");
	assert_says(unnamed(l), "prod/s/zebra/id-9");
	ledger_destroy(l);
}

static void an_id_can_be_named_alone(void **state)
{
	struct ledger *l = make();
	struct error e = {0};

	list_some(l);
	assert_int_equal(ledger_scratch_name_id(l, "prod", "s", "id-1", &e), 0);
	assert_int_equal(ledger_scratch_name_id(l, "prod", "s", "id-6", &e), 0); /* of another */
	assert_int_equal(ledger_scratch_name_id(l, "prod", "none", "id-9", &e), 0);
	assert_string_equal(unnamed(l), "dev/s/acme/id-5 prod/r/acme/id-6 prod/s//id-0 "
					"prod/s/acme/id-2 prod/s/zebra/id-9 ");
	ledger_destroy(l);
}

static void keep(void *arg, const struct ledger_scratch_item *i)
{
	char *all = arg;

	sprintf(all + strlen(all), "%s %s %s %s;", i->etag, i->endpoint ? i->endpoint : "NULL",
		i->username ? i->username : "NULL", i->description ? i->description : "NULL");
}

static void what_is_not_shown_is_told_from_what_is_empty(void **state)
{
	struct ledger_request q = {
		.op = LEDGER_INVENTORY_ITEM,
		.sandbox = "prod",
		.spec_id = "s",
		.name = "acme",
		.id = "1",
		.etag = "e",
		.endpoint = "https://there",
		.username = "someone",
		.description = "one — two",
	};
	struct ledger *l = make();
	char all[500] = "";

	begin_listing(l, "prod", "s");
	ask_for(l, &q);
	q.id = "2";
	q.endpoint = q.username = q.description = "";
	ask_for(l, &q);
	q.id = "3";
	q.endpoint = q.username = q.description = NULL;
	ask_for(l, &q);
	assert_int_equal(ledger_scratch_find(l, "prod", "s", "acme", keep, all, NULL), 3);
	assert_string_equal(all, "e https://there someone one — two;e   ;e NULL NULL NULL;");
	ledger_destroy(l);
}

/* Pages shifted while it was listed, so it is listed once more. */
static void the_newest_listing_counts(void **state)
{
	struct ledger *l = make();

	begin_listing(l, "prod", "s");
	put(l, "prod", "s", "acme", "id-1");
	assert_false(complete(l, "prod", "s", 2));
	begin_listing(l, "prod", "s");
	put(l, "prod", "s", "acme", "id-2");
	assert_false(complete(l, "prod", "s", 3));
	assert_string_equal(found(l, "prod", "s", "acme"), "prod/s/acme/id-2 ");
	assert_string_equal(found_by_id(l, "s", "id-1"), "");
	assert_string_equal(unnamed(l), "");
	ledger_destroy(l);
}

static void it_is_no_ledger_to_rely_on(void **state)
{
	struct ledger *l = make();

	assert_false(ledger_durable(l));
	ledger_destroy(l);
	l = make();
	begin_listing(l, "prod", "s");
	put(l, "prod", "s", "acme", "id-1");
	ledger_destroy(l); /* unasked, in the middle */
}

static int count_files(void)
{
	DIR *d = opendir(".");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Ids in no order, and a description that makes a page of a dozen. */
static int fill(struct ledger *l, int count)
{
	static char description[200];
	struct ledger_request q = {
		.op = LEDGER_INVENTORY_ITEM, .sandbox = "prod", .spec_id = "s", .etag = "e"};
	char name[24], id[24];
	int r = 0;

	memset(description, 'd', sizeof(description) - 1);
	begin_listing(l, "prod", "s");
	q.name = name;
	q.id = id;
	q.description = description;
	for (int i = 0; i < count && r == 0; i += 1000) {
		for (int k = i; k < i + 1000; k++) {
			snprintf(name, sizeof(name), "name %08d", k);
			snprintf(id, sizeof(id), "id %08d", (int)((int64_t)k * 7919 % count));
			ledger_submit(l, &q);
		}
		for (int k = i; k < i + 1000; k++)
			r = wait_for_reply(l).error;
	}
	return r;
}

static void count_item(void *arg, const struct ledger_scratch_item *i)
{
	++*(int *)arg;
}

static void a_large_one_takes_little_memory_and_no_file_that_is_seen(void **state)
{
	enum { ITEMS = 100000 };
	struct ledger *l = make();
	struct error e = {0};
	int files = count_files(), left = 0;
	char name[24];

	sqlite3_memory_highwater(1);
	assert_int_equal(fill(l, ITEMS), 0);
	assert_true(complete(l, "prod", "s", ITEMS));
	assert_int_equal(count_files(), files);
	for (int i = 0; i < ITEMS; i += 7) {
		int seen = 0;

		snprintf(name, sizeof(name), "name %08d", (int)((int64_t)i * 7919 % ITEMS));
		assert_int_equal(
			ledger_scratch_find(l, "prod", "s", name, count_item, &seen, &e), 1);
		assert_int_equal(seen, 1);
	}
	for (int i = 0; i < ITEMS; i += 97) {
		snprintf(name, sizeof(name), "id %08d", i);
		assert_int_equal(
			ledger_scratch_find_id(l, "prod", "s", name, count_item, &left, &e), 1);
	}
	left = 0;
	assert_int_equal(ledger_scratch_unnamed(l, count_item, &left, &e), 0);
	assert_int_equal(left, ITEMS - (ITEMS + 6) / 7);
	assert_int_equal(count_files(), files);
	/* 40 MB of items; 8 MiB are the cache. */
	assert_in_range(sqlite3_memory_highwater(0), 4 * MEGABYTE, 16 * MEGABYTE);
	ledger_destroy(l);
}

/* At any write: while it is listed, or when it is asked. */
static bool runs_out_of_space(long n)
{
	struct ledger *l = make();
	struct error e = {0};
	int count = 0, r;

	faulty_set(FAULTY_WRITE, n);
	r = fill(l, 60000);
	if (r < 0)
		e = *ledger_error(l);
	if (r == 0)
		r = ledger_scratch_find_id(l, "prod", "s", "id 00000001", count_item, &count, &e);
	if (r > 0)
		r = (int)ledger_scratch_find(
			l, "prod", "s", "name 00000001", count_item, &count, &e);
	if (r >= 0)
		assert_int_equal(count, 2);
	else
		assert_says(e.text, "make room in the folder for such files");
	if (r < 0) {
		memset(&e, 0, sizeof(e));
		assert_int_equal(ledger_scratch_unnamed(l, count_item, &count, &e), r);
		assert_says(e.text, "make room in the folder for such files");
		assert_int_equal(ledger_end_run(l, false, "", NULL), r);
	}
	ledger_destroy(l);
	faulty_set(FAULTY_WRITE, -1);
	return r < 0;
}

static void without_space_it_says_so(void **state)
{
	long n = 0;

	while (runs_out_of_space(n))
		n += 1 + n / 3;
	assert_in_range(n, 1000, 1000000);
}

static int enter(void **state)
{
	faulty_install();
	faulty_set(FAULTY_SYNC, -1);
	if (scratch_enter(state) < 0)
		return -1;
	return setenv("TMPDIR", scratch_path, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_a_name_is_found_and_what_nobody_named_is_left),
		cmocka_unit_test(an_id_is_found_whatever_its_name_and_does_not_name_it),
		cmocka_unit_test(an_id_can_be_named_alone),
		cmocka_unit_test(what_is_not_shown_is_told_from_what_is_empty),
		cmocka_unit_test(the_newest_listing_counts),
		cmocka_unit_test(it_is_no_ledger_to_rely_on),
		cmocka_unit_test(a_large_one_takes_little_memory_and_no_file_that_is_seen),
		cmocka_unit_test(without_space_it_says_so),
	};

	return cmocka_run_group_tests(tests, enter, scratch_leave);
}
