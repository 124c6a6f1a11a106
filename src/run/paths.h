/* paths.h - the files of a run that nobody named: beside its input. */
#pragma once

#include "output/line.h"
#include "snowmelt/snowmelt.h"

/* As a ledger's name: it is kept in memory, and survives nothing. */
#define RUN_LEDGER_MEMORY "memory:"

/**
 * The ledger's path: the one that is given, else INPUT less .csv and ".ledger"
 * behind. The caller frees it; NULL without memory.
 *
 * @param given  NULL or "": none
 */
char *run_ledger_path(const char *input, const char *given);

/** Of the results: asked for, or told by the name that they were given. */
enum line_format run_results_format(const struct snowmelt_options *o);

/** The results' path: the one that is given, else INPUT less .csv and ".results.csv"
 * (or .jsonl) behind. The caller frees it; NULL without memory. */
char *run_results_path(const struct snowmelt_options *o);
