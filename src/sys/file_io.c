#include "sys/file.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* After a call that returned `n`: 0 to go on, or the error. A standard stream
 * may be a terminal or pipe that somebody else has made non-blocking. */
static int judge(int fd, ssize_t n, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (n > 0)
		return 0;
	if (n == 0)
		return -EIO;
	if (errno == EAGAIN && poll(&p, 1, -1) >= 0)
		return 0;
	return errno == EINTR ? 0 : -errno;
}

int file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);
		int r = judge(fd, n, POLLOUT);

		if (r < 0)
			return r;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int file_pwrite_all(int fd, const void *data, size_t len, off_t offset)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, offset);
		int r = judge(fd, n, POLLOUT);

		if (r < 0)
			return r;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
			offset += n;
		}
	}
	return 0;
}

int file_pread_all(int fd, void *data, size_t len, off_t offset)
{
	char *p = data;

	while (len > 0) {
		ssize_t n = pread(fd, p, len, offset);
		int r = judge(fd, n, POLLIN);

		if (r < 0)
			return r;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
			offset += n;
		}
	}
	return 0;
}
