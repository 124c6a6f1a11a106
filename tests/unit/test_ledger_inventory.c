/* What a scope has on the server: complete, of this run, or not believed. */
#include "ledger_fixture.h"

static struct ledger_request about(enum ledger_op op, const char *sandbox, const char *spec_id)
{
	return (struct ledger_request){
		.op = op, .ticket = 5, .sandbox = sandbox, .spec_id = spec_id};
}

static void begin_listing(struct ledger *l)
{
	struct ledger_request q = about(LEDGER_INVENTORY_BEGIN, "prod", SPEC);

	ask_for(l, &q);
}

static void put(struct ledger *l, const char *name, const char *id)
{
	struct ledger_request q = about(LEDGER_INVENTORY_ITEM, "prod", SPEC);

	q.name = name;
	q.id = id;
	q.etag = "\"e\"";
	q.endpoint = "https://there";
	q.username = "someone";
	ask_for(l, &q);
}

static bool complete(struct ledger *l, uint64_t count)
{
	struct ledger_request q = about(LEDGER_INVENTORY_END, "prod", SPEC);

	q.count = count;
	return ask_for(l, &q).found;
}

static struct ledger_reply intend(struct ledger *l, uint64_t row, const char *name)
{
	ask(l, LEDGER_CLAIM, row, name);
	return ask(l, LEDGER_INTEND, row, name);
}

static void a_listed_name_is_not_intended(void **state)
{
	struct ledger *l = begin("listed");
	struct ledger_reply reply;

	begin_listing(l);
	put(l, "acme", "id 1");
	put(l, "acme corp", "id 2");
	assert_true(complete(l, 2));
	reply = intend(l, 1, "acme");
	assert_int_equal(reply.claim, LEDGER_LISTED);
	assert_int_equal(reply.listed->count, 1);
	assert_string_equal(reply.listed->items[0].id, "id 1");
	assert_string_equal(reply.listed->items[0].etag, "\"e\"");
	assert_string_equal(reply.listed->items[0].endpoint, "https://there");
	assert_string_equal(reply.listed->items[0].username, "someone");
	assert_int_equal(intend(l, 2, "Acme").claim, LEDGER_FRESH);
	assert_int_equal(intend(l, 3, "acme ").claim, LEDGER_FRESH);
	/* The intent behind which a withdrawal was queued: nothing to take back. */
	ask(l, LEDGER_WITHDRAW, 1, "acme");
	ledger_destroy(l);

	l = begin("listed");
	assert_int_equal(ask(l, LEDGER_CLAIM, 1, "acme").claim, LEDGER_FRESH);
	ledger_destroy(l);
}

static void a_claim_intends_no_listed_name(void **state)
{
	struct ledger *l = begin("claimed");
	struct ledger_request q = request(LEDGER_CLAIM, 1, "acme");
	struct ledger_reply reply;

	begin_listing(l);
	put(l, "acme", "id 1");
	assert_true(complete(l, 1));
	q.intend = true;
	reply = ask_for(l, &q);
	assert_int_equal(reply.claim, LEDGER_FRESH);
	assert_false(reply.intended);
	assert_int_equal(ask(l, LEDGER_INTEND, 1, "acme").claim, LEDGER_LISTED);
	q = request(LEDGER_CLAIM, 2, "another");
	q.intend = true;
	assert_true(ask_for(l, &q).intended);
	ledger_destroy(l);
}

static void all_that_have_the_name_are_counted_and_eight_are_told(void **state)
{
	struct ledger *l = begin("several");
	struct ledger_reply reply;
	char id[16];

	begin_listing(l);
	for (int i = 0; i < 11; i++) {
		snprintf(id, sizeof(id), "id %02d", i);
		put(l, "acme", id);
		put(l, "acme", id); /* seen again on the next page */
	}
	assert_true(complete(l, 11));
	reply = intend(l, 1, "acme");
	assert_int_equal(reply.listed->count, 11);
	for (int i = 0; i < LEDGER_LISTED_MAX; i++) {
		snprintf(id, sizeof(id), "id %02d", i);
		assert_string_equal(reply.listed->items[i].id, id);
	}
	ledger_destroy(l);
}

/* Renamed while the pages were read: two entries, one connection; and the
 * missing one must not hide behind it. */
static void an_id_under_two_names_counts_once(void **state)
{
	struct ledger *l = begin("renamed");

	begin_listing(l);
	put(l, "a", "id 1");
	put(l, "b", "id 1");
	put(l, "c", "id 2");
	assert_false(complete(l, 3));
	assert_true(complete(l, 2));
	ledger_destroy(l);
}

static void without_its_mark_an_inventory_is_not_believed(void **state)
{
	struct ledger *l = begin("unmarked");

	begin_listing(l);
	put(l, "acme", "id 1");
	assert_int_equal(intend(l, 1, "acme").claim, LEDGER_FRESH);
	assert_false(complete(l, 2));
	put(l, "acme 2", "id 2");
	assert_int_equal(intend(l, 2, "acme 2").claim, LEDGER_FRESH);
	begin_listing(l);
	put(l, "acme 3", "id 3");
	put(l, "acme 5", "id 5");
	assert_true(complete(l, 2));
	assert_int_equal(intend(l, 3, "acme 3").claim, LEDGER_LISTED);
	begin_listing(l); /* … which the next one replaces, before it is complete */
	put(l, "acme 4", "id 4");
	assert_int_equal(intend(l, 4, "acme 4").claim, LEDGER_FRESH);
	assert_int_equal(intend(l, 5, "acme 5").claim, LEDGER_FRESH);
	ledger_destroy(l);
}

static void an_inventory_of_an_earlier_run_is_old(void **state)
{
	struct ledger *l = begin("old");
	struct ledger_request any = {
		.op = LEDGER_RECALL, .recall = LEDGER_RECALL_ANY, .sandbox = "prod"};
	struct ledger_reply reply;

	begin_listing(l);
	put(l, "acme", "id 1");
	assert_true(complete(l, 1));
	end(l, true);
	l = begin("old");
	assert_int_equal(intend(l, 1, "acme").claim, LEDGER_FRESH);
	/* It serves to see whether lookups find what is known to be there. */
	reply = ask_for(l, &any);
	assert_true(reply.found);
	assert_string_equal(reply.record->id, "id 1");
	assert_string_equal(reply.record->name, "acme");
	assert_string_equal(reply.record->spec_id, SPEC);
	any.sandbox = "dev";
	assert_false(ask_for(l, &any).found);
	begin_listing(l);
	any.sandbox = "prod";
	assert_false(ask_for(l, &any).found); /* replaced */
	ledger_destroy(l);
}

static void each_scope_has_its_own(void **state)
{
	struct ledger_request q = about(LEDGER_INVENTORY_BEGIN, "dev", SPEC);
	struct ledger *l = begin("scopes");

	begin_listing(l);
	put(l, "acme", "id 1");
	assert_true(complete(l, 1));
	ask_for(l, &q);
	q = about(LEDGER_INVENTORY_BEGIN, "prod", "other spec");
	ask_for(l, &q);
	q.op = LEDGER_INVENTORY_END;
	assert_true(ask_for(l, &q).found); /* empty: none is none */
	assert_int_equal(intend(l, 1, "acme").claim, LEDGER_LISTED);
	q = request(LEDGER_CLAIM, 2, "acme");
	q.sandbox = "dev";
	ask_for(l, &q);
	q.op = LEDGER_INTEND;
	assert_int_equal(ask_for(l, &q).claim, LEDGER_FRESH);
	q = request(LEDGER_CLAIM, 3, "third");
	q.spec_id = "other spec";
	ask_for(l, &q);
	q.op = LEDGER_INTEND;
	assert_int_equal(ask_for(l, &q).claim, LEDGER_FRESH);
	ledger_destroy(l);
}

/* It was sent once: what the inventory shows may be that, and is for a lookup. */
static void only_a_row_that_was_never_sent_is_looked_for(void **state)
{
	struct ledger *l = begin("sent");

	intend(l, 1, "acme");
	intend(l, 2, "refused");
	decide(l, 2, "refused", LEDGER_REFUSED);
	ledger_destroy(l);
	l = begin("sent");
	begin_listing(l);
	put(l, "acme", "id 1");
	put(l, "refused", "id 2");
	assert_true(complete(l, 2));
	assert_int_equal(intend(l, 1, "acme").claim, LEDGER_FRESH);
	assert_int_equal(intend(l, 2, "refused").claim, LEDGER_FRESH);
	ledger_destroy(l);
}

static void fill(struct ledger *l, int count)
{
	struct ledger_request q = about(LEDGER_INVENTORY_ITEM, "prod", SPEC);
	char name[24], id[24];

	begin_listing(l);
	q.name = name;
	q.id = id;
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "name %08d", i);
		snprintf(id, sizeof(id), "id %08d", i * 7919 % count);
		ledger_submit(l, &q);
	}
	for (int i = 0; i < count; i++)
		assert_int_equal(wait_for_reply(l).error, 0);
	assert_true(complete(l, (uint64_t)count));
}

/* Listed at every start, for ever: the file does not grow for ever. */
static void replaced_inventories_make_room(void **state)
{
	off_t size = 0;

	for (int run = 0; run < 8; run++) {
		struct ledger *l = begin("large");
		struct stat st;

		fill(l, 5000);
		end(l, true);
		assert_int_equal(stat("large", &st), 0);
		if (run == 2)
			size = st.st_size;
		if (run > 2)
			assert_in_range(st.st_size, 1, size * 11 / 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listed_name_is_not_intended),
		cmocka_unit_test(all_that_have_the_name_are_counted_and_eight_are_told),
		cmocka_unit_test(an_id_under_two_names_counts_once),
		cmocka_unit_test(a_claim_intends_no_listed_name),
		cmocka_unit_test(without_its_mark_an_inventory_is_not_believed),
		cmocka_unit_test(an_inventory_of_an_earlier_run_is_old),
		cmocka_unit_test(each_scope_has_its_own),
		cmocka_unit_test(only_a_row_that_was_never_sent_is_looked_for),
		cmocka_unit_test(replaced_inventories_make_room),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
