/* scratch.h - a folder of its own for a test program, removed at the end. */
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_path[] = "/tmp/snowmelt-test-XXXXXX";

/* Both return 0 or -1, as cmocka's group fixtures do. */
static inline int scratch_enter(void **state)
{
	return mkdtemp(scratch_path) && chdir(scratch_path) == 0 ? 0 : -1;
}

/* Takes `fd`, a folder. */
static inline void scratch_empty(int fd)
{
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		bool folder = entry->d_type == DT_DIR;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (folder)
			scratch_empty(
				openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		unlinkat(fd, entry->d_name, folder ? AT_REMOVEDIR : 0);
	}
	if (d)
		closedir(d);
}

static inline int scratch_leave(void **state)
{
	scratch_empty(open(scratch_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	return chdir("/") == 0 ? rmdir(scratch_path) : -1;
}

static inline void scratch_write(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	close(fd);
}

/* What the file holds, in memory that lasts until the next call. */
static inline const char *scratch_read(const char *path)
{
	static char text[70000];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}
