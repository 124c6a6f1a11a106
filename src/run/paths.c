/* paths.c - the files of a run that nobody named: beside its input. */
#include "run/paths.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#define SUFFIX_MAX 32

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), end_len = strlen(end);

	return len >= end_len && str_iequal(s + len - end_len, end);
}

/* INPUT less the first of these that it ends in, and both parts behind. */
static char *beside(
	const char *input, const char *const *endings, const char *what, const char *ending)
{
	size_t len = strlen(input);
	struct buf path;

	buf_init(&path, len + SUFFIX_MAX);
	while (*endings && !ends_with(input, *endings))
		endings++;
	if (*endings)
		len -= strlen(*endings);
	if (buf_append(&path, input, len) == 0 && buf_append_str(&path, what) == 0 &&
		buf_append_str(&path, ending) == 0)
		return path.data; /* the caller frees it; nothing secret is in it */
	buf_done(&path);
	return NULL;
}

static const char *const of_instances[] = {".csv", NULL};

char *run_ledger_path(const char *input, const char *given)
{
	return str_empty(given) ? beside(input, of_instances, ".ledger", "") : strdup(given);
}

char *run_ledger_of_results(const char *results, const char *given)
{
	static const char *const endings[] = {
		".results.csv", ".results.jsonl", ".csv", ".jsonl", NULL};

	return str_empty(given) ? beside(results, endings, ".ledger", "") : strdup(given);
}

static bool reads_results(const struct snowmelt_options *o)
{
	return o->command == SNOWMELT_COMMAND_VERIFY || o->command == SNOWMELT_COMMAND_ROLLBACK;
}

enum line_format run_results_format(const struct snowmelt_options *o)
{
	const char *named = o->results;

	if (o->format != SNOWMELT_FORMAT_AUTO)
		return o->format == SNOWMELT_FORMAT_JSONL ? LINE_JSONL : LINE_CSV;
	if (str_empty(named) && reads_results(o))
		named = o->input;
	return named && ends_with(named, ".jsonl") ? LINE_JSONL : LINE_CSV;
}

char *run_results_path(const struct snowmelt_options *o, const char *what)
{
	static const char *const of_results[] = {".csv", ".jsonl", ".ledger", NULL};

	if (!str_empty(o->results))
		return strdup(o->results);
	return beside(o->input, reads_results(o) ? of_results : of_instances, what,
		run_results_format(o) == LINE_JSONL ? ".jsonl" : ".csv");
}
