#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "sys/secret.h"

static struct secret_region *create(size_t size)
{
	struct secret_region *r = NULL;
	bool locked;

	assert_int_equal(secret_region_create(size, &r, &locked), 0);
	return r;
}

static void a_piece_is_zeroed_and_has_room_for_a_nul(void **state)
{
	struct secret_region *r = create(4096);

	for (size_t len = 0; len < 300; len++) {
		char *p = secret_take(r, len);

		assert_non_null(p);
		for (size_t i = 0; i <= len; i++)
			assert_int_equal(p[i], 0);
		memset(p, 'x', len);
		assert_int_equal(strlen(p), len);
		secret_give(r, p);
	}
	secret_region_destroy(r);
}

static void the_size_is_rounded_up_to_a_page(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct secret_region *r = create(1);

	assert_int_equal(secret_free_bytes(r), page);
	secret_region_destroy(r);
	r = create(page + 1);
	assert_int_equal(secret_free_bytes(r), 2 * page);
	secret_region_destroy(r);
	secret_region_destroy(NULL);
}

static void it_is_wiped_when_it_is_given_back(void **state)
{
	struct secret_region *r = create(4096);
	char *p = secret_take(r, 200);
	size_t free_bytes = secret_free_bytes(r);

	memset(p, 'x', 200);
	secret_give(r, p);
	for (int i = 0; i < 256; i++) /* the region is still there to be read */
		assert_int_equal(p[i], 0);
	assert_int_equal(secret_free_bytes(r), free_bytes + 256);
	secret_give(r, NULL);
	secret_region_destroy(r);
}

/* 63 bytes and their NUL fill a cell; 64 begin the next one. */
static void a_full_region_says_so_and_recovers(void **state)
{
	struct secret_region *r = create(4096);
	char *pieces[64];

	for (int i = 0; i < 64; i++)
		assert_non_null(pieces[i] = secret_take(r, 63));
	assert_int_equal(secret_free_bytes(r), 0);
	assert_null(secret_take(r, 0));
	secret_give(r, pieces[10]);
	assert_null(secret_take(r, 64));
	secret_give(r, pieces[12]);
	assert_null(secret_take(r, 64)); /* two cells are free, but not in a row */
	secret_give(r, pieces[11]);
	assert_ptr_equal(secret_take(r, 191), pieces[10]);
	assert_null(secret_take(r, 0));
	secret_region_destroy(r);
}

static void the_whole_region_is_one_piece_at_most(void **state)
{
	struct secret_region *r = create(8192);
	char *p;

	assert_null(secret_take(r, 8192));
	assert_null(secret_take(r, SIZE_MAX));
	p = secret_take(r, 8191);
	assert_non_null(p);
	secret_give(r, p);
	assert_int_equal(secret_free_bytes(r), 8192);
	secret_region_destroy(r);
}

/* A hole that begins before the place where the last search ended. */
static void room_is_found_across_the_place_of_the_last_search(void **state)
{
	struct secret_region *r = create(4096);
	char *a = secret_take(r, 60 * 64 - 1), *b = secret_take(r, 63), *c = secret_take(r, 63);

	secret_give(r, a); /* the search goes on behind c, where two cells are left */
	secret_give(r, b);
	assert_non_null(secret_take(r, 61 * 64 - 1));
	assert_non_null(c);
	secret_region_destroy(r);
}

struct piece {
	char *p;
	size_t len;
	char mark;
};

static void assert_untouched(const struct piece *piece)
{
	for (size_t i = 0; i < piece->len; i++)
		assert_int_equal(piece->p[i], piece->mark);
	assert_int_equal(piece->p[piece->len], 0);
}

/* Pieces of any size come and go; none ever shares a byte with another. */
static void thousands_of_pieces_never_overlap(void **state)
{
	struct secret_region *r = create(512 * 1024);
	static struct piece pieces[2000];
	uint32_t seed = 3;
	int refused = 0;

	for (int i = 0; i < 200000; i++) {
		struct piece *piece;

		seed = seed * 1664525 + 1013904223;
		piece = &pieces[(seed >> 8) % ARRAY_SIZE(pieces)];
		if (piece->p) {
			assert_untouched(piece);
			secret_give(r, piece->p);
			piece->p = NULL;
			continue;
		}
		piece->len = i % 50 == 0 ? 4096 : (seed >> 20) % 300;
		piece->mark = (char)(1 + i % 100);
		piece->p = secret_take(r, piece->len);
		refused += !piece->p;
		if (piece->p)
			memset(piece->p, piece->mark, piece->len);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		if (pieces[i].p)
			assert_untouched(&pieces[i]);
		secret_give(r, pieces[i].p);
		pieces[i].p = NULL;
	}
	assert_true(refused < 20000);
	assert_int_equal(secret_free_bytes(r), 512 * 1024);
	secret_region_destroy(r);
}

/* Runs `body` in a child; returns how it ended. */
static int in_a_child(void (*body)(struct secret_region *r, char *p))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct secret_region *r = create(4096);

		freopen("/dev/null", "w", stderr);
		signal(SIGABRT, SIG_DFL);
		signal(SIGSEGV, SIG_DFL);
		body(r, secret_take(r, 10));
		_exit(0);
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	return status;
}

static void give_twice(struct secret_region *r, char *p)
{
	secret_give(r, p);
	secret_give(r, p);
}

static void give_inner(struct secret_region *r, char *p)
{
	secret_give(r, p + 1);
}

static void give_foreign(struct secret_region *r, char *p)
{
	char other[64];

	secret_give(r, other);
}

static void run_off_the_end(struct secret_region *r, char *p)
{
	volatile char *q = p;

	for (size_t i = 0; i < 3 * 4096; i++)
		q[i] = 'x';
}

static void give_well(struct secret_region *r, char *p)
{
	secret_give(r, p);
}

static void mistakes_end_the_process(void **state)
{
	assert_int_equal(in_a_child(give_well), 0);
	assert_int_not_equal(in_a_child(give_twice), 0);
	assert_int_not_equal(in_a_child(give_inner), 0);
	assert_int_not_equal(in_a_child(give_foreign), 0);
	assert_int_not_equal(in_a_child(run_off_the_end), 0); /* the guard page */
}

/* The address sanitizer answers mlock() itself, and locks nothing. */
#ifndef __SANITIZE_ADDRESS__
/* KiB of this process that the kernel keeps from being swapped out. */
static long locked_kib(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long kib = -1;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "VmLck: %ld", &kib) == 1)
			break;
	}
	if (f)
		fclose(f);
	return kib;
}

static void the_region_is_locked_into_memory(void **state)
{
	long before = locked_kib();
	struct secret_region *r = NULL;
	bool locked = false;

	assert_int_equal(secret_region_create(64 * 1024, &r, &locked), 0);
	if (locked && locked_kib() >= 0)
		assert_true(locked_kib() >= before + 64);
	secret_region_destroy(r);
}

/* Without the right to lock (not even root's) everything else goes on. */
static void a_refused_lock_is_told_and_harms_nothing(void **state)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		const struct rlimit none = {0};
		struct secret_region *r = NULL;
		bool locked = true;

		setrlimit(RLIMIT_MEMLOCK, &none);
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
			_exit(2);
		if (secret_region_create(4096, &r, &locked) != 0 || !secret_take(r, 10))
			_exit(3);
		_exit(locked ? 1 : 0);
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_int_equal(status, 0);
}

#endif

static void a_hardened_process_dumps_no_core_and_no_keys(void **state)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit core;

		setenv("SSLKEYLOGFILE", "/tmp/keys", 1);
		secret_harden_process();
		getrlimit(RLIMIT_CORE, &core);
		_exit(core.rlim_cur == 0 && core.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0 &&
					!getenv("SSLKEYLOGFILE")
				? 0
				: 1);
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_piece_is_zeroed_and_has_room_for_a_nul),
		cmocka_unit_test(the_size_is_rounded_up_to_a_page),
		cmocka_unit_test(it_is_wiped_when_it_is_given_back),
		cmocka_unit_test(a_full_region_says_so_and_recovers),
		cmocka_unit_test(the_whole_region_is_one_piece_at_most),
		cmocka_unit_test(room_is_found_across_the_place_of_the_last_search),
		cmocka_unit_test(thousands_of_pieces_never_overlap),
		cmocka_unit_test(mistakes_end_the_process),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(the_region_is_locked_into_memory),
		cmocka_unit_test(a_refused_lock_is_told_and_harms_nothing),
#endif
		cmocka_unit_test(a_hardened_process_dumps_no_core_and_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
