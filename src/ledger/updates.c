#include "ledger/updates.h"

#include <assert.h>
#include <string.h>

#include "ledger/db.h"
#include "ledger/store.h"

#define HASH_SIZE 8
#define UPDATE_SIZE (3 * HASH_SIZE)
#define UPDATES_SIZE (LEDGER_UPDATES_MAX * UPDATE_SIZE)

static uint64_t take_hash(const uint8_t **bytes)
{
	uint64_t ret = 0;

	for (int i = HASH_SIZE; i-- > 0;)
		ret = ret << 8 | (*bytes)[i];
	*bytes += HASH_SIZE;
	return ret;
}

bool updates_read(sqlite3_stmt *stmt, int column, struct updates *ret)
{
	const uint8_t *bytes = sqlite3_column_blob(stmt, column);
	int size = sqlite3_column_bytes(stmt, column);

	*ret = (struct updates){0};
	if (size % UPDATE_SIZE != 0 || size > UPDATES_SIZE)
		return false;
	ret->count = (uint32_t)size / UPDATE_SIZE;
	for (uint32_t i = 0; i < ret->count; i++) {
		ret->of[i].endpoint = take_hash(&bytes);
		ret->of[i].username = take_hash(&bytes);
		ret->of[i].description = take_hash(&bytes);
	}
	return true;
}

static bool is_same(const struct ledger_update *a, const struct ledger_update *b)
{
	return a->endpoint == b->endpoint && a->username == b->username &&
	       a->description == b->description;
}

static void add(struct updates *u, const struct ledger_update *one)
{
	for (uint32_t i = 0; i < u->count; i++)
		if (is_same(&u->of[i], one))
			return;
	if (u->count == LEDGER_UPDATES_MAX)
		memmove(u->of, u->of + 1, --u->count * sizeof(*u->of));
	u->of[u->count++] = *one;
}

static void put_hash(uint8_t **bytes, uint64_t hash)
{
	for (int i = 0; i < HASH_SIZE; i++)
		*(*bytes)++ = (uint8_t)(hash >> (8 * i));
}

static int write(
	struct store *s, int64_t n, const struct ledger_request *q, const struct updates *u)
{
	struct binder b = bind_to(s->statements[STMT_UPDATES]);
	uint8_t bytes[UPDATES_SIZE], *end = bytes;

	for (uint32_t i = 0; i < u->count; i++) {
		put_hash(&end, u->of[i].endpoint);
		put_hash(&end, u->of[i].username);
		put_hash(&end, u->of[i].description);
	}
	if (u->count > 0)
		bind_blob(&b, bytes, (int)(end - bytes));
	else
		bind_some(&b, 0);
	bind_number(&b, q->wall_ms);
	bind_number(&b, n);
	return store_run(s, STMT_UPDATES);
}

static int read(struct store *s, int64_t n, struct updates *ret)
{
	sqlite3_stmt *stmt = s->statements[STMT_ROW];
	struct binder b = bind_to(stmt);
	int r;

	bind_number(&b, n);
	r = store_step(s, stmt);
	if (r >= 0 && (r == 0 || !updates_read(stmt, COLUMN_UPDATES, ret)))
		r = store_damaged(s);
	sqlite3_reset(stmt);
	return r < 0 ? r : 0;
}

int updates_open(struct store *s, int64_t n, const struct ledger_request *q)
{
	const struct ledger_update update = {
		.endpoint = key_text_hash(s->text_key, q->endpoint),
		.username = key_text_hash(s->text_key, q->username),
		.description = key_text_hash(s->text_key, q->description),
	};
	struct updates u;
	int r = read(s, n, &u);

	if (r < 0)
		return r;
	add(&u, &update);
	return write(s, n, q, &u);
}

int updates_take_back(struct store *s, int64_t n, const struct ledger_request *q)
{
	struct updates u;
	int r = read(s, n, &u);

	if (r < 0)
		return r;
	assert(u.count == 1); /* it would not be known which of them */
	return write(s, n, q, &(struct updates){0});
}
