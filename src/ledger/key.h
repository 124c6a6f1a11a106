/* key.h - the ledger's secret key, and what is hashed with it.
 *
 * Everything that the ledger keeps of a secret is a keyed hash, so whoever has
 * the ledger alone cannot try passwords on it. One 32-byte key; each use has a
 * function of its own (BLAKE2b itself for fingerprints, subkeys for the rest).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define KEY_SIZE 32
#define KEY_CHECK_SIZE 16
#define KEY_HASH_SIZE 16

/** Returns 0, or a negative errno when libsodium does not start. */
int key_random(uint8_t key[KEY_SIZE]);

/** What a ledger keeps to know its key again. */
void key_check_value(const uint8_t key[KEY_SIZE], uint8_t ret[KEY_CHECK_SIZE]);

/** The subkey of key_hash(). */
void key_of_hashes(const uint8_t key[KEY_SIZE], uint8_t ret[KEY_HASH_SIZE]);

/** The subkey of key_text_hash(). */
void key_of_texts(const uint8_t key[KEY_SIZE], uint8_t ret[KEY_HASH_SIZE]);

/** Is it another text than before? 0 for NULL and "", and for nothing else. */
uint64_t key_text_hash(const uint8_t text_key[KEY_HASH_SIZE], const char *text);

/** Where a row is to be found; not unique, so the row's real key is compared after it. */
int64_t key_hash(const uint8_t hash_key[KEY_HASH_SIZE], const char *sandbox, const char *name);
