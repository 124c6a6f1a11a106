"""snowmelt status and snowmelt results: what can be asked of a ledger, and nothing is sent."""

import csv
import io
import json
import re
import signal
import subprocess

import pytest
from support import (
    HEADER, command, environment, instance, instances, read_results, snowmelt, statuses, write_csv,
)

FAST = ["--settle", "100ms", "--settle-timeout", "300ms"]
NO_CREDENTIALS = environment(AEP_ORG_ID=None, AEP_API_KEY=None, AEP_ACCESS_TOKEN=None)
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def faults(*kinds):
    return [arg for kind in kinds for arg in ("--fault", kind)]


def ask(*args, expect=0):
    """A command that needs neither credentials nor a server."""
    return snowmelt(*args, env=NO_CREDENTIALS, expect=expect)


def totals(path, *more):
    """What status says, as {status: count}, and the line of the run."""
    lines = list(csv.DictReader(io.StringIO(ask("status", path, "--format", "csv", *more).out)))
    found = {}
    for line in lines[1:]:
        assert line["kind"] == "rows"
        found[line["status"]] = found.get(line["status"], 0) + int(line["count"])
    assert lines[0]["kind"] == "run"
    return found, lines[0]


def unresolved(path):
    text = ask("status", path, "--unresolved", "--format", "csv").out
    return list(csv.DictReader(io.StringIO(text, newline="")))


class Going:
    """A run whose requests are never answered."""

    def __init__(self, flowmock, tmp_path, rows=20):
        self.mock = flowmock(*faults("stall=1"))
        self.path = write_csv(tmp_path / "i.csv", instances(rows))
        self.process = subprocess.Popen(
            command("run", self.path, "--url", self.mock.url, *FAST), env=environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while self.mock.status()["requests"]["POST"] == 0:
            assert self.process.poll() is None, self.process.stderr.read()

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def abort(self):
        """By two signals: what is in flight would never finish."""
        self.process.send_signal(signal.SIGINT)
        while "stopping" not in (line := self.process.stderr.readline()):
            assert line, "the run ended"
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        assert self.process.returncode == 4


# --------------------------------------------------------------------------- status


def test_the_totals_are_those_of_the_results(flowmock, tmp_path):
    mock = flowmock("--seed", 3, *faults("rejected=0.2", "close-after=0.1"))
    path = write_csv(tmp_path / "i.csv", instances(200))
    done = snowmelt("run", path, "--url", mock.url, *FAST, expect=1)
    path.unlink()  # its name is enough
    told = statuses(read_results(tmp_path / "i.results.csv"))
    assert told["failed"] > 10
    found, run = totals(path)
    assert found == told
    assert run["state"] == "finished" and run["run"] == "1" and run["org"] == "test@AdobeOrg"
    assert run["service"] == mock.url and RFC3339.fullmatch(run["finished_at"])

    text = ask("status", path).out
    for status, count in told.items():
        assert re.search(rf"^  {status} +{count}$", text, re.M), text
        assert re.search(rf"^  {status} +{count}$", done.out, re.M)
    assert f"  failed, FLOW-1100-400: {told['failed']} rows, such as row " in text
    assert f"Service    {mock.url}\nOrg        test@AdobeOrg\nRun 1      finished at " in text

    lines = [json.loads(l) for l in ask("status", path, "--format", "jsonl").out.splitlines()]
    failed = next(l for l in lines if l["status"] == "failed")
    assert failed["count"] == told["failed"] and failed["error_code"] == "FLOW-1100-400"
    assert "status code 401" in failed["example"] and failed["run"] is None
    assert all(list(l) == list(run) for l in lines)


def test_a_run_that_is_going_is_told_and_not_disturbed(flowmock, tmp_path):
    going = Going(flowmock, tmp_path)
    before = {p.name: p.stat().st_ino for p in tmp_path.iterdir()}
    for _ in range(5):
        found, run = totals(going.path)
        assert run["state"] == "going" and run["finished_at"] == ""
        assert found["open"] >= 1 and sum(found.values()) <= 20
        text = ask("status", going.path).out
        assert re.search(r"^Run 1      going since \S+Z, for ", text, re.M)
        assert "may have been created" not in text
        assert "A run is going" in ask("status", "--unresolved", going.path).out
    assert going.process.poll() is None
    assert {p.name: p.stat().st_ino for p in tmp_path.iterdir()} == before
    going.abort()


def test_a_run_that_died_is_told_with_what_it_left(flowmock, tmp_path):
    going = Going(flowmock, tmp_path)
    going.kill()
    found, run = totals(going.path)
    assert run["state"] == "died" and found["open"] >= 1
    text = ask("status", going.path).out
    assert re.search(r"^Run 1      began at \S+Z and died$", text, re.M)
    assert "Run the same command again" in text and "--unresolved" in text
    doubts = unresolved(going.path)
    assert len(doubts) == found["open"]
    for doubt in doubts:
        assert doubt["name"] == f"instance {int(doubt['row']) - 1}"
        assert doubt["sandbox"] == "prod" and doubt["status"] == "open"
        assert RFC3339.fullmatch(doubt["intent_at"])
    text = ask("status", "--unresolved", going.path).out
    assert f"row {doubts[0]['row']}: {doubts[0]['name']}, sandbox prod, intent at " in text


def test_rows_in_doubt_are_listed_with_what_the_lookups_said(flowmock, tmp_path):
    mock = flowmock(*faults("close-after=1", "get:error500-before=1"))
    rows = instances(3)
    rows[1][0] = "two\x1b[2J\nlines"
    path = write_csv(tmp_path / "i.csv", rows)
    snowmelt("run", path, "--url", mock.url, "--attempts", 1, "--no-inventory", *FAST, expect=1)
    told = read_results(tmp_path / "i.results.csv")
    assert statuses(told) == {"unresolved": 3}
    doubts = unresolved(path)
    assert [d["name"] for d in doubts] == [row[0] for row in rows]
    for doubt, line in zip(doubts, told):
        assert doubt["row"] == line["row"] and doubt["status"] == "unresolved"
        assert doubt["error_code"] == line["error_code"] and doubt["error"] == line["error"]
        assert doubt["error"]
    text = ask("status", "--unresolved", path).out
    assert "  row 2: two\\x1B[2J\\x0Alines, sandbox prod, intent at " in text
    assert "\n3 rows are in doubt" in text and "--resend-unresolved" in text
    assert "\x1b" not in text


def test_no_row_is_in_doubt_where_all_is_decided(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(2))
    snowmelt("run", path, "--url", mock.url, "--ledger", tmp_path / "l", expect=0)
    assert ask("status", "--unresolved", "--ledger", tmp_path / "l", path).out == \
        "No row is in doubt.\n"
    assert unresolved_of(tmp_path / "l", path) == []
    assert totals(path, "--ledger", tmp_path / "l")[0] == {"created": 2}


def unresolved_of(ledger, path):
    done = ask("status", "--unresolved", "--ledger", ledger, "--format", "jsonl", path)
    return done.out.splitlines()


@pytest.mark.parametrize("what", ["status", "results"])
def test_without_a_ledger_it_is_3_and_says_what_to_do(tmp_path, what):
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = ask(what, path, expect=3)
    assert "i.ledger" in done.err and "--ledger" in done.err and done.out == ""
    done = ask(what, path, "--ledger", "memory:", expect=3)
    assert "--ledger" in done.err
    (tmp_path / "i.ledger").write_bytes(b"no database " * 1000)
    done = ask(what, path, expect=3)
    assert "i.ledger" in done.err and done.out == ""
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["i.csv", "i.ledger"]
    assert what in ask(what, expect=64).err
    header = (",".join(HEADER) + "\n").encode()
    assert "--ledger" in snowmelt(what, "-", env=NO_CREDENTIALS, stdin=header, expect=64).err


# -------------------------------------------------------------------------- results


def every_kind_of_row():
    """Rows of which some end in each way, with two columns that are carried."""
    rows = [instance(i) + [f"owner {i}", '=1+1, "x"\n'] for i in range(300)]
    rows[7][0] = rows[3][0]
    rows[9][1] = "ftp://no"
    rows[11] = ["one field"]
    rows[13][0] = "Köln, \"quoted\"\nand \x1b more"
    rows[15][0] = "=formula"
    return rows


@pytest.mark.parametrize("more", [[], ["--format", "jsonl"], ["--excel-safe"]])
def test_the_results_are_written_again_as_the_run_wrote_them(flowmock, tmp_path, more):
    mock = flowmock("--seed", 5, *faults("rejected=0.1", "close-after=0.05", "throttle-bare=0.05"))
    path = write_csv(tmp_path / "i.csv", every_kind_of_row(), header=HEADER + ["owner", "note"])
    results = tmp_path / ("i.results.jsonl" if "jsonl" in more else "i.results.csv")
    first = snowmelt("run", path, "--url", mock.url, *FAST, *more, expect=1)
    written = results.read_bytes()
    assert b"created" in written and b"failed" in written and b"duplicate_name" in written
    results.unlink()
    before = mock.status()["requests"]
    again = ask("results", path, *more, expect=1)
    assert results.read_bytes() == written
    assert mock.status()["requests"] == before
    counted = re.compile(r"^  \w+ +\d+$", re.M)
    assert counted.findall(again.out) == counted.findall(first.out)
    assert str(results) in again.out
    assert not [p.name for p in tmp_path.iterdir() if ".part" in p.name or ".new" in p.name]


def test_created_stays_created_and_nothing_is_told_to_the_ledger(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(5))
    snowmelt("run", path, "--url", mock.url, expect=0)
    snowmelt("run", path, "--url", mock.url, expect=0)
    assert statuses(read_results(tmp_path / "i.results.csv")) == {"unchanged": 5}
    ask("results", path, expect=0)
    assert statuses(read_results(tmp_path / "i.results.csv")) == {"created": 5}


def test_an_edited_csv_gets_what_is_known_of_its_rows(flowmock, tmp_path):
    mock = flowmock()
    rows = instances(4)
    path = write_csv(tmp_path / "i.csv", rows)
    snowmelt("run", path, "--url", mock.url, expect=0)
    ids = {line["name"]: line["id"] for line in read_results(tmp_path / "i.results.csv")}
    rows[1][1] = "https://elsewhere.example.com"
    write_csv(path, [instance(9), rows[1], rows[0], rows[0]])
    done = ask("results", path, expect=1)
    lines = read_results(tmp_path / "i.results.csv")
    assert [line["status"] for line in lines] == ["skipped", "created", "created", "invalid"]
    assert [line["id"] for line in lines] == ["", ids["instance 1"], ids["instance 0"], ""]
    assert "differs by now" in lines[1]["error"] and lines[2]["error"] == ""
    assert lines[3]["error_code"] == "duplicate_name" and "row 3 " in lines[3]["error"]
    assert "snowmelt run" in done.out


def test_references_need_not_resolve(flowmock, tmp_path):
    mock = flowmock()
    (tmp_path / "secret").write_text("pass-000001")
    path = write_csv(tmp_path / "i.csv", [["a", "https://a.example.com", "user", "file:secret"]],
                     header=["name", "endpoint", "username", "password_ref"])
    snowmelt("run", path, "--url", mock.url, expect=0)
    written = (tmp_path / "i.results.csv").read_bytes()
    (tmp_path / "secret").unlink()
    ask("results", path, expect=0)
    assert (tmp_path / "i.results.csv").read_bytes() == written


def test_what_a_killed_run_left_is_unresolved_or_skipped(flowmock, tmp_path):
    mock = flowmock("--latency", "fixed:20ms")
    path = write_csv(tmp_path / "i.csv", instances(2000))  # more than is read ahead
    run = subprocess.Popen(command("run", path, "--url", mock.url, *FAST), env=environment(),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while mock.status()["creates"] < 50:
        assert run.poll() is None
    run.kill()
    run.communicate()
    done = ask("results", path, expect=1)
    lines = read_results(tmp_path / "i.results.csv")
    store = mock.by_name()
    assert set(statuses(lines)) == {"created", "unresolved", "skipped"} and len(lines) == 2000
    for line in lines:
        there = store.get(("prod", line["name"]), [])
        if line["status"] == "created":
            assert [one["id"] for one in there] == [line["id"]]
        elif line["status"] == "skipped":
            assert there == [] and line["error"]
        else:
            assert line["error"] and line["id"] == ""
    assert "Run 'snowmelt run' again" in done.out
    assert totals(path)[0]["created"] == statuses(lines)["created"]
    snowmelt("run", path, "--url", mock.url, *FAST, expect=0)
    ask("results", path, expect=0)
    assert statuses(read_results(tmp_path / "i.results.csv")) == {"created": 2000}
    assert mock.status()["max_per_name"] == 1


def test_results_that_a_run_holds_are_75(flowmock, tmp_path):
    going = Going(flowmock, tmp_path)
    done = ask("results", going.path, expect=75)
    assert str(going.process.pid) in done.err
    # elsewhere it may be written: a picture of the moment
    ask("results", going.path, "--results", tmp_path / "now.csv", expect=1)
    assert set(statuses(read_results(tmp_path / "now.csv"))) <= {"unresolved", "skipped"}
    assert going.process.poll() is None
    going.kill()


def test_the_ledger_is_never_written_over(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(1))
    snowmelt("run", path, "--url", mock.url, expect=0)
    for name in ("i.ledger", "i.ledger.key", "i.csv"):
        before = (tmp_path / name).read_bytes()
        ask("results", path, "--results", tmp_path / name, expect=3)
        assert (tmp_path / name).read_bytes() == before
    assert totals(path)[0] == {"created": 1}
