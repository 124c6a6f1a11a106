#!/usr/bin/env python3
"""Arrows point one way: reads every #include of src/ and fails on one that the
table of src/README.md does not allow.

The table is the input, so the page and the code cannot drift apart. A few
libraries have one door each; those rules stand below.

    test_arrows.py SOURCE_ROOT       check the tree
    test_arrows.py --self-test       check that a violation is found
"""

import pathlib
import re
import sys
import tempfile

# What includes it, in which rooms it may, and in how many files at most.
LIBRARIES = [
    ("cJSON", re.compile(r"(^|/)cJSON\w*\.h$"), {"base"}, 1),
    ("libcurl", re.compile(r"^curl/"), {"net"}, None),
    ("libuv", re.compile(r"^uv(\.h$|/)"), {"net", "run", "flowmock"}, None),
    ("libcsv", re.compile(r"^csv\.h$"), {"input"}, None),
    ("libmicrohttpd", re.compile(r"^microhttpd\w*\.h$"), {"flowmock"}, None),
    ("inih", re.compile(r"^ini\.h$"), {"cli"}, None),
    ("sqlite", re.compile(r"^sqlite3\.h$"), {"ledger"}, None),
    ("libsodium", re.compile(r"^sodium(\.h$|/)"), {"sys", "input", "ledger", "run"}, None),
]

INCLUDE = re.compile(r"^\s*#\s*include\s*(.*?)\s*$")
PATH = re.compile(r'^(?:"([^"]+)"|<([^>]+)>)')
CELL_NAME = re.compile(r"`([^`]+)`")


def read_table(readme):
    """The rows `| room | may use | …` as {room: {what it may use}}."""
    arrows = {}
    in_table = False
    for line in readme.read_text(encoding="utf-8").splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|") or len(cells) < 2:
            in_table = False
        elif cells[:2] == ["room", "may use"]:
            in_table = True
        elif in_table and not set(cells[0]) <= set("-: "):
            for room in CELL_NAME.findall(cells[0]):
                arrows[room.split("/")[-1]] = {
                    name.split("/")[-1] for name in CELL_NAME.findall(cells[1])
                }
    return arrows


def table_faults(arrows, rooms):
    """The table itself: about the rooms that there are, and without a circle."""
    if not arrows:
        yield "src/README.md: no table '| room | may use |' was found"
    for room in sorted(rooms - arrows.keys()):
        yield f"src/README.md: the room {room} has no row in the table"
    for room in sorted(arrows.keys() - rooms):
        yield f"src/README.md: the table has a room {room} that is not there"

    settled = set()
    while True:
        free = {r for r in arrows if r not in settled and not (arrows[r] & arrows.keys()) - settled}
        if not free:
            break
        settled |= free
    if arrows.keys() - settled:
        yield f"src/README.md: a circle of arrows among {', '.join(sorted(arrows.keys() - settled))}"


def included_room(src, path, quoted, rooms):
    """The room that an #include leads to; None for the outside world."""
    room = path.split("/")[0]
    if room == "snowmelt":
        return room
    # <sys/…> is the system's, unless src/ has a header of that name and so
    # stands before it.
    if room in rooms and "/" in path and (quoted or (src / path).exists()):
        return room
    return None


def include_faults(src, file, number, rest, arrows, rooms, doors):
    where = f"src/{file.relative_to(src)}:{number}"
    room = file.relative_to(src).parts[0]
    match = PATH.match(rest)
    if not match:
        yield f"{where}: cannot read this #include: {rest}"
        return
    path = match[1] or match[2]

    if ".." in path.split("/") or path.startswith("/"):
        yield f'{where}: "{path}" leaves by a side door: write "room/file.h"'
        return
    for door in doors:
        if door["pattern"].search(path):
            door["files"].add(str(file.relative_to(src)))
            if room not in door["rooms"]:
                yield f"{where}: {door['name']} is for {', '.join(sorted(door['rooms']))} only"
            return
    other = included_room(src, path, match[1] is not None, rooms)
    if other is None:
        if match[1]:
            yield f'{where}: "{path}" names no room: write "room/file.h"'
    elif other != room and other not in arrows.get(room, set()):
        yield f'{where}: {room} may not use {other} ("{path}")'


def check(root):
    """All faults of a tree, and how many includes were read."""
    src = root / "src"
    rooms = {p.name for p in src.iterdir() if p.is_dir()}
    arrows = read_table(src / "README.md")
    doors = [
        {"name": n, "pattern": p, "rooms": r, "most": most, "files": set()}
        for n, p, r, most in LIBRARIES
    ]
    faults = list(table_faults(arrows, rooms))
    count = 0
    for file in sorted(p for p in src.glob("*/**/*") if p.suffix in (".c", ".h", ".in", ".inc")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                count += 1
                faults += include_faults(src, file, number, match[1], arrows, rooms, doors)
    for door in doors:
        if door["most"] is not None and len(door["files"]) > door["most"]:
            faults.append(f"{door['name']} has one door, not {', '.join(sorted(door['files']))}")
    return faults, count


# ------------------------------------------------------------------ self-test

GOOD_TABLE = """# Rooms

| room | may use | may be used by |
|---|---|---|
| `base` | | all |
| `sys` | `base` | |
| `net` | `base`, `sys` | |
| `run` | `base`, `net`, `include/snowmelt` | |
| `cli` | `base`, `include/snowmelt` | |

| other | table |
|---|---|
| `base` | `run` |
"""

GOOD_FILES = {
    "base/json.c": "#include <cjson/cJSON.h>\n#include <string.h>\n",
    "base/json.h": "#pragma once\n",
    "sys/file.c": '#include <sys/stat.h>\n#include "base/json.h"\n',
    "net/net.c": '#include <curl/curl.h>\n# include "base/json.h"\n#include "net/net.h"\n',
    "run/run.c": '#include "net/net.h"\n#include "snowmelt/snowmelt.h"\n#include <uv.h>\n',
    "cli/main.c": "#include <snowmelt/snowmelt.h>\n#include <ini.h>\n",
}

# A change of the good tree, and words of the fault that it must bring.
VIOLATIONS = [
    ({"base/x.c": '#include "net/net.h"\n'}, "base may not use net"),
    ({"cli/x.c": '#include "run/run.h"\n'}, "cli may not use run"),
    ({"net/x.c": '\t#  include "run/run.h" /* why */\n'}, "net may not use run"),
    ({"net/x.c": "#include <snowmelt/snowmelt.h>\n"}, "net may not use snowmelt"),
    ({"sys/own.h": "", "base/x.c": "#include <sys/own.h>\n"}, "base may not use sys"),
    ({"base/deep/x.c": '#include "run/run.h"\n'}, "base may not use run"),
    ({"base/x.c": '#include "../net/net.h"\n'}, "side door"),
    ({"base/x.c": '#include "json.h"\n'}, "names no room"),
    ({"base/x.c": "#include NET_HEADER\n"}, "cannot read"),
    ({"base/x.c": '#include "cJSON.h"\n'}, "one door"),
    ({"run/x.c": "#include <cjson/cJSON_Utils.h>\n"}, "cJSON is for base only"),
    ({"run/x.c": "#include <curl/multi.h>\n"}, "libcurl is for net only"),
    ({"base/x.c": "#include <uv.h>\n"}, "libuv is for"),
    ({"run/x.c": "#include <csv.h>\n"}, "libcsv is for"),
    ({"run/x.c": "#include <microhttpd.h>\n"}, "libmicrohttpd is for"),
    ({"run/x.c": "#include <ini.h>\n"}, "inih is for"),
    ({"net/x.c": "#include <sodium.h>\n"}, "libsodium is for"),
    ({"run/x.c": "#include <sqlite3.h>\n"}, "sqlite is for ledger only"),
    ({"attic/x.c": ""}, "the room attic has no row"),
    ({"README.md": GOOD_TABLE.replace("| `sys` | `base` |", "| `sys` | `base`, `net` |")}, "circle"),
    ({"README.md": GOOD_TABLE.replace("| `sys` |", "| `cellar` |")}, "a room cellar that is not"),
    ({"README.md": "# Rooms\n"}, "no table"),
]


def check_made_up(change):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in ({"README.md": GOOD_TABLE} | GOOD_FILES | change).items():
            file = root / "src" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return check(root)[0]


def self_test():
    bad = 0
    faults = check_made_up({})
    if faults:
        print("a good tree is refused:", *faults, sep="\n  ")
        bad += 1
    for change, words in VIOLATIONS:
        faults = check_made_up(change)
        found = any(words in f for f in faults)
        bad += not found
        print(f"{'found' if found else 'MISSED'}: {words} ({', '.join(change)})")
    return bad == 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 0 if self_test() else 1
    if len(sys.argv) != 2:
        print(__doc__)
        return 64
    faults, count = check(pathlib.Path(sys.argv[1]))
    print(*faults, sep="\n")
    print(f"{count} includes read, {len(faults)} faults")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
