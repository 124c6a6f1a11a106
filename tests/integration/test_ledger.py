"""What a later run knows of the earlier ones, and what it does about it."""

import json
import os
import random
import re
import signal
import socket
import stat

import pytest
from flow_client import body, headers
from runs import (
    Run, check_exactly_once, check_ids, check_one_line_a_row, requests, results_of,
)
from support import HEADER, environment, instance, instances, snowmelt, statuses, write_csv

ORG = "test@AdobeOrg"
FAST = ["--settle", "100ms", "--settle-timeout", "300ms"]


@pytest.fixture
def csv(tmp_path):
    return tmp_path / "i.csv"


def run(path, mock, *more, expect=0, **options):
    return snowmelt("run", path, "--url", mock.url, *FAST, *more, expect=expect, **options)


def by_name(path):
    return {line["name"]: line for line in results_of(path)}


def others_create(mock, *bodies, sandbox="prod"):
    """A year ago, as somebody else: past faults and counters."""
    head = headers(sandbox, **{"x-gw-ims-org-id": ORG})
    old = [{**one, "createdAt": 1_600_000_000_000} for one in bodies]
    assert mock.flow.control("POST", "/_flowmock/connections", old, head).status == 200


def as_row(row, **changes):
    """The body that this row would send."""
    wanted = body(row[0], username=row[2], password=row[3])
    wanted["auth"]["params"]["endpoint"] = row[1]
    wanted["auth"]["params"] |= changes
    return wanted


def change_faults(mock, **kinds):
    wanted = {kind.replace("_", "-").replace("get-", "get:"): p for kind, p in kinds.items()}
    assert mock.flow.control("POST", "/_flowmock/faults", wanted).status == 200


# ------------------------------------------------------------- what is done is done


def test_a_second_run_sends_nothing(flowmock, csv):
    mock = flowmock()
    rows = instances(300)
    write_csv(csv, rows)
    run(csv, mock)
    first = results_of(csv)
    assert statuses(first) == {"created": 300}
    before = requests(mock)
    run(csv, mock)
    second = results_of(csv)
    assert requests(mock) == before
    assert statuses(second) == {"unchanged": 300}
    assert [(l["id"], l["etag"]) for l in second] == [(l["id"], l["etag"]) for l in first]


def test_a_row_is_known_by_its_name_wherever_it_stands(flowmock, csv):
    mock = flowmock()
    rows = instances(100)
    run(write_csv(csv, rows), mock)
    ids = {name: line["id"] for name, line in by_name(csv).items()}
    before = requests(mock)
    random.Random(1).shuffle(rows)
    run(write_csv(csv, rows[:70]), mock)
    check_one_line_a_row(results_of(csv), rows[:70])
    assert statuses(results_of(csv)) == {"unchanged": 70}
    assert all(line["id"] == ids[name] for name, line in by_name(csv).items())
    assert requests(mock) == before


@pytest.mark.parametrize("column, value", [
    (1, "https://moved.example.com"), (2, "someone"), (3, "another password"), (4, "described")])
def test_a_changed_row_is_told_and_nothing_is_sent(flowmock, csv, column, value):
    mock = flowmock()
    rows = [[*row, "first"] for row in instances(20)]
    header = [*HEADER, "description"]
    run(write_csv(csv, rows, header=header), mock)
    before = requests(mock)
    rows[7][column] = value
    run(write_csv(csv, rows, header=header), mock)
    assert [l["row"] for l in results_of(csv) if l["status"] == "changed"] == ["8"]
    assert statuses(results_of(csv)) == {"unchanged": 19, "changed": 1}
    assert requests(mock) == before
    rows[7][column] = instance(7)[column] if column < 4 else "first"
    run(write_csv(csv, rows, header=header), mock)
    assert statuses(results_of(csv)) == {"unchanged": 20}


def test_the_same_name_in_another_sandbox_is_another_row(flowmock, csv):
    mock = flowmock()
    run(write_csv(csv, instances(5)), mock, "--sandbox", "one")
    run(csv, mock, "--sandbox", "two")
    assert statuses(results_of(csv)) == {"created": 5}
    assert {sandbox for sandbox, _ in mock.by_name()} == {"one", "two"}
    run(csv, mock, "--sandbox", "one")
    assert statuses(results_of(csv)) == {"unchanged": 5}


# ------------------------------------------------------------------- inventory


def test_new_rows_are_sent_after_one_listing_of_their_scope(flowmock, csv):
    mock = flowmock()
    rows = [[*instance(i), "box-a" if i % 2 else "box-b"] for i in range(500)]
    header = [*HEADER, "sandbox"]
    run(write_csv(csv, rows[:300], header=header), mock)
    posts, gets = requests(mock)
    run(write_csv(csv, rows, header=header), mock)
    assert statuses(results_of(csv)) == {"unchanged": 300, "created": 200}
    more_posts, more_gets = (after - before for after, before in
                             zip(requests(mock), (posts, gets)))
    assert more_posts == 200
    # each sandbox: 150 items in pages of 100, their count, and a look at its first create
    assert more_gets <= 2 * (2 + 1 + 2)
    check_ids(results_of(csv), mock)


def test_what_somebody_else_made_is_adopted_or_a_conflict_and_never_made_again(flowmock, csv):
    mock = flowmock()
    rows = instances(8)
    others_create(mock, as_row(rows[0]), as_row(rows[1], endpoint="https://else.example.com"),
                  as_row(rows[2], username="someone"), as_row(rows[3]), as_row(rows[3]),
                  body("nobody's"))
    done = run(write_csv(csv, rows), mock, expect=1)
    lines = results_of(csv)
    assert [l["status"] for l in lines] == ["adopted", *["conflict"] * 3, *["created"] * 4]
    store = mock.by_name()
    assert lines[0]["id"] == store["prod", rows[0][0]][0]["id"]
    assert "endpoint" in lines[1]["error"] and "username" in lines[2]["error"]
    for one in store["prod", rows[3][0]]:
        assert one["id"] in lines[3]["error"]
    assert mock.status()["requests"]["POST"] == 4
    assert re.search(r"conflict +3", done.out)
    run(csv, mock, expect=1)
    assert [l["status"] for l in results_of(csv)] == [
        "unchanged", *["conflict"] * 3, *["unchanged"] * 4]
    assert mock.status()["requests"]["POST"] == 4


def test_a_conflict_that_was_cleared_is_created(flowmock, csv):
    mock = flowmock()
    rows = instances(2)
    others_create(mock, as_row(rows[0], username="someone"))
    run(write_csv(csv, rows), mock, expect=1)
    theirs = mock.by_name()["prod", rows[0][0]][0]
    mock.flow.call("DELETE", "/connections/" + theirs["id"], None, headers(**{"x-gw-ims-org-id": ORG}))
    run(csv, mock)
    assert statuses(results_of(csv)) == {"created": 1, "unchanged": 1}
    check_ids(results_of(csv), mock)


def test_without_an_inventory_nothing_is_listed(flowmock, csv):
    mock = flowmock()
    others_create(mock, *(body(f"other {i}") for i in range(500)))
    run(write_csv(csv, instances(50)), mock, "--no-inventory")
    assert statuses(results_of(csv)) == {"created": 50}
    posts, gets = requests(mock)
    assert posts == 50 and gets <= 3  # a look at the first create, till it is found


def test_an_inventory_that_cannot_be_had_sends_nothing(flowmock, csv):
    mock = flowmock("--fault", "get:error503-before=1")
    done = run(write_csv(csv, instances(5)), mock, "--attempts", 2, expect=3)
    assert requests(mock)[0] == 0 and "--no-inventory" in done.err
    change_faults(mock, get_error503_before=0)
    run(csv, mock)
    assert statuses(results_of(csv)) == {"created": 5}


def test_an_inventory_that_never_adds_up_sends_nothing(flowmock, csv):
    mock = flowmock("--filter-miss", "0.5", "--seed", 3)
    others_create(mock, *(body(f"other {i}") for i in range(1000)))
    done = run(write_csv(csv, instances(5)), mock, expect=3)
    assert requests(mock)[0] == 0 and "--no-inventory" in done.err


def test_an_inventory_outlives_short_pages_and_a_server_that_comes_back(flowmock, csv, tmp_path):
    mock = flowmock("--store", tmp_path / "store", "--short-pages", "--latency", "fixed:5ms")
    rows = instances(20)
    others_create(mock, as_row(rows[3]), *(body(f"other {i}") for i in range(3000)))
    write_csv(csv, rows)
    going = Run(tmp_path, "run", csv, "--url", mock.url, *FAST)
    assert going.until(lambda: requests(mock)[1] > 5)
    mock.restart()
    going.end(expect=0)
    assert statuses(results_of(csv)) == {"created": 19, "adopted": 1}
    check_ids(results_of(csv), mock)


# -------------------------------------------------------- what was not done


def test_rows_that_failed_are_looked_up_and_then_sent(flowmock, csv):
    mock = flowmock("--check-logins")
    rows = instances(30)
    for row in rows[:10]:
        row[2] = "bad-user"
    run(write_csv(csv, rows), mock, expect=1)
    assert statuses(results_of(csv)) == {"failed": 10, "created": 20}
    posts, gets = requests(mock)
    for row in rows[:10]:
        row[2] = "user"
    others_create(mock, as_row(rows[4]))
    run(write_csv(csv, rows), mock)
    assert statuses(results_of(csv)) == {"created": 9, "adopted": 1, "unchanged": 20}
    assert by_name(csv)[rows[4][0]]["status"] == "adopted"
    assert requests(mock)[0] == posts + 9 and requests(mock)[1] >= gets + 10
    check_exactly_once(mock, [row[0] for row in rows])


def test_a_stopped_run_is_gone_on_with(flowmock, csv, tmp_path):
    mock = flowmock("--latency", "fixed:20ms")
    rows = instances(400)
    write_csv(csv, rows)
    going = Run(tmp_path, "run", csv, "--url", mock.url, *FAST)
    assert going.until(lambda: mock.status()["creates"] >= 100)
    going.send_signal(signal.SIGTERM)
    going.end(expect=4)
    assert "run the same command again" in going.err
    found = statuses(results_of(csv))
    assert set(found) == {"created", "skipped"} and found["created"] == mock.status()["creates"]
    run(csv, mock)
    assert statuses(results_of(csv)) == {"unchanged": found["created"],
                                         "created": found["skipped"]}
    assert mock.status()["requests"]["POST"] == 400
    check_exactly_once(mock, [row[0] for row in rows])


def test_rows_are_created_until_a_results_file_has_said_so(flowmock, csv, tmp_path):
    """The last row never gets its answer, so the run is killed before its results are in place."""
    (tmp_path / "plan").write_text("50 stall\n")
    mock = flowmock("--schedule", tmp_path / "plan")
    rows = instances(50)
    write_csv(csv, rows)
    going = Run(tmp_path, "run", csv, "--url", mock.url, *FAST)
    assert going.until(lambda: mock.status()["creates"] == 49
                       and mock.status()["requests"]["POST"] == 50
                       and (tmp_path / "i.results.csv.part").read_text().count("created") == 49)
    going.kill()
    assert not (tmp_path / "i.results.csv").exists()
    run(csv, mock)
    assert statuses(results_of(csv)) == {"created": 50}
    assert mock.status()["requests"]["POST"] == 51  # the one that stalled was not executed
    run(csv, mock)
    assert statuses(results_of(csv)) == {"unchanged": 50}


def test_a_second_signal_leaves_the_word_created_for_the_next_run(flowmock, csv, tmp_path):
    mock = flowmock("--latency", "fixed:500ms")
    rows = instances(30)
    write_csv(csv, rows)
    going = Run(tmp_path, "run", csv, "--url", mock.url, *FAST)
    part = tmp_path / "i.results.csv.part"
    assert going.until(lambda: part.exists() and "created" in part.read_text())
    going.send_signal(signal.SIGINT)
    assert going.until(lambda: "stopping" in going.err)
    going.send_signal(signal.SIGINT)
    going.end(expect=4)
    assert not (tmp_path / "i.results.csv").exists()
    run(csv, mock)
    assert statuses(results_of(csv)) == {"created": 30}
    check_exactly_once(mock, [row[0] for row in rows])


def leave_one_unresolved(flowmock, csv, *rows_before):
    """A 504 that was not executed, and no lookup that could tell."""
    mock = flowmock("--fault", "error504-before=1")
    write_csv(csv, [*rows_before, instance(1)])
    going = Run(csv.parent, "run", csv, "--url", mock.url, "--no-inventory", "--settle-timeout",
                "1h")
    assert going.until(lambda: mock.status()["statuses"].get("504"))
    going.send_signal(signal.SIGTERM)
    going.end(expect=4)
    assert statuses(results_of(csv)) == {"unresolved": 1}
    change_faults(mock, error504_before=0)
    return mock


def test_an_unresolved_row_waits_out_its_settle_before_it_is_sent(flowmock, csv):
    mock = leave_one_unresolved(flowmock, csv)
    run(csv, mock)
    assert statuses(results_of(csv)) == {"created": 1}
    assert mock.status()["creates"] == 1


def test_an_operator_who_has_looked_has_unresolved_rows_sent_at_once(flowmock, csv):
    mock = leave_one_unresolved(flowmock, csv)
    done = snowmelt("status", csv, "--unresolved")
    assert instance(1)[0] in done.out
    run(csv, mock, "--resend-unresolved", "--settle-timeout", "1h")
    assert statuses(results_of(csv)) == {"created": 1}
    assert mock.status()["creates"] == 1


def test_a_doubt_whose_row_is_gone_is_settled_and_counted(flowmock, csv):
    mock = leave_one_unresolved(flowmock, csv)
    write_csv(csv, [instance(2)])
    done = run(csv, mock)
    check_one_line_a_row(results_of(csv), [instance(2)])
    assert mock.status()["creates"] == 1  # the one that is gone is not sent
    assert "that the input no longer names: 1 settled." in done.out
    done = snowmelt("status", csv, "--unresolved")
    assert instance(1)[0] not in done.out


# ------------------------------------------------ where the server breaks its promise


def late_commit_after_the_settle(flowmock, csv, tmp_path):
    """The first create is answered 504 and carried out when its row was sent again."""
    (tmp_path / "plan").write_text("1 error504-late 2500ms\n")
    mock = flowmock("--schedule", tmp_path / "plan")
    write_csv(csv, instances(3))
    return mock, ["--no-inventory", "--concurrency", 1, "--settle-timeout", "200ms"]


def check_duplicate_is_named(line, mock):
    found = mock.by_name()["prod", line["name"]]
    assert line["status"] == "conflict" and len(found) == 2
    for one in found:
        assert one["id"] in line["error"]


def test_a_duplicate_that_no_settle_could_prevent_is_named_before_the_end(
        flowmock, csv, tmp_path):
    mock, more = late_commit_after_the_settle(flowmock, csv, tmp_path)
    snowmelt("run", csv, "--url", mock.url, "--settle", "4s", *more, expect=1)
    check_one_line_a_row(results_of(csv), instances(3))
    (line,) = [line for line in results_of(csv) if line["status"] != "created"]
    check_duplicate_is_named(line, mock)


def test_a_duplicate_is_named_by_the_next_run_if_this_one_is_killed(flowmock, csv, tmp_path):
    mock, more = late_commit_after_the_settle(flowmock, csv, tmp_path)
    going = Run(tmp_path, "run", csv, "--url", mock.url, "--settle", "1h", *more)
    assert going.until(lambda: mock.status()["creates"] == 4
                       and (tmp_path / "i.results.csv.part").read_text().count("created") == 3)
    going.kill()
    run(csv, mock, expect=1)
    check_one_line_a_row(results_of(csv), instances(3))
    (line,) = [line for line in results_of(csv) if line["status"] != "created"]
    check_duplicate_is_named(line, mock)
    assert mock.status()["requests"]["POST"] == 4


# ------------------------------------------------------------------ whose ledger


def test_a_rehearsal_never_passes_for_the_real_thing(flowmock, csv):
    rehearsal, real = flowmock(), flowmock()
    run(write_csv(csv, instances(5)), rehearsal)
    before = csv.with_suffix(".results.csv").read_bytes()
    done = run(csv, real, expect=3)
    assert requests(real) == (0, 0)
    for mock in (rehearsal, real):
        assert mock.origin.removeprefix("http://") in done.err
    assert "--ledger" in done.err
    assert csv.with_suffix(".results.csv").read_bytes() == before
    run(csv, real, "--ledger", csv.with_suffix(".real.ledger"))
    assert statuses(results_of(csv)) == {"created": 5}


def test_another_org_is_another_ledger(flowmock, csv):
    mock = flowmock()
    run(write_csv(csv, instances(5)), mock)
    before = requests(mock)
    done = run(csv, mock, expect=3, env=environment(AEP_ORG_ID="other@AdobeOrg"))
    assert "other@AdobeOrg" in done.err and ORG in done.err
    assert requests(mock) == before


def test_a_second_run_names_the_holder_and_a_dead_holder_blocks_nobody(flowmock, csv, tmp_path):
    mock = flowmock("--latency", "fixed:50ms")
    rows = instances(300)
    write_csv(csv, rows)
    going = Run(tmp_path, "run", csv, "--url", mock.url, *FAST)
    assert going.until(lambda: mock.status()["creates"] >= 1)
    done = run(csv, mock, "--results", tmp_path / "others.csv", expect=75)
    assert str(going.pid) in done.err and socket.gethostname() in done.err
    assert re.search(r"20\d\d-\d\d-\d\d", done.err)
    assert going.going()
    going.kill()
    run(csv, mock)
    check_exactly_once(mock, [row[0] for row in rows])


def test_a_ledger_in_memory_leaves_no_file_and_says_so(flowmock, csv, tmp_path):
    mock = flowmock()
    done = run(write_csv(csv, instances(5)), mock, "--ledger", "memory:")
    assert "a second run" in done.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["i.csv", "i.results.csv"]


def test_the_ledger_may_not_be_the_input(flowmock, csv, tmp_path):
    mock = flowmock()
    write_csv(csv, instances(5))
    before = csv.read_bytes()
    os.link(csv, tmp_path / "i.ledger")
    run(csv, mock, expect=3)
    (tmp_path / "i.ledger").unlink()
    (tmp_path / "i.ledger").symlink_to(csv)
    run(csv, mock, expect=3)
    assert csv.read_bytes() == before and requests(mock) == (0, 0)


# ------------------------------------------------------------------ status, results


def test_status_is_told_while_a_run_goes_on(flowmock, csv, tmp_path):
    mock = flowmock("--latency", "fixed:50ms")
    write_csv(csv, instances(200))
    going = Run(tmp_path, "run", csv, "--url", mock.url, *FAST)
    assert going.until(lambda: mock.status()["creates"] >= 40)
    done = snowmelt("status", csv)
    assert "created" in done.out and str(going.pid) not in done.err
    assert going.going()
    going.end(expect=0)
    assert statuses(results_of(csv)) == {"created": 200}
    done = snowmelt("status", csv, expect=0)
    assert re.search(r"\b200\b", done.out)


def test_results_are_written_again_from_the_ledger(flowmock, csv):
    mock = flowmock("--fault", "rejected=0.1", "--seed", 4)
    write_csv(csv, [*instances(200), ["bad", "ftp://x", "u", "p"]])
    run(csv, mock, expect=1)
    first = results_of(csv)
    assert statuses(first)["failed"] > 5
    csv.with_suffix(".results.csv").unlink()
    before = requests(mock)
    snowmelt("results", csv)
    again = results_of(csv)
    assert requests(mock) == before
    same = ("row", "line", "name", "sandbox", "endpoint", "status", "id", "etag", "error_code")
    assert [[l[c] for c in same] for l in again] == [[l[c] for c in same] for l in first]


# ---------------------------------------------------------------------- tag


def test_a_tag_makes_a_row_findable_by_what_nobody_else_has(flowmock, csv):
    mock = flowmock("--fault", "close-after=1", "--filter-ignores-name")
    rows = [[*row, "mine"] for row in instances(3)]
    rows[1][4] = ""
    rows[2][0] = "Köln, mit Komma"  # which no filter by name may carry
    write_csv(csv, rows, header=[*HEADER, "description"])
    others_create(mock, *(body(f"other {i}") for i in range(300)))
    run(csv, mock, "--tag")
    assert statuses(results_of(csv)) == {"created": 3}
    found = [mock.by_name()["prod", row[0]][0]["description"] for row in rows]
    assert all(re.fullmatch(r"(mine )?\[snowmelt:[0-9a-f]{16}\]", text.strip()) for text in found)
    assert found[0].startswith("mine ") and len(set(found)) == 3
    assert mock.status()["requests"]["POST"] == 3


def test_with_and_without_a_tag_a_row_is_the_same(flowmock, csv):
    mock = flowmock()
    run(write_csv(csv, instances(3)), mock)
    before = requests(mock)
    run(csv, mock, "--tag")
    assert set(statuses(results_of(csv))) <= {"unchanged", "changed"}
    assert requests(mock) == before


# ---------------------------------------------------------------------- secrets


def forms(secret):
    """As it might be written: raw, in a URL, in JSON."""
    from urllib.parse import quote, quote_plus
    found = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1],
             json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {form.encode() for form in found} | {secret.encode("utf-16-le")}


def test_ledger_and_key_are_private_and_hold_no_password(flowmock, csv, tmp_path):
    mock = flowmock("--latency", "fixed:30ms", "--fault", "rejected=0.1", "--fault", "echo=0.1")
    rows = instances(400)
    for i, row in enumerate(rows):
        row[3] = f'p"ss wörd/&+{i:06d}\\'
    write_csv(csv, rows)
    before = os.umask(0)
    try:
        going = Run(tmp_path, "run", csv, "--url", mock.url, *FAST)
        assert going.until(lambda: mock.status()["creates"] >= 100)
    finally:
        os.umask(before)
    files = sorted(tmp_path.glob("i.ledger*"))
    names = {path.name for path in files}
    assert {"i.ledger", "i.ledger.key", "i.ledger-wal", "i.ledger-shm"} <= names
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    going.kill()  # the log of what was written stays
    held = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("i.ledger*")))
    assert rows[0][0].encode() in held
    for row in rows:
        for form in forms(row[3]):
            assert form not in held
    token = environment()["AEP_ACCESS_TOKEN"].encode()
    assert token not in held and b"Bearer" not in held
