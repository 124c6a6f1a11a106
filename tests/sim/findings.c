/* findings.c - pages into findings: what the shell compares, and calls created. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* In the server's time, whose offset is known to half a second from its Date. */
static bool is_ours(const struct sim *s, const struct row *row, const struct connection *c)
{
	nsec_t shown = c->created_at + s->set.server_clock;
	nsec_t offset = s->set.server_clock + (c->created_at % 1000 - 500) * MS;

	if (row->deleting && c == &s->w.connections[row->deleting - 1])
		return true; /* as the ledger had called it, before somebody was to delete it */
	if (s->set.no_created_at || row->intent_at == 0)
		return false;
	return shown >= row->intent_at + offset - GRACE;
}

static void note_look(struct sim *s, struct row *row, uint32_t hits)
{
	struct identity *id = &s->w.identities[row->identity];

	bool anew = row->claim == CLAIM_ENDED && !row->b.intent_ordered;

	if (row->claim == CLAIM_RELOOK || anew || (hits > 0 && !row->b.resent)) {
		id->resent = false;
		id->blind = hits < 2;
	}
	if (hits > 0)
		id->open = false;
	if (hits > 1 && id->ours > 1)
		sim_cover(s, COVER_DUPLICATE_NAMED);
}

/* A last look knows one id by heart: another one is a second. */
static uint32_t with_own_id(const struct row *row, const struct search *search)
{
	return search->hits + (search->hits == 1 && row->id && search->hit != row->id - 1);
}

static enum engine_answer conclude_relook(
	struct sim *s, struct row *row, const struct search *search)
{
	uint32_t hits = with_own_id(row, search);

	note_look(s, row, hits);
	if (hits == 0)
		return ANSWER_ABSENT;
	return hits > 1 ? ANSWER_CONFLICT : ANSWER_FOUND_ADOPTED;
}

static enum engine_answer conclude(struct sim *s, struct row *row, const struct search *search)
{
	const struct connection *c = &s->w.connections[search->hit];

	if (row->claim == CLAIM_RELOOK)
		return conclude_relook(s, row, search);
	note_look(s, row, search->hits);
	if (search->hits == 0)
		return ANSWER_ABSENT;
	if (search->hits > 1 || fields_differ(c->fields, row->look))
		return ANSWER_CONFLICT;
	row->id = search->hit + 1;
	row->etag = c->etag;
	return is_ours(s, row, c) ? ANSWER_FOUND_CREATED : ANSWER_FOUND_ADOPTED;
}

/* Not of this name any more; or we have deleted it, and the listing lags. */
static bool is_past(struct sim *s, const struct job *job, uint32_t i)
{
	bool removed = job->use == USE_ROW && s->rows[job->row].removed == i + 1;

	if (removed)
		sim_cover(s, COVER_REMOVED_LISTED);
	return removed || s->w.connections[i].renamed;
}

static void add_hit(struct sim *s, struct search *search, const struct job *job, uint32_t i)
{
	if (is_past(s, job, i))
		return;
	search->saw_id |= job->use == USE_CALIBRATION && i + 1 == job->id;
	if (search->hits > 0 && search->hit == i)
		return; /* the page has shifted */
	search->hits++;
	search->hit = i;
}

enum engine_answer findings_of_lookup(struct sim *s, uint32_t number)
{
	struct job *job = &s->jobs[number];
	struct search *search = &job->search;

	for (uint32_t i = 0; i < search->page_count; i++)
		add_hit(s, search, job, search->page[i]);
	search->cursor = search->next_cursor;
	if (search->more)
		return ANSWER_MORE;
	if (job->use == USE_CALIBRATION)
		return search->saw_id ? ANSWER_FOUND_CREATED : ANSWER_ABSENT;
	return conclude(s, shell_row(s, number), search);
}

/* ------------------------------------------------------------------- listings */

/* Only who shares a listing from its first page has been compared with all of it. */
static void note_sharers(struct sim *s, uint32_t listing)
{
	for (uint32_t i = 0; i < s->active_count; i++) {
		uint32_t j = s->active[i];
		struct job *job = &s->jobs[j];
		struct row *row = shell_row(s, j);

		if (job->shared_by == listing)
			job->shared_by = ENGINE_NO_JOB;
		if (!row && job->use != USE_CALIBRATION)
			continue;
		if (!engine_shares(s->engine, j, listing))
			continue;
		if ((row && row->filterable) ||
			(row ? row->look_scope : job->scope) != s->jobs[listing].scope)
			sim_breach(s, "%s shares the listing of scope %u", trace_job(s, j),
				s->jobs[listing].scope);
		job->shared_by = listing;
	}
}

static void note_page(struct sim *s, struct search *search)
{
	uint32_t words = s->w.connection_cap / 64 + 1;

	if (words > search->seen_words) {
		search->seen = realloc(search->seen, words * sizeof(*search->seen));
		assert(search->seen);
		memset(search->seen + search->seen_words, 0,
			(words - search->seen_words) * sizeof(*search->seen));
		search->seen_words = words;
	}
	if (search->first)
		memset(search->seen, 0, search->seen_words * sizeof(*search->seen));
	for (uint32_t i = 0; i < search->page_count; i++)
		search->seen[search->page[i] / 64] |= UINT64_C(1) << search->page[i] % 64;
}

static enum engine_answer finding_of(struct sim *s, uint32_t number, const struct search *list)
{
	struct job *job = &s->jobs[number];
	struct row *row = shell_row(s, number);
	struct search *search = &job->search;
	uint32_t identity = row ? row->identity : job->identity;

	search->hits = 0;
	search->saw_id = false;
	for (uint32_t i = s->w.identities[identity].connections; i;
		i = s->w.connections[i - 1].next)
		if ((i - 1) / 64 < list->seen_words &&
			list->seen[(i - 1) / 64] & UINT64_C(1) << (i - 1) % 64)
			add_hit(s, search, job, i - 1);
	if (row)
		return conclude(s, row, search);
	if (search->saw_id)
		sim_cover(s, COVER_CALIBRATION_SHARED);
	return search->saw_id ? ANSWER_FOUND_CREATED : ANSWER_ABSENT;
}

/* Telling one may close others, and free their slots. */
static void tell_findings(struct sim *s, uint32_t listing)
{
	uint32_t *sharers = calloc(s->active_count + 1, sizeof(*sharers)), count = 0;

	assert(sharers);
	for (uint32_t i = 0; i < s->active_count; i++)
		if (s->jobs[s->active[i]].shared_by == listing)
			sharers[count++] = s->active[i];
	for (uint32_t i = 0; i < count && !sim_over(s); i++) {
		struct job *job = &s->jobs[sharers[i]];

		if (job->shared_by != listing || !engine_shares(s->engine, sharers[i], listing))
			continue;
		sim_tell(s, &(struct engine_event){
				    .kind = EVENT_SHARED_FINDING,
				    .job = sharers[i],
				    .answer = {.answer = finding_of(
						       s, sharers[i], &s->jobs[listing].search),
					    .retry_after = NSEC_NONE},
			    });
	}
	free(sharers);
}

enum engine_answer findings_of_list(struct sim *s, uint32_t number)
{
	struct search *search = &s->jobs[number].search;

	if (search->first)
		note_sharers(s, number);
	note_page(s, search);
	search->first = false;
	search->cursor = search->next_cursor;
	if (search->more)
		return ANSWER_MORE;
	tell_findings(s, number);
	return ANSWER_LISTED;
}

/* ---------------------------------------------------------------- inventories */

static struct op inventory_op(const struct sim *s, uint32_t number, enum op_kind kind)
{
	return (struct op){
		.kind = kind,
		.job = number,
		.row = NO_ROW,
		.identity = NO_IDENTITY,
		.scope = s->jobs[number].request.scope,
		.serial = s->jobs[number].request.serial,
	};
}

/* Its pages, then its count, then the ledger's word that the two fit. */
enum engine_answer findings_of_inventory(struct sim *s, uint32_t number)
{
	struct search *search = &s->jobs[number].search;
	struct op op = inventory_op(s, number, OP_INVENTORY_ITEM);

	if (search->counting) {
		op.kind = OP_INVENTORY_END;
		op.count = search->count;
		s->jobs[number].request.waiting = !s->w.disk.failed;
		ledger_submit(s, op);
		return ANSWER_BROKEN; /* unless the ledger answers */
	}
	if (search->first)
		ledger_submit(s, inventory_op(s, number, OP_INVENTORY_BEGIN));
	search->first = false;
	for (uint32_t i = 0; i < search->page_count; i++) {
		op.connection = search->page[i];
		ledger_submit(s, op);
	}
	search->cursor = search->next_cursor;
	search->counting = !search->more;
	return ANSWER_MORE;
}
