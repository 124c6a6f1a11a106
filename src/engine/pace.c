#include "engine/pace.h"

#include <stdbool.h>

#include "base/macros.h"

#define HALF (SEC / 2)
#define GRAIN MS
#define AT_ONCE (2 * SEC) /* so soon after the last, a 429 says that the pace was far off */
#define GROWTH_MIN SEC
#define GROWTH_MAX (20 * SEC) /* the longer a pace has held, the closer it was */
/* Of the rate that was refused. It is somewhat over the limit, by what the limit lets through
 * in a burst; the plateau should be below, so that many seconds pass between two 429. One that
 * has held for long is nearly right. */
#define PLATEAU 0.95
#define AFTER_CUT 0.855
#define HELD_LONG (GROWTH_MAX / 2)
#define PLATEAU_AFTER_LONG 0.97
#define AFTER_LONG 0.92
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

/* The rate at which the 429 came. */
static double refused_rate(const struct pace *p, nsec_t now, nsec_t lasted)
{
	double paced = pace_rate(p, now), sent = measured(p, now);

	if (p->plateau > 0 && (lasted < HALF || sent > paced * HELD_BACK))
		return paced;
	return sent;
}

/* Of what was accepted since the last epoch. Epochs do not begin with a pace that was refused at
 * once, so that several of those are judged together; one that does remembers a second. */
static double accepted_rate(struct pace *p, nsec_t now, nsec_t lasted)
{
	double rate = (double)p->accepted / seconds(MAX(now - p->epoch, MEASURED_OVER));

	if (lasted >= AT_ONCE) {
		p->epoch = now - SEC;
		p->accepted = (uint64_t)rate;
	}
	return rate;
}

void pace_refused(struct pace *p, nsec_t now, nsec_t sent_at)
{
	nsec_t lasted = now - MAX(p->since, p->epoch);
	bool held_long = lasted >= HELD_LONG;
	double refused, accepted;

	if (sent_at <= p->refused_at)
		return;

	refused = refused_rate(p, now, lasted);
	accepted = accepted_rate(p, now, lasted);
	p->from = refused * (held_long ? AFTER_LONG : AFTER_CUT);
	if (lasted < AT_ONCE)
		p->from = MAX(refused * AFTER_HALVING, MIN(accepted, p->from));
	p->from = MAX(p->from, LEAST);
	p->plateau = MAX(refused * (held_long ? PLATEAU_AFTER_LONG : PLATEAU), p->from * 1.05);
	p->growth = MAX(GROWTH_MIN, MIN(2 * lasted, GROWTH_MAX));
	p->since = p->refused_at = p->half_at = now;
	p->half = p->half_before = 0;
	p->next = MAX(p->next, now);
}

void pace_pause(struct pace *p, nsec_t until)
{
	p->since = MAX(p->since, until);
	p->next = MAX(p->next, until);
}
