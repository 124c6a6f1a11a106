/* lock.h - one holder of a file at a time, freed by the holder's death.
 *
 * An open-file-description lock (fcntl F_OFD_SETLK) on one byte of the file
 * itself, far behind its end and so out of the way of other locks. The
 * holder's pid, host and start are written into `PATH.lock` beside it, only so
 * that the message to the second comer can name them; that file locks nothing.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/**
 * Lock an open file. A PATH.lock that cannot be written is no error: it only
 * names the holder.
 *
 * @param fd    open for writing
 * @param path  the path of fd, for the message and for PATH.lock
 * @return 0; -EBUSY with the sentence in reterr, naming the holder; or another
 *         negative errno with its sentence
 */
int lock_take(int fd, const char *path, struct error *reterr);

/** Does anybody else hold it? `fd` may be open for reading only. */
bool lock_is_held(int fd);

/** Remove our PATH.lock, before the descriptor is closed: the lock goes with it. */
void lock_forget(const char *path);
