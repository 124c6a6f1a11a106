/* civil.h - days since 1970 and the Gregorian calendar, without a time zone.
 *
 * Private to base. The calendar is extended to before its introduction.
 */
#pragma once

#include <stdint.h>

#define DAY_MS INT64_C(86400000)

struct civil {
	int year;
	unsigned month; /* 1–12 */
	unsigned day;   /* 1–31 */
};

struct civil civil_from_days(int64_t days);
int64_t civil_to_days(struct civil c);
unsigned civil_days_in_month(int year, unsigned month);
