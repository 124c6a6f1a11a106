/* What is done is updated, deleted, and created again; and whose description is known. */
#include "ledger_fixture.h"

#include <sqlite3.h>

static struct ledger_reply claim(struct ledger *l, uint64_t row, const char *name)
{
	return ask(l, LEDGER_CLAIM, row, name);
}

static struct ledger_request edited(enum ledger_op op)
{
	struct ledger_request q = request(op, 1, "acme");

	q.endpoint = "https://other.service-now.com";
	q.username = "other";
	q.spec_id = "other spec";
	q.fingerprint[0] = 9;
	return q;
}

static void assert_stands(const char *path, bool as_edited)
{
	struct ledger *l = begin(path);
	const struct ledger_record *rec = claim(l, 1, "acme").record;

	assert_string_equal(rec->endpoint,
		as_edited ? "https://other.service-now.com" : "https://acme.service-now.com");
	assert_string_equal(rec->username, as_edited ? "other" : "integration");
	assert_string_equal(rec->spec_id, as_edited ? "other spec" : SPEC);
	assert_int_equal(rec->same, !as_edited);
	ledger_destroy(l);
}

/* ------------------------------------------------------- updated and deleted */

static struct ledger_request updated(const char *name)
{
	struct ledger_request q = edited(LEDGER_OUTCOME);

	q.name = name;
	q.status = "updated";
	q.id = "11111111-2222-4333-8444-555555555555";
	q.etag = "\"2\"";
	q.description = "another one";
	q.as_now = true;
	return q;
}

static void an_update_records_the_row_as_it_is_now(void **state)
{
	struct ledger_request q = updated("acme");
	struct ledger *l = begin("updated");
	const struct ledger_record *rec;

	claim(l, 1, "acme");
	ask(l, LEDGER_INTEND, 1, "acme");
	decide(l, 1, "acme", LEDGER_DONE);
	end(l, true);

	l = begin("updated");
	assert_true(claim(l, 1, "acme").record->told);
	ask_for(l, &q);
	ledger_destroy(l); /* before anybody was told */
	assert_stands("updated", true);

	l = begin("updated");
	q.op = LEDGER_CLAIM;
	rec = ask_for(l, &q).record;
	assert_int_equal(rec->state, LEDGER_STATE_DONE);
	assert_true(rec->same);
	assert_false(rec->told);
	assert_string_equal(rec->status, "updated");
	assert_string_equal(rec->etag, "\"2\"");
	assert_int_equal(rec->description, ledger_text_hash(l, "another one"));
	end(l, true);
	l = begin("updated");
	assert_true(ask_for(l, &q).record->told);
	ledger_destroy(l);
}

static const char an_id[] = "11111111-2222-4333-8444-555555555555";

static void create_one(const char *path)
{
	struct ledger *l = begin(path);
	struct ledger_request q = request(LEDGER_OUTCOME, 1, "acme");

	claim(l, 1, "acme");
	ask(l, LEDGER_INTEND, 1, "acme");
	q.id = an_id;
	q.etag = "\"1\"";
	q.request_id = "that created it";
	q.http_status = 201;
	ask_for(l, &q);
	end(l, true);
}

static const struct ledger_record *claim_existing(struct ledger *l, const char *name)
{
	struct ledger_request q = {
		.op = LEDGER_CLAIM,
		.ticket = 3,
		.row = 3,
		.existing = true,
		.sandbox = "prod",
		.name = name,
		.fingerprint = {1, 2, 3},
	};

	return ask_for(l, &q).record;
}

static void a_withdrawn_deletion_leaves_all_as_it_was(void **state)
{
	struct ledger *l;
	const struct ledger_record *rec;

	create_one("kept");
	l = begin("kept");
	assert_true(claim_existing(l, "acme")->told);
	ask(l, LEDGER_INTEND_DELETE, 1, "acme");
	ledger_destroy(l);

	l = begin("kept");
	rec = claim_existing(l, "acme");
	assert_int_equal(rec->state, LEDGER_STATE_DELETING);
	assert_int_equal(rec->intent_ms, 0);     /* that one was to create it */
	ask(l, LEDGER_INTEND_DELETE, 1, "acme"); /* once more */
	ask(l, LEDGER_WITHDRAW, 1, "acme");
	ledger_destroy(l);

	l = begin("kept");
	rec = claim(l, 1, "acme").record;
	assert_int_equal(rec->state, LEDGER_STATE_DONE);
	assert_string_equal(rec->status, "created");
	assert_string_equal(rec->id, an_id);
	assert_string_equal(rec->etag, "\"1\"");
	assert_string_equal(rec->request_id, "that created it");
	assert_int_equal(rec->http_status, 201);
	assert_true(rec->told);
	assert_true(rec->same);
	ledger_destroy(l);
}

static void assert_removed(const struct ledger_record *rec, const char *status)
{
	assert_int_equal(rec->state, LEDGER_STATE_WITHDRAWN);
	assert_string_equal(rec->status, status);
	assert_string_equal(rec->id, an_id);
	assert_string_equal(rec->etag, "\"1\"");
	assert_string_equal(rec->request_id, "that deleted it");
	assert_int_equal(rec->http_status, 404);
	assert_int_equal(rec->attempts, 2);
	assert_int_equal(rec->duration_ms, 7);
	assert_int_equal(rec->intent_ms, 0);
}

static void remove_as(struct ledger *l, const char *status)
{
	struct ledger_request q = request(LEDGER_OUTCOME, 1, "acme");

	q.standing = LEDGER_REMOVED;
	q.status = status;
	q.id = "";
	q.request_id = "that deleted it";
	q.http_status = 404;
	q.attempts = 2;
	q.duration_ms = 7;
	ask_for(l, &q);
}

static void what_was_deleted_keeps_its_id_until_it_is_created_again(void **state)
{
	struct ledger_request q = request(LEDGER_INTEND, 1, "acme");
	struct ledger *l;

	create_one("deleted");
	l = begin("deleted");
	claim_existing(l, "acme");
	ask(l, LEDGER_INTEND_DELETE, 1, "acme");
	remove_as(l, "deleted");
	end(l, true);

	l = begin("deleted");
	assert_removed(claim(l, 1, "acme").record, "deleted");
	q.wall_ms = 500;
	assert_int_equal(ask_for(l, &q).intent_ms, 500);
	ledger_destroy(l);

	l = begin("deleted");
	assert_string_equal(claim(l, 1, "acme").record->id, an_id); /* no other is known */
	q.op = LEDGER_OUTCOME;
	q.id = "a second id";
	ask_for(l, &q);
	ledger_destroy(l);
	l = begin("deleted");
	assert_string_equal(claim(l, 1, "acme").record->id, "a second id");
	ledger_destroy(l);
}

static void what_is_found_gone_needs_no_intent(void **state)
{
	struct ledger *l;

	create_one("gone");
	l = begin("gone");
	claim_existing(l, "acme");
	remove_as(l, "gone");
	ledger_destroy(l);
	l = begin("gone");
	assert_removed(claim_existing(l, "acme"), "gone");
	ask(l, LEDGER_INTEND, 1, "acme");
	ledger_destroy(l);
	l = begin("gone");
	assert_int_equal(claim(l, 1, "acme").claim, LEDGER_OPEN);
	ledger_destroy(l);
}

static void begin_to_delete(struct ledger *l)
{
	claim_existing(l, "acme");
	ask(l, LEDGER_INTEND_DELETE, 1, "acme");
}

/* So the request leaves after that. */
static void a_deletion_is_durable_before_it_is_answered(void **state)
{
	struct ledger *l;

	create_one("killed");
	killed_run("killed", begin_to_delete);
	l = begin("killed");
	assert_int_equal(claim_existing(l, "acme")->state, LEDGER_STATE_DELETING);
	ledger_destroy(l);
}

/* It was looked for, and is not there. */
static void what_was_deleting_may_be_created_again(void **state)
{
	struct ledger_request q = request(LEDGER_INTEND, 1, "acme");
	struct ledger *l;

	create_one("again");
	l = begin("again");
	claim_existing(l, "acme");
	ask(l, LEDGER_INTEND_DELETE, 1, "acme");
	ledger_destroy(l);

	l = begin("again");
	assert_int_equal(claim(l, 1, "acme").claim, LEDGER_ENDED);
	q.wall_ms = 600;
	assert_int_equal(ask_for(l, &q).intent_ms, 600);
	ledger_destroy(l);
	l = begin("again");
	assert_int_equal(claim(l, 1, "acme").claim, LEDGER_OPEN);
	ledger_destroy(l);
}

/* A rollback's results are told, and say nothing of the row as it is desired. */
static void a_claim_of_what_is_there_takes_nothing_but_the_row(void **state)
{
	struct ledger_request q = {
		.op = LEDGER_CLAIM, .ticket = 3, .row = 3, .existing = true, .sandbox = "prod"};
	struct ledger *l = begin("existing");
	const struct ledger_record *rec;
	struct ledger_reply reply;
	sqlite3 *db = NULL;

	claim(l, 1, "acme");
	decide(l, 1, "acme", LEDGER_DONE);
	claim(l, 2, "claimed");
	end(l, true);

	l = begin("existing");
	rec = claim_existing(l, "acme");
	assert_int_equal(rec->state, LEDGER_STATE_DONE);
	assert_int_equal(rec->row, 3);
	assert_true(rec->seen);
	assert_false(rec->same);
	q.row = 4;
	q.name = "acme";
	reply = ask_for(l, &q);
	assert_int_equal(reply.claim, LEDGER_DUPLICATE);
	assert_int_equal(reply.earlier_row, 3);
	q.row = 5;
	q.name = "unheard of";
	q.sandbox = "a new sandbox";
	for (int i = 0; i < 2; i++) {
		reply = ask_for(l, &q);
		assert_int_equal(reply.claim, LEDGER_FRESH);
		assert_null(reply.record);
	}
	q.row = 6;
	q.name = "claimed";
	q.sandbox = "prod";
	assert_int_equal(ask_for(l, &q).claim, LEDGER_FRESH);
	end(l, true);

	assert_int_equal(sqlite3_open("existing", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				 "CREATE TEMP TABLE t (x CHECK (x)); INSERT INTO t VALUES "
				 "((SELECT count(*) FROM scope) = 1), ((SELECT count(*) FROM "
				 "connection) = 2)",
				 NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	assert_stands("existing", false);
	l = begin("existing");
	assert_int_equal(claim(l, 2, "claimed").claim, LEDGER_FRESH);
	ask(l, LEDGER_INTEND, 2, "claimed");
	ledger_destroy(l);
}

static void a_record_has_the_fingerprint_that_it_was_given(void **state)
{
	struct ledger_request q = edited(LEDGER_CLAIM);
	struct ledger *l = begin("print");
	const struct ledger_record *rec;

	ask_for(l, &q);
	decide(l, 1, "acme", LEDGER_DONE);
	end(l, false);
	l = begin("print");
	rec = claim(l, 1, "acme").record;
	assert_memory_equal(rec->fingerprint, q.fingerprint, LEDGER_FINGERPRINT_SIZE);
	ledger_destroy(l);
}

/* ---------------------------------------------------------------- open updates */

static struct ledger_request update_to(const char *endpoint)
{
	struct ledger_request q = request(LEDGER_INTEND_UPDATE, 1, "acme");

	q.endpoint = endpoint;
	q.description = "a text";
	return q;
}

static void intend_update(struct ledger *l, const char *endpoint)
{
	struct ledger_request q = update_to(endpoint);

	ask_for(l, &q);
}

/* Is the n-th of them what was intended with this endpoint? */
static void assert_update(
	struct ledger *l, const struct ledger_record *rec, uint32_t n, const char *endpoint)
{
	assert_true(n < rec->update_count);
	assert_true(rec->updates[n].endpoint == ledger_text_hash(l, endpoint));
	assert_true(rec->updates[n].username == ledger_text_hash(l, "integration"));
	assert_true(rec->updates[n].description == ledger_text_hash(l, "a text"));
}

static void begin_to_update(struct ledger *l)
{
	claim(l, 1, "acme");
	intend_update(l, "https://b.example.com");
}

/* All else is as it was: it is done, and was told. The row seems to be as we left it. */
static void an_open_update_is_told_and_never_the_same(void **state)
{
	static const uint8_t none[LEDGER_FINGERPRINT_SIZE] = {0};
	const struct ledger_record *rec;
	struct ledger_reply reply;
	struct ledger *l;

	create_one("open");
	killed_run("open", begin_to_update); /* so it was durable when it was answered */
	l = begin("open");
	reply = claim(l, 1, "acme");
	rec = reply.record;
	assert_int_equal(reply.claim, LEDGER_KNOWN);
	assert_int_equal(rec->state, LEDGER_STATE_DONE);
	assert_string_equal(rec->status, "created");
	assert_string_equal(rec->id, an_id);
	assert_string_equal(rec->etag, "\"1\"");
	assert_string_equal(rec->endpoint, "https://acme.service-now.com");
	assert_true(rec->told);
	assert_false(rec->same);
	assert_memory_equal(rec->fingerprint, none, sizeof(none));
	assert_int_equal(rec->update_count, 1);
	assert_update(l, rec, 0, "https://b.example.com");
	ledger_destroy(l);
}

/* A row whose own fingerprint would be all 0 is no exception. */
static void not_even_to_a_fingerprint_of_nothing(void **state)
{
	struct ledger_request q = request(LEDGER_CLAIM, 1, "acme");
	struct ledger *l;

	create_one("nothing");
	killed_run("nothing", begin_to_update);
	l = begin("nothing");
	memset(q.fingerprint, 0, sizeof(q.fingerprint));
	assert_false(ask_for(l, &q).record->same);
	ledger_destroy(l);
}

static void an_outcome_closes_all_that_are_open(void **state)
{
	struct ledger_request q = updated("acme");
	const struct ledger_record *rec;
	struct ledger *l;

	create_one("closed");
	killed_run("closed", begin_to_update);
	l = begin("closed");
	claim(l, 1, "acme");
	intend_update(l, "https://c.example.com");
	ask_for(l, &q);
	end(l, true);
	l = begin("closed");
	q.op = LEDGER_CLAIM;
	rec = ask_for(l, &q).record;
	assert_int_equal(rec->update_count, 0);
	assert_true(rec->same);
	ledger_destroy(l);
}

static void an_update_that_is_withdrawn_was_never_open(void **state)
{
	const struct ledger_record *rec;
	struct ledger *l;

	create_one("taken back");
	l = begin("taken back");
	begin_to_update(l);
	ask(l, LEDGER_WITHDRAW, 1, "acme");
	ledger_destroy(l);
	l = begin("taken back");
	rec = claim(l, 1, "acme").record;
	assert_int_equal(rec->state, LEDGER_STATE_DONE);
	assert_int_equal(rec->update_count, 0);
	assert_string_equal(rec->status, "created");
	assert_true(rec->told);
	assert_true(rec->same);
	ledger_destroy(l);
}

/* Edited again and again, and always killed: each of them may be there. */
static void open_updates_gather(void **state)
{
	struct ledger_reply reply;
	char endpoint[64];
	struct ledger *l;

	create_one("many");
	for (int i = 0; i < LEDGER_UPDATES_MAX + 2; i++) {
		for (int k = 0; k < 2; k++) { /* the second time it is there */
			l = begin("many");
			claim(l, 1, "acme");
			snprintf(endpoint, sizeof(endpoint), "https://%d.example.com", i);
			intend_update(l, endpoint);
			ledger_destroy(l);
		}
		l = begin("many");
		reply = claim(l, 1, "acme");
		assert_int_equal(reply.record->update_count, MIN(i + 1, LEDGER_UPDATES_MAX));
		assert_update(l, reply.record, MIN(i, LEDGER_UPDATES_MAX - 1), endpoint);
		ledger_destroy(l);
	}
	l = begin("many");
	reply = claim(l, 1, "acme");
	assert_update(l, reply.record, 0, "https://2.example.com"); /* the oldest have gone */
	ledger_destroy(l);
}

static void each_field_tells_updates_apart(void **state)
{
	struct ledger_request q = update_to("https://b.example.com");
	struct ledger *l;

	create_one("fields");
	l = begin("fields");
	claim(l, 1, "acme");
	ask_for(l, &q);
	q.username = "another";
	ask_for(l, &q);
	q.description = NULL;
	ask_for(l, &q);
	q.description = ""; /* the same */
	ask_for(l, &q);
	ledger_destroy(l);
	l = begin("fields");
	assert_int_equal(claim(l, 1, "acme").record->update_count, 3);
	ledger_destroy(l);
}

/* The deletion may come to nothing, and then it is open as before. */
static void what_is_deleted_has_no_open_update(void **state)
{
	struct ledger *l;

	create_one("rolled back");
	killed_run("rolled back", begin_to_update);
	l = begin("rolled back");
	assert_int_equal(claim_existing(l, "acme")->update_count, 1);
	ask(l, LEDGER_INTEND_DELETE, 1, "acme");
	ask(l, LEDGER_WITHDRAW, 1, "acme");
	ledger_destroy(l);
	l = begin("rolled back");
	assert_int_equal(claim_existing(l, "acme")->update_count, 1);
	ask(l, LEDGER_INTEND_DELETE, 1, "acme");
	remove_as(l, "deleted");
	ledger_destroy(l);
	l = begin("rolled back");
	assert_int_equal(claim(l, 1, "acme").record->update_count, 0);
	ledger_destroy(l);
}

static void updates_of_no_length_that_is_written_are_damage(void **state)
{
	static const char *const blobs[] = {"zeroblob(23)", "zeroblob(24 * 9)"};
	struct ledger_request q = request(LEDGER_CLAIM, 1, "acme");

	create_one("damaged");
	for (size_t i = 0; i < ARRAY_SIZE(blobs); i++) {
		sqlite3 *db = NULL;
		char sql[128];
		struct ledger *l;

		snprintf(sql, sizeof(sql), "UPDATE connection SET updates = %s", blobs[i]);
		assert_int_equal(sqlite3_open("damaged", &db), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		l = begin("damaged");
		assert_true(try_request(l, &q).error < 0);
		assert_says(ledger_error(l)->text, "damaged");
		ledger_destroy(l);
	}
}

/* -------------------------------------------------------------- descriptions */

#define UNKNOWN UINT64_MAX

static uint64_t description_of(const char *path)
{
	struct ledger *l = begin(path);
	struct ledger_request q = request(LEDGER_CLAIM, 1, "acme");
	const struct ledger_record *rec = ask_for(l, &q).record;
	uint64_t ret = rec->description_known ? rec->description : UNKNOWN;

	ledger_destroy(l);
	return ret;
}

static uint64_t hash_in(const char *path, const char *text)
{
	struct ledger *l = begin(path);
	uint64_t ret = ledger_text_hash(l, text);

	ledger_destroy(l);
	return ret;
}

/* A row with `description` is claimed, intended, and comes to this outcome. */
static void live(const char *path, const char *description, enum ledger_standing standing,
	bool as_now, const char *in_outcome)
{
	struct ledger_request q = request(LEDGER_CLAIM, 1, "acme");
	struct ledger *l = begin(path);

	q.description = description;
	ask_for(l, &q);
	q.op = LEDGER_INTEND;
	ask_for(l, &q);
	q.op = LEDGER_OUTCOME;
	q.id = "an id";
	q.standing = standing;
	q.as_now = as_now;
	q.description = in_outcome;
	ask_for(l, &q);
	ledger_destroy(l);
}

static void a_description_is_known_if_it_was_sent(void **state)
{
	live("sent", "one", LEDGER_DONE, true, "one");
	assert_int_equal(description_of("sent"), hash_in("sent", "one"));
	live("empty d", "", LEDGER_DONE, true, "");
	assert_int_equal(description_of("empty d"), 0);
	live("as then", "one", LEDGER_DONE, false, "two");
	assert_int_equal(description_of("as then"), hash_in("as then", "one"));
	live("recalled", "one", LEDGER_DONE, false, NULL);
	assert_int_equal(description_of("recalled"), hash_in("recalled", "one"));
	live("doubtful", "one", LEDGER_DOUBT, false, "one");
	assert_int_equal(description_of("doubtful"), hash_in("doubtful", "one"));
	live("never", NULL, LEDGER_DONE, true, NULL);
	assert_int_equal(description_of("never"), UNKNOWN);
}

static void that_of_what_was_there_is_not_known(void **state)
{
	live("adopted now", "one", LEDGER_DONE, true, NULL);
	assert_int_equal(description_of("adopted now"), UNKNOWN);
	live("adopted", "one", LEDGER_ADOPTED, true, "one");
	assert_int_equal(description_of("adopted"), UNKNOWN);
	live("adopted as then", "one", LEDGER_ADOPTED, false, "one");
	assert_int_equal(description_of("adopted as then"), UNKNOWN);
	live("adopted later", "one", LEDGER_DOUBT, false, "one");
	live("adopted later", "two", LEDGER_ADOPTED, true, "two");
	assert_int_equal(description_of("adopted later"), UNKNOWN);
}

static void it_changes_when_the_row_is_sent_as_it_is_now(void **state)
{
	struct ledger_request q = request(LEDGER_CLAIM, 1, "acme");
	struct ledger *l = begin("changes");

	q.description = "one";
	ask_for(l, &q);
	end(l, false);
	l = begin("changes");
	q.description = "two"; /* claimed anew */
	ask_for(l, &q);
	q.op = LEDGER_INTEND;
	ask_for(l, &q);
	ledger_destroy(l);
	assert_int_equal(description_of("changes"), hash_in("changes", "two"));
	l = begin("changes");
	q.op = LEDGER_CLAIM;
	q.description = "three";
	ask_for(l, &q);
	q.op = LEDGER_INTEND; /* intended anew */
	ask_for(l, &q);
	ledger_destroy(l);
	assert_int_equal(description_of("changes"), hash_in("changes", "three"));
	l = begin("changes");
	q.op = LEDGER_CLAIM;
	ask_for(l, &q);
	q.op = LEDGER_OUTCOME; /* found, and as it is now */
	q.as_now = true;
	q.description = "four";
	ask_for(l, &q);
	ledger_destroy(l);
	assert_int_equal(description_of("changes"), hash_in("changes", "four"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_update_records_the_row_as_it_is_now),
		cmocka_unit_test(a_withdrawn_deletion_leaves_all_as_it_was),
		cmocka_unit_test(what_was_deleted_keeps_its_id_until_it_is_created_again),
		cmocka_unit_test(what_is_found_gone_needs_no_intent),
		cmocka_unit_test(a_deletion_is_durable_before_it_is_answered),
		cmocka_unit_test(what_was_deleting_may_be_created_again),
		cmocka_unit_test(a_claim_of_what_is_there_takes_nothing_but_the_row),
		cmocka_unit_test(a_record_has_the_fingerprint_that_it_was_given),
		cmocka_unit_test(an_open_update_is_told_and_never_the_same),
		cmocka_unit_test(not_even_to_a_fingerprint_of_nothing),
		cmocka_unit_test(an_outcome_closes_all_that_are_open),
		cmocka_unit_test(an_update_that_is_withdrawn_was_never_open),
		cmocka_unit_test(open_updates_gather),
		cmocka_unit_test(each_field_tells_updates_apart),
		cmocka_unit_test(what_is_deleted_has_no_open_update),
		cmocka_unit_test(updates_of_no_length_that_is_written_are_damage),
		cmocka_unit_test(a_description_is_known_if_it_was_sent),
		cmocka_unit_test(that_of_what_was_there_is_not_known),
		cmocka_unit_test(it_changes_when_the_row_is_sent_as_it_is_now),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
