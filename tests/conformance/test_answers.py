"""flowmock's answers are as Adobe describes them, and so are the requests of this
client, which ask for everything that flowmock can do.

Answers with a status that the description does not know (it knows 200, 201, 204, 403
and 503) are not judged; they are counted, so that none is such by mistake.
"""

import pytest

from flow_client import SERVICENOW, Flow, body, headers


@pytest.fixture
def serve(proxy, upstream):
    """Start flowmock with these options, and talk to it through Prism."""

    def start(*options):
        upstream.flowmock(*options)
        return Flow(proxy.url)

    yield start
    requests = upstream.requests()
    said = proxy.said()
    assert said.violations == []
    assert len(said.received) == len(said.forwarded) == requests > 0
    assert said.undescribed == upstream.undescribed()


def patch(flow, created, *instructions):
    return flow.call("PATCH", "/connections/" + created["id"], list(instructions),
                     headers(If_Match=created["etag"]))


def test_creates_and_what_they_read_like(serve):
    flow = serve()
    created = flow.create("dev1", description="first").json()
    flow.create("ß 雪 😀", username="ü", password='"\\\t')
    assert len(flow.get("/connections").json()["items"]) == 2
    assert flow.get("/connections/" + created["id"]).status == 200


def test_shown_passwords_and_other_sources(serve):
    flow = serve("--show-passwords", "--initializing", "10m", "--etag-moves", "1ms")
    other = {"specName": "OAuth2", "params": {"a": 1, "b": {"c": [True, None]}}}
    flow.create("dev1", auth=other, connectionSpec={
        "id": "00000000-0000-4000-8000-000000000000", "version": "2.0"})
    assert flow.named("dev1")[0]["state"] == "initializing"


def test_listings(serve):
    flow = serve("--page-size", 2)
    for i in range(5):
        flow.create(f"dev{i}")
    assert sum(len(page) for page in flow.pages("orderby=name")) == 5
    assert sum(len(page) for page in flow.pages("limit=1")) == 5
    assert flow.get(f"/connections?property=connectionSpec.id=={SERVICENOW}&property=name==dev1"
                    ).json()["items"][0]["name"] == "dev1"
    assert flow.get("/connections?count=true").json() == {"count": 5}


def test_short_and_empty_pages(serve):
    flow = serve("--short-pages")
    for i in range(5):
        flow.create(f"dev{i}")
    assert sum(len(page) for page in flow.pages("orderby=-name&limit=2")) == 5


@pytest.mark.parametrize("shape", ["older", "current"])
def test_patches(serve, shape):
    flow = serve("--error-shape", shape)
    created = flow.create("dev1").json()
    changes = [
        {"op": "replace", "path": "/auth/params", "value": body("x")["auth"]["params"]},
        {"op": "replace", "path": "/name", "value": "dev2"},
        {"op": "add", "path": "/description", "value": ""},
    ]
    changed = patch(flow, created, *changes)
    assert changed.status == 200
    assert patch(flow, created, *changes).status == 412
    assert flow.get("/connections/" + created["id"]).json()["items"][0]["name"] == "dev2"
    last = patch(flow, changed.json(), {"op": "remove", "path": "/description"})
    assert last.status == 200
    assert patch(flow, last.json(), {"op": "remove", "path": "/id"}).status == 400


def test_tests_and_explores(serve):
    flow = serve("--tables", 40)
    for username, fine in ("good", True), ("bad-1", False):
        path = "/connections/" + flow.create("dev1", username=username).json()["id"]
        assert flow.get(path + "/test").json() == {"result": fine}
        answer = flow.get(path + "/explore?objectType=ROOT")
        assert answer.status == (200 if fine else 400)


@pytest.mark.parametrize("options, status", [((), 204), (("--delete-status", 202), 202)])
def test_deletes(serve, options, status):
    flow = serve(*options)
    path = "/connections/" + flow.create("dev1").json()["id"]
    assert flow.call("DELETE", path).status == status
    assert [flow.call(method, path).status for method in ("GET", "DELETE")] == [404, 404]
    used = "/connections/" + flow.create("in-use-1").json()["id"]
    assert flow.call("DELETE", used).status == 400


@pytest.mark.parametrize("kind, status", [
    ("throttle", 429), ("throttle-bare", 429), ("error500-before", 500), ("error502-after", 502),
    ("error503-before", 503), ("error504-after", 504), ("408", 408), ("token-expired", 401),
    ("rejected", 400), ("conflict409-before", 409), ("html-404", 404)])
def test_errors(serve, kind, status):
    flow = serve("--fault", kind + "=1", "--fault", f"get:{kind}=1")
    assert flow.create("dev1").status == flow.get("/connections").status == status


@pytest.mark.parametrize("options, status", [
    (("--token", "other"), 401), (("--api-key", "other"), 403), (("--sandbox", "other"), 404),
    (("--out-for", "0s+1h"), 503)])
def test_who_is_not_let_in(serve, options, status):
    flow = serve(*options)
    assert flow.create("dev1").status == flow.get("/connections").status == status
