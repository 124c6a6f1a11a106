/* macros.h - the few macros that every room uses. */
#pragma once

#include <stddef.h>

/* Runs a cleanup when the variable leaves its scope: AUTO(buf_done) struct buf b = { 0 }; */
#define AUTO(fn) __attribute__((cleanup(fn)))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#ifndef MIN /* sys/param.h has the same two */
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#endif
