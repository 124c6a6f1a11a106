"""run --update: rows that were edited are sent again, guarded by the etag, and nothing of
anybody else's is covered."""

import json

import pytest
from flow_client import headers
from runs import Run, check_one_line_a_row, line_count, results_of
from support import HEADER, environment, instance, instances, snowmelt, statuses, write_csv

WIDE = [*HEADER, "description", "connection_spec_id", "auth_spec", "param.token"]
SHORT = ["--settle", "100ms", "--settle-timeout", "300ms", "--timeout", "400ms"]
HEAD = headers(x_gw_ims_org_id="test@AdobeOrg")
SPEC = "11111111-47ab-407f-ba89-c0125281c563"


def wide(i, description=""):
    return [*instance(i), description, "", "", ""]


def created(flowmock, tmp_path, rows, *options, run=()):
    """A service in which the rows are, and a ledger that has told so."""
    mock = flowmock("--show-passwords", *options)
    path = write_csv(tmp_path / "i.csv", rows, header=WIDE)
    snowmelt("run", path, "--url", mock.url, *SHORT, *run, expect=0)
    assert set(statuses(results_of(path))) == {"created"}
    return mock, path


def update(mock, path, *more, rows=None, expect=0):
    if rows is not None:
        write_csv(path, rows, header=WIDE)
    done = snowmelt("run", path, "--url", mock.url, "--update", *SHORT, *more, expect=expect)
    return results_of(path), done


def change(mock, one, *operations):
    """Somebody else's PATCH."""
    head = {"If-Match": one["etag"]}
    patch = [dict(zip(("op", "path", "value"), o)) for o in operations]
    answer = mock.flow.call("PATCH", f"/connections/{one['id']}", patch, HEAD | head)
    assert answer.status == 200, answer.body
    return answer.json()["etag"]


def shown(mock):
    return {one["name"]: one for one in mock.connections()}


def delete(mock, one):
    return mock.flow.call("DELETE", f"/connections/{one['id']}", None, HEAD).status


def is_as_wanted(mock, one, row):
    item, = mock.flow.get(f"/connections/{one['id']}", HEAD).json()["items"]
    return item["auth"]["params"] == {
        "endpoint": row[1], "username": row[2], "password": row[3],
    } and item.get("description", "") == row[4]


def check_as_wanted(mock, rows):
    found = shown(mock)
    assert len(mock.connections()) == len(rows)
    for row in rows:
        assert is_as_wanted(mock, found[row[0]], row), (row, found[row[0]])


def edit_password(row):
    row[3] = "another password"


def edit_endpoint(row):
    row[1] = "https://moved.example.com"


def edit_username(row):
    row[2] = "somebody"


def edit_description(row):
    row[4] = "told anew"


EDITS = [edit_password, edit_endpoint, edit_username, edit_description]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_row_is_updated_and_then_unchanged(flowmock, tmp_path, edit):
    rows = [wide(i, "as it was" if i % 2 else "") for i in range(6)]
    mock, path = created(flowmock, tmp_path, rows)
    before = {line["name"]: line for line in results_of(path)}
    for row in rows[:2]:
        edit(row)

    write_csv(path, rows, header=WIDE)
    snowmelt("run", path, "--url", mock.url, *SHORT, expect=0)
    assert statuses(results_of(path)) == {"changed": 2, "unchanged": 4}
    assert mock.status()["requests"]["PATCH"] == 0

    lines, _ = update(mock, path)
    assert statuses(lines) == {"updated": 2, "unchanged": 4}
    store = shown(mock)
    for line in lines:
        assert line["id"] == before[line["name"]]["id"]
        assert line["etag"] == store[line["name"]]["etag"]
        assert (line["etag"] != before[line["name"]]["etag"]) == (line["status"] == "updated")
    assert [line["attempts"] for line in lines[:2]] == ["1", "1"]
    assert [line["http_status"] for line in lines[:2]] == ["200", "200"]
    check_as_wanted(mock, rows)

    lines, _ = update(mock, path)
    assert statuses(lines) == {"unchanged": 6}
    assert mock.status()["requests"]["PATCH"] == 2 and mock.status()["creates"] == 6


def test_a_description_that_is_taken_away_is_gone(flowmock, tmp_path):
    rows = [wide(0, "as it was")]
    mock, path = created(flowmock, tmp_path, rows)
    rows[0][4] = ""
    lines, _ = update(mock, path, rows=rows)
    assert statuses(lines) == {"updated": 1}
    check_as_wanted(mock, rows)


def test_an_etag_that_the_server_moved_itself_is_no_conflict(flowmock, tmp_path):
    rows = [wide(i, "words") for i in range(5)]
    mock, path = created(flowmock, tmp_path, rows, "--etag-moves", "1ms")
    for row in rows:
        edit_password(row)
    lines, _ = update(mock, path, rows=rows)
    assert statuses(lines) == {"updated": 5}
    assert mock.status()["statuses"]["412"] == 5
    assert [line["attempts"] for line in lines] == ["2"] * 5
    check_as_wanted(mock, rows)


def test_one_attempt_survives_an_etag_that_the_server_moved_itself(flowmock, tmp_path):
    rows = [wide(i) for i in range(3)]
    mock, path = created(flowmock, tmp_path, rows, "--etag-moves", "1ms")
    for row in rows:
        edit_password(row)
    lines, _ = update(mock, path, "--attempts", "1", rows=rows)
    assert statuses(lines) == {"updated": 3}
    assert mock.status()["statuses"]["412"] == 3


OTHERS = [
    (("replace", "/description", "somebody's"), "description"),
    (("replace", "/auth/params/endpoint", "https://theirs.example.com"), "endpoint"),
    (("replace", "/auth/params/username", "theirs"), "username"),
    (("replace", "/name", "theirs"), "name"),
]


@pytest.mark.parametrize("theirs, field", OTHERS)
@pytest.mark.parametrize("edit", EDITS)
def test_what_someone_else_has_changed_is_not_covered(flowmock, tmp_path, theirs, field, edit):
    rows = [wide(0, "as it was"), wide(1)]
    mock, path = created(flowmock, tmp_path, rows)
    change(mock, shown(mock)[rows[0][0]], theirs)
    before = mock.connections()
    edit(rows[0])
    lines, done = update(mock, path, rows=rows, expect=1)
    assert statuses(lines) == {"conflict": 1, "unchanged": 1}
    assert lines[0]["error_code"] == "conflict"
    assert f"someone else has changed its {field} since" in lines[0]["error"]
    assert "theirs" not in lines[0]["error"] and "another password" not in done.err + done.out
    assert mock.connections() == before and mock.status()["updates"] == 1

    # and not the next time either, until the row is what is there
    lines, _ = update(mock, path, expect=1)
    assert lines[0]["status"] == "conflict"


def test_who_changed_it_to_what_the_row_wants_is_no_conflict(flowmock, tmp_path):
    rows = [wide(0, "as it was")]
    mock, path = created(flowmock, tmp_path, rows)
    edit_description(rows[0])
    change(mock, shown(mock)[rows[0][0]], ("replace", "/description", rows[0][4]))
    lines, _ = update(mock, path, rows=rows)
    assert statuses(lines) == {"updated": 1}
    check_as_wanted(mock, rows)


def test_what_is_gone_is_told(flowmock, tmp_path):
    rows = [wide(0), wide(1)]
    mock, path = created(flowmock, tmp_path, rows)
    assert delete(mock, shown(mock)[rows[0][0]]) == 204
    edit_password(rows[0])
    lines, _ = update(mock, path, rows=rows, expect=1)
    assert statuses(lines) == {"failed": 1, "unchanged": 1}
    assert lines[0]["error_code"] == "gone" and "not there any more" in lines[0]["error"]


def test_a_connection_spec_cannot_be_updated(flowmock, tmp_path):
    rows = [wide(0), wide(1)]
    mock, path = created(flowmock, tmp_path, rows)
    rows[0][5:8] = SPEC, "Token", "a token"
    lines, _ = update(mock, path, rows=rows, expect=1)
    assert statuses(lines) == {"failed": 1, "unchanged": 1}
    assert lines[0]["error_code"] == "spec_change" and lines[0]["http_status"] == ""
    assert mock.status()["requests"]["PATCH"] == 0


# Each may come to any PATCH: what was executed is found out, and nothing is done twice that
# harms. What was refused for good is not here.
FAULTS = ["throttle", "throttle-bare", "throttle-executed", "error500-before", "error500-after",
          "error504-after", "408-after", "timeout-after", "close-before", "close-after",
          "reset-after", "half-answer", "stall", "bad-json-201", "empty-201", "html-200"]


@pytest.mark.parametrize("fault", FAULTS)
def test_updates_converge_whatever_becomes_of_their_answers(flowmock, tmp_path, fault):
    rows = [wide(i, "words") for i in range(12)]
    mock, path = created(flowmock, tmp_path, rows, "--hold", "1s")
    mock.tell("faults", {f"patch:{fault}": 0.3})
    for i, row in enumerate(rows):
        EDITS[i % 4](row)
    lines, _ = update(mock, path, "--attempts", "30", "--concurrency", "4", rows=rows)
    assert set(statuses(lines)) == {"updated"}
    check_one_line_a_row(lines, rows)
    check_as_wanted(mock, rows)
    store = shown(mock)
    assert {line["id"]: line["etag"] for line in lines} == {
        one["id"]: one["etag"] for one in store.values()}
    mock.tell("faults", {f"patch:{fault}": 0})
    lines, _ = update(mock, path)
    assert statuses(lines) == {"unchanged": 12}
    assert mock.status()["creates"] == 12


def test_a_token_that_ends_is_renewed(flowmock, tmp_path):
    rows = [wide(i) for i in range(20)]
    mock, path = created(flowmock, tmp_path, rows)
    for row in rows:
        edit_password(row)
    write_csv(path, rows, header=WIDE)
    mock.tell("faults", {"patch:token-expired": 0.1})
    env = environment(AEP_ACCESS_TOKEN=None, AEP_CLIENT_ID="client", AEP_CLIENT_SECRET="its secret",
                      AEP_SCOPES="openid")
    snowmelt("run", path, "--url", mock.url, "--token-url", mock.token_url, "--update", *SHORT,
             env=env, expect=0)
    assert statuses(results_of(path)) == {"updated": 20}
    check_as_wanted(mock, rows)


def test_updates_that_are_never_answered_end(flowmock, tmp_path):
    rows = [wide(0)]
    mock, path = created(flowmock, tmp_path, rows)
    mock.tell("faults", {"patch:error500-before": 1})
    edit_password(rows[0])
    lines, _ = update(mock, path, "--attempts", "2", rows=rows, expect=1)
    assert lines[0]["status"] == "failed" and "not updated after 2 attempts" in lines[0]["error"]
    mock.tell("faults", {"patch:error500-before": 0, "patch:close-after": 1})
    lines, _ = update(mock, path, "--attempts", "1", expect=1)
    assert lines[0]["status"] == "unresolved" and "may have been updated" in lines[0]["error"]
    mock.tell("faults", {"patch:close-after": 0})
    lines, _ = update(mock, path)
    assert lines[0]["status"] == "updated"
    check_as_wanted(mock, rows)


def test_killed_again_and_again_it_converges(flowmock, tmp_path):
    rows = [wide(i, "words") for i in range(300)]
    mock, path = created(flowmock, tmp_path, rows, "--latency", "2ms")
    mock.tell("faults", {"patch:close-after": 0.05, "patch:error500-before": 0.05})
    for i, row in enumerate(rows):
        EDITS[i % 4](row)
    write_csv(path, rows, header=WIDE)
    part = tmp_path / "i.results.csv.part"
    kills = 0
    for lines in range(10, 300, 29):
        going = Run(tmp_path, "run", path, "--url", mock.url, "--update", *SHORT)
        going.until(lambda: line_count(part) > lines)
        kills += going.kill()
    assert kills >= 8
    mock.tell("faults", {"patch:close-after": 0, "patch:error500-before": 0})
    lines, _ = update(mock, path)
    check_one_line_a_row(lines, rows)
    assert set(statuses(lines)) == {"updated"}
    check_as_wanted(mock, rows)
    lines, _ = update(mock, path)
    assert statuses(lines) == {"unchanged": 300}
    assert mock.status()["creates"] == 300


def killed_update(mock, path, rows, *more):
    """Killed when the first PATCH was executed, and its answer had not come."""
    write_csv(path, rows, header=WIDE)
    mock.tell("faults", {"patch:timeout-after": 1})
    before = mock.status()["updates"]
    going = Run(path.parent, "run", path, "--url", mock.url, "--update", *more)
    assert going.until(lambda: mock.status()["updates"] > before) and going.kill()
    mock.tell("faults", {"patch:timeout-after": 0})


def lost_update(mock, path, rows, *more):
    """Executed, never answered, and the run came to its end."""
    mock.tell("faults", {"patch:close-after": 1})
    lines, _ = update(mock, path, "--attempts", "2", *more, rows=rows, expect=1)
    assert statuses(lines) == {"unresolved": 1}
    mock.tell("faults", {"patch:close-after": 0})


LOSSES = [killed_update, lost_update]


@pytest.mark.parametrize("lose", LOSSES)
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_that_is_taken_back_after_a_lost_update_is_a_change(flowmock, tmp_path, lose, edit):
    rows = [wide(0, "as it was")]
    mock, path = created(flowmock, tmp_path, rows, "--hold", "60s")
    as_created = list(rows[0])
    edit(rows[0])
    lose(mock, path, rows)
    assert is_as_wanted(mock, shown(mock)[rows[0][0]], rows[0])

    write_csv(path, [as_created], header=WIDE)
    patches = mock.status()["requests"]["PATCH"]
    snowmelt("run", path, "--url", mock.url, *SHORT, expect=0)
    line, = results_of(path)
    assert line["status"] == "changed"
    assert "may have updated it" in line["error"] and line["error"].endswith("--update")
    assert mock.status()["requests"]["PATCH"] == patches

    lines, _ = update(mock, path, "--attempts", "1")
    assert statuses(lines) == {"updated": 1}
    check_as_wanted(mock, [as_created])
    lines, _ = update(mock, path)
    assert statuses(lines) == {"unchanged": 1}


@pytest.mark.parametrize("lose, edit", [
    (killed_update, edit_description), *((lost_update, edit) for edit in EDITS[1:])])
def test_a_row_that_is_edited_again_after_a_lost_update_is_no_conflict(
        flowmock, tmp_path, lose, edit):
    rows = [wide(0, "as it was")]
    mock, path = created(flowmock, tmp_path, rows, "--hold", "5s", run=["--tag"])
    edit(rows[0])
    lose(mock, path, rows, "--tag")
    rows[0][2], rows[0][4] = "a second one", "a second text"
    lose(mock, path, rows, "--tag")  # and executed, for what the first has left is ours
    one, = mock.connections()
    assert one["description"].startswith("a second text")
    rows[0][1], rows[0][4] = "https://third.example.com", "a third text"
    lines, _ = update(mock, path, rows=rows)
    assert statuses(lines) == {"updated": 1}
    check_as_wanted(mock, rows)


@pytest.mark.parametrize("theirs, field", OTHERS)
def test_what_someone_else_changed_after_a_lost_update_is_not_covered(
        flowmock, tmp_path, theirs, field):
    rows = [wide(0, "as it was")]
    mock, path = created(flowmock, tmp_path, rows, "--hold", "60s")
    rows[0][1:3] = "https://moved.example.com", "somebody"
    killed_update(mock, path, rows)
    change(mock, shown(mock)[rows[0][0]], theirs)
    before = mock.connections()
    edit_description(rows[0])
    lines, _ = update(mock, path, rows=rows, expect=1)
    assert statuses(lines) == {"conflict": 1} and field in lines[0]["error"]
    assert mock.connections() == before


def test_an_update_that_was_refused_leaves_nothing_open(flowmock, tmp_path):
    rows = [wide(0)]
    mock, path = created(flowmock, tmp_path, rows)
    as_created = list(rows[0])
    edit_password(rows[0])
    mock.tell("faults", {"patch:rejected": 1})
    lines, _ = update(mock, path, rows=rows, expect=1)
    assert statuses(lines) == {"failed": 1}
    lines, _ = update(mock, path, rows=[as_created])
    assert statuses(lines) == {"unchanged": 1}
    assert mock.status()["updates"] == 0


def adopted(flowmock, tmp_path, rows, description="theirs"):
    """A service in which somebody else has made what the rows name, with another password."""
    mock = flowmock("--show-passwords")
    for row in rows:
        assert mock.flow.create(row[0], HEAD, username=row[2], password="theirs", description=description,
                                auth={"specName": "Basic Authentication", "params": {
                                    "endpoint": row[1], "username": row[2],
                                    "password": "theirs"}}).status == 201
    path = write_csv(tmp_path / "i.csv", rows, header=WIDE)
    snowmelt("run", path, "--url", mock.url, *SHORT, expect=0)
    assert set(statuses(results_of(path))) == {"adopted"}
    return mock, path


def test_adopted_rows_are_left_unless_they_are_asked_for(flowmock, tmp_path):
    rows = [wide(0, "words"), wide(1)]
    mock, path = adopted(flowmock, tmp_path, rows)
    lines, _ = update(mock, path)
    assert statuses(lines) == {"unchanged": 2}
    edit_password(rows[0])
    lines, _ = update(mock, path, rows=rows)
    assert statuses(lines) == {"changed": 1, "unchanged": 1}
    assert "--adopted" in lines[0]["error"]
    assert mock.status()["requests"]["PATCH"] == 0

    lines, _ = update(mock, path, "--adopted")
    assert statuses(lines) == {"updated": 2}
    check_as_wanted(mock, rows)
    lines, _ = update(mock, path, "--adopted")
    assert statuses(lines) == {"unchanged": 2}
    assert mock.status()["requests"]["PATCH"] == 2


def test_an_adopted_row_that_moved_is_compared_by_what_was_listed(flowmock, tmp_path):
    rows = [wide(0, "words"), wide(1, "words")]
    mock, path = adopted(flowmock, tmp_path, rows)
    # nobody knows what its description was, so another one is nobody's fault …
    change(mock, shown(mock)[rows[0][0]], ("replace", "/description", "theirs again"))
    # … but its user is
    change(mock, shown(mock)[rows[1][0]], ("replace", "/auth/params/username", "theirs"))
    lines, _ = update(mock, path, "--adopted", expect=1)
    assert [line["status"] for line in lines] == ["updated", "conflict"]
    assert "username" in lines[1]["error"]


def test_a_lost_update_of_an_adopted_row_is_told_without_adopted(flowmock, tmp_path):
    rows = [wide(0, "words")]
    mock, path = adopted(flowmock, tmp_path, rows)
    lost_update(mock, path, rows, "--adopted")
    for more in [[], ["--update"]]:
        snowmelt("run", path, "--url", mock.url, *SHORT, *more, expect=0)
        line, = results_of(path)
        assert line["status"] == "changed"
        assert line["error"].endswith("--update --adopted")
    lines, _ = update(mock, path, "--adopted")
    assert statuses(lines) == {"updated": 1}
    check_as_wanted(mock, rows)


def test_adopted_without_update_is_usage(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, "--adopted", expect=64)
    assert "give --update" in done.err


def test_a_tag_is_no_change_of_somebody_else(flowmock, tmp_path):
    rows = [wide(i, "words" if i else "") for i in range(3)]
    mock, path = created(flowmock, tmp_path, rows, "--etag-moves", "1ms", run=["--tag"])
    for row in rows:
        edit_password(row)
    lines, _ = update(mock, path, "--tag", rows=rows)
    assert statuses(lines) == {"updated": 3}
    assert all("[snowmelt:" in one["description"] for one in mock.connections())
    for row in rows:
        edit_endpoint(row)
    lines, _ = update(mock, path, rows=rows)
    assert statuses(lines) == {"updated": 3}
    assert not any("[snowmelt:" in one["description"] for one in mock.connections())


def test_what_no_results_file_has_told_is_told_first(flowmock, tmp_path):
    mock = flowmock("--show-passwords")
    rows = [wide(0)]
    path = write_csv(tmp_path / "i.csv", rows, header=WIDE)
    going = Run(tmp_path, "run", path, "--url", mock.url)
    part = tmp_path / "i.results.csv.part"
    killed = going.until(lambda: line_count(part) > 1) and going.kill()
    edit_password(rows[0])
    lines, _ = update(mock, path, rows=rows)
    if killed:  # else it was told before it could be
        assert [line["status"] for line in lines] == ["created"]
        assert "differs by now" in lines[0]["error"]
        lines, _ = update(mock, path)
    assert [line["status"] for line in lines] == ["updated"]
    check_as_wanted(mock, rows)


def test_a_stopped_run_leaves_the_rest_changed(flowmock, tmp_path):
    rows = [wide(i) for i in range(200)]
    mock, path = created(flowmock, tmp_path, rows, "--latency", "5ms")
    for row in rows:
        edit_password(row)
    write_csv(path, rows, header=WIDE)
    going = Run(tmp_path, "run", path, "--url", mock.url, "--update", "--concurrency", "2")
    part = tmp_path / "i.results.csv.part"
    assert going.until(lambda: line_count(part) > 20)
    going.send_signal(2)
    going.end(expect=4)
    lines = results_of(path)
    check_one_line_a_row(lines, rows)
    assert set(statuses(lines)) == {"updated", "changed"}
    assert {(line["error_code"], line["error"]) for line in lines} == {
        ("", ""), ("stopped", "not updated: the run ended before it")}
    assert mock.status()["updates"] == statuses(lines)["updated"]
    lines, _ = update(mock, path)
    assert "changed" not in statuses(lines)
    check_as_wanted(mock, rows)


def test_no_secret_is_seen_in_any_stream(flowmock, tmp_path):
    rows = [wide(0)]
    mock, path = created(flowmock, tmp_path, rows)
    mock.tell("faults", {"patch:echo": 1})
    rows[0][3] = "marked-secret-42"
    lines, done = update(mock, path, "--log-level", "trace", rows=rows, expect=1)
    assert lines[0]["status"] == "failed"
    seen = done.out + done.err + json.dumps(lines)
    assert "marked-secret-42" not in seen and "[redacted]" in seen
