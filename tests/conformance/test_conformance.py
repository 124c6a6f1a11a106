"""Every request of every command, and every answer of flowmock, held against Adobe's
published description of the Flow Service.

What Prism cannot judge: state, names, paging, tokens and sandboxes, and the bodies of
answers that the description does not have (404, 412, 429 and most others of 4xx and 5xx).
"""

import pytest
from flow_client import SERVICENOW, Flow, body, headers
from prism import MISSING, UNDOCUMENTED, Prism
from raw_server import RawServer, http
from support import BASE_PATH, HEADER, Flowmock, instance, read_results, snowmelt, statuses
from support import write_csv

pytestmark = pytest.mark.skipif(MISSING is not None, reason=MISSING or "")

WIDE = [*HEADER, "description"]
SHORT = ["--settle", "100ms", "--settle-timeout", "300ms"]


@pytest.fixture
def started():
    """All that a test starts is stopped at its end."""
    things = []
    yield things
    for thing in reversed(things):
        thing.stop()


class Rig:
    """snowmelt, and Prism between it and a flowmock."""

    def __init__(self, started, folder, *options):
        self.mock = Flowmock(*options)
        started.append(self.mock)
        self.prism = Prism(folder / "prism.log", self.mock.origin)
        started.append(self.prism)
        self.path = folder / "i.csv"
        self.results = folder / "i.results.csv"
        self.rows = [[*instance(i), "words" if i else ""] for i in range(4)]
        self.rows[3][0] = "Zürich, \"HQ\" & more"  # which no filter may carry
        self.write()

    def write(self):
        write_csv(self.path, self.rows, header=WIDE)

    def snowmelt(self, command, *more, of=None, expect=0):
        return snowmelt(command, of or self.path, "--url", self.prism.url, *more, expect=expect)

    def check(self, *requests, undocumented=False):
        """Just these were seen, and nothing was amiss."""
        seen, violations = self.prism.judgement()
        assert seen == set(requests)
        rest = [v for v in violations if not (undocumented and UNDOCUMENTED.search(v))]
        assert rest == []
        assert bool(violations) == undocumented


CREATE, LIST = "POST /connections", "GET /connections"
READ, PATCH, DELETE = "GET /connections/ID", "PATCH /connections/ID", "DELETE /connections/ID"
TEST, EXPLORE = "GET /connections/ID/test", "GET /connections/ID/explore"


def test_plan_and_run(started, tmp_path):
    rig = Rig(started, tmp_path)
    rig.snowmelt("plan", expect=2)
    rig.snowmelt("run", "--tag", *SHORT)
    rig.snowmelt("plan")
    assert statuses(read_results(rig.results)) == {"created": 4}
    rig.check(CREATE, LIST)


def test_lookups_and_listings_of_rows_in_doubt(started, tmp_path):
    rig = Rig(started, tmp_path, "--fault", "bad-json-201=1")
    rig.snowmelt("run", *SHORT)
    assert set(statuses(read_results(rig.results))) <= {"created", "adopted"}
    assert rig.mock.status()["faults"]["bad-json-201"] == 4
    rig.check(CREATE, LIST)


def test_paging(started, tmp_path):
    rig = Rig(started, tmp_path, "--page-size", "2", "--short-pages")
    rig.snowmelt("run", *SHORT)
    rig.rows += [[*instance(i), ""] for i in range(10, 14)]
    rig.write()
    rig.snowmelt("run", *SHORT)
    rig.check(CREATE, LIST)


def test_update(started, tmp_path):
    rig = Rig(started, tmp_path)
    rig.snowmelt("run", *SHORT)
    for i, row in enumerate(rig.rows):
        row[3 if i % 2 else 4] = "another"
    rig.write()
    rig.snowmelt("run", "--update", *SHORT)
    assert statuses(read_results(rig.results)) == {"updated": 4}
    rig.check(CREATE, LIST, PATCH)


def test_update_of_what_has_moved(started, tmp_path):
    rig = Rig(started, tmp_path, "--etag-moves", "1ms")
    rig.snowmelt("run", *SHORT)
    rig.rows[0][3] = "another"
    rig.write()
    rig.snowmelt("run", "--update", *SHORT)
    assert rig.mock.status()["statuses"]["412"] == 1
    rig.check(CREATE, LIST, PATCH, READ, undocumented=True)


def test_verify(started, tmp_path):
    rig = Rig(started, tmp_path)
    rig.rows[1][2] = "bad-user"
    rig.write()
    rig.snowmelt("run", *SHORT)
    rig.snowmelt("verify", of=rig.results, expect=1)
    rig.snowmelt("verify", "--explore", of=rig.results, expect=1)
    lines = read_results(tmp_path / "i.results.verify.csv")
    assert [line["status"] for line in lines] == ["ok", "failed", "ok", "ok"]
    assert [line["tables"] for line in lines] == ["3", "", "3", "3"]
    rig.check(CREATE, LIST, TEST, EXPLORE)


def test_rollback(started, tmp_path):
    rig = Rig(started, tmp_path)
    rig.snowmelt("run", *SHORT)
    rig.snowmelt("rollback", "--yes", of=rig.results)
    assert statuses(read_results(tmp_path / "i.results.rollback.csv")) == {"deleted": 4}
    rig.check(CREATE, LIST, READ, DELETE)


def test_rollback_of_what_is_used_or_gone(started, tmp_path):
    rig = Rig(started, tmp_path)
    rig.rows[1][4] = "in-use"
    rig.write()
    rig.snowmelt("run", *SHORT)
    head = headers(x_gw_ims_org_id="test@AdobeOrg")
    gone = next(one for one in rig.mock.connections() if one["name"] == rig.rows[0][0])
    assert rig.mock.flow.call("DELETE", f"/connections/{gone['id']}", None, head).status == 204
    rig.snowmelt("rollback", "--yes", of=rig.results, expect=1)
    assert statuses(read_results(tmp_path / "i.results.rollback.csv")) == {
        "gone": 1, "in_use": 1, "deleted": 2}
    rig.check(CREATE, LIST, READ, DELETE, undocumented=True)


def test_a_run_is_served_by_examples(started, tmp_path):
    prism = Prism(tmp_path / "prism.log")
    started.append(prism)
    path = write_csv(tmp_path / "i.csv", [instance(i) for i in range(3)])
    snowmelt("run", path, "--url", prism.url, "--no-inventory", *SHORT, expect=0)
    assert statuses(read_results(tmp_path / "i.results.csv")) == {"created": 3}
    seen, violations = prism.judgement()
    assert (seen, violations) == ({CREATE, LIST}, [])  # one is looked up, to see that it is found


# ------------------------------------------------------------------ the judge itself

def without(field):
    return headers(**{field: None})


SPEC = {"id": SERVICENOW, "version": "1.0"}
WRONG = {
    "no api key": ("POST", "/connections", body("a"), without("x_api_key")),
    "no org": ("POST", "/connections", body("a"), without("x_gw_ims_org_id")),
    "no connectionSpec": ("POST", "/connections", {"name": "a"}, headers()),
    "no version": ("POST", "/connections", body("a", connectionSpec={"id": SPEC["id"]}), headers()),
    "a name that is a number": ("POST", "/connections", body("a") | {"name": 5}, headers()),
    "no If-Match": ("PATCH", f"/connections/{SERVICENOW}",
                    [{"op": "replace", "path": "/name", "value": "b"}], headers()),
    "an op that is none": ("PATCH", f"/connections/{SERVICENOW}",
                           [{"op": "swap", "path": "/name", "value": "b"}],
                           headers(If_Match='"x"')),
    "an objectType that is none": (
        "GET", f"/connections/{SERVICENOW}/explore?objectType=everything", None, headers()),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_request_against_the_description_is_found(started, tmp_path, wrong):
    rig = Rig(started, tmp_path)
    method, path, content, head = WRONG[wrong]
    Flow(rig.prism.url).call(method, path, content, head)
    _, violations = rig.prism.judgement()
    assert any(v.startswith("request") for v in violations), violations


@pytest.mark.parametrize("answer", ['{"id":5,"etag":"x"}', "[]"])
def test_an_answer_against_the_description_is_found(started, tmp_path, answer):
    server = RawServer(lambda server, count, request: http(201, answer))
    started.append(server)
    prism = Prism(tmp_path / "prism.log", server.url.removesuffix(BASE_PATH))
    started.append(prism)
    Flow(prism.url).create("a")
    _, violations = prism.judgement()
    assert any(v.startswith("response") for v in violations), violations
