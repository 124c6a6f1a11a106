"""snowmelt rollback: deletes what results and ledger call created, and nothing else, ever."""

import json
import random
import re
import signal
import sqlite3
import uuid

import pytest
from flow_client import body, headers
from raw_server import RawServer, http
from runs import Run, check_exactly_once, results_of
from support import (
    HEADER, environment, instance, instances, read_results, snowmelt, statuses, write_csv,
)

ORG = "test@AdobeOrg"
FAST = ["--settle", "100ms", "--settle-timeout", "300ms"]
HEAD = {"x-gw-ims-org-id": ORG}


def faults(*kinds):
    return [arg for kind in kinds for arg in ("--fault", kind)]


def make(flowmock, tmp_path, rows, *options, header=None, more=()):
    """A flowmock on which a run has created these rows; the CSV."""
    mock = flowmock(*options)
    path = write_csv(tmp_path / "i.csv", rows, header=header)
    run(mock, path, *more)
    return mock, path


def run(mock, path, *more, expect=0):
    return snowmelt("run", path, "--url", mock.url, *FAST, *more, expect=expect)


def results(path):
    return path.with_suffix(".results.csv")


def roll_back(mock, path, *more, expect=0, of=None, **options):
    return snowmelt("rollback", of or results(path), "--url", mock.url, "--yes", *FAST, *more,
                    expect=expect, **options)


def told(path):
    return read_results(path.with_suffix(".results.rollback.csv"))


def edit(path, change):
    """Results as somebody has changed them: `change` gets the rows."""
    lines = read_results(results(path))
    change(lines)
    write_csv(results(path), [list(line.values()) for line in lines], header=list(lines[0]))
    return lines


def others_create(mock, *rows):
    """A year ago, as somebody else."""
    old = []
    for row in rows:
        one = body(row[0], username=row[2], password=row[3], createdAt=1_600_000_000_000)
        one["auth"]["params"]["endpoint"] = row[1]
        old.append(one)
    assert mock.flow.control("POST", "/_flowmock/connections", old, headers(**HEAD)).status == 200


def others_change(mock, id, field="description", value="theirs"):
    etag = next(one["etag_now"] for one in mock.connections() if one["id"] == id)
    done = mock.flow.call("PATCH", f"/connections/{id}",
                          [{"op": "replace", "path": f"/{field}", "value": value}],
                          headers(If_Match=etag, **HEAD))
    assert done.status == 200, done.body


def ids(mock):
    return {one["id"] for one in mock.connections()}


def deletes(mock):
    seen = mock.status()
    return seen["deletes"], seen["requests"]["DELETE"]


def states(path):
    """What the ledger calls its rows."""
    db = sqlite3.connect(path.with_suffix(".ledger"))
    try:
        return [state for state, in db.execute("SELECT state FROM connection ORDER BY n")]
    finally:
        db.close()


DONE, WITHDRAWN, DELETING = 2, 5, 6


# ------------------------------------------------------------------ what is deleted


def test_what_was_created_is_deleted_and_what_was_adopted_stays(flowmock, tmp_path):
    mock = flowmock("--etag-moves", "1ms")  # Adobe's own move is nobody's change
    rows = instances(40)
    others_create(mock, *rows[::4])
    theirs = ids(mock)
    path = write_csv(tmp_path / "i.csv", rows)
    run(mock, path)
    before = read_results(results(path))
    done = roll_back(mock, path)
    lines = told(path)
    assert ids(mock) == theirs and deletes(mock) == (30, 30)
    assert [l["status"] for l in lines] == ["kept" if i % 4 == 0 else "deleted" for i in range(40)]
    assert [(l["row"], l["name"], l["id"]) for l in lines] \
        == [(l["row"], l["name"], l["id"]) for l in before]
    assert lines[0]["error_code"] == "adopted" and lines[0]["attempts"] == "0"
    assert lines[1]["http_status"] == "204" and lines[1]["started_at"]
    assert "40 rows, 30 of them to delete, the others left: 10 adopted" in done.err


def test_rolled_back_again_it_tells_the_same_and_asks_nothing(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(20))
    gone = read_results(results(path))[3]["id"]
    mock.flow.call("DELETE", f"/connections/{gone}", head=headers(**HEAD))
    roll_back(mock, path)
    before, asked = told(path), mock.status()["requests"]
    assert statuses(before) == {"deleted": 19, "gone": 1}
    done = roll_back(mock, path)
    assert told(path) == before and mock.status()["requests"] == asked
    assert "0 of them to delete, the others left: 20 deleted before" in done.err


def test_a_row_rolled_back_is_created_again_once(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(30))
    first = ids(mock)
    for _ in range(2):
        roll_back(mock, path)
        assert ids(mock) == set()
        run(mock, path)
        lines = results_of(path)
        assert statuses(lines) == {"created": 30} and {l["id"] for l in lines} == ids(mock)
    assert not first & ids(mock)
    check_exactly_once(mock, [row[0] for row in instances(30)])
    assert mock.status()["creates"] == 90


@pytest.mark.parametrize("theirs", [False, True])
def test_what_a_lost_update_of_ours_has_changed_is_deleted(flowmock, tmp_path, theirs):
    rows = instances(1)
    mock, path = make(flowmock, tmp_path, rows, "--hold", "60s")
    rows[0][2] = "somebody"
    write_csv(path, rows)
    mock.tell("faults", {"patch:timeout-after": 1})
    going = Run(tmp_path, "run", path, "--url", mock.url, "--update")
    assert going.until(lambda: mock.status()["updates"] == 1) and going.kill()
    mock.tell("faults", {"patch:timeout-after": 0})
    if theirs:
        others_change(mock, *ids(mock))
    roll_back(mock, path, expect=1 if theirs else 0)
    assert statuses(told(path)) == {"conflict" if theirs else "deleted": 1}


def test_what_someone_changed_is_a_conflict_and_force_deletes_it(flowmock, tmp_path):
    rows = [[*instance(i), "ours"] for i in range(5)]
    mock, path = make(flowmock, tmp_path, rows, "--etag-moves", "1ms",
                      header=[*HEADER, "description"])
    lines = read_results(results(path))
    others_change(mock, lines[1]["id"])
    others_change(mock, lines[2]["id"], "name", "their name")
    roll_back(mock, path, expect=1)
    after = told(path)
    assert [l["status"] for l in after] == ["deleted", "conflict", "conflict", "deleted", "deleted"]
    assert "changed its description since" in after[1]["error"] and "--force" in after[1]["error"]
    assert "changed its name since" in after[2]["error"]
    assert ids(mock) == {lines[1]["id"], lines[2]["id"]} and deletes(mock) == (3, 3)
    assert states(path)[1:3] == [DONE, DONE]
    roll_back(mock, path, "--force")
    assert statuses(told(path)) == {"deleted": 5} and ids(mock) == set()


def test_what_a_dataflow_uses_stays_and_says_so(flowmock, tmp_path):
    rows = [[*instance(i), "in-use" if i == 1 else ""] for i in range(3)]
    mock, path = make(flowmock, tmp_path, rows, header=[*HEADER, "description"])
    for _ in range(2):
        done = roll_back(mock, path, expect=1)
        line = told(path)[1]
        assert line["status"] == "in_use" and line["error_code"] == "FLOW-1418-400"
        assert "a dataflow uses it: delete that first" in line["error"]
        assert len(ids(mock)) == 1 and states(path)[1] == DONE
    assert "in_use" in done.out
    run(mock, path)
    assert [l["status"] for l in results_of(path)] == ["created", "unchanged", "created"]


def test_what_others_have_deleted_is_gone_and_fine(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(3))
    id = read_results(results(path))[0]["id"]
    mock.flow.call("DELETE", f"/connections/{id}", head=headers(**HEAD))
    roll_back(mock, path)
    assert [l["status"] for l in told(path)] == ["gone", "deleted", "deleted"]
    run(mock, path)
    assert statuses(results_of(path)) == {"created": 3}


# ---------------------------------------------------------------------- what is kept


def kept(flowmock, tmp_path, change, words, code, *more):
    """Three rows were created and one adopted; somebody edits the results: row 1 stays."""
    mock = flowmock()
    rows = instances(4)
    others_create(mock, rows[3])
    path = write_csv(tmp_path / "i.csv", rows)
    run(mock, path)
    lines = edit(path, change)
    before = ids(mock)
    roll_back(mock, path, *more)
    first = told(path)[0]
    assert first["status"] == "kept" and first["error_code"] == code and words in first["error"]
    assert (first["name"], first["id"]) == (lines[0]["name"], lines[0]["id"])
    assert (first["attempts"], first["http_status"], first["started_at"]) == ("0", "", "")
    deleted = {l["id"] for l in told(path) if l["status"] == "deleted"}
    assert len(deleted) == 2 and ids(mock) == before - deleted
    return mock, path


def swap_adopted(lines):
    lines[0]["id"] = lines[3]["id"]


def swap_other_row(lines):
    lines[0]["id"] = lines[1]["id"]


def swap_stranger(lines):
    lines[0]["id"] = str(uuid.uuid4())


def no_id(lines):
    lines[0]["id"] = ""


def unchanged(lines):
    lines[0]["status"] = "unchanged"


def failed(lines):
    lines[0]["status"] = "failed"


def other_name(lines):
    lines[0]["name"] = "nobody knows it"


def other_sandbox(lines):
    lines[0]["sandbox"] = "dev"


@pytest.mark.parametrize("change, words, code", [
    (swap_adopted, "the ledger has the id", "other_id"),
    (swap_other_row, "the ledger has the id", "other_id"),
    (swap_stranger, "the ledger has the id", "other_id"),
    (no_id, "there is no id to delete", "no_id"),
    (unchanged, "these results call it unchanged", "not_created"),
    (failed, "'snowmelt results' writes that again", "not_created"),
    (other_name, "the ledger does not know it", "unknown"),
    (other_sandbox, "the ledger does not know it", "unknown"),
])
@pytest.mark.parametrize("more", [(), ("--force",)], ids=["", "force"])
def test_where_results_and_ledger_differ_a_row_is_kept(
        flowmock, tmp_path, change, words, code, more):
    kept(flowmock, tmp_path, change, words, code, *more)


def test_results_that_call_an_adopted_row_created_delete_nothing(flowmock, tmp_path):
    mock = flowmock()
    rows = instances(1)
    others_create(mock, *rows)
    path = write_csv(tmp_path / "i.csv", rows)
    run(mock, path)
    edit(path, lambda lines: lines[0].update(status="created"))
    roll_back(mock, path, "--force")
    assert told(path)[0]["error_code"] == "adopted" and deletes(mock) == (0, 0)


def test_a_row_that_is_named_twice_is_deleted_once(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(2))
    edit(path, lambda lines: lines.append(dict(lines[0])))
    done = roll_back(mock, path)
    lines = told(path)
    assert [l["status"] for l in lines] == ["deleted", "deleted", "kept"]
    assert lines[2]["error_code"] == "duplicate_name" and "row 1" in lines[2]["error"]
    assert deletes(mock) == (2, 2)
    assert "3 rows, 2 of them to delete, the others left: 1 named twice" in done.err


def test_a_second_run_calls_them_unchanged_and_results_created_again(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(3))
    run(mock, path)
    roll_back(mock, path)
    assert {(l["status"], l["error_code"]) for l in told(path)} == {("kept", "not_created")}
    snowmelt("results", path, expect=0)
    roll_back(mock, path)
    assert statuses(told(path)) == {"deleted": 3}


def test_what_was_updated_since_is_kept(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(2))
    run(mock, path)
    old = results(path).read_text().replace("unchanged", "created")
    rows = instances(2)
    rows[0][3] = "another password"
    write_csv(path, rows)
    run(mock, path, "--update")
    assert [l["status"] for l in results_of(path)] == ["updated", "unchanged"]
    results(path).write_text(old)
    roll_back(mock, path)
    lines = told(path)
    assert [l["status"] for l in lines] == ["kept", "deleted"]
    assert lines[0]["error_code"] == "updated" and "updated since" in lines[0]["error"]


def test_what_is_in_doubt_is_kept(flowmock, tmp_path):
    mock = flowmock(*faults("stall=1"))
    path = write_csv(tmp_path / "i.csv", instances(1))
    going = Run(tmp_path, "run", path, "--url", mock.url, *FAST)
    assert going.until(lambda: mock.status()["requests"]["POST"])
    going.kill()
    snowmelt("results", path, expect=1)
    edit(path, lambda lines: lines[0].update(id=str(uuid.uuid4()), status="created"))
    roll_back(mock, path)
    assert told(path)[0]["error_code"] == "in_doubt" and "'snowmelt run'" in told(path)[0]["error"]


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("id", ["../../x", "no", "00000000-0000-0000-0000-00000000000g"])
def test_an_id_that_is_none_makes_the_file_fatal_and_deletes_nothing(flowmock, tmp_path, id):
    mock, path = make(flowmock, tmp_path, instances(3))
    edit(path, lambda lines: lines[2].update(id=id))
    asked = mock.status()["requests"]
    done = roll_back(mock, path, expect=3)
    assert "i.results.csv:4: id is no UUID" in done.err and "nothing was done" in done.err
    assert mock.status()["requests"] == asked
    assert not path.with_suffix(".results.rollback.csv").exists()


def test_without_a_terminal_and_without_yes_nothing_is_sent(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(3))
    asked = mock.status()["requests"]
    done = Run(tmp_path, "rollback", results(path), "--url", mock.url, start_new_session=True)
    done.end(expect=64)
    assert "no terminal" in done.err and "--yes" in done.err
    assert mock.status()["requests"] == asked and set(states(path)) == {DONE}


def test_a_missing_ledger_is_fatal_and_never_made(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(2))
    path.with_suffix(".ledger").rename(tmp_path / "moved")
    (tmp_path / "i.ledger.key").rename(tmp_path / "moved.key")
    done = roll_back(mock, path, expect=3)
    assert "only what a ledger calls created is deleted" in done.err and "--ledger" in done.err
    assert not (tmp_path / "i.ledger").exists() and not (tmp_path / "i.ledger.key").exists()
    assert deletes(mock) == (0, 0)
    roll_back(mock, path, "--ledger", tmp_path / "moved")
    assert ids(mock) == set()


def test_a_ledger_in_memory_is_refused(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(1))
    done = roll_back(mock, path, "--ledger", "memory:", expect=3)
    assert "ledger in memory" in done.err and deletes(mock) == (0, 0)


@pytest.mark.parametrize("other", ["service", "org"])
def test_the_ledger_of_another_service_or_org_is_refused(flowmock, tmp_path, other):
    mock, path = make(flowmock, tmp_path, instances(1))
    env = environment(AEP_ORG_ID="other@AdobeOrg") if other == "org" else environment()
    to = mock if other == "org" else flowmock()
    done = roll_back(to, path, expect=3, env=env)
    assert other in done.err and deletes(mock) == (0, 0)


def test_a_pipe_is_refused(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(1))
    done = roll_back(mock, path, "--ledger", path.with_suffix(".ledger"), "--results",
                     tmp_path / "r.csv", of="-", stdin=results(path).read_bytes(), expect=64)
    assert "not by a pipe" in done.err and deletes(mock) == (0, 0)


def test_the_results_may_not_be_the_ledger_or_the_input(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(1))
    for name in ("i.ledger", "i.results.csv", "i.ledger.key"):
        before = (tmp_path / name).read_bytes()
        roll_back(mock, path, "--results", tmp_path / name, expect=3)
        assert (tmp_path / name).read_bytes() == before
    assert deletes(mock) == (0, 0)


def test_a_second_rollback_or_run_meanwhile_is_locked_out(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(5))
    mock.tell("faults", {"delete:stall": 1})
    going = Run(tmp_path, "rollback", results(path), "--url", mock.url, "--yes", *FAST)
    assert going.until(lambda: mock.status()["requests"]["DELETE"])
    for other in (["rollback", results(path), "--yes"], ["run", path]):
        done = snowmelt(*other, "--url", mock.url, *FAST, expect=75)
        assert str(going.pid) in done.err
    assert snowmelt("status", path, expect=0).out.count("deleting") == 1
    mock.tell("faults", {"delete:stall": 0})
    assert going.kill()
    roll_back(mock, path)
    assert statuses(told(path)) == {"deleted": 5} and ids(mock) == set()


# ------------------------------------------------------------------ faults and crashes

LOSSES = ["close-before", "close-after", "reset-before", "reset-after", "half-answer",
          "error500-before", "error500-after", "error503-after", "error504-late",
          "timeout-after", "timeout-late", "408-after", "throttle", "throttle-bare",
          "conflict409-after"]
# On a kept connection libcurl sends what has no body a second time by itself: then nobody
# can tell whether somebody else was first.
RESENT = ["close-after", "reset-after"]
SLOW = ["--timeout", "300ms", "--attempts", "20"]


@pytest.mark.parametrize("kind", LOSSES)
def test_a_lost_answer_to_a_deletion_is_settled_by_a_read(flowmock, tmp_path, kind):
    rows = instances(40)
    mock = flowmock("--hold", "400ms", "--retry-after", "0")
    others_create(mock, *rows[:5])
    theirs = ids(mock)
    path = write_csv(tmp_path / "i.csv", rows)
    run(mock, path)
    mock.tell("faults", {f"delete:{kind}": 0.4})
    roll_back(mock, path, *SLOW)
    found = statuses(told(path))
    assert found["kept"] == 5 and found["deleted"] + found.get("gone", 0) == 35
    assert kind in RESENT or "gone" not in found  # it was us
    assert ids(mock) == theirs and mock.status()["deletes"] == 35
    assert sum(mock.status()["faults"].values()) >= 5


def test_lost_reads_are_asked_again(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(100))
    mock.tell("faults", {"get:error503-before": 0.1, "get:reset-before": 0.05, "get:throttle-bare": 0.05,
                         "get:half-answer": 0.05, "get:html-200": 0.05})
    roll_back(mock, path, *SLOW)
    assert statuses(told(path)) == {"deleted": 100} and ids(mock) == set()


def test_a_page_that_is_not_its_own_deletes_nothing(flowmock, tmp_path):
    """A 404 that is not the service's own, and a page of HTML, are no answers."""
    mock, path = make(flowmock, tmp_path, instances(1))
    mock.tell("faults", {"get:html-200": 1})
    done = Run(tmp_path, "rollback", results(path), "--url", mock.url, "--yes", *FAST,
               "--attempts", 2)
    assert done.end() in (1, 2)
    assert deletes(mock) == (0, 0) and set(states(path)) == {DONE}


KILLS = 10
CRASHES = {"delete:close-after": 0.03, "delete:error500-after": 0.03, "delete:error500-before": 0.03,
           "delete:reset-before": 0.03, "delete:throttle-bare": 0.03, "delete:timeout-late": 0.01,
           "get:error503-before": 0.03}


def test_killed_ten_times_and_continued_it_deletes_what_was_created(flowmock, tmp_path):
    rows = instances(600)
    mock = flowmock("--latency", "uniform:1ms-4ms", "--hold", "400ms")
    others_create(mock, *rows[::10])
    theirs = ids(mock)
    path = write_csv(tmp_path / "i.csv", rows)
    run(mock, path)
    mock.tell("faults", CRASHES)
    order = ["rollback", results(path), "--url", mock.url, "--yes", *FAST, *SLOW]
    marks = sorted(random.Random(1).sample(range(1, 500), KILLS))
    killed = 0
    for mark in marks:
        going = Run(tmp_path, *order)
        going.until(lambda: mock.status()["deletes"] >= mark)
        killed += going.kill()
        assert theirs <= ids(mock)
    assert killed == KILLS
    assert DELETING in states(path)  # a kill came between intent and outcome
    Run(tmp_path, *order).end(expect=0)
    lines = told(path)
    assert ids(mock) == theirs
    assert all((l["status"] == "kept") == (i % 10 == 0) for i, l in enumerate(lines))
    assert set(statuses(lines)) <= {"kept", "deleted", "gone"}
    assert set(states(path)) == {DONE, WITHDRAWN}
    run(mock, path)
    assert statuses(results_of(path)) == {"created": 540, "unchanged": 60}
    check_exactly_once(mock, [row[0] for row in rows])


def killed_while_deleting(flowmock, tmp_path, fault, rows=1):
    """One row whose DELETE has left; whether it was executed is up to the fault."""
    mock, path = make(flowmock, tmp_path, instances(rows))
    mock.tell("faults", {f"delete:{fault}": 1})
    going = Run(tmp_path, "rollback", results(path), "--url", mock.url, "--yes", *FAST)
    assert going.until(lambda: mock.status()["requests"]["DELETE"])
    assert going.kill()
    mock.tell("faults", {f"delete:{fault}": 0})
    assert states(path)[0] == DELETING
    return mock, path


@pytest.mark.parametrize("fault", ["stall", "timeout-after"])
def test_a_deletion_that_was_cut_is_shown_and_gone_on_with(flowmock, tmp_path, fault):
    mock, path = killed_while_deleting(flowmock, tmp_path, fault)
    text = snowmelt("status", path, expect=0).out
    assert re.search(r"\n  deleting +1\n", text) and "Run the same rollback again" in text
    snowmelt("results", path, expect=1)
    line, = results_of(path)
    assert line["status"] == "unresolved" and line["id"] and "rollback" in line["error"]
    roll_back(mock, path)  # of these rewritten results
    assert statuses(told(path)) == {"deleted": 1} and ids(mock) == set()


@pytest.mark.parametrize("fault", ["stall", "timeout-after"])
def test_a_run_behind_a_cut_deletion_looks_first(flowmock, tmp_path, fault):
    mock, path = killed_while_deleting(flowmock, tmp_path, fault)
    before = ids(mock)
    run(mock, path, "--settle-timeout", "1h", expect=1)
    line, = results_of(path)
    assert line["status"] == "unresolved" and "a rollback ended" in line["error"] and line["id"]
    run(mock, path, "--settle-timeout", "1ms")
    line, = results_of(path)
    assert line["status"] == "created"
    assert ids(mock) == {line["id"]} and (before == {line["id"]}) == (fault == "stall")
    roll_back(mock, path)
    assert statuses(told(path)) == {"deleted": 1} and ids(mock) == set()


def test_a_recreation_that_is_refused_has_no_id(flowmock, tmp_path):
    mock, path = killed_while_deleting(flowmock, tmp_path, "timeout-after")
    mock.tell("faults", {"rejected": 1})
    run(mock, path, "--settle-timeout", "1ms", expect=1)
    line, = results_of(path)
    assert line["status"] == "failed" and line["id"] == "" and line["etag"] == ""


def test_changed_after_a_cut_deletion_it_is_a_conflict(flowmock, tmp_path):
    mock, path = killed_while_deleting(flowmock, tmp_path, "stall")
    others_change(mock, *ids(mock))
    roll_back(mock, path, expect=1)
    assert statuses(told(path)) == {"conflict": 1} and len(ids(mock)) == 1
    assert states(path) == [DONE]


def test_stopped_it_tells_what_is_not_done_and_goes_on(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(300), "--latency", "fixed:5ms")
    order = ["rollback", results(path), "--url", mock.url, "--yes", *FAST]
    going = Run(tmp_path, *order)
    assert going.until(lambda: mock.status()["deletes"] >= 20)
    going.send_signal(signal.SIGINT)
    going.end(expect=4)
    found = statuses(told(path))
    assert set(found) == {"deleted", "skipped"} and found["deleted"] == deletes(mock)[0] < 300
    assert DELETING not in states(path)
    assert "run the same command again" in going.err
    Run(tmp_path, *order).end(expect=0)
    assert statuses(told(path)) == {"deleted": 300} and deletes(mock) == (300, 300)


def test_cut_by_a_second_signal_it_is_settled_by_the_next(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(5))
    mock.tell("faults", {"delete:timeout-after": 1})
    going = Run(tmp_path, "rollback", results(path), "--url", mock.url, "--yes", *FAST)
    assert going.until(lambda: mock.status()["deletes"])
    going.send_signal(signal.SIGINT)
    going.until(lambda: "stopping" in going.err)
    going.send_signal(signal.SIGINT)
    going.end(expect=4)
    mock.tell("faults", {"delete:timeout-after": 0})
    roll_back(mock, path)
    assert statuses(told(path)) == {"deleted": 5}


def test_an_outage_halts_it_and_it_goes_on(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(50))
    mock.tell("faults", {"delete:error503-before": 1})
    roll_back(mock, path, "--give-up-after", "500ms", "--attempts", 50, expect=2)
    assert len(ids(mock)) == 50
    mock.tell("faults", {"delete:error503-before": 0})
    roll_back(mock, path)
    assert ids(mock) == set()


def test_tokens_end_and_are_renewed(flowmock, tmp_path):
    mock = flowmock("--client-id", "id", "--client-secret", "secret", "--token-lifetime", "2s",
                    "--latency", "fixed:10ms")
    env = environment(AEP_ACCESS_TOKEN=None, AEP_API_KEY=None, AEP_CLIENT_ID="id",
                      AEP_CLIENT_SECRET="secret", AEP_SCOPES="openid")
    path = write_csv(tmp_path / "i.csv", instances(100))
    both = ["--url", mock.url, "--token-url", mock.token_url, *FAST]
    snowmelt("run", path, *both, env=env, expect=0)
    going = Run(tmp_path, "rollback", results(path), "--yes", *both, "--rate", "40/s", env=env)
    assert going.until(lambda: mock.status()["deletes"] >= 30)
    mock.tell("revoke")
    going.end(expect=0)
    assert statuses(told(path)) == {"deleted": 100} and ids(mock) == set()
    assert mock.status()["tokens"]["fetches"] >= 3


# ------------------------------------------------------------------------------ files

FORMULAS = ["=1+1", "+plus", "-minus", "@at", "'=quoted", "plain"]


def test_results_for_a_spreadsheet_are_rolled_back(flowmock, tmp_path):
    """An apostrophe of --excel-safe is no part of the name, one of the row's own is."""
    rows = [instance(i, name) for i, name in enumerate(FORMULAS)]
    mock, path = make(flowmock, tmp_path, rows, more=["--excel-safe"])
    assert "'=1+1" in results(path).read_text()
    done = roll_back(mock, path, "--excel-safe")
    assert statuses(told(path)) == {"deleted": 6} and ids(mock) == set()
    assert "6 of them to delete;" in done.err
    run(mock, path)
    assert statuses(results_of(path)) == {"created": 6}
    check_exactly_once(mock, FORMULAS)


def test_json_lines_are_rolled_back(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(4), more=["--format", "jsonl"])
    roll_back(mock, path, of=tmp_path / "i.results.jsonl")
    lines = [json.loads(l) for l in open(tmp_path / "i.results.rollback.jsonl", encoding="utf-8")]
    assert statuses(lines) == {"deleted": 4} and ids(mock) == set()


def test_status_and_results_tell_what_was_deleted(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(3))
    before = read_results(results(path))
    mock.flow.call("DELETE", f"/connections/{before[2]['id']}", head=headers(**HEAD))
    roll_back(mock, path)
    text = snowmelt("status", path, expect=0).out
    assert "  deleted     2\n" in text and "  gone        1\n" in text and "went wrong" not in text
    snowmelt("results", path, expect=0)
    lines = results_of(path)
    assert [l["status"] for l in lines] == ["deleted", "deleted", "gone"]
    assert [l["id"] for l in lines] == [l["id"] for l in before]


def test_a_recreation_in_doubt_does_not_show_the_old_id(flowmock, tmp_path):
    mock, path = make(flowmock, tmp_path, instances(1))
    old = read_results(results(path))[0]["id"]
    roll_back(mock, path)
    mock.tell("faults", {"stall": 1})
    going = Run(tmp_path, "run", path, "--url", mock.url, *FAST)
    assert going.until(lambda: mock.status()["requests"]["POST"] == 2)
    assert going.kill()
    snowmelt("results", path, expect=1)
    line, = results_of(path)
    assert line["status"] == "unresolved" and line["id"] == "" != old
    mock.tell("faults", {"stall": 0})
    run(mock, path)
    line, = results_of(path)
    assert line["status"] == "created" and ids(mock) == {line["id"]} != {old}


def test_a_listing_that_still_shows_what_was_deleted_is_not_believed(tmp_path):
    deleted = set()

    def act(server, count, request):
        method, target = request[:2]
        if method == "DELETE":
            deleted.add(target.rpartition("/")[2])
            return http(204, "")
        return server.execute(request[3])

    def look(server, count, request):
        id = request[1].partition("?")[0].rpartition("/")[2]
        if id == "connections":
            return server._lookup(request[1])  # which forgets nothing
        if id in deleted:
            return http(404, '{"errorMessage": "connections not found"}')
        return http(200, json.dumps({"items": [o for o in server.executed if o["id"] == id]}))

    server = RawServer(act, look)
    try:
        path = write_csv(tmp_path / "i.csv", instances(1))
        run(server, path)
        old = results_of(path)[0]["id"]
        roll_back(server, path)
        assert deleted == {old}
        run(server, path)
        line, = results_of(path)
        assert line["status"] == "created" and line["id"] != old and len(server.executed) == 2
    finally:
        server.stop()
