/* part.h - RESULTS.part: made afresh by one run at a time. */
#pragma once

#include "base/error.h"

/**
 * Take the lock, remove what an earlier run left, create the file afresh and
 * hold its lock with the descriptor.
 *
 * @return a descriptor for reading and writing, or a negative errno with the
 *         sentence in reterr; -EBUSY: another run holds it, and its file was
 *         not touched
 */
int part_create(const char *path, struct error *reterr);

/**
 * Remove the file and the note on who held it, while its lock is still held.
 * The file is the last to go: from then on another run may begin.
 *
 * @return 0 or a negative errno
 */
int part_remove(const char *path);
