#include "ledger/key.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "ledger/ledger.h"

/* Which subkey serves what. On disk: never change a number. */
enum { SUBKEY_CHECK = 1, SUBKEY_HASH = 2, SUBKEY_TAG = 3, SUBKEY_TEXT = 4 };

static_assert(KEY_SIZE == crypto_kdf_KEYBYTES, "one key, several functions");
static_assert(KEY_SIZE == crypto_generichash_KEYBYTES, "one key, several functions");
static_assert(KEY_HASH_SIZE == crypto_shorthash_KEYBYTES, "a subkey for the hash");

static void derive(const uint8_t *key, uint64_t number, uint8_t *ret, size_t size)
{
	crypto_kdf_derive_from_key(ret, size, number, "snowmelt", key);
}

int key_random(uint8_t key[KEY_SIZE])
{
	if (sodium_init() < 0)
		return -EIO;
	randombytes_buf(key, KEY_SIZE);
	return 0;
}

void key_check_value(const uint8_t key[KEY_SIZE], uint8_t ret[KEY_CHECK_SIZE])
{
	derive(key, SUBKEY_CHECK, ret, KEY_CHECK_SIZE);
}

void key_of_hashes(const uint8_t key[KEY_SIZE], uint8_t ret[KEY_HASH_SIZE])
{
	derive(key, SUBKEY_HASH, ret, KEY_HASH_SIZE);
}

void key_of_texts(const uint8_t key[KEY_SIZE], uint8_t ret[KEY_HASH_SIZE])
{
	derive(key, SUBKEY_TEXT, ret, KEY_HASH_SIZE);
}

uint64_t key_text_hash(const uint8_t text_key[KEY_HASH_SIZE], const char *text)
{
	uint8_t digest[crypto_shorthash_BYTES];
	uint64_t ret;

	if (!text || !text[0])
		return 0;
	crypto_shorthash(digest, (const uint8_t *)text, strlen(text), text_key);
	static_assert(sizeof(ret) == sizeof(digest), "64 bits");
	memcpy(&ret, digest, sizeof(ret));
	return ret ? ret : 1;
}

int64_t key_hash(const uint8_t hash_key[KEY_HASH_SIZE], const char *sandbox, const char *name)
{
	size_t sandbox_size = strlen(sandbox) + 1, name_size = strlen(name) + 1;
	uint8_t text[1024], digest[crypto_shorthash_BYTES];
	crypto_generichash_state h;
	int64_t ret;

	if (sandbox_size + name_size <= sizeof(text)) {
		memcpy(text, sandbox, sandbox_size);
		memcpy(text + sandbox_size, name, name_size);
		crypto_shorthash(digest, text, sandbox_size + name_size, hash_key);
	} else {
		/* crypto_shorthash() wants its input in one piece: make a long one short. */
		crypto_generichash_init(&h, NULL, 0, crypto_generichash_BYTES);
		crypto_generichash_update(&h, (const uint8_t *)sandbox, sandbox_size);
		crypto_generichash_update(&h, (const uint8_t *)name, name_size);
		crypto_generichash_final(&h, text, crypto_generichash_BYTES);
		crypto_shorthash(digest, text, crypto_generichash_BYTES, hash_key);
	}
	static_assert(sizeof(ret) == sizeof(digest), "64 bits");
	memcpy(&ret, digest, sizeof(ret));
	return ret;
}

/* The length first: so ("ab", "c") and ("a", "bc") differ, and so does what is absent. */
static void hash_text(crypto_generichash_state *h, const char *text)
{
	uint64_t len = text ? strlen(text) : UINT64_MAX;
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(len >> (8 * i));
	crypto_generichash_update(h, bytes, sizeof(bytes));
	if (text)
		crypto_generichash_update(h, (const uint8_t *)text, len);
}

void ledger_fingerprint(const struct ledger *l, const struct ledger_field *fields, size_t count,
	uint8_t ret[LEDGER_FINGERPRINT_SIZE])
{
	crypto_generichash_state h;

	static_assert(
		LEDGER_FINGERPRINT_SIZE >= crypto_generichash_BYTES_MIN, "as short as may be");
	crypto_generichash_init(&h, l->key, sizeof(l->key), LEDGER_FINGERPRINT_SIZE);
	for (size_t i = 0; i < count; i++) {
		hash_text(&h, fields[i].name);
		hash_text(&h, fields[i].value);
	}
	crypto_generichash_final(&h, ret, LEDGER_FINGERPRINT_SIZE);
	wipe(&h, sizeof(h)); /* it has seen passwords */
}

uint64_t ledger_text_hash(const struct ledger *l, const char *text)
{
	uint8_t subkey[KEY_HASH_SIZE];

	key_of_texts(l->key, subkey);
	return key_text_hash(subkey, text);
}

void ledger_tag(const struct ledger *l, const char *sandbox, const char *name, char ret[17])
{
	uint8_t subkey[KEY_SIZE], digest[crypto_generichash_BYTES];
	crypto_generichash_state h;

	derive(l->key, SUBKEY_TAG, subkey, sizeof(subkey));
	crypto_generichash_init(&h, subkey, sizeof(subkey), sizeof(digest));
	hash_text(&h, sandbox);
	hash_text(&h, name);
	crypto_generichash_final(&h, digest, sizeof(digest));
	sodium_bin2hex(ret, 17, digest, 8);
}
