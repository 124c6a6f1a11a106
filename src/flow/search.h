/* search.h - is it there? Pages of a lookup or listing, compared here.
 *
 * A filter of the server is only a help: what counts as a hit is decided here,
 * by exact name and connectionSpec. Two things are kept apart: a cursor walks
 * the pages of one search (one a request in flight), and hits gather what was
 * found for one row (a listing feeds the hits of many rows).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/answer.h"
#include "flow/request.h"

#define FLOW_TOKEN_SIZE 2048
#define FLOW_HITS_MAX 8       /* distinct ids that are remembered for the message */
#define FLOW_PAGES_MAX 100000 /* of one search: ten million items */

/** What the next request of a search is. */
enum flow_step {
	FLOW_STEP_PAGE,     /* the next page, by `continuation` */
	FLOW_STEP_COUNT,    /* the last page was exactly full, or a tally: ask count=true */
	FLOW_STEP_COMPLETE, /* read to its end: hits prove presence, none absence */
	FLOW_STEP_UNSOUND,  /* malformed, count differs, token repeats: proves nothing */
};

struct flow_cursor {
	char continuation[FLOW_TOKEN_SIZE]; /* "" for the first page */
	bool tally;     /* set behind flow_cursor_init(): count at the end in any case, and leave
	                * the comparison to the caller, who knows how many ids were distinct */
	bool counting;  /* the next request is the count */
	uint64_t items; /* over all pages so far */
	uint32_t pages;
	uint64_t anchor; /* hash of an earlier token, against circles */
	uint64_t count;  /* a tally that is COMPLETE: what the server counted */
};

/** One listed connection; borrowed, valid in the callback only. "" is not shown. */
struct flow_item {
	const char *name;
	const char *id;   /* a UUID: items without one make the page unsound */
	const char *etag; /* or `version`, which is the same, where only that is shown */
	const char *spec_id;
	const char *description;
	const char *endpoint; /* auth.params.endpoint, NULL when not shown or a mask ("****") */
	const char *username; /* same */
	int64_t created_ms;   /* createdAt, 0 when not shown */
};

void flow_cursor_init(struct flow_cursor *c);

/**
 * Read the body of one FLOW_PAGE answer and say what comes next. A page may be
 * empty and still have a next one; `next.href` is relative and lacks the base
 * path, so only its continuationToken is taken.
 *
 * @param each  called for every item of the page; for none of an unsound one
 */
enum flow_step flow_cursor_feed(struct flow_cursor *c, const char *body, size_t body_len,
	void (*each)(void *arg, const struct flow_item *item), void *arg);

/** What one row looks for; borrowed. An endpoint or username that the row does not
 * have (NULL or "") differs from one that is shown. */
struct flow_wanted {
	const char *name;
	const char *spec_id;
	const char *endpoint;
	const char *username;
	const char *tag; /* key of the tag that a create of ours may have left; NULL: none */
};

/* "The first" is the first that has our tag, else the first that came. */
struct flow_hits {
	uint32_t count;                          /* distinct ids */
	uint32_t tagged;                         /* of them, those with our tag */
	char ids[FLOW_HITS_MAX][FLOW_UUID_SIZE]; /* the first of them */
	char etag[FLOW_ETAG_SIZE];               /* of the first */
	int64_t created_ms;                      /* of the first */
	bool endpoint_differs, username_differs; /* shown and another, of the first */
	char ignored[FLOW_UUID_SIZE];            /* see flow_hits_ignore() */
	bool untagged; /* the first shows a description, and our tag is not in it */
};

void flow_hits_init(struct flow_hits *h);
/** Begin with a connection that is known to be there: what is found beside it is one
 * too many. `id` is a UUID. */
void flow_hits_expect(struct flow_hits *h, const char *id);
/** An id that does not count, for it was deleted and a listing may lag. "" for none. To be
 * called behind flow_hits_init() and before what is found is added. */
void flow_hits_ignore(struct flow_hits *h, const char *id);
/**
 * Takes the item if it is a hit: the exact name, and the connectionSpec (an item that
 * does not show its own passed the filter). The same id twice (pages may shift) counts
 * once.
 */
void flow_hits_add(struct flow_hits *h, const struct flow_wanted *w, const struct flow_item *item);

enum flow_finding {
	FLOW_ABSENT,
	FLOW_FOUND_CREATED,  /* one hit, not older than our intent; or one with our tag */
	FLOW_FOUND_ADOPTED,  /* one hit, older, or it shows no createdAt */
	FLOW_FOUND_CONFLICT, /* one that differs, or several */
};

/**
 * @param intent_server_ms  moment of our first intent in the server's time; 5 s
 *                          of grace are given here. 0: no intent of ours is
 *                          open, what is found is adopted
 * @param ret_conflict  for FLOW_FOUND_CONFLICT: a sentence with the ids and the
 *                      difference, without endpoint or username values; else untouched
 */
enum flow_finding flow_hits_conclude(const struct flow_hits *h, int64_t intent_server_ms,
	char *ret_conflict, size_t ret_conflict_len);
