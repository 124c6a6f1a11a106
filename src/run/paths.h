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

/** The same where the input is the results of a run: X.ledger for X.results.csv (or .jsonl). */
char *run_ledger_of_results(const char *results, const char *given);

/** Of the results: asked for, or told by the name that they were given; else that of the
 * input where it is results itself, told by its name. */
enum line_format run_results_format(const struct snowmelt_options *o);

/**
 * The results' path: the one that is given, else INPUT less .csv (or what else the input of
 * this command ends in) and WHAT and .csv (or .jsonl) behind. The caller frees it; NULL
 * without memory.
 *
 * @param what  ".results" and the like (struct purpose)
 */
char *run_results_path(const struct snowmelt_options *o, const char *what);
