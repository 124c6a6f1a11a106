"""Every request that a command makes is as Adobe describes it.

Each command is a row of the table below: what to do, and which requests it has to make,
as prism.shape() writes them. It runs against flowmock through Prism's proxy, where
the answers are judged too, and against Prism's mock, which knows no state: there it may
end as it likes, if only Prism takes all that it sends.
"""

from typing import Callable, NamedTuple

import pytest

from flow_client import body
from support import HEADER, environment, instances, snowmelt, write_csv

CREATE = "POST /connections"
LISTING = "GET /connections?property=connectionSpec.id&orderby=name&limit"
NEXT_PAGE = LISTING + "&continuationToken"
COUNT = "GET /connections?property=connectionSpec.id&count=true"
LOOKUP = "GET /connections?property=name&property=connectionSpec.id&limit"

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
        return snowmelt(command, path, "--url", self.judge.url, *options, cwd=self.folder,
                        expect=expect if self.upstream else None)


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
    world.snowmelt("run", world.csv(instances(3)), "--settle", "10ms")


def run_with_a_lost_answer_and_a_strange_name(world):
    world.flowmock("--schedule", world.file("plan", "2 error500-after\n"))
    rows = [["a", *instances(1)[0][1:]], ["b, c", *instances(1)[0][1:]]]
    world.snowmelt("run", world.csv(rows), "--settle", "10ms", "--no-inventory")


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
}


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
