/* suggest.c - "did you mean": the nearest of several words. */
#include "cli/suggest.h"

#include <string.h>

#include "base/macros.h"

#define WORD_MAX 32 /* longer words are nobody's typing mistake */

/* Letters to add, drop, change or swap with their neighbour until a is b (the
 * "optimal string alignment" distance). */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= a_len; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= b_len; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a_len; i++)
		for (size_t j = 1; j <= b_len; j++) {
			size_t change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			d[i][j] = MIN(MIN(d[i - 1][j], d[i][j - 1]) + 1, change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[a_len][b_len];
}

void suggest_init(struct suggest *s, const char *typed)
{
	size_t len = strlen(typed);

	/* One mistake in three letters; beyond that any word is as near as another. */
	*s = (struct suggest){.typed = typed, .distance = MAX(len / 3, 1) + 1};
}

void suggest_try(struct suggest *s, const char *word)
{
	size_t typed_len = strlen(s->typed), word_len = strlen(word);
	size_t d;

	if (typed_len > WORD_MAX || word_len > WORD_MAX)
		return;
	if (typed_len >= 3 && strncmp(word, s->typed, typed_len) == 0)
		d = 1; /* its beginning */
	else
		d = distance(s->typed, typed_len, word, word_len);
	if (d < s->distance) {
		s->distance = d;
		s->best = word;
	}
}
