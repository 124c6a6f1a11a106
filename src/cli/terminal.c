/* terminal.c - what the program says, on standard output and standard error. */
#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/time.h"
#include "output/progress.h"
#include "sys/file.h"
#include "sys/log.h"

#define CLEAR_LINE "\r\033[K"
#define COLUMNS_UNKNOWN 80
#define COLUMNS_MAX 500
#define LINE_MAX_BYTES (64 * 1024)

static struct {
	pthread_mutex_t lock; /* log lines come from any thread */
	bool rewrites;        /* between begin and end, on a terminal */
	bool line_shown;
	bool print_failed;

	/* For the speed that is shown: a mean that forgets within seconds. */
	uint64_t rows;
	nsec_t elapsed;
	double rows_per_s;
} terminal = {.lock = PTHREAD_MUTEX_INITIALIZER};

void terminal_secure_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* Reading from 0 and writing to 1 then fail; messages to 2 go nowhere. */
		int flags = fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY;

		/* The lowest free number is taken, so this one. */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags) < 0)
			_exit(SNOWMELT_FATAL);
	}
}

/* Under the lock. One write, so that lines of two processes do not mix; nobody is
 * left to tell when standard error fails. */
static void write_error(const char *head, const char *text, const char *end)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, LINE_MAX_BYTES);
	if ((terminal.line_shown && buf_append_str(&b, CLEAR_LINE) < 0) ||
		buf_append_str(&b, head) < 0 || buf_append_str(&b, text) < 0 ||
		buf_append_str(&b, end) < 0)
		return;
	terminal.line_shown = false;
	(void)file_write_all(STDERR_FILENO, b.data, b.len);
}

void terminal_message(const char *text)
{
	pthread_mutex_lock(&terminal.lock);
	write_error("snowmelt: ", text, "\n");
	pthread_mutex_unlock(&terminal.lock);
}

static void take_log_line(void *arg, const char *line)
{
	pthread_mutex_lock(&terminal.lock);
	write_error("", line, "");
	pthread_mutex_unlock(&terminal.lock);
}

void terminal_clear(void)
{
	pthread_mutex_lock(&terminal.lock);
	if (terminal.line_shown)
		write_error("", "", "");
	pthread_mutex_unlock(&terminal.lock);
}

int terminal_print(const char *text, size_t len)
{
	struct error e;
	int r;

	terminal_clear();
	r = file_write_all(STDOUT_FILENO, text, len);
	if (r < 0 && !terminal.print_failed) {
		terminal.print_failed = true;
		error_set(&e, r, "cannot write to standard output: %s", strerror(-r));
		terminal_message(e.text);
	}
	return r;
}

bool terminal_print_failed(void)
{
	return terminal.print_failed;
}

static uint32_t columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return COLUMNS_UNKNOWN;
	return MIN(size.ws_col, COLUMNS_MAX);
}

void terminal_progress_begin(void)
{
	const char *term = getenv("TERM");

	if (!isatty(STDERR_FILENO) || !term || !*term || strcmp(term, "dumb") == 0)
		return;
	terminal.rewrites = true;
	terminal.rows = 0;
	terminal.elapsed = 0;
	terminal.rows_per_s = 0;
	log_set_sink(take_log_line, NULL);
}

static void measure_speed(const struct snowmelt_progress *p)
{
	const double memory_s = 3;
	double s = (double)(p->elapsed - terminal.elapsed) / (double)SEC;
	double weight = terminal.elapsed > 0 ? s / (s + memory_s) : 1;

	if (s <= 0)
		return;
	terminal.rows_per_s +=
		((double)(p->rows - terminal.rows) / s - terminal.rows_per_s) * weight;
	terminal.rows = p->rows;
	terminal.elapsed = p->elapsed;
}

void terminal_progress(const struct snowmelt_progress *p)
{
	AUTO(buf_done) struct buf b = {0};
	struct progress line;

	if (!terminal.rewrites)
		return;
	measure_speed(p);
	line = (struct progress){
		.rows_total = p->rows_total,
		.rows_done = p->rows,
		.rows_not_fine = p->not_fine,
		.in_flight = p->in_flight,
		.window = p->window,
		.rows_per_s = terminal.rows_per_s,
		.paused_for = p->paused_for,
		.breaker_open = p->breaker_open,
	};
	/* The last column stays free, since a terminal wraps behind it. */
	buf_init(&b, LINE_MAX_BYTES);
	if (buf_append_str(&b, CLEAR_LINE) < 0 || progress_print(&line, columns() - 1, &b) < 0)
		return;
	pthread_mutex_lock(&terminal.lock);
	terminal.line_shown = true;
	(void)file_write_all(STDERR_FILENO, b.data, b.len);
	pthread_mutex_unlock(&terminal.lock);
}

void terminal_progress_end(void)
{
	if (!terminal.rewrites)
		return;
	log_set_sink(NULL, NULL);
	terminal.rewrites = false;
	terminal_clear();
}
