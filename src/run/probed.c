/* probed.c - see probed.h. Open addressing; nothing is ever taken out. */
#include "run/probed.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "flow/request.h"

#define PLACES_FIRST ((size_t)1024)
#define ENDPOINT_MAX ((size_t)128 * 1024)
#define NOT_TOLD 0xff

struct probed_place {
	unsigned char hash[16];
	uint32_t row; /* 0: free */
	uint32_t password;
	uint32_t until_s; /* 0: not told; as far as 32 bits reach */
	uint16_t status;
	uint8_t result; /* or NOT_TOLD */
	uint8_t detail;
};

static_assert(sizeof(struct probed_place) == 32, "as the header says");
static_assert(SERVICENOW_RESULTS < NOT_TOLD && SERVICENOW_DETAILS < 256, "eight bits are enough");

int probed_init(struct probed *p)
{
	*p = (struct probed){.place_count = PLACES_FIRST};
	if (sodium_init() < 0)
		return -EIO;
	randombytes_buf(p->key, sizeof(p->key));
	p->places = calloc(p->place_count, sizeof(*p->places));
	return p->places ? 0 : -ENOMEM;
}

void probed_done(struct probed *p)
{
	free(p->places);
	wipe(p, sizeof(*p));
}

/* ------------------------------------------------------------------ hashes */

enum use { USE_LOGIN, USE_PASSWORD, USE_INSTANCE };

/* Each text with its NUL, so that ("ab", "c") and ("a", "bc") differ; `last` may be NULL. */
static int hash_texts(const struct probed *p, enum use use, const char *endpoint,
	const char *username, const char *last, void *ret, size_t ret_len)
{
	AUTO(buf_done) struct buf instance = {0};
	const unsigned char use_byte = (unsigned char)use;
	crypto_generichash_state state;
	unsigned char hash[crypto_generichash_BYTES_MIN];

	buf_init(&instance, ENDPOINT_MAX);
	if (flow_service_append(&instance, endpoint) < 0)
		return -ENOMEM;
	crypto_generichash_init(&state, p->key, sizeof(p->key), sizeof(hash));
	crypto_generichash_update(&state, &use_byte, 1);
	crypto_generichash_update(&state, (const unsigned char *)instance.data, instance.len + 1);
	crypto_generichash_update(&state, (const unsigned char *)username, strlen(username) + 1);
	if (last)
		crypto_generichash_update(&state, (const unsigned char *)last, strlen(last));
	crypto_generichash_final(&state, hash, sizeof(hash));
	wipe(&state, sizeof(state)); /* it has seen a password */
	memcpy(ret, hash, ret_len);
	return 0;
}

/* ------------------------------------------------------------------- table */

/* The place that has this hash, or the free one where it belongs. */
static struct probed_place *find(const struct probed *p, const unsigned char hash[16])
{
	size_t at;

	memcpy(&at, hash, sizeof(at));
	for (;; at++) {
		struct probed_place *place = &p->places[at & (p->place_count - 1)];

		if (place->row == 0 || memcmp(place->hash, hash, sizeof(place->hash)) == 0)
			return place;
	}
}

static int grow(struct probed *p)
{
	struct probed bigger = {.place_count = 2 * p->place_count};

	bigger.places = calloc(bigger.place_count, sizeof(*bigger.places));
	if (!bigger.places)
		return -ENOMEM;
	for (size_t i = 0; i < p->place_count; i++)
		if (p->places[i].row != 0)
			*find(&bigger, p->places[i].hash) = p->places[i];
	free(p->places);
	p->places = bigger.places;
	p->place_count = bigger.place_count;
	return 0;
}

static int make_room(struct probed *p)
{
	return 2 * p->used >= p->place_count ? grow(p) : 0;
}

/* Into a free one. */
static void put(
	struct probed *p, struct probed_place *place, const unsigned char hash[16], uint32_t row)
{
	*place = (struct probed_place){.row = row, .result = NOT_TOLD};
	memcpy(place->hash, hash, sizeof(place->hash));
	p->used++;
}

static void tell(struct probed_place *place, const struct servicenow_verdict *v)
{
	place->result = (uint8_t)v->result;
	place->detail = (uint8_t)v->detail;
	place->status = (uint16_t)v->status;
	place->until_s = (uint32_t)MIN(MAX(v->until_ms / 1000, (int64_t)0), (int64_t)UINT32_MAX);
}

static struct servicenow_verdict verdict_of(const struct probed_place *place)
{
	return (struct servicenow_verdict){
		.result = (enum servicenow_result)place->result,
		.detail = (enum servicenow_detail)place->detail,
		.status = place->status,
		.until_ms = (int64_t)place->until_s * 1000,
	};
}

int probed_take(struct probed *p, const char *endpoint, const char *username, const char *password,
	uint64_t row, struct probed_login *ret)
{
	uint32_t shown = (uint32_t)MIN(row, (uint64_t)UINT32_MAX), password_hash;
	struct probed_place *place;
	unsigned char hash[16];
	int r = make_room(p);

	assert(row > 0);
	if (r == 0)
		r = hash_texts(p, USE_LOGIN, endpoint, username, NULL, hash, sizeof(hash));
	if (r == 0)
		r = hash_texts(p, USE_PASSWORD, endpoint, username, password, &password_hash,
			sizeof(password_hash));
	if (r < 0)
		return r;

	place = find(p, hash);
	if (place->row == 0) {
		put(p, place, hash, shown);
		place->password = password_hash;
	}
	*ret = (struct probed_login){.row = place->row, .told = place->result != NOT_TOLD};
	if (ret->told)
		ret->verdict = verdict_of(place);
	if (place->row != shown)
		ret->turn =
			place->password == password_hash ? PROBED_SHARES : PROBED_OTHER_PASSWORD;
	return 0;
}

int probed_tell(struct probed *p, const char *endpoint, const char *username,
	const struct servicenow_verdict *v)
{
	struct probed_place *place;
	unsigned char hash[16];
	int r = hash_texts(p, USE_LOGIN, endpoint, username, NULL, hash, sizeof(hash));

	if (r < 0)
		return r;
	place = find(p, hash);
	assert(place->row > 0);
	tell(place, v);
	return 0;
}

#define CLOSED_ROW 1 /* any: its place is not free */

int probed_close(struct probed *p, const char *endpoint, const struct servicenow_verdict *v)
{
	struct probed_place *place;
	unsigned char hash[16];
	int r = make_room(p);

	if (r == 0)
		r = hash_texts(p, USE_INSTANCE, endpoint, "", NULL, hash, sizeof(hash));
	if (r < 0)
		return r;
	place = find(p, hash);
	if (place->row == 0)
		put(p, place, hash, CLOSED_ROW);
	tell(place, v);
	return 0;
}

int probed_closed(struct probed *p, const char *endpoint, struct servicenow_verdict *ret)
{
	struct probed_place *place;
	unsigned char hash[16];
	int r = hash_texts(p, USE_INSTANCE, endpoint, "", NULL, hash, sizeof(hash));

	if (r < 0)
		return r;
	place = find(p, hash);
	if (place->row == 0)
		return 0;
	*ret = verdict_of(place);
	return 1;
}
