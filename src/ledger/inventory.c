/* inventory.c - what a scope has on the server, as listed in this run.
 *
 * Each listing has a number of its own. A new one replaces the older ones of
 * its scope at once by a mark; their items are deleted little by little while
 * new ones come in, so that no transaction is ever as large as an inventory.
 * Items come in the order of their names, and so are appended.
 */
#include <assert.h>
#include <string.h>

#include "base/macros.h"
#include "ledger/db.h"
#include "ledger/message.h"
#include "ledger/store.h"

#define ITEMS_A_BITE 256
#define TEXT_MAX ((size_t)1 << 28) /* of some items; an answer has at most 1 MiB */

int store_inventory_begin(struct store *s, const struct ledger_request *q)
{
	struct binder replace = bind_to(s->statements[STMT_LISTING_REPLACE]);
	struct binder begin = bind_to(s->statements[STMT_LISTING_BEGIN]);
	struct scope *scope;
	int r = store_scope(s, q->sandbox, q->spec_id, &scope);

	if (r < 0)
		return r;
	bind_number(&replace, scope->number);
	r = store_run(s, STMT_LISTING_REPLACE);
	if (r < 0)
		return r;
	bind_number(&begin, scope->number);
	bind_number(&begin, s->run);
	r = store_run(s, STMT_LISTING_BEGIN);
	scope->listing = sqlite3_last_insert_rowid(s->db);
	scope->listed = 0;
	return r;
}

static int find_replaced(struct store *s)
{
	sqlite3_stmt *stmt = s->statements[STMT_REPLACED];
	int r = store_step(s, stmt);

	s->replaced_listing = r == 1 ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return r < 0 ? r : 0;
}

/* Twice as many as came in: so whoever lists again and again does not pile up. */
static int delete_some(struct store *s)
{
	struct binder b = bind_to(s->statements[STMT_ITEMS_DELETE]);
	struct binder forget = bind_to(s->statements[STMT_LISTING_FORGET]);
	int r = s->replaced_listing ? 0 : find_replaced(s);

	if (r < 0 || s->replaced_listing == 0)
		return r;
	bind_number(&b, s->replaced_listing);
	bind_number(&b, 2 * ITEMS_A_BITE);
	r = store_run(s, STMT_ITEMS_DELETE);
	if (r < 0 || sqlite3_changes(s->db) > 0)
		return r;
	bind_number(&forget, s->replaced_listing);
	s->replaced_listing = 0;
	return store_run(s, STMT_LISTING_FORGET);
}

/* NULL is something else than "" there. */
static void bind_shown(struct binder *b, const char *text)
{
	sqlite3_bind_text(b->stmt, ++b->at, text, -1, SQLITE_STATIC);
}

int store_inventory_item(struct store *s, const struct ledger_request *q)
{
	struct binder b = bind_to(s->statements[STMT_ITEM_PUT]);
	struct scope *scope = scopes_find(&s->scopes, q->sandbox, q->spec_id);
	int r;

	assert(scope && scope->listing); /* begun first */
	bind_number(&b, scope->listing);
	/* Not NULL where it is empty: those are never equal. */
	sqlite3_bind_text(b.stmt, ++b.at, q->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(b.stmt, ++b.at, q->id, -1, SQLITE_STATIC);
	bind_text(&b, q->etag);
	if (s->scratch) {
		bind_shown(&b, q->endpoint);
		bind_shown(&b, q->username);
		bind_shown(&b, q->description);
	} else {
		bind_text(&b, q->endpoint);
		bind_text(&b, q->username);
	}
	r = store_run(s, STMT_ITEM_PUT);
	if (r == 0 && ++s->items % ITEMS_A_BITE == 0)
		r = delete_some(s);
	return r;
}

/* An id that came with two names counts once: sorted, equal ones are neighbours. */
static int count_sorted(struct store *s, int64_t listing, uint64_t *ret)
{
	AUTO(buf_done) struct buf last = {0};
	sqlite3_stmt *stmt = s->statements[STMT_ITEM_IDS];
	struct binder b = bind_to(stmt);
	int r;

	buf_init(&last, SIZE_MAX / 4);
	*ret = 0;
	bind_number(&b, listing);
	while ((r = store_step(s, stmt)) == 1) {
		const char *id = column_text(stmt, 0);

		if (*ret > 0 && strcmp(id, last.data) == 0)
			continue;
		buf_reset(&last);
		if (buf_append_str(&last, id) < 0) {
			r = store_trouble(s, SQLITE_NOMEM);
			break;
		}
		++*ret;
	}
	sqlite3_reset(stmt);
	return r;
}

static int count_ids(struct store *s, int64_t listing, uint64_t *ret)
{
	int r = store_set_cache(s, STORE_CACHE_TO_SORT);

	if (r == 0)
		r = count_sorted(s, listing, ret);
	return r == 0 ? store_set_cache(s, STORE_CACHE) : r;
}

int store_inventory_end(struct store *s, const struct ledger_request *q, struct ledger_reply *reply)
{
	struct binder b = bind_to(s->statements[STMT_LISTING_COMPLETE]);
	struct scope *scope = scopes_find(&s->scopes, q->sandbox, q->spec_id);
	uint64_t count = 0;
	int r;

	assert(scope && scope->listing);
	r = count_ids(s, scope->listing, &count);
	if (r < 0)
		return r;
	reply->ids = count;
	reply->found = count == q->count;
	if (!reply->found)
		return 0;
	bind_number(&b, scope->listing);
	r = store_run(s, STMT_LISTING_COMPLETE);
	scope->listed = count > 0 ? scope->listing : 0;
	return r;
}

/* What SQLite shows of an item lasts until the next one. */
struct found {
	struct ledger_listed listed;
	size_t at[LEDGER_LISTED_MAX][4]; /* where its texts begin in `text` */
	struct buf text;
};

static int keep_item(struct found *f, sqlite3_stmt *stmt)
{
	uint64_t i = f->listed.count++;
	int r = 0;

	if (i >= LEDGER_LISTED_MAX)
		return 0;
	for (int k = 0; k < 4 && r == 0; k++) {
		const char *text = column_text(stmt, k);

		f->at[i][k] = f->text.len;
		r = buf_append(&f->text, text, strlen(text) + 1);
	}
	return r;
}

static void point_to_items(struct found *f)
{
	for (size_t i = 0; i < MIN(f->listed.count, LEDGER_LISTED_MAX); i++)
		f->listed.items[i] = (struct ledger_listed_item){
			.id = f->text.data + f->at[i][0],
			.etag = f->text.data + f->at[i][1],
			.endpoint = f->text.data + f->at[i][2],
			.username = f->text.data + f->at[i][3],
		};
}

static int find_items(
	struct store *s, const struct ledger_request *q, int64_t listing, struct found *f)
{
	sqlite3_stmt *stmt = s->statements[STMT_ITEM_FIND];
	struct binder b = bind_to(stmt);
	int r;

	bind_number(&b, listing);
	sqlite3_bind_text(stmt, ++b.at, q->name, -1, SQLITE_STATIC);
	while ((r = store_step(s, stmt)) == 1) {
		if (keep_item(f, stmt) < 0) {
			r = store_trouble(s, SQLITE_NOMEM);
			break;
		}
	}
	sqlite3_reset(stmt);
	return r;
}

int store_is_listed(struct store *s, const struct ledger_request *q, const struct scope *scope)
{
	struct found f = {0};
	int r = 0;

	if (scope->listed == 0)
		return 0;
	buf_init(&f.text, TEXT_MAX);
	r = find_items(s, q, scope->listed, &f);
	buf_done(&f.text);
	return r < 0 ? r : f.listed.count > 0;
}

int store_listed(struct store *s, const struct ledger_request *q, const struct scope *scope,
	struct ledger_reply *reply, struct queue *out)
{
	struct found f = {0};
	int r;

	if (scope->listed == 0)
		return 0;
	buf_init(&f.text, TEXT_MAX);
	r = find_items(s, q, scope->listed, &f);
	if (r == 0 && f.listed.count > 0) {
		point_to_items(&f);
		reply->claim = LEDGER_LISTED;
		reply->listed = &f.listed;
		message_put_reply(out, reply);
		reply->listed = NULL;
		r = 1;
	}
	buf_done(&f.text);
	return r;
}
