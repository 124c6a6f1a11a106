/* What a run is told of what earlier ones did, state by state. */
#include "ledger_fixture.h"

#include <sqlite3.h>

static struct ledger_reply claim(struct ledger *l, uint64_t row, const char *name)
{
	return ask(l, LEDGER_CLAIM, row, name);
}

static void leave_one_of_each(struct ledger *l)
{
	claim(l, 1, "claimed");
	claim(l, 2, "intended");
	ask(l, LEDGER_INTEND, 2, "intended");
	claim(l, 3, "done");
	ask(l, LEDGER_INTEND, 3, "done");
	decide(l, 3, "done", LEDGER_DONE);
	claim(l, 4, "refused");
	ask(l, LEDGER_INTEND, 4, "refused");
	decide(l, 4, "refused", LEDGER_REFUSED);
	claim(l, 5, "doubt");
	ask(l, LEDGER_INTEND, 5, "doubt");
	decide(l, 5, "doubt", LEDGER_DOUBT);
	claim(l, 6, "withdrawn");
	ask(l, LEDGER_INTEND, 6, "withdrawn");
	ask(l, LEDGER_WITHDRAW, 6, "withdrawn");
	claim(l, 7, "never intended");
	decide(l, 7, "never intended", LEDGER_REFUSED);
	claim(l, 8, "deleting");
	decide(l, 8, "deleting", LEDGER_DONE);
	ask(l, LEDGER_INTEND_DELETE, 8, "deleting");
	claim(l, 9, "deleted");
	decide(l, 9, "deleted", LEDGER_DONE);
	ask(l, LEDGER_INTEND_DELETE, 9, "deleted");
	decide(l, 9, "deleted", LEDGER_REMOVED);
	claim(l, 10, "kept");
	decide(l, 10, "kept", LEDGER_DONE);
	ask(l, LEDGER_INTEND_DELETE, 10, "kept");
	ask(l, LEDGER_WITHDRAW, 10, "kept");
}

static void assert_each(struct ledger *l)
{
	static const struct {
		const char *name;
		enum ledger_claim claim;
		enum ledger_state state;
	} rows[] = {
		{"withdrawn", LEDGER_ENDED, LEDGER_STATE_WITHDRAWN},
		{"done", LEDGER_KNOWN, LEDGER_STATE_DONE},
		{"claimed", LEDGER_FRESH, LEDGER_STATE_CLAIMED},
		{"never intended", LEDGER_ENDED, LEDGER_STATE_REFUSED},
		{"doubt", LEDGER_OPEN, LEDGER_STATE_DOUBT},
		{"intended", LEDGER_OPEN, LEDGER_STATE_INTENDED},
		{"refused", LEDGER_ENDED, LEDGER_STATE_REFUSED},
		{"deleting", LEDGER_ENDED, LEDGER_STATE_DELETING},
		{"deleted", LEDGER_ENDED, LEDGER_STATE_WITHDRAWN},
		{"kept", LEDGER_KNOWN, LEDGER_STATE_DONE},
		{"unheard of", LEDGER_FRESH, LEDGER_STATE_CLAIMED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ledger_reply reply = claim(l, i + 1, rows[i].name);

		if (reply.claim != rows[i].claim)
			fail_msg("%s is claimed as %d", rows[i].name, reply.claim);
		if (reply.claim == LEDGER_FRESH) {
			assert_null(reply.record);
			continue;
		}
		assert_int_equal(reply.record->state, rows[i].state);
		assert_string_equal(reply.record->name, rows[i].name);
		assert_string_equal(reply.record->sandbox, "prod");
		assert_int_equal(reply.record->row, i + 1);
		assert_true(reply.record->seen);
		assert_true(reply.record->same);
		assert_false(reply.record->told);
	}
}

static void a_later_run_is_told_how_far_each_row_came(void **state)
{
	struct ledger *l = begin("each");

	leave_one_of_each(l);
	end(l, false);
	l = begin("each");
	assert_each(l);
	end(l, true);
}

static void so_is_a_run_after_one_that_was_killed(void **state)
{
	struct ledger *l;

	killed_run("killed", leave_one_of_each);
	l = begin("killed");
	assert_each(l);
	end(l, true);
}

static struct ledger_reply claim_and_intend(struct ledger *l, uint64_t row, const char *name)
{
	struct ledger_request q = request(LEDGER_CLAIM, row, name);

	q.intend = true;
	return ask_for(l, &q);
}

static void leave_intended_claims(struct ledger *l)
{
	ask(l, LEDGER_CLAIM, 1, "seen");
	assert_true(claim_and_intend(l, 2, "new").intended);
}

/* Of a row that was never seen; and it survives, since somebody may send it now. */
static void a_claim_may_write_the_intent_too(void **state)
{
	struct ledger_reply reply;
	struct ledger *l;

	killed_run("intended", leave_intended_claims);
	l = begin("intended");
	reply = claim_and_intend(l, 1, "new");
	assert_int_equal(reply.claim, LEDGER_OPEN);
	assert_int_equal(reply.record->intent_ms, 1764000000000);
	assert_false(reply.intended);
	reply = claim_and_intend(l, 2, "seen");
	assert_int_equal(reply.claim, LEDGER_FRESH);
	assert_false(reply.intended); /* it has its own intent then */
	assert_int_equal(ask(l, LEDGER_INTEND, 2, "seen").claim, LEDGER_FRESH);

	reply = claim_and_intend(l, 3, "third");
	assert_int_equal(reply.claim, LEDGER_FRESH);
	assert_int_equal(reply.intent_ms, 1764000000000);
	assert_int_equal(claim_and_intend(l, 4, "third").claim, LEDGER_DUPLICATE);
	decide(l, 3, "third", LEDGER_DONE);
	claim_and_intend(l, 5, "fifth");
	ask(l, LEDGER_WITHDRAW, 5, "fifth");
	end(l, true);

	l = begin("intended");
	assert_int_equal(claim_and_intend(l, 1, "third").claim, LEDGER_KNOWN);
	assert_int_equal(claim_and_intend(l, 2, "fifth").claim, LEDGER_ENDED);
	ledger_destroy(l);
}

static void an_outcome_comes_back_as_it_was_given(void **state)
{
	struct ledger_request q = request(LEDGER_OUTCOME, 1, "acme");
	struct ledger *l = begin("outcome");
	const struct ledger_record *rec;

	claim(l, 1, "acme");
	ask(l, LEDGER_INTEND, 1, "acme");
	q.standing = LEDGER_DONE;
	q.status = "adopted";
	q.id = "an id";
	q.etag = "\"an etag\"";
	q.error_code = "a code";
	q.error = "an error — with UTF-8";
	q.request_id = "a request";
	q.http_status = 409;
	q.attempts = 3;
	q.started_ms = 1764000000123;
	q.duration_ms = 0;
	q.wall_ms = 1764000000999;
	ask_for(l, &q);
	end(l, false);

	l = begin("outcome");
	rec = claim(l, 1, "acme").record;
	assert_string_equal(rec->status, "adopted");
	assert_string_equal(rec->id, "an id");
	assert_string_equal(rec->etag, "\"an etag\"");
	assert_string_equal(rec->error_code, "a code");
	assert_string_equal(rec->error, "an error — with UTF-8");
	assert_string_equal(rec->request_id, "a request");
	assert_string_equal(rec->endpoint, "https://acme.service-now.com");
	assert_string_equal(rec->username, "integration");
	assert_string_equal(rec->spec_id, SPEC);
	assert_int_equal(rec->http_status, 409);
	assert_int_equal(rec->attempts, 3);
	assert_int_equal(rec->started_ms, 1764000000123);
	assert_int_equal(rec->duration_ms, 0);
	assert_int_equal(rec->changed_ms, 1764000000999);
	assert_int_equal(rec->intent_ms, 0);
	ledger_destroy(l);
}

static void what_was_not_given_is_empty(void **state)
{
	struct ledger_request q = request(LEDGER_CLAIM, 1, "");
	struct ledger *l = begin("empty");
	const struct ledger_record *rec;

	q.sandbox = q.endpoint = q.username = q.spec_id = NULL;
	q.sandbox = "";
	ask_for(l, &q);
	q.op = LEDGER_OUTCOME;
	q.status = "";
	ask_for(l, &q);
	end(l, false);
	l = begin("empty");
	q.op = LEDGER_CLAIM;
	rec = ask_for(l, &q).record;
	assert_string_equal(rec->sandbox, "");
	assert_string_equal(rec->name, "");
	assert_string_equal(rec->endpoint, "");
	assert_string_equal(rec->spec_id, "");
	assert_string_equal(rec->status, "");
	assert_string_equal(rec->id, "");
	assert_int_equal(rec->duration_ms, -1);
	assert_int_equal(rec->started_ms, 0);
	ledger_destroy(l);
}

static void a_name_is_a_duplicate_in_its_sandbox_and_run_only(void **state)
{
	struct ledger_request q = request(LEDGER_CLAIM, 4, "acme");
	struct ledger *l = begin("duplicate");
	struct ledger_reply reply;

	assert_int_equal(claim(l, 1, "acme").claim, LEDGER_FRESH);
	for (uint64_t row = 2; row <= 3; row++) {
		reply = claim(l, row, "acme");
		assert_int_equal(reply.claim, LEDGER_DUPLICATE);
		assert_int_equal(reply.earlier_row, 1);
	}
	q.spec_id = "another";
	assert_int_equal(ask_for(l, &q).claim, LEDGER_DUPLICATE);
	q.sandbox = "dev";
	assert_int_equal(ask_for(l, &q).claim, LEDGER_FRESH);
	assert_int_equal(claim(l, 5, "Acme").claim, LEDGER_FRESH);
	ask(l, LEDGER_INTEND, 1, "acme");
	decide(l, 1, "acme", LEDGER_DONE);
	assert_int_equal(claim(l, 6, "acme").claim, LEDGER_DUPLICATE);
	end(l, true);

	l = begin("duplicate");
	assert_int_equal(claim(l, 7, "acme").claim, LEDGER_KNOWN);
	reply = claim(l, 8, "acme");
	assert_int_equal(reply.claim, LEDGER_DUPLICATE);
	assert_int_equal(reply.earlier_row, 7);
	ledger_destroy(l);
}

/* Many rows under one ticket after the other, and keys far longer than usual. */
static void rows_are_found_also_without_their_ticket(void **state)
{
	struct ledger *l = begin("tickets");
	struct ledger_request q = request(LEDGER_CLAIM, 1, "first");
	static char longer[65000];

	memset(longer, 'n', sizeof(longer) - 1);
	q.ticket = 7;
	ask_for(l, &q);
	q.row = 2;
	q.name = longer;
	ask_for(l, &q); /* the ticket is about this one now */
	q.op = LEDGER_INTEND;
	ask_for(l, &q);
	q.row = 1;
	q.name = "first";
	ask_for(l, &q);
	q.ticket = UINT32_MAX;
	q.op = LEDGER_WITHDRAW;
	ask_for(l, &q);
	q.ticket = 7;
	q.op = LEDGER_OUTCOME;
	ask_for(l, &q);
	end(l, false);
	l = begin("tickets");
	assert_int_equal(claim(l, 1, "first").claim, LEDGER_KNOWN);
	assert_int_equal(claim(l, 2, longer).record->state, LEDGER_STATE_INTENDED);
	ledger_destroy(l);
}

/* Two keys with one hash cannot be had, so the file is told that they are. */
static void rows_that_share_a_hash_are_told_apart(void **state)
{
	struct ledger_request q = request(LEDGER_CLAIM, 3, "b");
	struct ledger *l = begin("clash");
	sqlite3 *db = NULL;

	claim(l, 1, "a");
	q.sandbox = "dev";
	ask_for(l, &q);
	claim(l, 2, "b");
	decide(l, 2, "b", LEDGER_DONE);
	end(l, false);
	assert_int_equal(sqlite3_open("clash", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				 "UPDATE connection SET hash = (SELECT hash FROM connection "
				 "WHERE seen_row = 2)",
				 NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	l = begin("clash");
	assert_int_equal(claim(l, 1, "b").claim, LEDGER_KNOWN);
	ledger_destroy(l);
}

static struct ledger_reply intend_at(struct ledger *l, int64_t wall_ms)
{
	struct ledger_request q = request(LEDGER_INTEND, 1, "acme");

	q.wall_ms = wall_ms;
	return ask_for(l, &q);
}

/* What is found of a row may have come from its first request. */
static void the_first_intent_counts_until_it_is_ended(void **state)
{
	struct ledger *l = begin("intents");

	claim(l, 1, "acme");
	assert_int_equal(intend_at(l, 100).intent_ms, 100);
	ledger_destroy(l);

	l = begin("intents");
	assert_int_equal(claim(l, 1, "acme").record->intent_ms, 100);
	assert_int_equal(intend_at(l, 200).intent_ms, 100);
	decide(l, 1, "acme", LEDGER_DOUBT);
	ledger_destroy(l);

	l = begin("intents");
	assert_int_equal(claim(l, 1, "acme").record->intent_ms, 100);
	assert_int_equal(intend_at(l, 300).intent_ms, 100);
	ask(l, LEDGER_WITHDRAW, 1, "acme");
	assert_int_equal(intend_at(l, 400).intent_ms, 400);
	decide(l, 1, "acme", LEDGER_REFUSED);
	ledger_destroy(l);

	l = begin("intents");
	assert_int_equal(claim(l, 1, "acme").record->intent_ms, 0);
	assert_int_equal(intend_at(l, 500).intent_ms, 500);
	ledger_destroy(l);
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

static void assert_stands(const char *path, const char *endpoint, bool same)
{
	struct ledger *l = begin(path);
	const struct ledger_record *rec = claim(l, 1, "acme").record;

	assert_string_equal(rec->endpoint, endpoint);
	assert_string_equal(rec->spec_id, same ? SPEC : "other spec");
	assert_string_equal(rec->username, same ? "integration" : "other");
	assert_int_equal(rec->same, same);
	ledger_destroy(l);
}

/* The CSV may be edited between two runs: a claim says so, and changes nothing
 * of what an intent has recorded. */
static void an_edited_row_is_told_and_keeps_what_was_intended(void **state)
{
	struct ledger_request q = edited(LEDGER_CLAIM);
	struct ledger *l = begin("edited");

	claim(l, 1, "acme");
	ask(l, LEDGER_INTEND, 1, "acme");
	ledger_destroy(l);

	l = begin("edited");
	assert_false(ask_for(l, &q).record->same);
	ledger_destroy(l);
	assert_stands("edited", "https://acme.service-now.com", true);
}

static void a_new_intent_records_the_row_as_it_is_then(void **state)
{
	struct ledger_request q = edited(LEDGER_CLAIM);
	struct ledger *l = begin("edited anew");

	claim(l, 1, "acme");
	ask(l, LEDGER_INTEND, 1, "acme");
	ledger_destroy(l);
	l = begin("edited anew");
	ask_for(l, &q);
	q.op = LEDGER_INTEND;
	ask_for(l, &q);
	ledger_destroy(l);
	assert_stands("edited anew", "https://other.service-now.com", false);
}

static void an_outcome_says_which_of_the_two_stands(void **state)
{
	for (int as_now = 0; as_now <= 1; as_now++) {
		const char *path = as_now ? "as now" : "as intended";
		struct ledger_request q = edited(LEDGER_CLAIM);
		struct ledger *l = begin(path);

		claim(l, 1, "acme");
		ask(l, LEDGER_INTEND, 1, "acme");
		ledger_destroy(l);
		l = begin(path);
		ask_for(l, &q);
		q.op = LEDGER_OUTCOME;
		q.as_now = as_now;
		ask_for(l, &q);
		ledger_destroy(l);
		assert_stands(path,
			as_now ? "https://other.service-now.com" : "https://acme.service-now.com",
			!as_now);
	}
}

/* It was claimed only, so nothing was ever sent of it as it was then. */
static void a_claim_without_intent_is_refreshed(void **state)
{
	struct ledger_request q = edited(LEDGER_CLAIM);
	struct ledger *l = begin("refreshed");

	claim(l, 1, "acme");
	end(l, false);
	l = begin("refreshed");
	assert_int_equal(ask_for(l, &q).claim, LEDGER_FRESH);
	q.op = LEDGER_INTEND;
	ask_for(l, &q);
	ledger_destroy(l);
	assert_stands("refreshed", "https://other.service-now.com", false);
}

/* -------------------------------------------------------------------- its size */

static void submit_all(struct ledger *l, enum ledger_op op, int first, const char *etag)
{
	enum { BATCH = 200 };

	for (int i = first; i < first + BATCH; i++) {
		struct ledger_request q;
		char name[24];

		snprintf(name, sizeof(name), "name %08d", i);
		q = request(op, (uint64_t)i + 1, name);
		q.ticket = (uint32_t)(i - first);
		q.id = "11111111-2222-4333-8444-555555555555";
		q.etag = etag;
		q.description = "a description";
		q.http_status = 201;
		q.attempts = 1;
		q.started_ms = 1764000000123;
		q.duration_ms = 120;
		ledger_submit(l, &q);
	}
	for (int i = 0; i < BATCH; i++)
		assert_int_equal(wait_for_reply(l).error, 0);
}

static int64_t pages_of(const char *path, const char *before)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	int64_t ret;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, before, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_prepare_v2(db, "PRAGMA page_count", -1, &stmt, NULL);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	ret = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return ret;
}

/* An outcome goes where its claim has left room for it, however full the page is. */
static void outcomes_do_not_split_pages(void **state)
{
	char path[24], etag[100] = "";

	for (int len = 64; len < 84; len += 2) {
		struct ledger *l;
		int64_t pages;

		snprintf(path, sizeof(path), "room %d", len);
		l = begin(path);
		memset(etag, 'e', (size_t)len);
		for (int i = 0; i < 4000; i += 200) {
			submit_all(l, LEDGER_CLAIM, i, etag);
			submit_all(l, LEDGER_INTEND, i, etag);
			submit_all(l, LEDGER_OUTCOME, i, etag);
		}
		end(l, true);
		pages = pages_of(path, "");
		assert_in_range(pages, 1, pages_of(path, "VACUUM") * 107 / 100);
	}
}

/* ---------------------------------------------------------------- told or not */

static bool told_in_a_run_that(const char *path, bool is_reported)
{
	struct ledger *l = begin(path);
	struct ledger_reply reply = claim(l, 1, "acme");
	bool told;

	assert_int_equal(reply.claim, LEDGER_KNOWN);
	told = reply.record->told;
	end(l, is_reported);
	return told;
}

static void create(struct ledger *l)
{
	claim(l, 1, "acme");
	ask(l, LEDGER_INTEND, 1, "acme");
	decide(l, 1, "acme", LEDGER_DONE);
}

static void an_outcome_is_told_once_results_were_in_place(void **state)
{
	struct ledger *l;

	killed_run("told", create);
	assert_false(told_in_a_run_that("told", false)); /* the killed one told nobody */
	assert_false(told_in_a_run_that("told", false)); /* nor did that */
	assert_false(told_in_a_run_that("told", true));
	assert_true(told_in_a_run_that("told", false));
	assert_true(told_in_a_run_that("told", false)); /* once told, always told */

	l = begin("told");
	claim(l, 1, "acme");
	decide(l, 1, "acme", LEDGER_DONE); /* a new outcome: a last look's, say */
	end(l, false);
	assert_false(told_in_a_run_that("told", true));
	assert_true(told_in_a_run_that("told", true));
}

/* Results hold what their input names: a row that it did not name was not told. */
static void a_run_tells_only_of_rows_that_it_saw(void **state)
{
	struct ledger *l = begin("unseen");

	create(l);
	end(l, false);
	l = begin("unseen");
	claim(l, 1, "another");
	end(l, true);
	assert_false(told_in_a_run_that("unseen", true));
	assert_true(told_in_a_run_that("unseen", true));
}

/* Seen and reported in doubt; settled by a later run whose input had no such
 * row: that outcome is news. */
static void what_came_after_the_results_is_not_told_by_them(void **state)
{
	struct ledger_request q = request(LEDGER_OUTCOME, 0, "acme");
	struct ledger *l = begin("after");

	claim(l, 1, "acme");
	ask(l, LEDGER_INTEND, 1, "acme");
	decide(l, 1, "acme", LEDGER_DOUBT);
	end(l, true);
	l = begin("after");
	assert_true(recall(l, LEDGER_RECALL_DOUBTS).found);
	q.ticket = 999;
	ask_for(l, &q);
	end(l, true);
	assert_false(told_in_a_run_that("after", true));
	assert_true(told_in_a_run_that("after", true));
}

/* -------------------------------------------------------------------- recalls */

static void recall_all(struct ledger *l, enum ledger_recall which, const char *names)
{
	char all[200] = "";

	for (;;) {
		struct ledger_reply reply = recall(l, which);

		if (!reply.found)
			break;
		strcat(strcat(all, reply.record->name), " ");
	}
	assert_string_equal(all, names);
	assert_false(recall(l, which).found);
}

static void doubts_that_this_run_did_not_claim_come_once_each(void **state)
{
	struct ledger *l = begin("doubts");

	leave_one_of_each(l);
	claim(l, 11, "later doubt");
	ask(l, LEDGER_INTEND, 11, "later doubt");
	end(l, true);
	l = begin("doubts");
	claim(l, 1, "doubt");
	claim(l, 2, "fresh doubt");
	ask(l, LEDGER_INTEND, 2, "fresh doubt");
	recall_all(l, LEDGER_RECALL_DOUBTS, "intended later doubt ");
	ledger_destroy(l);
	l = begin("doubts");
	recall_all(l, LEDGER_RECALL_DOUBTS, "intended doubt later doubt fresh doubt ");
	ledger_destroy(l);
}

static void a_recalled_doubt_is_settled_by_its_key(void **state)
{
	struct ledger *l = begin("settled");
	struct ledger_reply reply;
	struct ledger_request q;

	for (uint64_t i = 1; i <= 2; i++) {
		claim(l, i, i == 1 ? "found" : "absent");
		ask(l, LEDGER_INTEND, i, i == 1 ? "found" : "absent");
	}
	ledger_destroy(l);
	l = begin("settled");
	reply = recall(l, LEDGER_RECALL_DOUBTS);
	assert_int_equal(reply.record->row, 1);
	assert_false(reply.record->seen);
	q = request(LEDGER_OUTCOME, 1, "found");
	q.ticket = 999;
	ask_for(l, &q);
	recall(l, LEDGER_RECALL_DOUBTS);
	q = request(LEDGER_WITHDRAW, 0, "absent");
	q.ticket = 5; /* another ticket: found by the key */
	ask_for(l, &q);
	ledger_destroy(l);
	l = begin("settled");
	recall_all(l, LEDGER_RECALL_DOUBTS, "");
	assert_int_equal(claim(l, 1, "found").claim, LEDGER_KNOWN);
	assert_int_equal(claim(l, 2, "absent").claim, LEDGER_ENDED);
	ledger_destroy(l);
}

static void create_marked(struct ledger *l, uint64_t row, const char *name)
{
	struct ledger_request q = request(LEDGER_OUTCOME, row, name);

	claim(l, row, name);
	ask(l, LEDGER_INTEND, row, name);
	q.relook = true;
	ask_for(l, &q);
}

static void marked_rows_come_back_in_this_run_and_the_next(void **state)
{
	struct ledger *l = begin("marks");

	create_marked(l, 1, "a");
	claim(l, 2, "b");
	create_marked(l, 3, "c");
	recall_all(l, LEDGER_RECALL_MARKED, "");
	recall_all(l, LEDGER_RECALL_RESENT, "a c ");
	ask(l, LEDGER_UNMARK, 1, "a");
	end(l, true);

	l = begin("marks");
	create_marked(l, 4, "d");
	recall_all(l, LEDGER_RECALL_MARKED, "c ");
	recall_all(l, LEDGER_RECALL_RESENT, "d ");
	end(l, true);

	l = begin("marks");
	recall_all(l, LEDGER_RECALL_MARKED, "c d "); /* nobody took the marks off */
	decide(l, 0, "c", LEDGER_REFUSED);           /* a conflict takes it off, too */
	ask(l, LEDGER_UNMARK, 4, "d");
	end(l, true);

	l = begin("marks");
	recall_all(l, LEDGER_RECALL_MARKED, "");
	recall_all(l, LEDGER_RECALL_RESENT, "");
	ledger_destroy(l);
}

/* Its last look waits: for its deletion, or until that is taken back. */
static void what_is_about_to_be_deleted_is_not_looked_at(void **state)
{
	struct ledger *l = begin("marked and deleted");

	for (uint64_t i = 1; i <= 3; i++) {
		static const char *const names[] = {"", "a", "b", "c"};

		create_marked(l, i, names[i]);
		ask(l, LEDGER_INTEND_DELETE, i, names[i]);
	}
	recall_all(l, LEDGER_RECALL_RESENT, "");
	end(l, true);
	l = begin("marked and deleted");
	recall_all(l, LEDGER_RECALL_MARKED, "");
	claim(l, 1, "a");
	claim(l, 2, "b");
	decide(l, 1, "a", LEDGER_REMOVED);
	ask(l, LEDGER_WITHDRAW, 2, "b");
	end(l, true);
	l = begin("marked and deleted");
	recall_all(l, LEDGER_RECALL_MARKED, "b ");
	ledger_destroy(l);
}

static void an_update_leaves_the_last_look_to_come(void **state)
{
	struct ledger *l = begin("marked and updated");

	create_marked(l, 1, "a");
	end(l, true);
	l = begin("marked and updated");
	claim(l, 1, "a");
	decide(l, 1, "a", LEDGER_DONE);
	recall_all(l, LEDGER_RECALL_MARKED, "a ");
	ledger_destroy(l);
}

static void any_row_of_the_sandbox_with_an_id_serves(void **state)
{
	struct ledger_request q = request(LEDGER_CLAIM, 3, "elsewhere");
	struct ledger *l = begin("any");

	assert_false(recall(l, LEDGER_RECALL_ANY).found);
	claim(l, 1, "acme");
	ask(l, LEDGER_INTEND, 1, "acme");
	assert_false(recall(l, LEDGER_RECALL_ANY).found);
	decide(l, 1, "acme", LEDGER_DONE);
	q.sandbox = "dev";
	ask_for(l, &q);
	q.op = LEDGER_OUTCOME;
	q.id = "an id in dev";
	ask_for(l, &q);
	for (int i = 0; i < 2; i++) {
		struct ledger_reply reply = recall(l, LEDGER_RECALL_ANY);

		assert_true(reply.found);
		assert_string_equal(reply.record->name, "acme");
		assert_string_equal(reply.record->id, "11111111-2222-4333-8444-555555555555");
	}
	ask(l, LEDGER_INTEND_DELETE, 1, "acme");
	assert_false(recall(l, LEDGER_RECALL_ANY).found);
	decide(l, 1, "acme", LEDGER_REMOVED);
	assert_false(recall(l, LEDGER_RECALL_ANY).found);
	ledger_destroy(l);
}

/* ----------------------------------------------------------- fingerprint and tag */

static void fingerprints_differ_by_field_order_and_key(void **state)
{
	struct ledger *l = begin("prints"), *other = begin("prints2");
	const struct ledger_field fields[][2] = {
		{{"ab", "c"}, {"d", "e"}},
		{{"a", "bc"}, {"d", "e"}},
		{{"d", "e"}, {"ab", "c"}},
		{{"ab", "c"}, {"d", ""}},
		{{"ab", "c"}, {"d", NULL}},
		{{"ab", "cd"}, {"", "e"}},
	};
	uint8_t prints[ARRAY_SIZE(fields) + 1][LEDGER_FINGERPRINT_SIZE], again[16];

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		ledger_fingerprint(l, fields[i], 2, prints[i]);
	ledger_fingerprint(other, fields[0], 2, prints[ARRAY_SIZE(fields)]);
	for (size_t i = 0; i < ARRAY_SIZE(prints); i++) {
		for (size_t k = i + 1; k < ARRAY_SIZE(prints); k++)
			assert_memory_not_equal(prints[i], prints[k], sizeof(prints[i]));
	}
	ledger_destroy(l);
	l = begin("prints");
	ledger_fingerprint(l, fields[0], 2, again);
	assert_memory_equal(again, prints[0], sizeof(again));
	ledger_destroy(l);
	ledger_destroy(other);
}

static void texts_are_told_apart_by_a_keyed_hash(void **state)
{
	struct ledger *l = begin("texts"), *other = begin("texts2"), *memory = NULL;
	uint64_t hash = ledger_text_hash(l, "a text"), hashed_by_other;

	assert_int_equal(ledger_text_hash(l, ""), 0);
	assert_int_equal(ledger_text_hash(l, NULL), 0);
	assert_int_not_equal(hash, ledger_text_hash(l, "a texu"));
	hashed_by_other = ledger_text_hash(other, "a text");
	assert_int_not_equal(hash, hashed_by_other);
	assert_int_equal(ledger_memory_create(NULL, NULL, &memory, NULL), 0);
	ledger_use_key(memory, l->key);
	assert_int_equal(ledger_text_hash(memory, "a text"), hash);
	ledger_destroy(memory);
	ledger_destroy(l);
	ledger_destroy(other);
	l = begin("texts");
	assert_int_equal(ledger_text_hash(l, "a text"), hash);
	ledger_destroy(l);
}

static void a_tag_is_the_same_in_every_run(void **state)
{
	struct ledger *l = begin("tags");
	char tag[17], again[17], other[17];

	ledger_tag(l, "prod", "acme", tag);
	assert_int_equal(strspn(tag, "0123456789abcdef"), 16);
	ledger_tag(l, "prodacme", "", other);
	assert_string_not_equal(tag, other);
	ledger_destroy(l);
	l = begin("tags");
	ledger_tag(l, "prod", "acme", again);
	assert_string_equal(tag, again);
	ledger_destroy(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_later_run_is_told_how_far_each_row_came),
		cmocka_unit_test(so_is_a_run_after_one_that_was_killed),
		cmocka_unit_test(a_claim_may_write_the_intent_too),
		cmocka_unit_test(an_outcome_comes_back_as_it_was_given),
		cmocka_unit_test(what_was_not_given_is_empty),
		cmocka_unit_test(a_name_is_a_duplicate_in_its_sandbox_and_run_only),
		cmocka_unit_test(rows_are_found_also_without_their_ticket),
		cmocka_unit_test(rows_that_share_a_hash_are_told_apart),
		cmocka_unit_test(the_first_intent_counts_until_it_is_ended),
		cmocka_unit_test(an_edited_row_is_told_and_keeps_what_was_intended),
		cmocka_unit_test(a_new_intent_records_the_row_as_it_is_then),
		cmocka_unit_test(an_outcome_says_which_of_the_two_stands),
		cmocka_unit_test(a_claim_without_intent_is_refreshed),
		cmocka_unit_test(outcomes_do_not_split_pages),
		cmocka_unit_test(an_outcome_is_told_once_results_were_in_place),
		cmocka_unit_test(a_run_tells_only_of_rows_that_it_saw),
		cmocka_unit_test(what_came_after_the_results_is_not_told_by_them),
		cmocka_unit_test(doubts_that_this_run_did_not_claim_come_once_each),
		cmocka_unit_test(a_recalled_doubt_is_settled_by_its_key),
		cmocka_unit_test(marked_rows_come_back_in_this_run_and_the_next),
		cmocka_unit_test(what_is_about_to_be_deleted_is_not_looked_at),
		cmocka_unit_test(an_update_leaves_the_last_look_to_come),
		cmocka_unit_test(any_row_of_the_sandbox_with_an_id_serves),
		cmocka_unit_test(fingerprints_differ_by_field_order_and_key),
		cmocka_unit_test(texts_are_told_apart_by_a_keyed_hash),
		cmocka_unit_test(a_tag_is_the_same_in_every_run),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
