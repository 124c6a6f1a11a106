"""Every request that a command makes is as Adobe describes it.

Each command is a row of the table below: what to do, and which requests it has to make,
as prism.shape() writes them. It runs against flowmock through Prism's proxy, where
the answers are judged too, and against Prism's mock, which knows no state: there it may
end as it likes, if only Prism takes all that it sends.
"""

import re
from typing import Callable, NamedTuple

import pytest

from flow_client import body
from support import HEADER, environment, instances, read_results, snowmelt, statuses, write_csv

CREATE = "POST /connections"
LISTING = "GET /connections?property=connectionSpec.id&orderby=name&limit"
NEXT_PAGE = LISTING + "&continuationToken"
COUNT = "GET /connections?property=connectionSpec.id&count=true"
LOOKUP = "GET /connections?property=name&property=connectionSpec.id&limit"
READ, PATCH, DELETE = (f"{method} /connections/{{id}}" for method in ("GET", "PATCH", "DELETE"))
TEST, EXPLORE = READ + "/test", READ + "/explore?objectType=ROOT"

SHORT = ["--settle", "10ms", "--settle-timeout", "50ms"]

ORG = environment()["AEP_ORG_ID"]


class World:
    """A folder, a server and the program."""

    def __init__(self, folder, judge, upstream=None):
        self.folder, self.judge, self.upstream = folder, judge, upstream

    def flowmock(self, *options):
        """Have flowmock run with these options; a mock has none."""
        if self.upstream:
            self.upstream.flowmock(*options)

    def there_is(self, *names):
        """Others have created these."""
        if self.upstream:
            theirs = {"x-gw-ims-org-id": ORG, "x-sandbox-name": "prod",
                      "Content-Type": "application/json"}
            answer = self.upstream.server.flow.control(
                "POST", "/_flowmock/connections", [body(name) for name in names], theirs)
            assert answer.status == 200

    def csv(self, rows, header=None):
        return write_csv(self.folder / "instances.csv", rows, header)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def snowmelt(self, command, path, *options, expect=0):
        """With a mock behind it, its answers do not fit together: only that it ends counts."""
        paths = [path] if path else []
        return snowmelt(command, *paths, "--url", self.judge.url, *options, cwd=self.folder,
                        expect=expect if self.upstream else None)

    def ended(self, of="", **expected):
        """How many rows its results have with which status."""
        if self.upstream:
            found = statuses(read_results(self.folder / f"instances.results{of}.csv"))
            assert found == expected

    def results(self):
        return self.folder / "instances.results.csv"


# ------------------------------------------------------------------- what to do


def run(world):
    world.snowmelt("run", world.csv(instances(3)))


def run_twice(world):
    path = world.csv(instances(2))
    world.snowmelt("run", path)
    world.csv(instances(4))
    world.snowmelt("run", path)


def run_after_others(world):
    world.flowmock("--page-size", 2)
    world.there_is("instance 0", "b", "c", "d", "e")
    world.snowmelt("run", world.csv(instances(2)), "--attempts", 2, expect=1)


def run_every_column(world):
    rows = [["a", "https://a.example", "u", "pass-1", "the first", "prod", "", "", ""],
            ["b, c & ü", "", "", "", "", "other-1", "00000000-0000-4000-8000-000000000000",
             "OAuth2", "token-1"]]
    header = [*HEADER, "description", "sandbox", "connection_spec_id", "auth_spec", "param.token"]
    world.snowmelt("run", world.csv(rows, header), "--tag")


def run_without_inventory(world):
    world.snowmelt("run", world.csv(instances(3)), "--no-inventory")


def run_with_a_lost_answer(world):
    world.flowmock("--schedule", world.file("plan", "2 error500-after\n"))
    world.snowmelt("run", world.csv(instances(3)), *SHORT)


def run_with_a_lost_answer_and_a_strange_name(world):
    world.flowmock("--schedule", world.file("plan", "2 error500-after\n"))
    rows = [["a", *instances(1)[0][1:]], ["b, c", *instances(1)[0][1:]]]
    world.snowmelt("run", world.csv(rows), *SHORT, "--no-inventory")


def plan(world):
    path = world.csv(instances(3))
    world.snowmelt("plan", path, expect=2)
    world.snowmelt("run", path)
    world.snowmelt("plan", path)


def make(world, rows, header=None):
    """Without an inventory: whatever a mock lists, it would fit no row."""
    world.snowmelt("run", world.csv(rows, header), "--no-inventory", *SHORT)


def edited(world, count=4):
    """Rows that were created, and have another password or description since."""
    rows = [[*row, "first"] for row in instances(count)]
    header = [*HEADER, "description"]
    make(world, rows, header)
    for i, row in enumerate(rows):
        row[3 if i % 2 else 4] = "another one"
    return world.csv(rows, header)


def update(world):
    world.snowmelt("run", edited(world), "--update", *SHORT)
    world.ended(updated=4)


def update_what_has_moved(world):
    world.flowmock("--etag-moves", "1ms")
    world.snowmelt("run", edited(world), "--update", "--tag", *SHORT)
    world.ended(updated=4)


def update_with_a_lost_answer(world):
    world.flowmock("--schedule", world.file("plan", "2 patch:error500-after\n"))
    world.snowmelt("run", edited(world), "--update", *SHORT)
    world.ended(updated=4)


def update_what_is_gone(world):
    world.flowmock("--schedule", world.file("plan", "1 patch:html-404\n"))
    world.snowmelt("run", edited(world, 1), "--update", *SHORT, expect=1)


def adopt_and_update(world):
    world.there_is("a", "b")
    path = world.csv([[name, "https://dev1.service-now.com", "user", "pass-2"] for name in "ab"])
    world.snowmelt("run", path, *SHORT)
    world.snowmelt("run", path, "--update", "--adopted", *SHORT)
    world.ended(updated=2)


def verify(world):
    rows = instances(4)
    rows[1][2] = "bad-user"
    make(world, rows)
    world.snowmelt("verify", world.results(), expect=1)
    world.ended(".verify", ok=3, failed=1)


def explore(world):
    world.flowmock("--tables", 40, "--schedule",
                   world.file("plan", "1 test:error503-before\n2 explore:rejected\n"))
    make(world, instances(4))
    world.snowmelt("verify", world.results(), "--explore", expect=1)
    world.ended(".verify", ok=3, failed=1)


def rollback(world):
    make(world, instances(3))
    world.snowmelt("rollback", world.results(), "--yes", *SHORT)
    world.ended(".rollback", deleted=3)


def rollback_what_is_used_or_in_doubt(world):
    world.flowmock("--delete-status", 202, "--schedule",
                   world.file("plan", "1 delete:error500-before\n2 delete:error503-after\n"))
    rows = instances(4)
    rows[1][0] = "in-use-1"
    make(world, rows)
    world.snowmelt("rollback", world.results(), "--yes", *SHORT, expect=1)
    world.ended(".rollback", deleted=3, in_use=1)


def bench(world):
    world.snowmelt("bench", None, "--rate", "20/s", "--duration", "500ms", "--warmup", "100ms")


class Command(NamedTuple):
    do: Callable
    sends: set  # to flowmock, at least
    sends_to_mock: set = frozenset({"GET /connections"})  # less the queries


COMMANDS = {
    "run": Command(run, {CREATE, LISTING, COUNT}),
    "run, twice": Command(run_twice, {CREATE, LISTING, COUNT}),
    "run, others were there": Command(run_after_others, {CREATE, LISTING, NEXT_PAGE, COUNT}),
    "run, every column": Command(run_every_column, {CREATE, LISTING, COUNT}),
    "run, no inventory": Command(run_without_inventory, {CREATE}, {CREATE}),
    "run, a lost answer": Command(run_with_a_lost_answer, {CREATE, LISTING, COUNT, LOOKUP}),
    "run, a listing for a lookup": Command(
        run_with_a_lost_answer_and_a_strange_name, {CREATE, LISTING, LOOKUP}, {CREATE}),
    "plan": Command(plan, {CREATE, LISTING, COUNT}),
    "run --update": Command(update, {CREATE, PATCH}, {CREATE, PATCH}),
    "run --update, its etag has moved": Command(
        update_what_has_moved, {PATCH, READ}, {CREATE, PATCH}),
    "run --update, a lost answer": Command(
        update_with_a_lost_answer, {PATCH, READ}, {CREATE, PATCH}),
    "run --update, no answer of the service": Command(
        update_what_is_gone, {PATCH}, {CREATE, PATCH}),
    "run --update --adopted": Command(adopt_and_update, {LISTING, PATCH}),
    "verify": Command(verify, {TEST}, {CREATE, TEST}),
    "verify --explore": Command(explore, {TEST, EXPLORE}, {CREATE, TEST, EXPLORE.split("?")[0]}),
    "rollback": Command(rollback, {READ, DELETE}, {CREATE, READ, DELETE}),
    "rollback, in use and in doubt": Command(
        rollback_what_is_used_or_in_doubt, {READ, DELETE}, {CREATE, READ, DELETE}),
    "bench": Command(bench, {CREATE, DELETE}, {CREATE, DELETE}),
}
ASK_NOTHING = {"check", "status", "results", "help", "version"}  # of the Flow Service


def test_no_command_is_missing_here():
    words = snowmelt("help", expect=0).out.partition("Commands:\n")[2].partition("\n\n")[0]
    there_are = set(re.findall(r"^  (\w+)", words, re.MULTILINE))
    assert there_are == {re.match(r"\w+", name)[0] for name in COMMANDS} | ASK_NOTHING


@pytest.mark.parametrize("name", COMMANDS)
def test_requests_and_answers_of_a_command_are_as_described(proxy, upstream, tmp_path, name):
    COMMANDS[name].do(World(tmp_path, proxy, upstream))
    requests = upstream.requests()
    said = proxy.said()
    assert said.violations == []
    assert len(said.received) == requests
    assert said.undescribed == upstream.undescribed()
    assert COMMANDS[name].sends - set(said.forwarded) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_mock_takes_every_request_of_a_command(mock, tmp_path, name):
    COMMANDS[name].do(World(tmp_path, mock))
    said = mock.said()
    assert said.violations == []
    assert COMMANDS[name].sends_to_mock - set(said.received) == set()
