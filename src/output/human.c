#include "output/human.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/macros.h"

int human_duration(struct buf *b, nsec_t d)
{
	int64_t s = d / SEC;

	if (s < 10)
		return buf_printf(b, "%.1f s", (double)d / (double)SEC);
	if (s < 60)
		return buf_printf(b, "%" PRId64 " s", s);
	if (s < 3600)
		return buf_printf(b, "%" PRId64 " min %02" PRId64 " s", s / 60, s % 60);
	if (s < 86400)
		return buf_printf(b, "%" PRId64 " h %02" PRId64 " min", s / 3600, s / 60 % 60);
	return buf_printf(b, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

int human_count(struct buf *b, uint64_t n, const char *one, const char *many)
{
	return buf_printf(b, "%" PRIu64 " %s", n, n == 1 ? one : many);
}

static int digits(uint64_t n)
{
	int count = 1;

	while (n >= 10) {
		n /= 10;
		count++;
	}
	return count;
}

int human_totals(struct buf *b, const struct human_total *totals, size_t count)
{
	int width = 0, r = 0;

	for (size_t i = 0; i < count; i++)
		width = MAX(width, digits(totals[i].count));
	for (size_t i = 0; i < count && r == 0; i++)
		if (totals[i].count > 0)
			r = buf_printf(b, "  %-10s  %*" PRIu64 "\n", totals[i].name, width,
				totals[i].count);
	return r;
}

/* Characters, as one column each: good enough for names in most scripts. */
static size_t columns(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

int human_wrap(struct buf *b, const char *text, size_t indent, size_t width)
{
	size_t at = 0; /* columns used of the line */
	int r = 0;

	for (const char *word = text + strspn(text, " "); *word && r == 0;) {
		size_t len = strcspn(word, " ");
		size_t word_columns = columns(word, len);
		bool first = at == 0;

		if (!first && at + 1 + word_columns > width) {
			r = buf_append_char(b, '\n');
			first = true;
		}
		if (r == 0)
			r = first ? buf_printf(b, "%*s", (int)indent, "") : buf_append_char(b, ' ');
		if (r == 0)
			r = buf_append(b, word, len);
		at = (first ? indent : at + 1) + word_columns;
		word += len;
		word += strspn(word, " ");
	}
	return r == 0 && at > 0 ? buf_append_char(b, '\n') : r;
}
