/* file.h - files that are whole or absent, and never somebody else's.
 *
 * All created 0600. Paths are the caller's; errors name them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

/**
 * Create a working file afresh: unlink what is there (a regular file of ours;
 * anything else is refused), then open O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC.
 *
 * @return a descriptor, or a negative errno with the sentence in reterr
 */
int file_create_afresh(const char *path, struct error *reterr);

/**
 * Is `path` absent or a regular file that may be replaced, and not one of the
 * `inputs` by any link (same device and inode)? A symbolic link or another
 * kind of file is refused, untouched.
 *
 * @return 0 or a negative errno with the sentence in reterr
 */
int file_check_replaceable(
	const char *path, const struct stat *inputs, size_t input_count, struct error *reterr);

/**
 * fsync `fd`, rename `from` over `to`, fsync the folder.
 *
 * @return 0 or a negative errno with the sentence in reterr
 */
int file_put_in_place(int fd, const char *from, const char *to, struct error *reterr);

/** Make the name of a new file durable: fsync the folder that `path` is in. 0 or a negative errno. */
int file_sync_folder_of(const char *path);

/** Write all of it, EINTR and short writes included: 0 or a negative errno. */
int file_write_all(int fd, const void *data, size_t len);
int file_pwrite_all(int fd, const void *data, size_t len, off_t offset);
/** Read exactly len bytes: 0, -EIO (too short) or another negative errno. */
int file_pread_all(int fd, void *data, size_t len, off_t offset);

/**
 * Read a small secret file whole into dst: a regular file of at most `max`
 * bytes; one newline (LF or CRLF) at its end is dropped; NUL inside is refused.
 *
 * @param dir_fd  the folder that `path` counts from and must not lead out of,
 *                neither by ".." nor by a link; AT_FDCWD: any path
 * @param dst     room for `max` bytes; no NUL is put behind. Wiped on failure
 * @param ret_open_to_others  true when group or others can read it
 * @return length, or a negative errno with the sentence in reterr (the sentence
 *         names the path, never contents)
 */
ssize_t file_read_secret(int dir_fd, const char *path, char *dst, size_t max,
	bool *ret_open_to_others, struct error *reterr);
