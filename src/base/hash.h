/* hash.h - FNV-1a for in-memory tables. Not for secrets, not for disk. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

uint64_t hash_bytes(uint64_t h, const void *data, size_t len);
/** Hashes the NUL too, so that ("ab","c") and ("a","bc") differ. */
uint64_t hash_str(uint64_t h, const char *s);
