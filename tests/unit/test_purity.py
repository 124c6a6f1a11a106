#!/usr/bin/env python3
"""The pure rooms stay pure: reads with nm what the archives of base, flow, engine
and servicenow import, and fails on a clock, a file, a socket, a thread, or anything
else that is not on the list below.

    test_purity.py base=libbase.a flow=libflow.a engine=libengine.a servicenow=libservicenow.a
    test_purity.py --self-test       check that a violation is found
"""

import pathlib
import re
import subprocess
import sys
import tempfile

# The rooms whose symbols a pure room may use, besides its own.
ROOMS_BELOW = {"base": [], "flow": ["base"], "engine": ["base"], "servicenow": ["base"]}

ALLOWED = re.compile(
    r"""
    (mem|str)[a-z0-9]+ | __(mem|str)[a-z0-9]+_chk  # glibc: memory and strings …
    | __strdup | __isoc23_strto[a-z]+              # … by their inner names
    | malloc | calloc | realloc | free | malloc_usable_size
    | qsort
    | __assert_fail | abort | __stack_chk_fail
    | __(asan|ubsan|tsan|sanitizer|gcov|odr_asan)_\w+ | __odr_asan\.\w+
    | _GLOBAL_OFFSET_TABLE_
    | __(u?div|u?mod|u?divmod|mul|neg|ashl|ashr|lshr|popcount|parity|clz|ctz|ffs|bswap)[sdt]i[234]
    | __(float|floatun|fix|fixuns)([sdt]i[sdxt]f|[sdxt]f[sdt]i)  # libgcc's arithmetic
    """,
    re.VERBOSE,
)
# These have the right prefix and the wrong meaning: locale and calendar, a
# message catalogue, and memory that is not the allocator's.
FORBIDDEN = re.compile(r"str[fp](time|mon)(_l)?|strcoll(_l)?|strxfrm(_l)?|strsignal|memfd_create")
ALLOWED_BASE = re.compile(r"cJSON_\w+|(__)?vsnprintf(_chk)?")


def symbols(archive, option):
    out = subprocess.run(
        ["nm", "-P", option, str(archive)], check=True, capture_output=True, text=True
    ).stdout
    # With -P a symbol is "name type …"; a member's heading is "archive[member]:".
    return {f[0] for f in map(str.split, out.splitlines()) if len(f) >= 2 and len(f[1]) == 1}


def faults(room, archives):
    """Imports of a room's archive that are not allowed."""
    ours = set()
    for name in [room] + ROOMS_BELOW[room]:
        ours |= symbols(archives[name], "--defined-only")
    for name in sorted(symbols(archives[room], "--undefined-only") - ours):
        fine = ALLOWED.fullmatch(name) and not FORBIDDEN.fullmatch(name)
        if not fine and not (room == "base" and ALLOWED_BASE.fullmatch(name)):
            yield f"{room} imports {name}"


def check(archives):
    found = []
    for room in archives:
        found += faults(room, archives)
    return found


# ------------------------------------------------------------------ self-test

GOOD = {
    "base": """
        extern int vsnprintf(char *, unsigned long, const char *, __builtin_va_list);
        extern void *cJSON_Parse(const char *);
        extern void *malloc(unsigned long);
        int base_one(char *s, __builtin_va_list v)
        { return vsnprintf(s, 1, s, v) + (cJSON_Parse(s) == malloc(1)); }
    """,
    "flow": """
        extern int base_one(char *, __builtin_va_list);
        extern int strcmp(const char *, const char *);
        int flow_one(char *s, __builtin_va_list v) { return base_one(s, v) + strcmp(s, "x"); }
    """,
    "engine": """
        extern void qsort(void *, unsigned long, unsigned long,
            int (*)(const void *, const void *));
        extern void __assert_fail(const char *, const char *, unsigned, const char *);
        void engine_one(void *p) { qsort(p, 1, 1, 0); __assert_fail("", "", 1, ""); }
    """,
    "servicenow": """
        extern int base_one(char *, __builtin_va_list);
        extern int strncasecmp(const char *, const char *, unsigned long);
        int servicenow_one(char *s, __builtin_va_list v)
        { return base_one(s, v) + strncasecmp(s, "x", 1); }
    """,
}

# Imports that each of the rooms must not have.
BAD = {
    "base": ["clock_gettime", "open", "printf", "snprintf", "strftime", "getenv", "engine_one"],
    "flow": ["time", "read", "vsnprintf", "cJSON_Parse", "strptime", "getrandom", "engine_one"],
    "engine": ["gettimeofday", "socket", "pthread_create", "rand", "log_write", "flow_one", "uv_now"],
    "servicenow": ["clock_gettime", "curl_easy_init", "sodium_memzero", "flow_one"],
}


def build(folder, room, source):
    file = folder / f"{room}.c"
    file.write_text(source, encoding="utf-8")
    subprocess.run(
        ["cc", "-c", "-w", "-fno-builtin", "-o", file.with_suffix(".o"), file], check=True
    )
    archive = folder / f"lib{room}.a"
    archive.unlink(missing_ok=True)
    subprocess.run(["ar", "rcs", archive, file.with_suffix(".o")], check=True)
    return archive


def self_test():
    bad = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        good = {room: build(folder, room, source) for room, source in GOOD.items()}
        for fault in check(good):
            print("a good archive is refused:", fault)
            bad += 1
        other = folder / "other"
        other.mkdir()
        for room, imports in BAD.items():
            for symbol in imports:
                source = f"extern void {symbol}();\nvoid call_it(void) {{ {symbol}(); }}\n"
                archive = build(other, room, GOOD[room] + source)
                found = f"{room} imports {symbol}" in check(good | {room: archive})
                bad += not found
                print(f"{'found' if found else 'MISSED'}: {room} imports {symbol}")
    return bad == 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 0 if self_test() else 1
    archives = dict(a.split("=", 1) for a in sys.argv[1:] if "=" in a)
    if archives.keys() != ROOMS_BELOW.keys():
        print(__doc__)
        return 64
    found = check(archives)
    print(*found, sep="\n")
    print(f"{', '.join(archives)}: {len(found)} forbidden imports")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
