"""Killed at any instant and started again with the same command, it ends with one
connection a row and one line a row.

The instants are drawn from a seed, but they are instants of progress (so many rows
executed, so many lines told), not of time: so a slow machine is killed at the same
places. Every fault of flowmock's here stays within the settle: what is answered late
is committed 400 ms after its request or answer, what is lost at once.
"""

import os
import random
import re

from runs import (
    Run, check_exactly_once, check_ids, check_one_line_a_row, line_count, requests, results_of,
)
from support import HEADER, instance, read_results, snowmelt, statuses, write_csv

SEED = int(os.environ.get("CRASH_SEED", "1"))  # others by hand
KILLS = 30
TRAFFIC = ["--settle", "200ms", "--settle-timeout", "700ms", "--timeout", "350ms",
           "--log-level", "warn"]

# About one create in ten meets one of these, and a few lookups do.
FAULTS = [
    "throttle-bare=0.01", "error500-before=0.01", "error500-after=0.015", "error503-after=0.005",
    "error504-late=0.01", "timeout-after=0.003", "timeout-late=0.003", "stall=0.003",
    "close-before=0.005", "close-after=0.01", "reset-before=0.005", "reset-after=0.01",
    "half-answer=0.005", "empty-201=0.005", "408-after=0.003", "conflict409-after=0.003",
    "get:error503-before=0.01", "get:reset-before=0.01",
]
MOCK = ["--seed", SEED, "--latency", "uniform:1ms-4ms", "--hold", "400ms",
        *(arg for fault in FAULTS for arg in ("--fault", fault))]


def make_rows(count):
    rows = [instance(i) for i in range(count)]
    for i in range(0, count, 100):
        rows[i][0] = f"Niederlassung {i}, Köln"  # a name that no filter may carry
    random.Random(SEED).shuffle(rows)
    return rows


def make_some_invalid(rows, every):
    for i in range(7, len(rows), every):
        rows[i][1] = "ftp://no.example.com"
    return [row for row in rows if row[1].startswith("https:")]


class Crashes:
    """When to kill: by what has been executed, asked or told."""

    def __init__(self, mock, path, kills, rows):
        self.random = random.Random(SEED)
        self.mock, self.part = mock, path.with_suffix(".results.csv.part")
        # far enough from the end that no run gets there before its instant
        self.marks = sorted(self.random.sample(range(1, rows * 85 // 100), kills))

    def _part(self):
        try:
            stat = self.part.stat()
            return stat.st_ino, stat.st_ctime_ns
        except FileNotFoundError:
            return None

    def instant(self, mark, fresh=True):
        """A question that holds from that instant on; to be made before a `fresh` start."""
        before = self._part()
        begun = (lambda: self._part() not in (None, before)) if fresh else (lambda: True)
        way = self.random.choice(["executed", "executed", "told", "asked", "begun"])
        if way == "begun" and fresh:
            return begun
        if way == "told":  # each start tells again what the ledger knows
            lines = self.random.randint(1, mark)
            return lambda: begun() and line_count(self.part) > lines
        if way == "asked":
            asked = sum(requests(self.mock)) + self.random.randint(1, 100)
            return lambda: sum(requests(self.mock)) >= asked
        return lambda: self.mock.status()["creates"] >= mark


def check_end(path, mock, rows, valid):
    results = results_of(path)
    check_exactly_once(mock, [row[0] for row in valid])
    check_one_line_a_row(results, rows)
    check_ids(results, mock)
    assert statuses(results).get("created") == len(valid)  # the word outlives every crash
    return results


def check_ledger_agrees(path, mock, results):
    """Written again from the ledger, they say the same; and a further run asks nothing."""
    again = path.parent / "again.csv"
    snowmelt("results", path, "--results", again)
    ids = [(line["name"], line["id"], line["etag"]) for line in results]
    assert [(l["name"], l["id"], l["etag"]) for l in read_results(again)] == ids
    before = requests(mock)
    snowmelt("run", path, "--url", mock.url, *TRAFFIC)
    told = results_of(path)
    assert {l["status"] for l in told} <= {"unchanged", "invalid"}
    assert [(l["name"], l["id"], l["etag"]) for l in told] == ids
    assert requests(mock) == before


def test_killed_at_thirty_instants_it_ends_with_one_connection_a_row(flowmock, tmp_path):
    mock = flowmock(*MOCK)
    rows = make_rows(3000)
    valid = make_some_invalid(rows, 250)
    path = write_csv(tmp_path / "i.csv", rows)
    run = ["run", path, "--url", mock.url, *TRAFFIC]
    crashes = Crashes(mock, path, KILLS, len(valid))
    killed = 0
    for mark in crashes.marks:
        instant = crashes.instant(mark)
        going = Run(tmp_path, *run)
        going.until(instant)
        killed += going.kill()
        assert mock.status()["max_per_name"] <= 1
    assert killed == KILLS
    Run(tmp_path, *run).end(expect=1)  # for the invalid ones
    results = check_end(path, mock, rows, valid)
    assert sum(mock.status()["faults"].values()) > 200
    check_ledger_agrees(path, mock, results)


def test_the_server_is_killed_too(flowmock, tmp_path):
    """It comes back on its store. What it had promised for later is lost with it."""
    mock = flowmock(*MOCK, "--store", tmp_path / "store")
    rows = make_rows(2000)
    path = write_csv(tmp_path / "i.csv", rows)
    run = ["run", path, "--url", mock.url, *TRAFFIC]
    crashes = Crashes(mock, path, 16, len(rows))
    instant, going, killed = crashes.instant(crashes.marks[0]), Run(tmp_path, *run), []
    for n, mark in enumerate(crashes.marks[1:]):
        assert going.until(instant)
        who = crashes.random.choice(["client", "server", "both"])
        killed.append(who)
        if who != "server":
            going.kill()
        if who != "client":
            mock.restart("--seed", SEED + n + 1)
        assert mock.status()["max_per_name"] <= 1
        instant = crashes.instant(mark, fresh=who != "server")
        if who != "server":
            going = Run(tmp_path, *run)
    assert set(killed) == {"client", "server", "both"}
    going.end(expect=0)
    check_end(path, mock, rows, rows)


# ------------------------------------------------------------------ an edited CSV

EDIT_HEADER = [*HEADER, "description"]


class Edits:
    """A CSV that its author goes on editing while runs of it are killed."""

    def __init__(self, count):
        self.random = random.Random(SEED)
        self.count = 0
        self.rows = [self.new() for _ in range(count)]
        self.removed = set()

    def new(self):
        self.count += 1
        return [*instance(self.count), "first"]

    def edit(self, n):
        """Some go, some change, some come, and all are in another order."""
        self.random.shuffle(self.rows)
        gone, self.rows = self.rows[:30], self.rows[30:]
        self.removed |= {row[0] for row in gone}
        for row in self.rows[:60]:
            row[3] = "changed" + "x" * (20 + n)  # flowmock keeps its length
        for row in self.rows[30:90]:
            row[4] = f"edit {n}"
        self.rows += [self.new() for _ in range(40)]
        self.random.shuffle(self.rows)


def is_as_in_store(row, found):
    return (found["password_length"], found["description"]) == (len(row[3]), row[4])


def test_the_csv_is_edited_between_the_kills(flowmock, tmp_path):
    mock = flowmock(*MOCK)
    edits = Edits(1200)
    path = tmp_path / "i.csv"
    run = ["run", path, "--url", mock.url, *TRAFFIC]
    crashes = Crashes(mock, path, 8, len(edits.rows))
    for n, mark in enumerate(crashes.marks):
        write_csv(path, edits.rows, header=EDIT_HEADER)
        instant = crashes.instant(mark)
        going = Run(tmp_path, *run)
        going.until(instant)
        assert going.kill()
        assert mock.status()["max_per_name"] <= 1
        edits.edit(n)
    write_csv(path, edits.rows, header=EDIT_HEADER)
    last = Run(tmp_path, *run)
    last.end(expect=0)
    assert re.search(r"that the input no longer names: \d+ settled\.", last.out), last.out

    results, store = results_of(path), mock.by_name()
    assert max(len(found) for found in store.values()) == 1
    names = {row[0] for row in edits.rows}
    there = {name for _, name in store}
    assert names <= there <= names | edits.removed and there & edits.removed
    check_one_line_a_row(results, edits.rows)
    check_ids(results, mock)
    assert statuses(results) == {"created": len(edits.rows)}
    check_changes(path, run, mock, edits)


def check_changes(path, run, mock, edits):
    """Told once, a row is `unchanged`, or `changed` where the server has an older version."""
    before, store = requests(mock), mock.by_name()
    snowmelt(*run, expect=0)
    expected = ["unchanged" if is_as_in_store(row, store["prod", row[0]][0]) else "changed"
                for row in edits.rows]
    assert [line["status"] for line in results_of(path)] == expected
    assert {"changed", "unchanged"} == set(expected)
    assert requests(mock) == before
