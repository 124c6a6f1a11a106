/* listing.c - see listing.h. */
#include "flowmock/listing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "flowmock/gather.h"
#include "flowmock/item.h"
#include "flowmock/memory.h"
#include "flowmock/request.h"
#include "sys/clock.h"

static void listing_done(struct listing *l)
{
	query_done(&l->query);
	free(l->numbers);
	*l = (struct listing){0};
}

void listings_done(struct listings *l)
{
	for (size_t i = 0; i < LISTINGS_MAX; i++)
		listing_done(&l->kept[i]);
	*l = (struct listings){0};
}

/* A plain listing, newest first, need not be gathered. */
static bool is_straight(const struct query *q)
{
	return !q->by_name && q->falling && !gather_index(q);
}

static void listing_start(struct service *s, struct listing *l, int64_t wall_ms)
{
	if (is_straight(&l->query))
		l->count = s->store.count;
	else
		l->numbers = gather(s, &l->query, wall_ms, &l->count);
}

/* ------------------------------------------------------------------- pages */

/* How many items this page may have: with --short-pages any number up to the
 * limit, and none one time in four. */
static uint32_t page_length(struct service *s, const struct query *q)
{
	uint64_t r;

	if (!s->options->short_pages)
		return q->limit;
	r = random_next(&s->listing);
	return r % 4 == 0 ? 0 : (uint32_t)((r >> 8) % q->limit) + 1;
}

/* The record at a place of the listing, or NULL if it is not (or no more) to be
 * shown. */
static const struct connection *at_place(
	struct service *s, const struct listing *l, uint32_t place, int64_t wall_ms)
{
	uint32_t number = l->numbers ? l->numbers[place] : l->count - 1 - place;
	const struct connection *c = store_at(&s->store, number);

	if (l->numbers)
		return c->text ? c : NULL;
	return query_matches(s, &l->query, c, wall_ms) && !gather_misses(s, &l->query) ? c : NULL;
}

/* Appends one page from `place` on. Returns the place of the next page, l->count
 * when there is none. */
static uint32_t print_page(
	struct service *s, struct listing *l, uint32_t place, int64_t wall_ms, struct buf *b)
{
	uint32_t length = page_length(s, &l->query);
	uint32_t shown = 0;

	must(buf_append_str(b, "{\"items\":["));
	for (; place < l->count; place++) {
		const struct connection *c = at_place(s, l, place, wall_ms);

		if (!c)
			continue;
		if (shown == length)
			break;
		if (shown++ > 0)
			must(buf_append_char(b, ','));
		item_print(b, s, c, wall_ms);
	}
	must(buf_append_str(b, "],\"_links\":{"));
	return place;
}

/* ------------------------------------------------------------------ tokens */

static struct listing *oldest(struct listings *ls)
{
	struct listing *l = &ls->kept[0];

	for (size_t i = 1; i < LISTINGS_MAX; i++) {
		if (ls->kept[i].last_use < l->last_use)
			l = &ls->kept[i];
	}
	return l;
}

static void forget(struct listings *ls, struct listing *l)
{
	if (l->numbers)
		ls->numbers -= l->count;
	listing_done(l);
}

/* The oldest one with numbers, until the new ones have room. */
static void make_room(struct listings *ls, size_t numbers)
{
	while (ls->numbers > 0 && ls->numbers + numbers > LISTING_NUMBERS_MAX) {
		struct listing *l = NULL;

		for (size_t i = 0; i < LISTINGS_MAX; i++) {
			struct listing *k = &ls->kept[i];

			if (k->numbers && (!l || k->last_use < l->last_use))
				l = k;
		}
		forget(ls, l);
	}
}

static struct listing *keep(struct service *s, struct listing *l)
{
	struct listings *ls = &s->listings;
	struct listing *place;

	make_room(ls, l->numbers ? l->count : 0);
	place = oldest(ls);
	forget(ls, place);
	*place = *l;
	place->id = random_next(&s->listing) | 1;
	if (place->numbers)
		ls->numbers += place->count;
	return place;
}

/* Hex digits: id, place, and a number that no other token has, for an empty page goes
 * on from its own place: a client may take a token that comes back for a circle. */
#define TOKEN_LENGTH 40

static struct listing *find_kept(struct service *s, const char *token, uint32_t *ret_place)
{
	char id[17], from[9];
	uint64_t number;

	if (strlen(token) != TOKEN_LENGTH || strspn(token, "0123456789abcdef") != TOKEN_LENGTH)
		return NULL;
	str_copy(id, sizeof(id), token);
	number = strtoull(id, NULL, 16);
	str_copy(from, sizeof(from), token + 16);
	*ret_place = (uint32_t)strtoull(from, NULL, 16);
	for (size_t i = 0; i < LISTINGS_MAX; i++) {
		struct listing *l = &s->listings.kept[i];

		if (l->id == number && l->id != 0)
			return *ret_place <= l->count ? l : NULL;
	}
	return NULL;
}

/* With --short-pages a last page may have a next one that is empty. */
static bool has_next(struct service *s, const struct listing *l, uint32_t place, uint32_t from)
{
	if (s->options->no_next)
		return false;
	if (place < l->count)
		return true;
	return s->options->short_pages && from < l->count && random_next(&s->listing) % 4 == 0;
}

static void answer_page(
	struct request *r, struct listing *l, bool kept, uint32_t from, int64_t wall_ms)
{
	struct service *s = r->service;
	struct buf *b = answer_start(&r->answer, 200);
	uint32_t place = print_page(s, l, from, wall_ms, b);

	if (has_next(s, l, place, from)) {
		if (!kept)
			l = keep(s, l);
		kept = true;
		l->last_use = ++s->listings.uses;
		must(buf_printf(b,
			"\"next\":{\"href\":\"/connections?continuationToken=%016" PRIx64
			"%08" PRIx32 "%016" PRIx64 "\"}",
			l->id, place, l->last_use));
	}
	must(buf_append_str(b, "}}"));
	if (!kept)
		listing_done(l);
}

static void answer_count(struct request *r, struct listing *l, int64_t wall_ms)
{
	uint32_t count = 0;

	for (uint32_t place = 0; place < l->count; place++) {
		if (at_place(r->service, l, place, wall_ms))
			count++;
	}
	must(buf_printf(answer_start(&r->answer, 200), "{\"count\":%" PRIu32 "}", count));
	listing_done(l);
}

void list_connections(struct request *r)
{
	struct service *s = r->service;
	int64_t wall_ms = clock_wall_ms();
	struct listing fresh = {0};
	struct listing *kept;
	uint32_t place;

	if (!query_parse(r, &fresh.query))
		return;
	if (fresh.query.token[0] != '\0') {
		kept = find_kept(s, fresh.query.token, &place);
		if (kept && kept->query.scope == fresh.query.scope)
			answer_page(r, kept, true, place, wall_ms);
		else
			answer_message(&r->answer, 400, "continuationToken is not valid");
		query_done(&fresh.query);
		return;
	}
	listing_start(s, &fresh, wall_ms);
	if (fresh.query.count_only)
		answer_count(r, &fresh, wall_ms);
	else
		answer_page(r, &fresh, false, 0, wall_ms);
}
