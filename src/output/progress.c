/* progress.c - the most telling pieces first, as many as fit.
 *
 * All of them are our own words and numbers in ASCII, so bytes are columns.
 */
#include "output/progress.h"

#include <inttypes.h>

#include "base/macros.h"
#include "output/human.h"

static int print_rows(const struct progress *p, struct buf *b)
{
	if (p->rows_total > 0)
		return buf_printf(b, "%" PRIu64 "/%" PRIu64 " rows", p->rows_done, p->rows_total);
	return human_count(b, p->rows_done, "row", "rows");
}

static int print_share(const struct progress *p, struct buf *b)
{
	if (p->rows_total == 0)
		return 0;
	return buf_printf(b, "%.0f %%",
		(double)MIN(p->rows_done, p->rows_total) * 100 / (double)p->rows_total);
}

static int print_state(const struct progress *p, struct buf *b)
{
	int r;

	if (p->breaker_open)
		return buf_append_str(b, "server in trouble: probing");
	if (p->paused_for <= 0)
		return 0;
	r = buf_append_str(b, "paused for ");
	return r < 0 ? r : human_duration(b, p->paused_for);
}

static int print_not_fine(const struct progress *p, struct buf *b)
{
	return p->rows_not_fine > 0 ? buf_printf(b, "%" PRIu64 " not fine", p->rows_not_fine) : 0;
}

static int print_speed(const struct progress *p, struct buf *b)
{
	return p->rows_per_s > 0 ? buf_printf(b, "%.1f rows/s", p->rows_per_s) : 0;
}

static int print_rest(const struct progress *p, struct buf *b)
{
	double seconds;
	int r;

	if (p->rows_done >= p->rows_total || !(p->rows_per_s > 0))
		return 0;
	seconds = (double)(p->rows_total - p->rows_done) / p->rows_per_s;
	if (seconds > 100 * 86400.0) /* a run that has just begun to crawl knows nothing */
		return 0;
	r = human_duration(b, (nsec_t)(seconds * (double)SEC));
	return r < 0 ? r : buf_append_str(b, " left");
}

static int print_in_flight(const struct progress *p, struct buf *b)
{
	return buf_printf(b, "%" PRIu32 "/%" PRIu32 " in flight", p->in_flight, p->window);
}

static int (*const pieces[])(const struct progress *p, struct buf *b) = {
	print_rows,
	print_share,
	print_state,
	print_not_fine,
	print_speed,
	print_rest,
	print_in_flight,
};

int progress_print(const struct progress *p, uint32_t columns, struct buf *b)
{
	size_t start = b->len;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		size_t before = b->len;

		r = before > start ? buf_append_str(b, "  ") : 0;
		size_t piece = b->len;
		if (r == 0)
			r = pieces[i](p, b);
		if (r < 0)
			return r;
		/* Whole pieces only; behind one that is too long, a shorter one may fit. */
		if (b->len == piece || b->len - start > columns) {
			b->len = before;
			if (b->data)
				b->data[before] = '\0';
		}
	}
	return 0;
}
