/* allocations.c - counts what a program allocates, for LD_PRELOAD.
 *
 * At the end the number of malloc(), calloc() and realloc() calls of all threads is in the
 * file that BENCH_ALLOCATIONS names.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* glibc's own, by their other names: looking for them with dlsym() would allocate. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

#define INTERPOSED __attribute__((visibility("default")))

static atomic_ulong calls;

INTERPOSED void *malloc(size_t size)
{
	atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
	return __libc_malloc(size);
}

INTERPOSED void *calloc(size_t count, size_t size)
{
	atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
	return __libc_calloc(count, size);
}

INTERPOSED void *realloc(void *old, size_t size)
{
	atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
	return __libc_realloc(old, size);
}

__attribute__((destructor)) static void tell(void)
{
	unsigned long total = atomic_load(&calls);
	const char *path = getenv("BENCH_ALLOCATIONS");
	FILE *f = path ? fopen(path, "w") : NULL;

	if (!f)
		return;
	fprintf(f, "%lu\n", total);
	fclose(f);
}
