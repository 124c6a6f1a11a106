/* secret.h - one guarded region for the secrets of a run, cut into pieces.
 *
 * libsodium gives the region: guard pages around it, mlock, no core dump. A
 * secret takes as many 64-byte cells in a row as it needs and is wiped when it
 * is given back. One region a run, since sodium_malloc() costs 25 µs a call.
 * Not thread-safe: the loop's thread owns it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct secret_region;

/**
 * @param size  bytes, rounded up to a page; taken at once
 * @param ret_locked  false when the kernel refused mlock (RLIMIT_MEMLOCK): the
 *                    caller warns once; everything else works
 * @return 0 or -ENOMEM
 */
int secret_region_create(size_t size, struct secret_region **ret, bool *ret_locked);

/** Wipes and frees everything; fine on NULL. */
void secret_region_destroy(struct secret_region *r);

/**
 * Take `len` bytes and a NUL behind them (zeroed).
 *
 * @return NULL when no piece of that size is free: give one back first
 */
char *secret_take(struct secret_region *r, size_t len);

/** Wipe and give back; `p` from secret_take(), or NULL. */
void secret_give(struct secret_region *r, char *p);

size_t secret_free_bytes(const struct secret_region *r);

/** True when nothing is taken: what has no room now never will have. */
bool secret_region_is_unused(const struct secret_region *r);

/** No core dumps, no ptrace by others (RLIMIT_CORE 0, PR_SET_DUMPABLE 0), and no file
 * of TLS keys, which libcurl writes where SSLKEYLOGFILE says. Before there are threads. */
void secret_harden_process(void);
