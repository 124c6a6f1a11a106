#include "base/civil.h"

#include <assert.h>
#include <stdbool.h>

#define ERA_DAYS 146097     /* 400 years: after them the calendar repeats */
#define EPOCH_FROM_0 719468 /* from 0000-03-01 to 1970-01-01 */

/* Years are counted from March, so that the leap day is the last day of one
 * and months before it have the same length every year. */

struct civil civil_from_days(int64_t days)
{
	int64_t d = days + EPOCH_FROM_0;
	int64_t era = (d >= 0 ? d : d - (ERA_DAYS - 1)) / ERA_DAYS;
	unsigned day_of_era = (unsigned)(d - era * ERA_DAYS);
	unsigned year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	unsigned day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned march_month = (5 * day_of_year + 2) / 153;
	unsigned month = march_month < 10 ? march_month + 3 : march_month - 9;

	return (struct civil){
		.year = (int)(year_of_era + (unsigned)(era * 400)) + (month <= 2),
		.month = month,
		.day = day_of_year - (153 * march_month + 2) / 5 + 1,
	};
}

int64_t civil_to_days(struct civil c)
{
	int64_t year = c.year - (c.month <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	unsigned year_of_era = (unsigned)(year - era * 400);
	unsigned march_month = c.month > 2 ? c.month - 3 : c.month + 9;
	unsigned day_of_year = (153 * march_month + 2) / 5 + c.day - 1;
	unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	assert(c.month >= 1 && c.month <= 12);
	return era * ERA_DAYS + day_of_era - EPOCH_FROM_0;
}

unsigned civil_days_in_month(int year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	assert(month >= 1 && month <= 12);
	return days[month - 1] + (month == 2 && leap);
}
