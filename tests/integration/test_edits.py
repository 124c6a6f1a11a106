"""A run is killed with a create in flight, and its row is edited before the next one:
what the intent recorded decides whether it is there, and the row as it is now is sent.
"""

import pytest
from runs import Run, results_of
from support import HEADER, instance, snowmelt, statuses, write_csv

FAST = ["--settle", "100ms", "--settle-timeout", "300ms"]
WIDE = [*HEADER, "connection_spec_id", "auth_spec", "param.token"]
SPEC = "11111111-47ab-407f-ba89-c0125281c563"


def nothing(row):
    """The same file again."""


def endpoint(row):
    row[1] = "https://moved.example.com"


def password(row):
    row[3] = "another password"


def spec(row):
    row[4:7] = SPEC, "Token", "a token"


def name(row):
    row[0] = "renamed"


def kill_with_one_in_flight(flowmock, tmp_path, fault, row):
    mock = flowmock("--fault", f"{fault}=1")
    path = write_csv(tmp_path / "i.csv", [row], header=WIDE)
    going = Run(tmp_path, "run", path, "--url", mock.url, *FAST)
    assert going.until(lambda: mock.status()["creates"] if fault == "timeout-after"
                       else mock.status()["requests"].get("POST"))
    assert going.kill()
    assert mock.flow.control("POST", "/_flowmock/faults", {fault: 0}).status == 200
    return mock, path


@pytest.mark.parametrize("edit", [nothing, endpoint, password, spec])
def test_what_was_executed_is_found_as_it_was_sent(flowmock, tmp_path, edit):
    row = [*instance(1), "", "", ""]
    mock, path = kill_with_one_in_flight(flowmock, tmp_path, "timeout-after", row)
    edit(row)
    write_csv(path, [row], header=WIDE)
    snowmelt("run", path, "--url", mock.url, *FAST, expect=0)
    line, = results_of(path)
    assert line["status"] == "created" and line["id"] == mock.connections()[0]["id"]
    assert ("differs by now" in line["error"]) == (edit is not nothing)
    assert mock.status()["creates"] == 1
    snowmelt("run", path, "--url", mock.url, *FAST, expect=0)
    assert statuses(results_of(path)) == {"unchanged" if edit is nothing else "changed": 1}


@pytest.mark.parametrize("edit", [nothing, endpoint, password, spec])
def test_what_was_not_executed_is_sent_as_it_is_now(flowmock, tmp_path, edit):
    row = [*instance(1), "", "", ""]
    mock, path = kill_with_one_in_flight(flowmock, tmp_path, "stall", row)
    edit(row)
    write_csv(path, [row], header=WIDE)
    snowmelt("run", path, "--url", mock.url, *FAST, expect=0)
    line, = results_of(path)
    assert line["status"] == "created" and line["error"] == ""
    sent, = mock.connections()
    assert (sent["connectionSpec"] == SPEC) == (edit is spec)
    snowmelt("run", path, "--url", mock.url, *FAST, expect=0)
    assert statuses(results_of(path)) == {"unchanged": 1}


@pytest.mark.parametrize("fault, found", [("timeout-after", True), ("stall", False)])
def test_a_row_that_was_renamed_is_another_row(flowmock, tmp_path, fault, found):
    row = [*instance(1), "", "", ""]
    mock, path = kill_with_one_in_flight(flowmock, tmp_path, fault, row)
    name(row)
    write_csv(path, [row], header=WIDE)
    done = snowmelt("run", path, "--url", mock.url, *FAST, expect=0)
    assert ("is created, its id is" in done.err) == found
    assert ("was not created" in done.err) != found
    assert statuses(results_of(path)) == {"created": 1}
    assert {one["name"] for one in mock.connections()} == {
        "renamed", *([instance(1)[0]] if found else [])}
