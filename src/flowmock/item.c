/* item.c - see item.h. */
#include "flowmock/item.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "flowmock/memory.h"
#include "flowmock/params.h"

#define WHO "flowmock@techacct.adobe.com"

static bool is_changed(const struct connection *c)
{
	return c->updated_ms != c->created_ms;
}

static bool has_moved(const struct service *s, const struct connection *c, int64_t wall_ms)
{
	nsec_t moves = s->options->etag_moves;

	if (is_changed(c) && !s->options->etag_moves_again)
		return false;
	return moves > 0 && wall_ms - c->updated_ms >= moves / MS;
}

struct etag item_etag(const struct service *s, const struct connection *c, int64_t wall_ms)
{
	struct etag e = c->etag;

	if (has_moved(s, c, wall_ms)) {
		e.mark = ~e.mark;
		e.seconds = (uint32_t)((c->updated_ms + s->options->etag_moves / MS) / 1000);
	}
	return e;
}

int64_t item_updated_ms(const struct service *s, const struct connection *c, int64_t wall_ms)
{
	return has_moved(s, c, wall_ms) ? c->updated_ms + s->options->etag_moves / MS
					: c->updated_ms;
}

const char *item_state(const struct service *s, const struct connection *c, int64_t wall_ms)
{
	return wall_ms - c->created_ms < s->options->initializing / MS ? "initializing" : "enabled";
}

bool item_is_listed(const struct connection *c, int64_t wall_ms)
{
	if (c->hidden_ms != 0 && wall_ms >= c->hidden_ms)
		return false;
	return wall_ms - c->created_ms >= c->lag_ms;
}

static void put(struct buf *b, const char *before, const char *text)
{
	must(buf_append_str(b, before));
	must(json_print_string(b, text));
}

static void put_scope(struct buf *b, const struct service *s, const struct connection *c)
{
	const char *org = store_org(&s->store, c);
	const char *sandbox = store_sandbox(&s->store, c);
	uint64_t hash = hash_str(hash_str(HASH_START, org), sandbox);
	char id[UUID_SIZE];

	uuid_format(uuid_make(hash, hash_str(hash, sandbox)), id);
	put(b, ",\"sandboxId\":", id);
	put(b, ",\"sandboxName\":", sandbox);
	put(b, ",\"imsOrgId\":", org);
}

static void put_auth(struct buf *b, const struct service *s, const struct connection *c)
{
	put(b, ",\"connectionSpec\":{\"id\":", store_spec_id(&s->store, c));
	put(b, ",\"version\":", store_spec_version(&s->store, c));
	put(b, "},\"auth\":{\"specName\":", store_auth(&s->store, c));
	must(buf_append_str(b, ",\"params\":"));
	params_print(b, connection_params(c), connection_params_end(c));
	must(buf_append_char(b, '}'));
}

static void put_versions(
	struct buf *b, const struct service *s, const struct connection *c, int64_t wall_ms)
{
	int64_t updated_ms = item_updated_ms(s, c, wall_ms);
	char etag[ETAG_SIZE];

	etag_format(item_etag(s, c, wall_ms), etag);
	put(b, ",\"version\":", etag);
	put(b, ",\"etag\":", etag);
	must(buf_printf(b,
		",\"lastOperation\":{\"started\":0,\"updated\":%" PRId64 ",\"operation\":\"%s\"}",
		updated_ms, is_changed(c) ? "update" : "create"));
}

void item_print(struct buf *b, const struct service *s, const struct connection *c, int64_t wall_ms)
{
	char id[UUID_SIZE];

	uuid_format(c->id, id);
	must(buf_printf(b, "{\"id\":\"%s\",\"createdAt\":%" PRId64 ",\"updatedAt\":%" PRId64, id,
		c->created_ms, item_updated_ms(s, c, wall_ms)));
	must(buf_append_str(b, ",\"createdBy\":\"" WHO "\",\"updatedBy\":\"" WHO
			       "\",\"createdClient\":\"flowmock\",\"updatedClient\":\"flowmock\""));
	put_scope(b, s, c);
	put(b, ",\"name\":", connection_name(c));
	if (connection_description(c)[0] != '\0')
		put(b, ",\"description\":", connection_description(c));
	put(b, ",\"state\":", item_state(s, c, wall_ms));
	put_auth(b, s, c);
	put_versions(b, s, c, wall_ms);
	must(buf_append_char(b, '}'));
}

void item_print_version(struct buf *b, struct uuid id, struct etag etag)
{
	char id_text[UUID_SIZE], etag_text[ETAG_SIZE];

	uuid_format(id, id_text);
	etag_format(etag, etag_text);
	must(buf_printf(b, "{\"id\":\"%s\"", id_text));
	put(b, ",\"etag\":", etag_text);
	must(buf_append_char(b, '}'));
}
