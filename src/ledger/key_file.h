/* key_file.h - the key on disk: PATH.key, 64 hex digits and a newline, 0600. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "ledger/key.h"

/**
 * Read the key of a ledger that is there. Without it no row could be known
 * again, so all trouble is the end of the run.
 *
 * @param path  of the ledger
 * @return 0 or a negative errno with the sentence in reterr
 */
int key_file_read(const char *path, uint8_t ret[KEY_SIZE], struct error *reterr);

/**
 * The key of a ledger that is about to be made: durable when this returns. The
 * ledger is locked. A whole key that lies there alone is taken: it was left by
 * a start that did not come further, or by whoever removed the ledger, and
 * serves a new one as well. The torso of one is made anew.
 */
int key_file_make(const char *path, uint8_t ret[KEY_SIZE], struct error *reterr);
