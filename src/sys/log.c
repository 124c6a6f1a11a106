#include "sys/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/redact.h"
#include "base/str.h"
#include "base/time.h"
#include "sys/clock.h"
#include "sys/file.h"

#define TEXT_MAX ((size_t)64 * 1024)
#define LINE_MAX_BYTES (4 * TEXT_MAX + 256) /* each byte may become \xNN */
#define LOST "(a log line was too long, or there was no memory for it)\n"
#define SECRETS_MAX LOG_SECRETS_MAX

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
	[LOG_TRACE] = "trace",
};

static atomic_int level_wanted = LOG_INFO;

/* One lock for what follows, and so for the order of lines. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *secrets[SECRETS_MAX]; /* each by sodium_malloc(); NULL when free */
static void (*sink)(void *arg, const char *line);
static void *sink_arg;

void log_set_level(enum log_level level)
{
	atomic_store(&level_wanted, (int)level);
}

int log_level_parse(const char *name, enum log_level *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*ret = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

bool log_wants(enum log_level level)
{
	return (int)level <= atomic_load(&level_wanted);
}

void log_set_sink(void (*new_sink)(void *arg, const char *line), void *arg)
{
	pthread_mutex_lock(&lock);
	sink = new_sink;
	sink_arg = arg;
	pthread_mutex_unlock(&lock);
}

/* The place of `value`, or of NULL: a free one. */
static char **find_secret(const char *value)
{
	for (size_t i = 0; i < SECRETS_MAX; i++) {
		if (value ? secrets[i] && strcmp(secrets[i], value) == 0 : !secrets[i])
			return &secrets[i];
	}
	return NULL;
}

static char *copy_locked(const char *value)
{
	size_t size = strlen(value) + 1;
	char *copy = sodium_init() < 0 ? NULL : sodium_malloc(size);

	if (copy)
		memcpy(copy, value, size);
	return copy;
}

static int add_secret(const char *value)
{
	char **place;

	if (find_secret(value))
		return 0;
	place = find_secret(NULL);
	if (!place)
		return -ENOSPC;
	*place = copy_locked(value);
	return *place ? 0 : -ENOMEM;
}

int log_add_secret(const char *value)
{
	int r;

	if (str_empty(value))
		return 0;
	pthread_mutex_lock(&lock);
	r = add_secret(value);
	pthread_mutex_unlock(&lock);
	return r;
}

void log_forget_secret(const char *value)
{
	char **place;

	if (str_empty(value))
		return;
	pthread_mutex_lock(&lock);
	place = find_secret(value);
	if (place) {
		sodium_free(*place);
		*place = NULL;
	}
	pthread_mutex_unlock(&lock);
}

/* What may be shown of `raw`; what cannot be cleaned is not shown at all. */
static int append_clean(struct buf *line, const char *raw)
{
	AUTO(buf_done) struct buf text = {0};
	int r;

	buf_init_secret(&text, LINE_MAX_BYTES);
	r = redact(&text, raw, (const char *const *)secrets, SECRETS_MAX);
	if (r > 0)
		return buf_append_str(line, "(a line that holds a secret)");
	if (r == 0 && text.data)
		r = str_show(line, text.data, TEXT_MAX);
	return r;
}

static void emit(const char *line, size_t len)
{
	if (sink)
		sink(sink_arg, line);
	else
		file_write_all(STDERR_FILENO, line, len);
}

static int append_line(struct buf *line, enum log_level level, const char *raw)
{
	char now[RFC3339_SIZE];
	int r;

	rfc3339_format(clock_wall_ms(), now);
	r = buf_printf(line, "%s %s ", now, level_names[level]);
	if (r == 0)
		r = append_clean(line, raw);
	if (r == 0)
		r = buf_append_char(line, '\n');
	return r;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	AUTO(buf_done) struct buf raw = {0}, line = {0};
	int saved_errno = errno, r;
	va_list ap;

	if (!log_wants(level))
		return;
	buf_init_secret(&raw, TEXT_MAX);
	buf_init(&line, LINE_MAX_BYTES);
	va_start(ap, fmt);
	r = buf_vprintf(&raw, fmt, ap);
	va_end(ap);

	pthread_mutex_lock(&lock);
	if (r == 0)
		r = append_line(&line, level, raw.data ? raw.data : "");
	if (r == 0)
		emit(line.data, line.len);
	else
		emit(LOST, strlen(LOST));
	pthread_mutex_unlock(&lock);
	errno = saved_errno;
}
