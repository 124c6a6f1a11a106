#include "engine/pace.h"

#include "base/macros.h"

#define HALF (SEC / 2)
#define GRAIN MS
#define AT_ONCE (2 * SEC) /* so soon after the last, a 429 says that the pace was far off */
#define GROWTH_MIN SEC
#define GROWTH_MAX (20 * SEC) /* the longer a pace has held, the closer it was */
/* Of the rate that was refused. It is somewhat over the limit, by what the limit lets through
 * in a burst; the plateau should be below, so that many seconds pass between two 429. */
#define PLATEAU 0.95
#define AFTER_CUT 0.855 /* a tenth below the plateau */
#define AFTER_HALVING 0.5
/* Where less of the pace was used, something else held us back: it says nothing. Else it is
 * taken for what was sent, though timers are late: so what they cost is learnt with it. */
#define HELD_BACK 0.7
#define LEAST 0.1                /* one in ten seconds: slower, a pace looks like a hang */
#define MEASURED_OVER (SEC / 10) /* at least */

void pace_init(struct pace *p)
{
	*p = (struct pace){.refused_at = -1, .epoch = NSEC_NONE};
}

static double seconds(nsec_t t)
{
	return (double)t / (double)SEC;
}

double pace_rate(const struct pace *p, nsec_t now)
{
	double t = seconds(MAX(now - p->since, 0)) / seconds(MAX(p->growth, 1)) - 1;

	return p->plateau + (p->plateau - p->from) * t * t * t;
}

nsec_t pace_ready_at(const struct pace *p)
{
	return p->next;
}

static void count(struct pace *p, nsec_t now)
{
	nsec_t halves = (now - p->half_at) / HALF;

	if (halves > 0) {
		p->half_before = halves == 1 ? p->half : 0;
		p->half = 0;
		p->half_at += halves * HALF;
	}
	p->half++;
}

/* The last second's, more or less. */
static double measured(const struct pace *p, nsec_t now)
{
	nsec_t begin = MAX(p->half_at - HALF, MAX(p->since, p->epoch));
	uint32_t sent = begin < p->half_at ? p->half_before + p->half : p->half;

	return (double)sent / seconds(MAX(now - begin, MEASURED_OVER));
}

void pace_sent(struct pace *p, nsec_t now)
{
	if (p->epoch == NSEC_NONE)
		p->epoch = p->half_at = now;
	count(p, now);
	if (p->plateau > 0) {
		nsec_t interval = (nsec_t)((double)SEC / pace_rate(p, now));
		nsec_t late = interval < 4 * GRAIN ? GRAIN : 0;

		p->next = MAX(p->next, now - late) + interval;
	}
}

void pace_accepted(struct pace *p)
{
	p->accepted++;
}

void pace_refused(struct pace *p, nsec_t now, nsec_t sent_at)
{
	double refused, mean;
	nsec_t lasted = now - MAX(p->since, p->epoch);

	if (sent_at <= p->refused_at)
		return;

	refused = measured(p, now);
	if (p->plateau > 0 && refused > pace_rate(p, now) * HELD_BACK)
		refused = pace_rate(p, now);
	mean = (double)p->accepted / seconds(MAX(now - p->epoch, MEASURED_OVER));

	p->from = refused * AFTER_CUT;
	if (lasted < AT_ONCE)
		p->from = MAX(refused * AFTER_HALVING, MIN(mean, p->from));
	p->from = MAX(p->from, LEAST);
	p->growth = MAX(GROWTH_MIN, MIN(2 * lasted, GROWTH_MAX));
	p->plateau = MAX(refused * PLATEAU, p->from * 1.1);
	p->since = p->epoch = p->refused_at = p->half_at = now;
	p->half = p->half_before = 0;
	p->accepted = 0;
	p->next = MAX(p->next, now);
}

void pace_pause(struct pace *p, nsec_t until)
{
	p->since = MAX(p->since, until);
	p->next = MAX(p->next, until);
}
