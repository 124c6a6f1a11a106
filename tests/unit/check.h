/* check.h - cmocka, with what it needs before it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Stands in front of the C library's function of that name, also for the shared
 * libraries: everything else in a test is hidden. */
#define INTERPOSED __attribute__((visibility("default")))
