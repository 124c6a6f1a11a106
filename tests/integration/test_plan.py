"""snowmelt plan: what a run would do, told row by row, and only read; and it is what the run
then does."""

import csv
import hashlib
import io
import json
import random
import signal
import sqlite3

import pytest
from flow_client import body, headers
from raw_server import RawServer, http
from runs import Run, line_count, results_of
from support import HEADER, command, environment, instance, snowmelt, statuses, write_csv

ORG = "test@AdobeOrg"
HEAD = {"x-gw-ims-org-id": ORG}
SERVICENOW = "eb13cb25-47ab-407f-ba89-c0125281c563"
OTHER_SPEC = "11111111-47ab-407f-ba89-c0125281c563"
WIDE = [*HEADER, "description", "sandbox", "connection_spec_id", "auth_spec", "param.token"]
FAST = ["--settle", "100ms", "--settle-timeout", "200ms", "--timeout", "2s"]
COLUMNS = ["row", "line", "name", "sandbox", "action", "fields", "id", "reason"]
INTENDED, DONE, DOUBT, DELETING = 1, 2, 4, 6  # enum ledger_state
OPEN = INTENDED, DOUBT, DELETING
LISTED = DONE, *OPEN


def wide(i, description="", sandbox="", name=None):
    return [*instance(i, name), description, sandbox, "", "", ""]


# ------------------------------------------------------------------- what is asked


def ledger_files(path):
    """Bytes and times of the ledger, all of its files but that of SQLite's own locks."""
    return {file.name: (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns)
            for file in path.parent.glob(path.stem + ".ledger*") if file.suffix != ".ledger-shm"}


def parse(text, form):
    if form == "csv":
        lines = list(csv.DictReader(io.StringIO(text, newline="")))
    else:
        lines = [json.loads(line) for line in text.splitlines()]
    assert all(list(line) == COLUMNS for line in lines)
    return [{k: "" if v is None else str(v) for k, v in line.items()} for line in lines]


def plan(mock, path, *more, expect=None, form="jsonl", going=False, **options):
    """Its lines; it has read and nothing else."""
    before, files = mock.status(), ledger_files(path)
    folder = sorted(path.parent.iterdir())
    done = snowmelt("plan", path, "--url", mock.url, "--format", form, *more, expect=expect,
                    **options)
    after = mock.status()
    if not going:
        assert ledger_files(path) == files and sorted(path.parent.iterdir()) == folder
        assert {k: v for k, v in after["requests"].items() if k != "GET"} == {
            k: v for k, v in before["requests"].items() if k != "GET"}
    lines = parse(done.out, form) if form != "text" else done.out
    if form != "text":
        check_order_and_exit(lines, done.returncode)
    return lines, done


def check_order_and_exit(lines, status):
    rows = [line for line in lines if line["row"]]
    beside = [line for line in lines if not line["row"]]
    assert lines == rows + beside
    assert [int(line["row"]) for line in rows] == list(range(1, len(rows) + 1))
    assert [line["action"] for line in beside] == sorted(
        (line["action"] for line in beside), key=["gone", "extra"].index)
    assert all(line["line"] == "" for line in beside)
    seen = {line["action"] for line in lines}
    if seen & {"create", "adopt", "change", "gone"}:
        assert status == 2
    else:
        assert status == (1 if seen & {"conflict", "invalid"} else 0)


def actions(lines):
    return [line["action"] for line in lines]


def run(mock, path, *more, expect=0, **options):
    return snowmelt("run", path, "--url", mock.url, *FAST, *more, expect=expect, **options)


def others_create(mock, *rows):
    """A year ago, as somebody else."""
    for row in rows:
        one = body(row[0], username=row[2], password="theirs", createdAt=1_600_000_000_000)
        one["auth"]["params"]["endpoint"] = row[1]
        if row[4]:
            one["description"] = row[4]
        if row[6]:
            one["connectionSpec"]["id"] = row[6]
        head = headers(row[5] or "prod", **HEAD)
        answer = mock.flow.control("POST", "/_flowmock/connections", [one], head)
        assert answer.status == 200, answer.body


def find(mock, name):
    return next(one for one in mock.connections() if one["name"] == name)


def others_change(mock, one, path, value):
    head = headers(one["sandbox"], If_Match=one["etag_now"], **HEAD)
    answer = mock.flow.call("PATCH", f"/connections/{one['id']}",
                            [{"op": "replace", "path": path, "value": value}], head)
    assert answer.status == 200, answer.body


def others_delete(mock, one):
    head = headers(one["sandbox"], **HEAD)
    assert mock.flow.call("DELETE", f"/connections/{one['id']}", None, head).status == 204


# -------------------------------------------------------- it is what a run then does

ODD_NAMES = ["comma, and more", "pipe|and;semi", "per%cent %0d", "a&property=name==b", "tab\tin",
             "two\nlines", "esc\x1b[2J", "ümläut …", "quote\"'\\", "=1+1", "x" * 3000, " blanks "]


class Record:
    def __init__(self, sandbox, spec, name, state, id):
        self.sandbox, self.spec, self.name, self.state, self.id = sandbox, spec, name, state, id


class State:
    """A CSV, a ledger and a server of which everybody has changed something."""

    def __init__(self, flowmock, folder, seed):
        self.random = random.Random(seed)
        self.path = folder / "i.csv"
        self.mock = flowmock("--seed", seed, "--page-size", self.random.choice([2, 5, 100]))
        names = [f"row {i}" for i in range(24)] + ODD_NAMES
        self.random.shuffle(names)
        self.rows = [wide(i, self.random.choice(["", "", "as it was"]),
                          self.random.choice(["", "", "", "dev", "stage"]), name)
                     for i, name in enumerate(names)]
        self.tag = ["--tag"] if self.random.random() < 0.3 else []

    def some(self, of, chance):
        return [one for one in of if self.random.random() < chance]

    def write(self, rows):
        write_csv(self.path, rows, header=WIDE)

    def others_begin(self):
        for row in self.some(self.rows, 0.25):
            for _ in range(self.random.choice([1, 1, 1, 2])):
                others_create(self.mock, self.random.choice([
                    row, row, [*row[:2], "another", *row[3:]], [*row[:1], "https://x.org", *row[2:]],
                    [*row[:6], OTHER_SPEC, *row[7:]]]))
        others_create(self.mock, *(wide(100 + i) for i in range(self.random.randrange(4))))

    def run_once(self):
        """Of some rows, with faults; and perhaps it dies."""
        self.write(self.some(self.rows, 0.8))
        kinds = self.some(["rejected", "error500-after", "close-after", "close-before"], 0.6)
        for kind in kinds:
            self.mock.tell("faults", {f"post:{kind}": 0.2})
        how = self.random.random()
        more = ["--attempts", self.random.choice([1, 3]), *self.tag]
        if how < 0.3:
            going = Run(self.path.parent, "run", self.path, "--url", self.mock.url, "--concurrency",
                        2, "--settle", "10s", *more)
            posts = self.mock.status()["requests"]["POST"] + self.random.randrange(1, 30)
            going.until(lambda: self.mock.status()["requests"]["POST"] >= posts)
            going.kill()
        else:
            run(self.mock, self.path, *more, expect=None)
        for kind in kinds:
            self.mock.tell("faults", {f"post:{kind}": 0})

    def roll_back_some(self):
        results = self.path.with_suffix(".results.csv")
        if not results.exists():
            return
        going = Run(self.path.parent, "rollback", results, "--url", self.mock.url, "--yes",
                    "--concurrency", 2, *FAST)
        if self.random.random() < 0.5:
            going.end()
            return
        deletes = self.mock.status()["requests"]["DELETE"] + self.random.randrange(8)
        going.until(lambda: self.mock.status()["requests"]["DELETE"] >= deletes)
        going.kill()

    def others_go_on(self):
        for one in self.some(self.mock.connections(), 0.3):
            how = self.random.choice(["delete", "/description", "/auth/params/endpoint",
                                      "/auth/params/username", "/name", "twin"])
            if how == "delete":
                others_delete(self.mock, one)
            elif how == "twin":
                others_create(self.mock, wide(7, "", one["sandbox"], one["name"]))
            else:
                value = "https://theirs.org" if "endpoint" in how else "theirs"
                others_change(self.mock, one, how, value)

    def edit(self):
        rows = [list(row) for row in self.some(self.rows, 0.9)]
        for row in self.some(rows, 0.4):
            for edit in self.some([(1, "https://moved.org"), (2, "moved"), (3, "another password"),
                                   (4, "told anew"), (4, "theirs"), (4, "")], 0.35):
                row[edit[0]] = edit[1]
        for row in self.some(rows, 0.05):
            row[6:9] = OTHER_SPEC, "Token", "a token"
        for row in self.some(rows, 0.06):
            row[self.random.choice([0, 1, 3, 5])] = self.random.choice(["", "not & good"])
        rows += self.some(rows, 0.06)
        if self.random.random() < 0.5:
            self.random.shuffle(rows)
        self.write(rows)

    def records(self):
        """What the ledger has, by (sandbox, name), and the scopes of what is there or may be."""
        path = self.path.with_suffix(".ledger")
        if not path.exists():
            return {}, set()
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            rows = db.execute("SELECT s.sandbox, ifnull(s.spec_id, ''), c.name, c.state, c.id "
                              "FROM connection c JOIN scope s ON s.number = c.scope").fetchall()
        rows = {(row[0], row[2]): Record(*row) for row in rows}
        return rows, {(one.sandbox, one.spec) for one in rows.values() if one.state in LISTED}


# The run's status, and the actions that may have foretold it. What no results file has told yet
# is told first, whatever it should become: `untold`.
FORETELLS = {
    "created": {"create", "adopt"},
    "adopted": {"adopt"},
    "updated": {"change"},
    "unchanged": {"nothing", "conflict", "gone"},  # of which a run that sends nothing sees nothing
    "changed": {"change", "conflict", "gone"},     # it was adopted
    "conflict": {"conflict"},
    "failed": {"gone", "conflict"},                # of an update; a connectionSpec
    "invalid": {"invalid"},
}


def check_agreement(lines, results, untold, adopted, deleting):
    """Of every row the plan has said what came of it."""
    rows = [line for line in lines if line["row"]]
    assert [line["name"] for line in rows] == [line["name"] for line in results]
    for told, came in zip(rows, results):
        status, action = came["status"], told["action"]
        key = (told["sandbox"], told["name"])
        where = (told, came)
        if key in untold and action != "invalid":
            assert status in ("created", "adopted", "updated", "unchanged", "changed"), where
            assert action in ("nothing", "change", "conflict", "gone"), where
            continue
        if status == "unresolved":
            assert key in deleting and "rollback was interrupted" in told["reason"], where
            continue
        assert action in FORETELLS[status], where
        if status == "changed":
            assert key in adopted, where
        if status == "failed":
            assert came["error_code"] in ("gone", "spec_change"), where
            assert action == "gone" or came["error_code"] == "spec_change", where
        if action in ("adopt", "nothing", "change"):
            assert told["id"] == came["id"], where


def check_beside(lines, csv_rows, records, scopes, before):
    """Gone and extra: as ledger and server say, by another reading."""
    named = {(row["sandbox"] or "prod", row["name"], row["connection_spec_id"] or SERVICENOW)
             for row in csv_rows}
    valid = {(line["sandbox"], line["name"]) for line in lines
             if line["row"] and line["action"] != "invalid"}
    there = {one["id"] for one in before}
    gone = {(line["sandbox"], line["name"], line["id"]) for line in lines
            if not line["row"] and line["action"] == "gone"}
    assert gone == {(*key, r.id) for key, r in records.items()
                    if r.state == DONE and key not in valid and r.id not in there}
    ours = {r.id for key, r in records.items() if r.state == DONE and key in valid}
    named |= {(*key, r.spec) for key, r in records.items() if r.state in OPEN and key in valid}
    extra = {line["id"] for line in lines if line["action"] == "extra"}
    wanted = {one["id"] for one in before
              if (one["sandbox"], one["name"], one["connectionSpec"]) not in named
              and one["id"] not in ours}
    assert extra <= wanted
    # Only the scopes that somebody has named are listed, and a bad row names none.
    scopes |= {(row["sandbox"] or "prod", row["connection_spec_id"] or SERVICENOW)
               for row, line in zip(csv_rows, lines)
               if line["action"] != "invalid" or "same name" in line["reason"]}
    assert extra == {one["id"] for one in before if one["id"] in wanted and
                     (one["sandbox"], one["connectionSpec"]) in scopes}


def told_of(path):
    """(sandbox, name) of what is done and was never told by results; and of what was adopted."""
    with sqlite3.connect(f"file:{path.with_suffix('.ledger')}?mode=ro", uri=True) as db:
        reported = {n for n, in db.execute("SELECT number FROM run WHERE reported = 1")}
        untold, adopted = set(), set()
        for sandbox, name, told, seen, outcome, status in db.execute(
                "SELECT s.sandbox, c.name, c.told, c.seen_run, c.outcome_run, c.status "
                "FROM connection c JOIN scope s ON s.number = c.scope WHERE c.state = ?", [DONE]):
            if not told and not (seen in reported and outcome <= seen):
                untold.add((sandbox, name))
            if status == "adopted":
                adopted.add((sandbox, name))
        return untold, adopted


@pytest.mark.parametrize("seed", range(40))
def test_a_plan_is_what_a_run_then_does(flowmock, tmp_path, seed):
    state = State(flowmock, tmp_path, seed)
    dice = state.random
    if dice.random() < 0.7:
        state.others_begin()
    for _ in range(dice.randrange(3)):
        state.run_once()
        if dice.random() < 0.3:
            state.roll_back_some()
        state.others_go_on()
    state.edit()

    records, scopes = state.records()
    before = state.mock.connections()
    untold, adopted = told_of(state.path) if records else (set(), set())
    lines, _ = plan(state.mock, state.path, *state.tag)
    with open(state.path, newline="", encoding="utf-8") as f:
        csv_rows = list(csv.DictReader(f))
    check_beside(lines, csv_rows, records, scopes, before)
    assert state.mock.connections() == before

    run(state.mock, state.path, "--update", *state.tag, expect=None)
    deleting = {key for key, one in records.items() if one.state == DELETING}
    check_agreement(lines, results_of(state.path), untold, adopted, deleting)
