/* confirm.c - a question to the person at the terminal. */
#include "cli/confirm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"

int confirm_open(struct confirm *c, struct error *reterr)
{
	c->fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (c->fd < 0 && isatty(STDIN_FILENO))
		c->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (c->fd < 0)
		return error_set(reterr, -ENOTTY,
			"--confirm needs a terminal to ask on, and there is none: leave it out, or "
			"write --no-confirm");
	return 0;
}

void confirm_done(struct confirm *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

/* A line without its end; longer than the array is no answer. */
static bool read_line(int fd, char *dst, size_t dst_len)
{
	for (size_t n = 0; n < dst_len; n++) {
		if (read(fd, &dst[n], 1) != 1)
			return false;
		if (dst[n] == '\n') {
			dst[n] = '\0';
			return true;
		}
	}
	return false;
}

bool confirm_ask(const struct confirm *c, const char *question)
{
	char answer[16];

	if (file_write_all(c->fd, question, strlen(question)) < 0)
		return false;
	return read_line(c->fd, answer, sizeof(answer)) &&
	       (str_iequal(answer, "y") || str_iequal(answer, "yes"));
}
