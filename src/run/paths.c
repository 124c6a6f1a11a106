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

static char *beside(const char *input, const char *suffix)
{
	size_t len = strlen(input);
	struct buf path;

	buf_init(&path, len + SUFFIX_MAX);
	if (ends_with(input, ".csv"))
		len -= strlen(".csv");
	if (buf_append(&path, input, len) == 0 && buf_append_str(&path, suffix) == 0)
		return path.data; /* the caller frees it; nothing secret is in it */
	buf_done(&path);
	return NULL;
}

char *run_ledger_path(const char *input, const char *given)
{
	return str_empty(given) ? beside(input, ".ledger") : strdup(given);
}

enum line_format run_results_format(const struct snowmelt_options *o)
{
	if (o->format != SNOWMELT_FORMAT_AUTO)
		return o->format == SNOWMELT_FORMAT_JSONL ? LINE_JSONL : LINE_CSV;
	return o->results && ends_with(o->results, ".jsonl") ? LINE_JSONL : LINE_CSV;
}

char *run_results_path(const struct snowmelt_options *o)
{
	if (!str_empty(o->results))
		return strdup(o->results);
	return beside(
		o->input, run_results_format(o) == LINE_JSONL ? ".results.jsonl" : ".results.csv");
}
