/* leftovers.h - is there a copy of a secret left on the heap?
 *
 * The secret is given masked, so that the question itself is no copy. Looks
 * through the [heap] segment, freed blocks included. Under a sanitizer's own
 * allocator there is no such segment: then nothing is found.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LEFTOVER_MASK 0x15

/* The allocator writes its own links into the first bytes of a freed block, and
 * so over a secret that began there: hence something stands before it. */
#define LEFTOVER_LEAD 64

/** Bytes of a secret whose last `len` are looked for, and the NUL. */
#define LEFTOVER_SIZE(len) (LEFTOVER_LEAD + (len) + 1)

/** Unmask into dst (of LEFTOVER_SIZE(len) bytes), behind the lead. */
static inline void leftovers_unmask(char *dst, const char *masked, size_t len)
{
	for (size_t i = 0; i < LEFTOVER_LEAD; i++)
		dst[i] = (char)('a' + i % 26);
	for (size_t i = 0; i < len; i++)
		dst[LEFTOVER_LEAD + i] = (char)(masked[i] ^ LEFTOVER_MASK);
	dst[LEFTOVER_LEAD + len] = '\0';
}

__attribute__((no_sanitize("address"))) static inline size_t leftovers_between(
	const volatile char *p, const volatile char *end, const char *masked, size_t len)
{
	size_t found = 0;

	for (; p + len <= end; p++) {
		size_t i = 0;

		while (i < len && (char)(p[i] ^ LEFTOVER_MASK) == masked[i])
			i++;
		found += i == len;
	}
	return found;
}

static inline size_t leftovers_on_heap(const char *masked, size_t len)
{
	FILE *f = fopen("/proc/self/maps", "re");
	uintptr_t start, end;
	char line[512];
	size_t found = 0;

	while (f && fgets(line, sizeof(line), f)) {
		int name = 0;

		if (sscanf(line, "%zx-%zx rw-p %*s %*s %*s %n", &start, &end, &name) == 2 &&
			name > 0 && line[name] == '[' && line[name + 1] == 'h')
			found += leftovers_between((const volatile char *)start,
				(const volatile char *)end, masked, len);
	}
	if (f)
		fclose(f);
	return found;
}
