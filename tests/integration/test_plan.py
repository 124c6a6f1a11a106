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
from runs import Run, line_count, results_of
from support import HEADER, environment, instance, snowmelt, statuses, write_csv

ORG = "test@AdobeOrg"
HEAD = {"x-gw-ims-org-id": ORG}
SERVICENOW = "eb13cb25-47ab-407f-ba89-c0125281c563"
OTHER_SPEC = "11111111-47ab-407f-ba89-c0125281c563"
WIDE = [*HEADER, "description", "sandbox", "connection_spec_id", "auth_spec", "param.token"]
FAST = ["--settle", "100ms", "--settle-timeout", "200ms", "--timeout", "2s"]
COLUMNS = ["row", "line", "name", "sandbox", "action", "fields", "id", "reason"]
INTENDED, DONE, DOUBT, DELETING = 1, 2, 4, 6  # enum ledger_state
ODD_NAMES = ["comma, and more", "pipe|and;semi", "per%cent %0d", "a&property=name==b", "tab\tin",
             "two\nlines", "esc\x1b[2J", "ümläut …", "quote\"'\\", "=1+1", "x" * 3000, " blanks "]
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


# ----------------------------------------------------------------- before the first run


def test_without_a_ledger_it_is_planned_by_what_is_listed(flowmock, tmp_path):
    mock = flowmock()
    rows = [wide(0), wide(1), wide(2), wide(3)]
    others_create(mock, rows[1], [*rows[2][:2], "another", *rows[2][3:]], rows[3], rows[3], wide(9))
    path = write_csv(tmp_path / "i.csv", rows, header=WIDE)
    lines, done = plan(mock, path, expect=2)
    assert actions(lines) == ["create", "adopt", "conflict", "conflict", "extra"]
    assert f"no ledger '{tmp_path / 'i.ledger'}' yet" in done.err
    assert [line["fields"] for line in lines] == ["", "", "username", "", ""]
    assert lines[1]["id"] == find(mock, "instance 1")["id"]
    assert "2 connections have this name" in lines[3]["reason"]
    assert lines[4]["name"] == "instance 9" and lines[4]["id"] == find(mock, "instance 9")["id"]


def test_an_empty_sandbox_and_an_input_without_rows(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", [wide(0)], header=WIDE)
    assert actions(plan(mock, path, expect=2)[0]) == ["create"]
    write_csv(path, [], header=WIDE)
    assert plan(mock, path, expect=0)[0] == []
    assert plan(mock, path, expect=0, form="csv")[0] == []
    assert "No rows." in plan(mock, path, expect=0, form="text")[0]


def test_bad_rows_and_repeated_names_are_invalid(flowmock, tmp_path):
    mock = flowmock()
    bad = [wide(0), wide(1), wide(0), ["short"]]
    bad[1][1] = "ftp://x"
    path = write_csv(tmp_path / "i.csv", bad, header=WIDE)
    others_create(mock, wide(1))
    lines, _ = plan(mock, path, expect=2)
    assert actions(lines) == ["create", "invalid", "invalid", "invalid"]  # and nothing is extra
    assert lines[1]["reason"].startswith("endpoint")
    assert "row 1 of this sandbox has the same name" in lines[2]["reason"]
    write_csv(path, [bad[1]], header=WIDE)
    assert actions(plan(mock, path, expect=1)[0]) == ["invalid"]


def test_a_reference_that_does_not_resolve_is_invalid_as_in_a_run(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", [["a", "https://a.org", "u", "env:PLAN_A"],
                                          ["b", "https://b.org", "u", "env:PLAN_B"]],
                     header=["name", "endpoint", "username", "password_ref"])
    env = environment(PLAN_A="the secret")
    assert actions(plan(mock, path, env=env)[0]) == ["create", "invalid"]
    run(mock, path, env=env, expect=1)
    assert actions(plan(mock, path, env=env, expect=1)[0]) == ["nothing", "invalid"]
    lines, _ = plan(mock, path, env=environment(PLAN_A="another"), expect=2)
    assert actions(lines) == ["change", "invalid"] and lines[0]["fields"] == "password"


# ------------------------------------------------------------------------- after a run


def created(flowmock, tmp_path, rows, *more, options=()):
    """A service in which the rows are, and a ledger that has told so."""
    mock = flowmock("--show-passwords", *options)
    path = write_csv(tmp_path / "i.csv", rows, header=WIDE)
    run(mock, path, *more)
    assert set(statuses(results_of(path))) == {"created"}
    return mock, path


EDITS = {"password": (3, "marked-secret-42"), "endpoint": (1, "https://moved.example.com"),
         "username": (2, "somebody"), "description": (4, "told anew")}


@pytest.mark.parametrize("tag", [[], ["--tag"]])
@pytest.mark.parametrize("moves", [[], ["--etag-moves", "1ms"]])
@pytest.mark.parametrize("field", EDITS)
def test_after_a_run_there_is_nothing_and_after_an_edit_a_change(flowmock, tmp_path, field, moves,
                                                                  tag):
    rows = [wide(i, "as it was" if i else "") for i in range(3)]
    mock, path = created(flowmock, tmp_path, rows, *tag, options=moves)
    assert actions(plan(mock, path, *tag, expect=0)[0]) == ["nothing"] * 3

    column, value = EDITS[field]
    for row in rows[:2]:
        row[column] = value
    write_csv(path, rows, header=WIDE)
    lines, done = plan(mock, path, *tag, "--log-level", "trace", expect=2)
    assert actions(lines) == ["change", "change", "nothing"]
    assert [line["fields"] for line in lines] == [field, field, ""]
    assert lines[0]["reason"] == "'snowmelt run --update' sends it"
    assert "marked-secret-42" not in done.out + done.err and "pass-00000" not in done.out + done.err
    assert actions(plan(mock, path, expect=2)[0]) == ["change", "change", "nothing"]  # tag or not

    run(mock, path, *tag, "--update")
    assert actions(plan(mock, path, *tag, expect=0)[0]) == ["nothing"] * 3


def test_all_that_was_edited_is_named(flowmock, tmp_path):
    rows = [wide(0, "as it was")]
    mock, path = created(flowmock, tmp_path, rows)
    for column, value in EDITS.values():
        rows[0][column] = value
    write_csv(path, rows, header=WIDE)
    line, = plan(mock, path, expect=2)[0]
    assert line["fields"] == "description, endpoint, username, password"


THEIRS = [("/description", "theirs", "description"), ("/name", "theirs", "name"),
          ("/auth/params/endpoint", "https://theirs.org", "endpoint"),
          ("/auth/params/username", "theirs", "username")]


@pytest.mark.parametrize("path_of, value, field", THEIRS)
def test_what_someone_else_has_changed_is_a_conflict(flowmock, tmp_path, path_of, value, field):
    rows = [wide(0, "as it was"), wide(1)]
    mock, path = created(flowmock, tmp_path, rows)
    others_change(mock, find(mock, "instance 0"), path_of, value)
    lines, _ = plan(mock, path, expect=1)
    assert actions(lines) == ["conflict", "nothing"]  # renamed, too, it is no extra
    assert lines[0]["fields"] == field
    assert f"someone else has changed its {field}" in lines[0]["reason"]
    assert "theirs" not in lines[0]["reason"]

    # until the row is what is there
    if field != "name":
        rows[0][{"description": 4, "endpoint": 1, "username": 2}[field]] = value
        write_csv(path, rows, header=WIDE)
        assert actions(plan(mock, path, expect=2)[0]) == ["change", "nothing"]
        run(mock, path, "--update")
        assert actions(plan(mock, path, expect=0)[0]) == ["nothing", "nothing"]


def test_a_lost_update_is_a_change_whatever_the_row_is_by_now(flowmock, tmp_path):
    rows = [wide(0, "as it was"), wide(1)]
    mock, path = created(flowmock, tmp_path, rows)
    as_created = list(rows[0])
    rows[0][2] = "somebody"
    write_csv(path, rows, header=WIDE)
    mock.tell("faults", {"patch:close-after": 1})
    run(mock, path, "--update", "--attempts", "1", expect=1)
    mock.tell("faults", {"patch:close-after": 0})
    for row in rows[0], as_created, [*as_created[:4], "a third", *as_created[5:]]:
        write_csv(path, [row, rows[1]], header=WIDE)
        lines, _ = plan(mock, path, expect=2)
        assert actions(lines) == ["change", "nothing"]
        assert "may have updated it" in lines[0]["reason"]
    run(mock, path, "--update")
    assert actions(plan(mock, path, expect=0)[0]) == ["nothing", "nothing"]


def test_a_change_of_the_connection_spec_is_a_conflict(flowmock, tmp_path):
    rows = [wide(0), wide(1)]
    mock, path = created(flowmock, tmp_path, rows)
    rows[0][6:9] = OTHER_SPEC, "Token", "a token"
    write_csv(path, rows, header=WIDE)
    lines, _ = plan(mock, path, expect=1)
    assert actions(lines) == ["conflict", "nothing"]
    assert lines[0]["fields"] == "connection_spec_id"


def test_what_is_gone_is_told_of_rows_and_of_others(flowmock, tmp_path):
    rows = [wide(i) for i in range(5)]
    mock, path = created(flowmock, tmp_path, rows)
    for name in ("instance 0", "instance 3"):
        others_delete(mock, find(mock, name))
    write_csv(path, rows[:3], header=WIDE)
    lines, _ = plan(mock, path, expect=2)
    assert actions(lines) == ["gone", "nothing", "nothing", "gone", "extra"]
    ids = {line["name"]: line["id"] for line in results_of(path)}
    assert [line["id"] for line in lines] == [ids[line["name"]] for line in lines]
    assert [line["name"] for line in lines[3:]] == ["instance 3", "instance 4"]
    assert "an earlier run created it" in lines[4]["reason"]
    assert lines[3]["line"] == "" and lines[3]["sandbox"] == "prod"

    write_csv(path, rows[1:3], header=WIDE)  # gone alone is something to do
    assert actions(plan(mock, path, expect=2)[0]) == ["nothing", "nothing", "gone", "gone", "extra"]


def test_an_extra_alone_is_fine(flowmock, tmp_path):
    mock, path = created(flowmock, tmp_path, [wide(0)])
    others_create(mock, wide(1))
    lines, _ = plan(mock, path, expect=0)
    assert actions(lines) == ["nothing", "extra"] and lines[1]["reason"] == ""


def test_what_was_adopted_is_left_and_its_change_says_so(flowmock, tmp_path):
    mock = flowmock()
    rows = [wide(0, "words"), wide(1, "words")]
    others_create(mock, *rows)
    path = write_csv(tmp_path / "i.csv", rows, header=WIDE)
    run(mock, path)
    assert actions(plan(mock, path, expect=0)[0]) == ["nothing", "nothing"]
    others_change(mock, find(mock, "instance 1"), "/description", "nobody knows what it was")
    rows[0][3] = "another password"
    write_csv(path, rows, header=WIDE)
    lines, _ = plan(mock, path, expect=2)
    assert actions(lines) == ["change", "nothing"]
    assert lines[0]["fields"] == "description or password"
    assert "--update --adopted" in lines[0]["reason"]
    run(mock, path, "--update", "--adopted")
    assert actions(plan(mock, path, expect=0)[0]) == ["nothing", "nothing"]


def test_other_sources_name_what_may_hide(flowmock, tmp_path):
    row = ["other", "", "", "", "", "", OTHER_SPEC, "Token", "marked-secret-42"]
    mock, path = created(flowmock, tmp_path, [row, wide(1)])
    lines, _ = plan(mock, path, expect=0)
    row[8] = "marked-secret-43"
    write_csv(path, [row, wide(1)], header=WIDE)
    lines, done = plan(mock, path, "--log-level", "trace", expect=2)
    assert actions(lines) == ["change", "nothing"]
    assert lines[0]["fields"] == "a parameter or auth_spec"
    assert "marked-secret" not in done.out + done.err


def put_into_ledger(path, what):
    db = sqlite3.connect(path.with_suffix(".ledger"))
    db.execute(f"UPDATE connection SET {what}")
    db.commit()
    db.close()


@pytest.mark.parametrize("state", [INTENDED, DOUBT])
def test_what_is_in_doubt_is_looked_for_as_it_was_sent(flowmock, tmp_path, state):
    rows = [wide(0), wide(1)]
    mock, path = created(flowmock, tmp_path, rows)
    put_into_ledger(path, f"state = {state}, id = NULL, etag = NULL, status = NULL")
    rows[0][1:3] = "https://moved.org", "moved"
    write_csv(path, rows, header=WIDE)
    lines, _ = plan(mock, path, expect=2)
    assert actions(lines) == ["adopt", "adopt"]
    assert "a run settles that" in lines[0]["reason"]
    for one in mock.connections():
        others_delete(mock, one)
    lines, _ = plan(mock, path, expect=2)
    assert actions(lines) == ["create", "create"] and "looks again" in lines[0]["reason"]


def test_what_was_rolled_back_is_created_again(flowmock, tmp_path):
    mock, path = created(flowmock, tmp_path, [wide(0), wide(1)])
    results = path.with_suffix(".results.csv")
    snowmelt("rollback", results, "--url", mock.url, "--yes", *FAST, expect=0)
    lines, _ = plan(mock, path, expect=2)
    assert actions(lines) == ["create", "create"]
    assert "deleted since" in lines[0]["reason"]


def test_what_a_listing_still_has_of_a_deleted_one_is_not_adopted(flowmock, tmp_path):
    """A listing that lags is ours here: the server has it, the ledger says that it is deleted."""
    mock, path = created(flowmock, tmp_path, [wide(0)])
    put_into_ledger(path, "state = 5, status = 'deleted'")
    assert actions(plan(mock, path, expect=2)[0]) == ["create"]


def test_sandboxes_and_specs_are_kept_apart(flowmock, tmp_path):
    mock = flowmock("--page-size", 2)
    rows = [wide(0, sandbox=sandbox) for sandbox in ("", "dev", "stage")]
    rows.append(["instance 1", "", "", "", "", "dev", OTHER_SPEC, "Token", "t"])
    others_create(mock, wide(0, sandbox="dev"), wide(5, sandbox="stage"), wide(6, sandbox="nobody"))
    path = write_csv(tmp_path / "i.csv", rows, header=WIDE)
    lines, done = plan(mock, path, expect=2)
    assert actions(lines) == ["create", "adopt", "create", "create", "extra"]
    assert lines[4]["sandbox"] == "stage"
    run(mock, path)
    assert actions(plan(mock, path, expect=0)[0]) == ["nothing"] * 4 + ["extra"]
    write_csv(path, rows[:1], header=WIDE)  # what the ledger has elsewhere is looked at, too
    others_delete(mock, next(one for one in mock.connections() if one["name"] == "instance 1"))
    lines, _ = plan(mock, path, expect=2)
    assert sorted(line["sandbox"] for line in lines if line["action"] == "extra") == [
        "dev", "stage", "stage"]
    assert [line["name"] for line in lines if line["action"] == "gone"] == ["instance 1"]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_odd_names_are_found_and_come_out_whole(flowmock, tmp_path, form):
    mock = flowmock()
    rows = [wide(i, name=name) for i, name in enumerate(ODD_NAMES)]
    path = write_csv(tmp_path / "i.csv", rows, header=WIDE)
    others_create(mock, *rows[::2])
    lines, _ = plan(mock, path, form=form, expect=2)
    assert [line["name"] for line in lines] == ODD_NAMES
    assert actions(lines) == ["adopt" if i % 2 == 0 else "create" for i in range(len(rows))]
    run(mock, path)
    assert actions(plan(mock, path, form=form, expect=0)[0]) == ["nothing"] * len(rows)


# ------------------------------------------------------------------------- for people


def test_people_get_short_lines_and_a_sum(flowmock, tmp_path):
    rows = [wide(i) for i in range(3)]
    mock, path = created(flowmock, tmp_path, rows)
    others_delete(mock, find(mock, "instance 2"))
    others_create(mock, wide(0, name="esc\x1b[2J\u009b31m"))
    rows[0][3] = "another"
    write_csv(path, [*rows[:2], wide(7)], header=WIDE)
    text, _ = plan(mock, path, form="text", expect=2)
    ids = {line["name"]: line["id"] for line in results_of(path)}
    extra = next(one["id"] for one in mock.connections() if one["name"].startswith("esc"))
    assert text == f"""\
row 1: change: instance 0: password
      'snowmelt run --update' sends it
row 2: nothing: instance 1
row 3: create: instance 7
gone: instance 2, {ids["instance 2"]}
      the ledger has it, no row names it, and the server has it no more
extra: esc\\x1B[2J\\xC2\\x9B31m, {extra}

  create      1
  change      1
  nothing     1
1 connection of the ledger that no row names is gone.
1 connection of the server is named by no row.

'snowmelt run' creates and adopts, with --update it sends the changes, too.
"""


# ------------------------------------------------------------------------- what is sent


def test_nothing_but_gets_and_tokens_is_sent(flowmock, tmp_path):
    mock = flowmock("--client-id", "client", "--client-secret", "its secret")
    path = write_csv(tmp_path / "i.csv", [wide(i) for i in range(5)], header=WIDE)
    env = environment(AEP_ACCESS_TOKEN=None, AEP_CLIENT_ID="client",
                      AEP_CLIENT_SECRET="its secret", AEP_SCOPES="openid", AEP_API_KEY=None)
    lines, done = plan(mock, path, "--token-url", mock.token_url, "--log-level", "trace", env=env)
    assert actions(lines) == ["create"] * 5 and "its secret" not in done.out + done.err
    assert mock.status()["requests"] == {"POST": 0, "GET": 2, "PATCH": 0, "DELETE": 0}


# Each of these may come to any page of a listing.
FAULTS = ["throttle", "throttle-bare", "error500-before", "error503-before", "408", "close-before",
          "reset-before", "half-answer", "bad-json-201", "html-200", "stall"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_listing_gets_through_faults_or_nothing_is_told(flowmock, tmp_path, fault):
    mock = flowmock("--page-size", 5, "--retry-after", 0)
    rows = [wide(i) for i in range(40)]
    others_create(mock, *rows[:30])
    path = write_csv(tmp_path / "i.csv", rows, header=WIDE)
    mock.tell("faults", {f"get:{fault}": 0.2})
    done = snowmelt("plan", path, "--url", mock.url, "--format", "jsonl", "--timeout", "300ms",
                    "--attempts", 50)
    if done.returncode == 3:  # pages that do not add up, three times
        assert done.out == "" and "could not be listed completely" in done.err
    else:
        assert done.returncode == 2
        assert actions(parse(done.out, "jsonl")) == ["adopt"] * 30 + ["create"] * 10


def test_an_expired_token_is_renewed(flowmock, tmp_path):
    mock = flowmock("--page-size", 2)
    rows = [wide(i) for i in range(20)]
    others_create(mock, *rows)
    path = write_csv(tmp_path / "i.csv", rows, header=WIDE)
    mock.tell("faults", {"get:token-expired": 0.2})
    env = environment(AEP_ACCESS_TOKEN=None, AEP_CLIENT_ID="client",
                      AEP_CLIENT_SECRET="its secret", AEP_SCOPES="openid")
    lines, _ = plan(mock, path, "--token-url", mock.token_url, env=env, expect=2)
    assert actions(lines) == ["adopt"] * 20


def fails(mock, path, *more, expect, **options):
    done = snowmelt("plan", path, "--url", mock.url, "--format", "jsonl", *more, expect=expect,
                    **options)
    assert done.out == ""
    return done.err


def test_a_listing_that_cannot_be_had_is_no_plan(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", [wide(0)], header=WIDE)
    mock.tell("faults", {"get:html-200": 1})
    err = fails(mock, path, expect=3)
    assert "could not be listed completely" in err and "--no-inventory" not in err
    mock.tell("faults", {"get:html-200": 0, "get:close-before": 1})
    err = fails(mock, path, "--give-up-after", "200ms", expect=2)
    assert "does not answer" in err and "run the same command again" in err
    mock.tell("faults", {"get:close-before": 0, "get:token-expired": 1})
    assert "access token is refused" in fails(mock, path, expect=3)
    mock.tell("faults", {"get:token-expired": 0})
    plan(mock, path, expect=2)


def test_a_listing_that_does_not_add_up_is_no_plan(flowmock, tmp_path):
    """Nor by what an earlier run has created."""
    mock = flowmock("--no-next", "--page-size", 2)
    path = write_csv(tmp_path / "i.csv", [wide(i) for i in range(4)], header=WIDE)
    run(mock, path, "--no-inventory")
    assert "could not be listed completely" in fails(mock, path, expect=3)


def test_a_long_retry_after_halts(flowmock, tmp_path):
    mock = flowmock("--retry-after", 5000)
    path = write_csv(tmp_path / "i.csv", [wide(0)], header=WIDE)
    mock.tell("faults", {"get:throttle": 1})
    assert "--max-retry-after" in fails(mock, path, expect=2)


def test_a_sandbox_that_is_refused_is_told(flowmock, tmp_path):
    mock = flowmock("--sandbox", "prod")
    path = write_csv(tmp_path / "i.csv", [wide(0)], header=WIDE)
    plan(mock, path, expect=2)
    write_csv(path, [wide(0), wide(1, sandbox="dev")], header=WIDE)
    err = fails(mock, path, expect=3)
    assert "sandbox dev cannot be listed" in err


def test_interrupted_it_tells_nothing(flowmock, tmp_path):
    mock = flowmock("--fault", "get:stall=1")
    path = write_csv(tmp_path / "i.csv", [wide(0)], header=WIDE)
    going = Run(tmp_path, "plan", path, "--url", mock.url, "--timeout", "1s")
    assert going.until(lambda: mock.status()["requests"]["GET"] > 0)
    going.send_signal(signal.SIGINT)
    going.end(expect=4)
    assert going.out == "" and "run the same command again" in going.err
    assert "results" not in going.err


def test_interrupted_while_it_tells_it_says_that_more_was_to_come(flowmock, tmp_path):
    mock = flowmock()
    path = tmp_path / "i.csv"
    for count in (50_000, 200_000, 800_000):  # until it is not told faster than we look
        write_csv(path, (instance(i) for i in range(count)))
        going = Run(tmp_path, "plan", path, "--url", mock.url, "--format", "csv")
        going.until(lambda: going.out_path.stat().st_size > 0)
        going.send_signal(signal.SIGINT)
        if going.end() == 4:
            break
    assert "stopped: to have it whole" in going.err
    assert 0 < going.out.count("\n") < count


# ------------------------------------------------------------------------- what it refuses


def test_a_pipe_is_refused_before_it_is_read(flowmock, tmp_path):
    mock = flowmock()
    for name in ("-", "/dev/stdin"):
        done = snowmelt("plan", name, "--url", mock.url, stdin=b"name\n", expect=64)
        assert "give it as a file" in done.err and done.out == ""
    assert mock.status()["requests"]["GET"] == 0


def test_a_ledger_of_another_service_or_org_is_refused(flowmock, tmp_path):
    mock, path = created(flowmock, tmp_path, [wide(0)])
    other = flowmock()
    err = fails(other, path, expect=3)
    assert f"is that of the service '{mock.url}', not of '{other.url}'" in err
    err = fails(mock, path, "--org", "another@AdobeOrg", expect=3)
    assert "is that of the org 'test@AdobeOrg', not of 'another@AdobeOrg'" in err
    assert other.status()["requests"]["GET"] == 0
    key = path.with_suffix(".ledger.key")
    key.rename(tmp_path / "key")
    assert "key" in fails(mock, path, expect=3)
    err = fails(mock, path, "--ledger", path, expect=3)
    assert "ledger" in err
    assert "name a file with --ledger" in fails(mock, path, "--ledger", "memory:", expect=3)


# ------------------------------------------------------------------------- while a run is going


def test_while_a_run_is_going_it_is_not_disturbed(flowmock, tmp_path):
    mock = flowmock("--latency", "10ms")
    rows = [wide(i) for i in range(600)]
    path = write_csv(tmp_path / "i.csv", rows, header=WIDE)
    others_create(mock, wide(1000))
    going = Run(tmp_path, "run", path, "--url", mock.url, "--concurrency", 2, *FAST)
    part = tmp_path / "i.results.csv.part"
    assert going.until(lambda: line_count(part) > 20)
    plans = 0
    while going.going():
        lines, _ = plan(mock, path, going=True)
        rows_of = [line for line in lines if line["row"]]
        assert len(rows_of) == 600
        # What was created behind the listing's back is not gone.
        assert set(actions(rows_of)) <= {"create", "adopt", "nothing"}
        assert actions(lines[600:]) == ["extra"]
        plans += 1
    assert plans > 1
    going.end(expect=0)
    assert statuses(results_of(path)) == {"created": 600}
    assert len(mock.connections()) == 601
    assert actions(plan(mock, path, expect=0)[0]) == ["nothing"] * 600 + ["extra"]


# -------------------------------------------------------- it is what a run then does


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


def check_agreement(lines, results, untold, adopted, sent_twice, deleting):
    """Of every row the plan has said what came of it."""
    rows = [line for line in lines if line["row"]]
    assert [line["name"] for line in rows] == [line["name"] for line in results]
    for told, came in zip(rows, results):
        status, action = came["status"], told["action"]
        key = (told["sandbox"], told["name"])
        where = (told, came)
        if key in sent_twice and status == "conflict":  # others have made one since
            assert "2 connections have this name" in came["error"], where
            continue
        if key in untold and action != "invalid":
            assert status in ("created", "adopted", "updated", "unchanged", "changed"), where
            assert action in ("nothing", "change", "conflict", "gone"), where
            continue
        if status == "unresolved":
            assert key in deleting, where
            assert action == "conflict" or "rollback was interrupted" in told["reason"], where
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
    """(sandbox, name) of what is done and was never told by results, of what was adopted, and of
    what a run that did not end has sent twice: the next looks whether it is there twice."""
    with sqlite3.connect(f"file:{path.with_suffix('.ledger')}?mode=ro", uri=True) as db:
        reported = {n for n, in db.execute("SELECT number FROM run WHERE reported = 1")}
        untold, adopted, sent_twice = set(), set(), set()
        for sandbox, name, told, seen, outcome, status, relook in db.execute(
                "SELECT s.sandbox, c.name, c.told, c.seen_run, c.outcome_run, c.status, c.relook "
                "FROM connection c JOIN scope s ON s.number = c.scope WHERE c.state = ?", [DONE]):
            if not told and not (seen in reported and outcome <= seen):
                untold.add((sandbox, name))
            if status == "adopted":
                adopted.add((sandbox, name))
            if relook is not None:
                sent_twice.add((sandbox, name))
        return untold, adopted, sent_twice


@pytest.mark.parametrize("seed", range(16))
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
    marks = told_of(state.path) if records else (set(), set(), set())
    lines, _ = plan(state.mock, state.path, *state.tag)
    with open(state.path, newline="", encoding="utf-8") as f:
        csv_rows = list(csv.DictReader(f))
    check_beside(lines, csv_rows, records, scopes, before)
    assert state.mock.connections() == before

    run(state.mock, state.path, "--update", *state.tag, expect=None)
    deleting = {key for key, one in records.items() if one.state == DELETING}
    check_agreement(lines, results_of(state.path), *marks, deleting)
