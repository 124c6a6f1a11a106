/* memory.c - see memory.h. */
#include "flowmock/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_up(void)
{
	fputs("flowmock: out of memory: keep fewer connections in it, or give it more\n", stderr);
	exit(3);
}

void *must_alloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		give_up();
	return p;
}

void *must_realloc(void *p, size_t size)
{
	void *moved = realloc(p, size);

	if (!moved)
		give_up();
	return moved;
}

char *must_copy(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(must_alloc(size), text, size);
}

void must(int r)
{
	if (r < 0)
		give_up();
}
