/* memory.h - memory that is there, or the end of the program.
 *
 * A test server without memory has nothing useful left to answer, and an error
 * path for it in every handler would be one that nobody ever runs. So it says
 * one sentence and ends with 3.
 */
#pragma once

#include <stddef.h>

/** Zeroed. Freed with free(). */
void *must_alloc(size_t size);
void *must_realloc(void *p, size_t size);
char *must_copy(const char *text);

/** The maximum of a buffer that needs none. */
#define MUST_MAX ((size_t)1 << 30)

/** For what buf_*() and json_*() return: 0, or the end. */
void must(int r);
