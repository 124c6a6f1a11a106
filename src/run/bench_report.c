/* bench_report.c - what a load came to: for people, for programs, and for gnuplot. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "output/human.h"
#include "run/bench.h"
#include "sys/file.h"
#include "sys/log.h"

#define REPORT_MAX ((size_t)64 << 20)
#define LEFT_SHOWN 20

static const struct {
	const char *name;
	double percent;
} percentiles[] = {
	{"p50", 50},
	{"p90", 90},
	{"p99", 99},
	{"p99.9", 99.9},
	{"p99.99", 99.99},
	{"max", 100},
};

static double ms_of(uint64_t nanoseconds)
{
	return (double)nanoseconds / (double)MS;
}

static bool was_interrupted(const struct bench *b)
{
	return b->run->stops_told > 0;
}

/* How long arrivals came that count, in seconds. */
static double counted_for(const struct bench *b)
{
	nsec_t end = b->stopped_at ? MIN(b->stopped_at, b->ends_at) : b->ends_at;

	return end > b->counts_from ? (double)(end - b->counts_from) / (double)SEC : 0;
}

static double sent_per_s(const struct bench *b)
{
	double seconds = counted_for(b);

	return seconds > 0 ? (double)b->stats.sent / seconds : 0;
}

static uint64_t left_of(const struct bench *b)
{
	return b->left_count + b->lost;
}

/* ---------------------------------------------------------------------- people */

static int text_head(const struct bench *b, struct buf *t)
{
	const struct snowmelt_options *o = &b->run->settings.o;
	char duration[32], warmup[32];

	duration_format(o->duration, duration, sizeof(duration));
	duration_format(o->warmup, warmup, sizeof(warmup));
	return buf_printf(t,
		"%s: asked for %.6g/s%s for %s, after %s of warm-up; sent %.6g/s\n"
		"arrivals %" PRIu64 ", sent %" PRIu64 ", dropped %" PRIu64 ", late %" PRIu64 "%s\n",
		o->url, o->rate_per_s, o->poisson ? " at random" : "", duration, warmup,
		sent_per_s(b), b->stats.arrivals, b->stats.sent, b->stats.dropped, b->stats.late,
		was_interrupted(b) ? "; interrupted" : "");
}

static int text_why_dropped(const struct bench *b, struct buf *t)
{
	if (b->stats.dropped == 0)
		return 0;
	return buf_printf(t,
		"dropped: %" PRIu32 " requests were in flight already (--concurrency); the figures "
		"do not show what they would have met\n",
		b->run->settings.o.concurrency);
}

static int text_answers(const struct bench *b, struct buf *t)
{
	const struct bench_stats *st = &b->stats;
	char shown[300];
	int r = buf_append_str(t, "\nanswers\n");

	for (size_t i = 0; r == 0 && i < st->answer_count; i++) {
		const struct bench_answer *a = &st->answers[i];
		const char *status = a->status ? "HTTP" : "no answer";

		r = buf_printf(
			t, "  %8" PRIu64 "  %s, %s", a->count, flow_class_name(a->class), status);
		if (r == 0 && a->status)
			r = buf_printf(t, " %d", a->status);
		if (r == 0 && a->class != FLOW_CREATED && (a->code[0] || a->message[0]))
			r = buf_printf(t, ": %s%s%s", a->code,
				a->code[0] && a->message[0] ? ": " : "",
				str_shown(shown, sizeof(shown), a->message));
		if (r == 0)
			r = buf_append_char(t, '\n');
	}
	if (r == 0 && st->other_answers > 0)
		r = buf_printf(t, "  %8" PRIu64 "  of other kinds\n", st->other_answers);
	return r;
}

static int text_latency(const struct bench *b, struct buf *t)
{
	const struct histogram *latency = &b->stats.latency, *service = &b->stats.service;
	int r;

	if (latency->count == 0)
		return buf_append_str(t, "\nno latency: nothing was created, or timed out\n");
	r = buf_printf(t, "\n%-8s  %14s  %14s\n", "latency", "as intended", "as sent");
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(percentiles); i++)
		r = buf_printf(t, "  %-6s  %11.3f ms  %11.3f ms\n", percentiles[i].name,
			ms_of(histogram_at(latency, percentiles[i].percent)),
			ms_of(histogram_at(service, percentiles[i].percent)));
	if (r == 0)
		r = buf_printf(t, "  %-6s  %11.3f ms  %11.3f ms\n", "mean",
			histogram_mean(latency) / (double)MS, histogram_mean(service) / (double)MS);
	return r;
}

static int text_left(const struct bench *b, struct buf *t)
{
	int r = buf_printf(t, "not deleted: %" PRIu64 "\n", left_of(b));

	for (size_t i = 0; r == 0 && i < MIN(b->left_count, LEFT_SHOWN); i++) {
		const struct bench_left *l = &b->left[i];
		char name[BENCH_NAME_MAX];

		bench_name(b, l->chore.number, name);
		r = buf_printf(t, "  %s  %s  %s\n", l->chore.id[0] ? l->chore.id : "may exist",
			name, l->why);
	}
	if (r == 0 && left_of(b) > LEFT_SHOWN)
		r = buf_printf(t, "  and more; all names begin with '%s %s '\n",
			b->run->settings.o.prefix, b->run_id);
	return r;
}

static int text_rest(const struct bench *b, struct buf *t)
{
	int r;

	if (b->run->settings.o.keep)
		return buf_printf(t,
			"\nkept: %" PRIu64 " connections whose names begin with '%s %s ', and of "
			"%" PRIu64 " more it is not known\n",
			b->all_created, b->run->settings.o.prefix, b->run_id, b->looked_for);
	r = buf_printf(t, "\ncreated %" PRIu64 ", warm-up included; deleted %" PRIu64 "\n",
		b->all_created, b->deleted);
	if (r == 0 && b->looked_for > 0)
		r = buf_printf(t,
			"in doubt %" PRIu64 ", of which %" PRIu64
			" were found; any other that still "
			"appears is called '%s %s N'\n",
			b->looked_for, b->found, b->run->settings.o.prefix, b->run_id);
	return r == 0 && left_of(b) > 0 ? text_left(b, t) : r;
}

static int text(const struct bench *b, struct buf *t)
{
	int r = text_head(b, t);

	if (r == 0)
		r = text_why_dropped(b, t);
	if (r == 0)
		r = text_answers(b, t);
	if (r == 0)
		r = text_latency(b, t);
	return r < 0 ? r : text_rest(b, t);
}

/* -------------------------------------------------------------------- programs */

static void json_latency(struct json *o, const char *name, const struct histogram *h)
{
	struct json *l = json_add_object(o, name);

	for (size_t i = 0; i < ARRAY_SIZE(percentiles); i++)
		json_add_number(
			l, percentiles[i].name, ms_of(histogram_at(h, percentiles[i].percent)));
	json_add_number(l, "mean", ms_of((uint64_t)histogram_mean(h)));
	json_add_number(l, "count", (double)h->count);
}

static void json_settings(struct json *o, const struct bench *b)
{
	const struct snowmelt_options *s = &b->run->settings.o;

	json_add_string(o, "url", s->url);
	json_add_string(o, "prefix", s->prefix);
	json_add_string(o, "run", b->run_id);
	json_add_string(o, "schedule", s->poisson ? "poisson" : "constant");
	json_add_number(o, "rate_per_s", s->rate_per_s);
	json_add_number(o, "duration_s", (double)s->duration / (double)SEC);
	json_add_number(o, "warmup_s", (double)s->warmup / (double)SEC);
	json_add_number(o, "concurrency", s->concurrency);
	json_add_bool(o, "interrupted", was_interrupted(b));
}

static void json_arrivals(struct json *o, const struct bench *b)
{
	const struct bench_stats *st = &b->stats;

	json_add_number(o, "arrivals", (double)st->arrivals);
	json_add_number(o, "sent", (double)st->sent);
	json_add_number(o, "dropped", (double)st->dropped);
	json_add_number(o, "late", (double)st->late);
	json_add_number(o, "latest_ms", ms_of((uint64_t)st->latest));
	json_add_number(o, "sent_per_s", sent_per_s(b));
	json_add_number(o, "created", (double)st->created);
}

static void json_answers(struct json *o, const struct bench_stats *st)
{
	struct json *list = json_add_array(o, "answers");

	for (size_t i = 0; i < st->answer_count; i++) {
		const struct bench_answer *a = &st->answers[i];
		struct json *one = json_push_object(list);

		json_add_string(one, "class", flow_class_name(a->class));
		if (a->status)
			json_add_number(one, "status", a->status);
		else
			json_add_null(one, "status");
		json_add_number(one, "count", (double)a->count);
		json_add_string(one, "code", a->code);
		json_add_string(one, "message", a->message);
	}
	json_add_number(o, "other_answers", (double)st->other_answers);
}

static struct json *json_left(struct json *cleaning, const struct bench *b)
{
	struct json *list = json_add_array(cleaning, "left"), *last = list;

	for (size_t i = 0; i < b->left_count && last; i++) {
		struct json *one = json_push_object(list);
		char name[BENCH_NAME_MAX];

		bench_name(b, b->left[i].chore.number, name);
		json_add_string(one, "name", name);
		json_add_string(one, "id", b->left[i].chore.id);
		last = json_add_string(one, "why", b->left[i].why);
	}
	return last;
}

static int json(const struct bench *b, struct buf *t)
{
	AUTO(json_freep) struct json *o = json_new_object();
	struct json *cleaning;
	int r;

	json_settings(o, b);
	json_arrivals(o, b);
	json_answers(o, &b->stats);
	json_latency(o, "latency_ms", &b->stats.latency);
	json_latency(o, "service_ms", &b->stats.service);
	cleaning = json_add_object(o, "whole");
	json_add_bool(cleaning, "kept", b->run->settings.o.keep);
	json_add_number(cleaning, "created", (double)b->all_created);
	json_add_number(cleaning, "in_doubt", (double)b->looked_for);
	json_add_number(cleaning, "found", (double)b->found);
	json_add_number(cleaning, "deleted", (double)b->deleted);
	json_add_number(cleaning, "not_deleted", (double)left_of(b));
	if (!json_left(cleaning, b))
		return -ENOMEM;
	r = json_print(o, t);
	return r < 0 ? r : buf_append_char(t, '\n');
}

/* --------------------------------------------------------------------- gnuplot */

/* As HdrHistogram writes it: how many are not over a value, which share that is, and
 * what gnuplot needs for an axis of nines. */
static int plot_lines(const struct histogram *h, struct buf *t)
{
	uint64_t value, count, seen = 0;
	uint32_t at = 0;
	int r = buf_append_str(t, "# value_ms  share  count_up_to  1/(1-share)\n");

	while (r == 0 && histogram_next(h, &at, &value, &count)) {
		uint64_t above = h->count - (seen += count);

		/* The last has no end on that axis. */
		r = buf_printf(t, "%.6f %.9f %" PRIu64 " %.3f\n", ms_of(value),
			(double)seen / (double)h->count, seen,
			(double)h->count / (double)MAX(above, 1));
	}
	return r;
}

static int plot_text(const struct bench *b, struct buf *t)
{
	int r = buf_append_str(t,
		"# snowmelt bench: latency from the intended moment, then (index 1) from the "
		"sending\n");

	if (r == 0)
		r = plot_lines(&b->stats.latency, t);
	if (r == 0)
		r = buf_append_str(t, "\n\n");
	return r < 0 ? r : plot_lines(&b->stats.service, t);
}

static int write_plot(struct bench *b)
{
	const char *path = b->run->settings.o.plot;
	AUTO(buf_done) struct buf t = {0};
	char shown[400];
	int r;

	if (b->plot_fd < 0)
		return 0;
	buf_init(&t, REPORT_MAX);
	r = plot_text(b, &t);
	if (r == 0)
		r = file_write_all(b->plot_fd, t.data, t.len);
	str_shown(shown, sizeof(shown), path);
	if (r < 0)
		return error_set(&b->run->error, r, "cannot write '%s': %s", shown, strerror(-r));
	log_info("the distribution is in %s; to see it: gnuplot -p -e \"set logscale x; set xlabel "
		 "'1/(1-share)'; set ylabel 'ms'; plot '%s' index 0 using 4:1 with lines title "
		 "'as intended', '' index 1 using 4:1 with lines title 'as sent'\"",
		shown, shown);
	return 0;
}

/* ---------------------------------------------------------------------- the end */

static enum snowmelt_exit outcome(const struct bench *b)
{
	if (was_interrupted(b))
		return SNOWMELT_INTERRUPTED;
	return b->stats.created < b->stats.arrivals || left_of(b) > 0 ? SNOWMELT_ROWS : SNOWMELT_OK;
}

enum snowmelt_exit bench_report(struct bench *b)
{
	struct snowmelt *s = b->run;
	AUTO(buf_done) struct buf t = {0};
	int r;

	buf_init(&t, REPORT_MAX);
	r = s->settings.o.report == SNOWMELT_REPORT_TEXT ? text(b, &t) : json(b, &t);
	if (r < 0)
		error_set(&s->error, r, "no memory for the figures");
	else if (s->cb.output)
		s->cb.output(s->cb.arg, t.data);
	if (write_plot(b) < 0 || r < 0) {
		run_message(s, s->error.text);
		return SNOWMELT_FATAL;
	}
	return outcome(b);
}
