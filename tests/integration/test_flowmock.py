"""flowmock is what rehearsals and the other integration tests believe in, so it
is tested first: the shapes of Adobe's answers, and that each fault does exactly
what its name says, above all whether the request was carried out.
"""

import asyncio
import http.client
import itertools
import os
import re
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlencode

import aiohttp
import pytest

from flow_client import SERVICENOW, body, headers, read_all
from support import FLOWMOCK, LIMIT_S

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def create_many(server, names, concurrency=64):
    """Create them all; statuses in the order of the names."""

    async def run():
        connector = aiohttp.TCPConnector(limit=concurrency)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one(name):
                url = server.url + "/connections"
                async with session.post(url, json=body(name), headers=headers()) as answer:
                    await answer.read()
                    return answer.status

            return await asyncio.gather(*(one(name) for name in names))

    return asyncio.run(run())


def wait_for(question):
    """Until it holds."""
    hangs_at = time.monotonic() + LIMIT_S
    while not question():
        assert time.monotonic() < hangs_at
        time.sleep(0.01)


# ------------------------------------------------------------------- creating


def test_a_create_answers_id_etag_and_location(flowmock):
    answer = flowmock().flow.create("dev1")
    created = answer.json()
    assert answer.status == 201
    assert re.fullmatch(UUID, created["id"])
    assert re.fullmatch(r'"[0-9a-f]{8}-0000-0200-0000-[0-9a-f]{8}0000"', created["etag"])
    assert answer.headers["Location"].endswith("/connections/" + created["id"])
    assert set(created) == {"id", "etag"}


def test_one_connection_comes_in_the_envelope_of_a_listing(flowmock):
    flow = flowmock().flow
    created = flow.create("dev1", description="first").json()
    (item,) = flow.get("/connections/" + created["id"]).json()["items"]
    assert item["id"] == created["id"]
    assert item["etag"] == item["version"] == created["etag"]
    assert (item["name"], item["description"], item["state"]) == ("dev1", "first", "enabled")
    assert item["connectionSpec"] == {"id": SERVICENOW, "version": "1.0"}
    assert item["sandboxName"] == "prod"
    assert item["imsOrgId"] == "1234@AdobeOrg"
    assert abs(item["createdAt"] / 1000 - time.time()) < 600
    assert item["lastOperation"]["operation"] == "create"


def test_passwords_are_masked_and_not_kept(flowmock, tmp_path):
    store = tmp_path / "store"
    server = flowmock("--store", str(store))
    server.flow.create("dev1", password="pass-secret")
    (item,) = server.flow.named("dev1")
    assert item["auth"]["params"]["password"] == "********"
    assert server.connections()[0]["password_length"] == len("pass-secret")
    assert "pass-secret" not in store.read_text()


def test_passwords_are_shown_when_asked_for(flowmock):
    flow = flowmock("--show-passwords").flow
    flow.create("dev1", password='pa"ß,\n')
    assert flow.named("dev1")[0]["auth"]["params"]["password"] == 'pa"ß,\n'


def test_a_name_may_be_there_twice(flowmock):
    server = flowmock()
    ids = {server.flow.create("dev1").json()["id"] for _ in range(2)}
    assert len(ids) == 2
    status = server.status()
    assert (status["max_per_name"], status["names_with_several"]) == (2, 1)


def test_names_are_unique_when_asked_for(flowmock):
    flow = flowmock("--unique-names").flow
    assert [flow.create("dev1").status for _ in range(2)] == [201, 409]
    assert flow.create("dev1", headers(sandbox="other")).status == 201


@pytest.mark.parametrize(
    "content, status, code",
    [
        ("", 400, "FLOW-1405-400"),
        ("null", 400, "FLOW-1405-400"),
        ("{", 400, "uri"),
        (body("x", connectionSpec={"id": "none", "version": "1.0"}), 400, "FLOW-1413-400"),
        (body("x", connectionSpec={"version": "1.0"}), 400, "FLOW-1413-400"),
        (body("x", connectionSpec={"id": SERVICENOW}), 422, ""),
        (body("x", auth={"specName": "OAuth", "params": {}}), 400, "FLOW-1415-400"),
        (body("x", password=""), 400, "FLOW-1100-400"),
        (body(""), 400, ""),
    ],
)
def test_a_bad_body_is_refused_with_its_code(flowmock, content, status, code):
    server = flowmock()
    answer = server.flow.call("POST", "/connections", content)
    assert (answer.status, answer.code) == (status, code)
    assert server.status()["creates"] == 0


@pytest.mark.parametrize(
    "change, status, code",
    [
        ({"Authorization": None}, 403, "403010"),
        ({"Authorization": "Bearer token-2"}, 401, "401013"),
        ({"x_api_key": None}, 403, "403000"),
        ({"x_api_key": "key-2"}, 403, "403003"),
        ({"x_gw_ims_org_id": None}, 400, "400003"),
        ({"x_sandbox_name": None}, 400, "FLOW-2105-400"),
        ({"x_sandbox_name": "unknown"}, 404, "FLOW-2100-404"),
        ({"Content_Type": "text/plain"}, 400, "uri"),
    ],
)
def test_a_bad_header_is_refused_with_its_code(flowmock, change, status, code):
    flow = flowmock("--token", "token-1", "--api-key", "key-1", "--sandbox", "prod").flow
    answer = flow.create("dev1", headers(**change))
    assert (answer.status, answer.code) == (status, code)
    assert flow.create("dev1").status == 201


def test_a_token_expires_so_long_after_its_first_use(flowmock):
    flow = flowmock("--token-life", "200ms").flow
    assert flow.create("dev1").status == 201
    wait_for(lambda: flow.create("dev1").status == 401)
    assert flow.create("dev1", headers(Authorization="Bearer token-2")).status == 201


def test_an_unknown_path_is_404_and_an_unknown_method_405(flowmock):
    flow = flowmock().flow
    assert flow.get("/nothing").status == 404
    assert flow.call("PUT", "/connections", "{}").status == 405


def test_a_bad_login_fails_its_test(flowmock):
    flow = flowmock("--bad-login", "wrong-").flow
    ids = [flow.create("dev1", username=u).json()["id"] for u in ("good", "wrong-1")]
    results = [flow.get(f"/connections/{i}/test").json() for i in ids]
    assert results == [{"result": True}, {"result": False}]


def test_a_bad_login_is_refused_when_logins_are_checked(flowmock):
    server = flowmock("--check-logins")
    answer = server.flow.create("dev1", username="bad-1")
    assert (answer.status, answer.code) == (400, "FLOW-1100-400")
    assert "401 Unauthorized" in answer.json()["report"]["detailed-message"]
    assert server.status()["creates"] == 0


def test_the_store_can_be_asked_for_one_sandbox(flowmock):
    server = flowmock()
    server.flow.create("dev1")
    server.flow.create("dev2", headers(sandbox="other"))
    answer = server.flow.control("GET", "/_flowmock/connections?sandbox=other")
    (line,) = answer.json_lines()
    assert (line["name"], line["sandbox"], line["username"]) == ("dev2", "other", "user")


# ------------------------------------------------------- changing and deleting


def patch(flow, created, *instructions, etag=None):
    head = headers(If_Match=created["etag"] if etag is None else etag or None)
    return flow.call("PATCH", "/connections/" + created["id"], list(instructions), head)


def test_a_patch_changes_what_it_names_and_the_etag(flowmock):
    flow = flowmock("--show-passwords").flow
    created = flow.create("dev1").json()
    answer = patch(
        flow,
        created,
        {"op": "replace", "path": "/name", "value": "dev2"},
        {"op": "add", "path": "/description", "value": "second"},
        {"op": "replace", "path": "/auth/params/password", "value": "pass-2"},
        {"op": "add", "path": "/auth/params/extra", "value": {"a": [1]}},
        {"op": "remove", "path": "/auth/params/extra"},
    )
    assert answer.status == 200
    assert answer.json()["id"] == created["id"]
    assert answer.json()["etag"] != created["etag"]
    assert flow.named("dev1") == []
    (item,) = flow.named("dev2")
    assert item["etag"] == answer.json()["etag"]
    assert item["description"] == "second"
    assert item["auth"]["params"] == {
        "endpoint": "https://dev1.service-now.com",
        "username": "user",
        "password": "pass-2",
    }
    assert item["lastOperation"]["operation"] == "update"


def test_a_patch_replaces_all_params(flowmock):
    flow = flowmock().flow
    created = flow.create("dev1").json()
    patch(flow, created, {"op": "replace", "path": "/auth/params", "value": {"username": "u2"}})
    assert flow.named("dev1")[0]["auth"]["params"] == {"username": "u2"}


def test_a_patch_needs_the_current_etag_in_its_quotes(flowmock):
    flow = flowmock().flow
    created = flow.create("dev1").json()
    change = {"op": "replace", "path": "/name", "value": "dev2"}
    missing = patch(flow, created, change, etag="")
    assert (missing.status, missing.code) == (400, "FLOW-1403-400")
    unquoted = patch(flow, created, change, etag=created["etag"].strip('"'))
    assert unquoted.status == 412
    assert patch(flow, created, change).status == 200
    stale = patch(flow, created, change)
    assert stale.status == 412
    assert stale.json()["errorMessage"].startswith(
        f"Supplied version=[{created['etag']}] does not match"
    )


def test_a_wrong_patch_changes_nothing(flowmock):
    flow = flowmock().flow
    created = flow.create("dev1").json()
    answer = patch(
        flow,
        created,
        {"op": "replace", "path": "/name", "value": "dev2"},
        {"op": "replace", "path": "/connectionSpec/id", "value": SERVICENOW},
    )
    assert answer.code == "FLOW-1414-400"
    assert flow.named("dev1")[0]["etag"] == created["etag"]


def test_a_deleted_connection_is_gone(flowmock):
    server = flowmock()
    created = server.flow.create("dev1").json()
    path = "/connections/" + created["id"]
    assert server.flow.call("DELETE", path).status == 204
    gone = server.flow.get(path)
    assert gone.status == 404
    assert gone.json()["errorMessage"] == f"connections not found with id = [{created['id']}]"
    assert server.flow.named("dev1") == []
    assert server.flow.call("DELETE", path).status == 404
    assert server.status()["deletes"] == 1


def test_what_a_flow_uses_cannot_be_deleted(flowmock):
    flow = flowmock().flow
    created = flow.create("dev1", description="in-use by a flow").json()
    answer = flow.call("DELETE", "/connections/" + created["id"])
    assert (answer.status, answer.code) == (400, "FLOW-1418-400")
    assert len(flow.named("dev1")) == 1


@pytest.mark.parametrize("shape", ["older", "current"])
def test_what_is_marked_as_in_use_cannot_be_deleted(flowmock, shape):
    server = flowmock("--in-use", "kept-", "--in-use", "held-", "--error-shape", shape)
    ids = [server.flow.create(n).json()["id"] for n in ("kept-1", "held-1", "in-use-1")]
    answers = [server.flow.call("DELETE", "/connections/" + i) for i in ids]
    assert [a.status for a in answers] == [400, 400, 204]
    assert {a.code for a in answers[:2]} == {"FLOW-1418-400"}
    assert server.status()["deletes"] == 1


def test_a_delete_may_be_202(flowmock):
    flow = flowmock("--delete-status", "202").flow
    path = "/connections/" + flow.create("dev1").json()["id"]
    answer = flow.call("DELETE", path)
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (202, b"", None)
    assert flow.get(path).status == 404


def test_a_deletion_may_be_listed_for_a_while(flowmock):
    server = flowmock("--delete-lag", "300ms", "--unique-names")
    path = "/connections/" + server.flow.create("dev1").json()["id"]
    server.flow.call("DELETE", path)
    assert len(server.flow.named("dev1")) == 1
    assert server.flow.get("/connections?count=true").json() == {"count": 1}
    assert [server.flow.get(path).status, server.flow.call("DELETE", path).status] == [404, 404]
    status = server.status()
    assert (status["connections"], status["deletes"], status["max_per_name"]) == (0, 1, 0)
    assert server.connections() == []
    assert server.flow.create("dev1").status == 201
    assert server.status()["max_per_name"] == 1
    wait_for(lambda: len(server.flow.named("dev1")) == 1)


def test_others_change_and_delete_past_etags_faults_and_counters(flowmock, tmp_path):
    server = flowmock("--store", tmp_path / "store", "--fault", "patch:stall=1",
                      "--fault", "delete:stall=1")
    first, second = (server.flow.create(f"dev{i}").json() for i in (1, 2))
    path = "/_flowmock/connections/"
    change = [{"op": "replace", "path": "/auth/params/username", "value": "theirs"}]
    answer = server.flow.control("PATCH", path + first["id"], change)
    assert answer.status == 200 and answer.json()["etag"] != first["etag"]
    assert server.flow.control("DELETE", path + second["id"]).status == 200
    assert server.flow.control("DELETE", path + second["id"]).status == 404
    assert server.flow.control("PATCH", path + first["id"], [{"op": "x"}]).status == 400

    def check():
        (item,) = server.counted()
        assert (item["username"], item["etag"]) == ("theirs", answer.json()["etag"])
        assert item["updates"] == 0
        status = server.status()
        assert (status["updates"], status["deletes"], status["by_others"]) == (0, 0, 2)

    assert server.status()["requests"] == {"POST": 2, "GET": 0, "PATCH": 0, "DELETE": 0}
    check()
    server.restart()
    check()


# ------------------------------------------------------- the source behind it


@pytest.mark.parametrize("options, count", [((), 3), (("--tables", 0), 0), (("--tables", 40), 40)])
def test_an_explore_lists_tables(flowmock, options, count):
    flow = flowmock(*options).flow
    path = "/connections/" + flow.create("dev1").json()["id"] + "/explore?objectType="
    answer = flow.get(path + "root")
    assert answer.status == 200 and len(answer.json()) == count
    assert answer.json() == flow.get(path + "ROOT").json()
    for table in answer.json():
        assert table["type"] == "table" and table["name"] == table["path"]
        assert (table["canPreview"], table["canFetchSchema"]) == (True, True)


def test_an_explore_needs_a_type_a_connection_and_a_login(flowmock):
    flow = flowmock().flow
    path = "/connections/" + flow.create("dev1").json()["id"] + "/explore"
    assert [flow.get(path).status, flow.get(path + "?objectType=x").status] == [400, 400]
    assert flow.get(path + "?objectType=table").status == 400
    nowhere = "/connections/00000000-0000-4000-8000-000000000000/explore?objectType=root"
    assert flow.get(nowhere).status == 404
    bad = flow.create("dev2", username="bad-1").json()["id"]
    answer = flow.get(f"/connections/{bad}/explore?objectType=root")
    assert (answer.status, answer.code) == (400, "FLOW-1100-400")


def test_an_explore_shows_the_columns_of_a_table(flowmock):
    flow = flowmock().flow
    path = "/connections/" + flow.create("dev1").json()["id"] + "/explore?objectType=table&object="
    answer = flow.get(path + "table_1")
    assert (answer.status, answer.json()["format"]) == (200, "flat")
    assert [column["name"] for column in answer.json()["schema"]["columns"]] == ["sys_id"]


def test_a_changed_login_changes_its_test(flowmock):
    flow = flowmock().flow
    created = flow.create("dev1", username="bad-1").json()
    path = f"/connections/{created['id']}/test"
    assert flow.get(path).json() == {"result": False}
    patch(flow, created, {"op": "replace", "path": "/auth/params/username", "value": "good"})
    assert flow.get(path).json() == {"result": True}


def test_it_counts_what_was_executed_of_each_connection(flowmock):
    server = flowmock("--fault", "test:error500-before=1")
    flow = server.flow
    created = flow.create("dev1").json()
    flow.create("dev2")
    path = "/connections/" + created["id"]
    change = {"op": "add", "path": "/description", "value": "x"}
    assert patch(flow, created, change).status == 200
    assert patch(flow, created, change).status == 412
    flow.get(path), flow.get(path)
    flow.get(path + "/test")
    server.tell("faults", {"test:error500-before": 0})
    flow.get(path + "/test")
    flow.get(path + "/explore?objectType=root")
    first, second = server.counted()
    names = ("updates", "reads", "tests", "explores")
    assert [first[n] for n in names] == [1, 2, 1, 1]
    assert [second[n] for n in names] == [0, 0, 0, 0]
    assert all(n not in line for line in server.connections() for n in names)  # only when asked
    status = server.status()
    assert [status[n] for n in names] == [1, 2, 1, 1]
    assert status["gets"] == {"list": 0, "read": 2, "test": 2, "explore": 1}
    assert status["requests"] == {"POST": 2, "GET": 5, "PATCH": 2, "DELETE": 0}


def test_a_connection_of_another_sandbox_is_not_there(flowmock):
    flow = flowmock().flow
    created = flow.create("dev1").json()
    other = headers(sandbox="other")
    assert flow.get("/connections/" + created["id"], other).status == 404
    assert flow.named("dev1", other) == []
    assert flow.get("/connections", other).json()["items"] == []
    assert flow.get("/connections?orderby=name", other).json()["items"] == []


def test_errors_come_in_the_current_shape_when_asked_for(flowmock):
    flow = flowmock("--error-shape", "current").flow
    answer = flow.get("/connections/00000000-0000-4000-8000-000000000000")
    assert (answer.status, answer.code) == (404, "FLOW-1439-404")
    assert answer.json()["report"]["request-id"] == answer.headers["x-request-id"]


# -------------------------------------------------------------------- listings


def test_the_newest_comes_first(flowmock):
    flow = flowmock().flow
    for name in ("b", "a", "c"):
        flow.create(name)
    items = flow.get("/connections").json()
    assert [i["name"] for i in items["items"]] == ["c", "a", "b"]
    assert items["_links"] == {}


def test_filters_hold_together_and_a_comma_means_or(flowmock):
    flow = flowmock().flow
    first = flow.create("a", username="u1").json()
    flow.create("b", username="u2", description="x y")
    other_spec = {"id": "11111111-1111-4111-8111-111111111111", "version": "1.0"}
    flow.create("c", connectionSpec=other_spec)

    def found(*filters):
        query = "&".join("property=" + quote(f, safe="=") for f in filters)
        return sorted(i["name"] for i in flow.get("/connections?" + query).json()["items"])

    assert found("name==a,c") == ["a", "c"]
    assert found("name==a,a") == ["a"]
    assert found("name==a", "auth.params.username==u2") == []
    assert found("auth.params.username==u2") == ["b"]
    assert found("description==x y") == ["b"]
    assert found("id==" + first["id"]) == ["a"]
    assert found("connectionSpec.id==" + other_spec["id"]) == ["c"]
    assert found("state==enabled") == ["a", "b", "c"]
    assert found("createdAt>=0", "createdAt<1000") == []
    assert found("createdAt>1000", "name==b") == ["b"]


@pytest.mark.parametrize(
    "query, code",
    [
        ("limit=10&count=true", "FLOW-1401-400"),
        ("limit=0", ""),
        ("limit=x", ""),
        ("property=name", ""),
        ("property=nothing==x", ""),
        ("property=name%3E=x", ""),
        ("orderby=nothing", ""),
        ("continuationToken=made-up", ""),
    ],
)
def test_a_query_that_is_not_valid_is_refused(flowmock, query, code):
    answer = flowmock().flow.get("/connections?" + query)
    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize("order", ["", "&orderby=name", "&orderby=-name", "&orderby=createdAt"])
def test_pages_hold_every_item_once(flowmock, order):
    server = flowmock()
    names = [f"dev{i:03}" for i in range(250)]
    create_many(server, names)
    pages = list(server.flow.pages("limit=100" + order))
    assert [len(p) for p in pages] == [100, 100, 50]
    found = [i["name"] for p in pages for i in p]
    assert sorted(found) == names
    if order == "&orderby=name":
        assert found == names
    if order == "&orderby=-name":
        assert found == names[::-1]
    assert server.flow.get("/connections?count=true").json() == {"count": 250}


def test_a_page_holds_a_hundred_at_most(flowmock):
    server = flowmock()
    create_many(server, [f"dev{i}" for i in range(120)])
    assert [len(p) for p in server.flow.pages("limit=500")] == [100, 20]


def test_the_next_page_is_named_without_the_base_path(flowmock):
    flow = flowmock("--page-size", "1").flow
    flow.create("a")
    flow.create("b")
    href = flow.get("/connections").json()["_links"]["next"]["href"]
    assert re.fullmatch(r"/connections\?continuationToken=\w+", href)


def test_short_pages_still_hold_every_item_once(flowmock):
    server = flowmock("--short-pages")
    names = [f"dev{i:03}" for i in range(120)]
    create_many(server, names)
    pages = list(server.flow.pages("limit=5&orderby=name"))
    assert [i["name"] for p in pages for i in p] == names
    assert [] in pages[:-1]


def test_a_listing_without_next_pages_ends_with_its_first(flowmock):
    server = flowmock("--no-next")
    create_many(server, [f"dev{i}" for i in range(120)])
    assert [len(p) for p in server.flow.pages("")] == [100]


def test_what_is_deleted_while_a_listing_is_paged_is_left_out(flowmock):
    flow = flowmock("--page-size", "1").flow
    created = {name: flow.create(name).json() for name in "abc"}
    pages = flow.pages("orderby=name")
    assert [i["name"] for i in next(pages)] == ["a"]
    flow.call("DELETE", "/connections/" + created["b"]["id"])
    assert [i["name"] for p in pages for i in p] == ["c"]


def test_listings_lag_behind(flowmock):
    flow = flowmock("--lag", "300ms").flow
    created = flow.create("dev1").json()
    assert flow.named("dev1") == []
    assert flow.get("/connections?count=true").json() == {"count": 0}
    assert flow.get("/connections/" + created["id"]).status == 200
    wait_for(lambda: len(flow.named("dev1")) == 1)


def test_filters_miss_what_is_there(flowmock):
    flow = flowmock("--filter-miss", "0.5").flow
    flow.create("dev1")
    seen = {len(flow.named("dev1")) for _ in range(60)}
    assert seen == {0, 1}
    assert len(flow.get("/connections").json()["items"]) == 1


def test_a_filter_by_name_can_be_ignored(flowmock):
    flow = flowmock("--filter-ignores-name").flow
    flow.create("dev1")
    assert len(flow.named("dev2")) == 1


def test_the_etag_moves_once_and_the_answered_one_is_remembered(flowmock):
    server = flowmock("--etag-moves", "100ms")
    created = server.flow.create("dev1").json()
    wait_for(lambda: server.flow.named("dev1")[0]["etag"] != created["etag"])
    moved = server.flow.named("dev1")[0]["etag"]
    (kept,) = server.connections()
    assert (kept["etag"], kept["etag_now"]) == (created["etag"], moved)
    change = {"op": "replace", "path": "/name", "value": "dev2"}
    assert patch(server.flow, created, change).status == 412
    assert patch(server.flow, created, change, etag=moved).status == 200


def test_the_etag_moves_after_changes_too_when_asked_to(flowmock):
    flow = flowmock("--etag-moves", "100ms", "--etag-moves-again").flow
    created = flow.create("dev1").json()

    def etag():
        return flow.named("dev1")[0]["etag"]

    wait_for(lambda: etag() != created["etag"])
    change = {"op": "add", "path": "/description", "value": "x"}
    changed = patch(flow, created, change, etag=etag()).json()
    wait_for(lambda: etag() != changed["etag"])
    assert patch(flow, created, change, etag=changed["etag"]).status == 412


def test_a_new_connection_is_initializing_for_a_while(flowmock):
    flow = flowmock("--initializing", "200ms").flow
    flow.create("dev1")
    assert flow.named("dev1")[0]["state"] == "initializing"
    wait_for(lambda: flow.named("dev1")[0]["state"] == "enabled")


# ---------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    "kind, status, executed, code",
    [
        ("throttle", 429, False, "429050"),
        ("throttle-bare", 429, False, ""),
        ("throttle-executed", 429, True, ""),
        ("error500-before", 500, False, "FLOW-1400-500"),
        ("error500-after", 500, True, "FLOW-1400-500"),
        ("error502-before", 502, False, None),
        ("error502-after", 502, True, None),
        ("error503-before", 503, False, "FLOW-1103-503"),
        ("error503-after", 503, True, "FLOW-1103-503"),
        ("error504-before", 504, False, "FLOW-1104-504"),
        ("error504-after", 504, True, "FLOW-1104-504"),
        ("error504-late", 504, False, "FLOW-1104-504"),
        ("408", 408, False, "FLOW-1006-408"),
        ("408-after", 408, True, "FLOW-1006-408"),
        ("bad-json-201", 201, True, None),
        ("empty-201", 201, True, None),
        ("redirect", 302, False, None),
        ("html-200", 200, False, None),
        ("conflict409-before", 409, False, ""),
        ("conflict409-after", 409, True, ""),
        ("token-expired", 401, False, "401013"),
        ("rejected", 400, False, "FLOW-1100-400"),
        ("echo", 400, False, "FLOW-1100-400"),
    ],
)
def test_a_fault_answers_and_executes_as_it_is_named(flowmock, kind, status, executed, code):
    server = flowmock("--fault", kind + "=1")
    answer = server.flow.create("dev1")
    assert answer.status == status
    if code is not None:
        assert answer.code == code
    else:
        with pytest.raises(ValueError):
            answer.json()
    assert server.status()["creates"] == int(executed)
    assert len(server.connections()) == int(executed)
    assert server.status()["faults"] == {kind: 1}
    assert (answer.headers["Retry-After"] is not None) == (kind == "throttle")


@pytest.mark.parametrize("executed", [False, True])
def test_a_close_ends_the_connection_without_a_byte(flowmock, executed):
    server = flowmock("--fault", "close-%s=1" % ("after" if executed else "before"))
    assert read_all(server.flow.send("dev1")) == b""
    assert server.status()["creates"] == int(executed)
    assert server.status()["statuses"]["none"] == 1


@pytest.mark.parametrize("executed", [False, True])
def test_a_reset_is_a_reset(flowmock, executed):
    server = flowmock("--fault", "reset-%s=1" % ("after" if executed else "before"))
    with pytest.raises(ConnectionResetError):
        read_all(server.flow.send("dev1"))
    assert server.status()["creates"] == int(executed)


def test_half_an_answer_promises_more_than_it_sends(flowmock):
    server = flowmock("--fault", "half-answer=1")
    with pytest.raises(http.client.IncompleteRead) as cut:
        server.flow.create("dev1")
    assert 0 < len(cut.value.partial) == pytest.approx(cut.value.expected, abs=1)
    assert server.status()["creates"] == 1


def test_a_timeout_after_has_executed_before_it_answers(flowmock):
    server = flowmock("--fault", "timeout-after=1", "--hold", "1h")
    with server.flow.send("dev1") as waiting:
        wait_for(lambda: server.status()["creates"] == 1)
        assert server.status()["in_flight"] == 1
        waiting.setblocking(False)
        with pytest.raises(BlockingIOError):
            waiting.recv(1)


def test_a_timeout_after_answers_when_its_hold_is_over(flowmock):
    server = flowmock("--fault", "timeout-after=1", "--hold", "50ms")
    assert server.flow.create("dev1").status == 201


def test_a_late_timeout_executes_when_the_client_has_gone(flowmock):
    server = flowmock("--fault", "timeout-late=1", "--hold", "2s")
    waiting = server.flow.send("dev1")
    wait_for(lambda: server.status()["requests"]["POST"] == 1)
    waiting.close()  # not before it was read: who goes at once may never have been heard
    assert server.status()["creates"] == 0
    wait_for(lambda: server.status()["creates"] == 1)
    wait_for(lambda: server.status()["in_flight"] == 0)


def test_a_commit_comes_after_the_time_out_was_answered(flowmock):
    server = flowmock("--fault", "error504-late=1", "--hold", "300ms")
    assert server.flow.create("dev1", description="ß").status == 504
    assert server.flow.named("dev1") == [] and server.status()["in_flight"] == 0
    wait_for(lambda: server.status()["creates"] == 1)
    (late,) = server.connections()
    assert (late["name"], late["description"], late["username"]) == ("dev1", "ß", "user")
    assert late["id"] == server.flow.named("dev1")[0]["id"]


def test_a_late_commit_dies_with_the_server(flowmock, tmp_path):
    options = ["--store", tmp_path / "store", "--fault", "error504-late=1", "--hold", "1h"]
    server = flowmock(*options)
    server.flow.create("dev1")
    server.stop()
    assert flowmock(*options).connections() == []


def test_a_stall_ends_when_the_client_goes_and_executes_nothing(flowmock):
    server = flowmock("--fault", "stall=1")
    waiting = server.flow.send("dev1")
    wait_for(lambda: server.status()["in_flight"] == 1)
    waiting.close()
    wait_for(lambda: server.status()["in_flight"] == 0)
    assert server.status()["creates"] == 0


def test_a_stop_does_not_wait_for_what_is_held(flowmock):
    server = flowmock("--fault", "stall=0.5", "--fault", "timeout-late=0.5", "--hold", "1h")
    waiting = [server.flow.send(f"dev{i}") for i in range(20)]
    wait_for(lambda: server.status()["in_flight"] == 20)
    server.stop()
    assert [read_all(sock) for sock in waiting] == [b""] * 20


def test_a_stop_does_not_begin_what_waits_behind_a_stall(flowmock):
    server = flowmock("--fault", "stall=1")
    waiting = server.flow.send("dev1")
    waiting.sendall(server.flow.request_bytes("dev2"))
    wait_for(lambda: server.status()["in_flight"] == 1)
    server.stop()
    waiting.close()


def test_a_client_killed_in_mid_request_leaves_nothing_in_flight(flowmock):
    server = flowmock()
    whole = server.flow.request_bytes("dev1")
    head = whole.index(b"\r\n\r\n") + 4

    def open_files():  # asking the server itself would wake it
        return len(os.listdir(f"/proc/{server.process.pid}/fd"))

    before = open_files()
    clients = [socket.create_connection((server.flow.host, server.flow.port)) for _ in range(60)]
    wait_for(lambda: open_files() == before + 60)
    server.process.send_signal(signal.SIGSTOP)  # so that bytes and end come together
    for i, client in enumerate(clients):
        client.sendall(whole[: [head, head + 3, len(whole) - 1][i % 3]])
        client.close()
    server.process.send_signal(signal.SIGCONT)
    wait_for(lambda: open_files() == before)
    status = server.status()
    assert (status["requests"]["POST"], status["in_flight"], status["creates"]) == (60, 0, 0)


def test_a_client_that_only_ends_its_sending_still_gets_its_answer(flowmock):
    waiting = flowmock("--latency", "50ms").flow.send("dev1")
    waiting.shutdown(socket.SHUT_WR)
    assert read_all(waiting).startswith(b"HTTP/1.1 201 ")


def test_echo_repeats_the_password_as_careless_providers_do(flowmock):
    answer = flowmock("--fault", "echo=1").flow.create("dev1", password="pass-1234")
    assert "pass-1234" in answer.json()["errorMessage"]


def test_a_poisoned_name_always_fails(flowmock):
    server = flowmock("--fault", "poison:bad-")
    assert [server.flow.create(n).status for n in ("bad-1", "good", "bad-1")] == [500, 201, 500]
    assert server.status()["creates"] == 1


def test_faults_of_other_verbs_leave_creates_alone(flowmock):
    flow = flowmock("--fault", "get:error503-before=1", "--fault", "delete:throttle=1").flow
    created = flow.create("dev1").json()
    assert flow.get("/connections").status == 503
    assert flow.call("DELETE", "/connections/" + created["id"]).status == 429


@pytest.mark.parametrize("verb, hit", [("get", "lrte"), ("read", "r"), ("test", "t"),
                                       ("explore", "e"), ("patch", "p"), ("delete", "d")])
def test_a_fault_comes_to_its_verb_alone(flowmock, verb, hit):
    server = flowmock("--fault", verb + ":rejected=1")
    flow = server.flow
    created = flow.create("dev1").json()
    path = "/connections/" + created["id"]
    change = {"op": "add", "path": "/description", "value": "x"}
    answers = {
        "l": flow.get("/connections"),
        "r": flow.get(path),
        "t": flow.get(path + "/test"),
        "e": flow.get(path + "/explore?objectType=root"),
        "p": patch(flow, created, change),
        "d": flow.call("DELETE", path),
    }
    assert "".join(k for k, a in answers.items() if a.status == 400) == hit


def test_faults_of_every_get_come_behind_those_of_one(flowmock):
    flow = flowmock("--fault", "get:error503-before=1", "--fault", "test:408=1").flow
    path = "/connections/" + flow.create("dev1").json()["id"]
    assert [flow.get(path).status, flow.get(path + "/test").status] == [503, 408]


@pytest.mark.parametrize("kind, status, executed", [
    ("bad-json-201", 200, True), ("empty-201", 200, True), ("stale", 412, False),
    ("html-404", 404, False), ("error500-after", 500, True), ("throttle", 429, False)])
def test_a_fault_of_a_patch_answers_and_executes_as_it_is_named(flowmock, kind, status, executed):
    server = flowmock("--fault", f"patch:{kind}=1")
    created = server.flow.create("dev1").json()
    answer = patch(server.flow, created, {"op": "replace", "path": "/name", "value": "dev2"})
    assert answer.status == status
    (item,) = server.counted()
    assert (item["name"], item["updates"]) == (("dev2", 1) if executed else ("dev1", 0))
    if kind == "html-404":
        assert answer.body.startswith(b"<html>")


def test_a_late_timeout_changes_when_the_client_has_gone(flowmock):
    server = flowmock("--fault", "patch:timeout-late=1", "--hold", "300ms")
    created = server.flow.create("dev1").json()
    with pytest.raises(TimeoutError):
        server.flow.call("PATCH", "/connections/" + created["id"],
                         [{"op": "replace", "path": "/name", "value": "dev2"}],
                         headers(If_Match=created["etag"]), timeout=0.1)
    assert server.connections()[0]["name"] == "dev1"
    wait_for(lambda: server.connections()[0]["name"] == "dev2")


def test_the_same_seed_gives_the_same_faults_and_ids(flowmock):
    def run(seed):
        server = flowmock("--seed", seed, "--fault", "error500-before=0.3", "--fault", "408=0.3")
        statuses = [server.flow.create(f"dev{i}").status for i in range(40)]
        return statuses, [c["id"] for c in server.connections()]

    first = run("7")
    assert set(first[0]) == {201, 408, 500}
    assert run("7") == first
    assert run("8") != first


def test_a_schedule_says_which_create_gets_what(flowmock, tmp_path):
    plan = tmp_path / "plan"
    plan.write_text("# the story\n2 throttle 7s\n\n4-5 error500-after\n")
    server = flowmock("--schedule", str(plan))
    answers = [server.flow.create(f"dev{i}") for i in range(1, 7)]
    assert [a.status for a in answers] == [201, 429, 201, 500, 500, 201]
    assert answers[1].headers["Retry-After"] == "7"
    assert server.status()["creates"] == 5


def test_a_schedule_counts_each_verb_by_itself(flowmock, tmp_path):
    plan = tmp_path / "plan"
    plan.write_text("2 408\n1 read:rejected\n2-3 get:html-404\n1 patch:stale\n")
    flow = flowmock("--schedule", str(plan)).flow
    created = flow.create("dev1").json()
    assert flow.create("dev2").status == 408
    path = "/connections/" + created["id"]
    gets = [path, "/connections", path + "/test", path]  # `get:` counts them all
    assert [flow.get(p).status for p in gets] == [400, 404, 404, 200]
    change = {"op": "add", "path": "/description", "value": "x"}
    assert [patch(flow, created, change).status for _ in range(2)] == [412, 200]


def test_chances_change_while_it_runs(flowmock):
    server = flowmock("--fault", "throttle=1")
    flow = server.flow
    answer = flow.control("POST", "/_flowmock/faults", {"error500-before": 1, "throttle": 0})
    assert answer.status == 200
    assert flow.create("dev1").status == 500
    for wrong in ({"nothing": 1}, {"throttle": 2}, {"throttle": "1"}, {"throttle": 0.5}):
        assert flow.control("POST", "/_flowmock/faults", wrong).status == 400
    assert flow.create("dev1").status == 500


def test_a_reset_forgets_everything(flowmock, tmp_path):
    server = flowmock("--fault", "error500-after=1", "--store", str(tmp_path / "store"))
    server.flow.create("dev1")
    server.flow.control("POST", "/_flowmock/faults", {"error500-after": 0})
    assert server.flow.control("POST", "/_flowmock/reset").status == 200
    assert server.connections() == []
    assert server.status()["creates"] == 0
    assert server.flow.create("dev1").status == 500
    assert len((tmp_path / "store").read_text().splitlines()) == 1


# ------------------------------------------------------------ rate, load, time


def test_the_rate_limit_lets_a_burst_through_and_tells_when_to_come_back(flowmock):
    server = flowmock("--rate-limit", "1/m", "--rate-burst", "3")
    answers = [server.flow.create(f"dev{i}") for i in range(5)]
    assert [a.status for a in answers] == [201, 201, 201, 429, 429]
    assert answers[4].code == "429050"
    assert 50 <= int(answers[4].headers["Retry-After"]) <= 60


@pytest.mark.parametrize("limit, burst", [("1/m", 1), ("1200/m", 2), ("50/s", 5)])
def test_a_tenth_of_a_second_comes_at_once_by_default(flowmock, limit, burst):
    server = flowmock("--rate-limit", limit)
    statuses = [server.flow.create(f"dev{i}").status for i in range(burst)]
    assert statuses == [201] * burst
    statuses = create_many(server, [f"more{i}" for i in range(200)], concurrency=50)
    assert 429 in statuses


def test_latency_delays_and_thousands_wait_together(flowmock):
    server = flowmock("--latency", "fixed:300ms")
    start = time.monotonic()
    statuses = create_many(server, [f"dev{i}" for i in range(2000)], concurrency=2000)
    assert set(statuses) == {201}
    assert time.monotonic() - start >= 0.3
    assert server.status()["most_in_flight"] > 64
    assert server.status()["creates"] == 2000


@pytest.mark.parametrize("latency", ["1ms", "uniform:1ms-5ms", "lognormal:1ms,5ms"])
def test_every_form_of_latency_answers(flowmock, latency):
    assert flowmock("--latency", latency).flow.create("dev1").status == 201


def test_it_counts_what_it_saw(flowmock):
    server = flowmock()
    create_many(server, [f"dev{i}" for i in range(30)], concurrency=8)
    server.flow.get("/connections")
    status = server.status()
    assert status["requests"] == {"POST": 30, "GET": 1, "PATCH": 0, "DELETE": 0}
    assert status["statuses"] == {"none": 0, "200": 1, "201": 30}
    assert 1 <= status["worst_second"] <= 31
    assert status["in_flight"] == 0


def test_the_worst_second_is_a_second(flowmock):
    server = flowmock()
    for burst in (5, 3):
        for i in range(burst):
            server.flow.create(f"dev{i}")
        over = time.monotonic() + 1
        wait_for(lambda: time.monotonic() > over)
    assert 1 <= server.status()["worst_second"] <= 5


def test_an_outage_answers_503_and_passes(flowmock):
    flow = flowmock("--out-for", "0s+300ms").flow
    assert flow.create("dev1").status == 503
    wait_for(lambda: flow.create("dev1").status == 201)


def test_an_outage_refuses_connections_and_passes(flowmock):
    server = flowmock("--out-for", "0s+300ms", "--out-how", "refuse")
    assert read_all(server.flow.send("dev1")) == b""

    def refused():
        try:
            socket.create_connection((server.flow.host, server.flow.port)).close()
        except ConnectionRefusedError:
            return True
        return False

    wait_for(refused)
    wait_for(lambda: not refused())
    assert server.flow.create("dev1").status == 201
    assert server.status()["creates"] == 1


def test_others_put_connections_in_past_faults_and_counters(flowmock):
    server = flowmock("--fault", "stall=1", "--sandbox", "prod")
    theirs = [body(f"dev{i}", createdAt=1000 + i) for i in range(3)]
    assert server.flow.control("POST", "/_flowmock/connections", theirs).status == 200
    assert server.flow.control("POST", "/_flowmock/connections", body("now")).status == 200
    assert server.flow.named("dev2")[0]["createdAt"] == 1002
    assert server.flow.named("now")[0]["createdAt"] >= (time.time() - 60) * 1000
    assert server.status()["requests"]["POST"] == 0 and server.status()["connections"] == 4
    wrong = server.flow.control("POST", "/_flowmock/connections", body("x", createdAt=-1))
    assert wrong.status == 400 and server.flow.named("x") == []


# ---------------------------------------------------------------------- tokens

CLIENT = {"grant_type": "client_credentials", "client_id": "id-1",
          "client_secret": "s+e&c=r %e\\t\"", "scope": "openid,AdobeID"}
STRICT = ("--client-id", CLIENT["client_id"], "--client-secret", CLIENT["client_secret"])


def fetch(server, **changes):
    fields = {k: v for k, v in (CLIENT | changes).items() if v is not None}
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    return server.flow.control("POST", "/ims/token/v3", urlencode(fields), head)


def fetched(server):
    answer = fetch(server)
    assert answer.status == 200
    return answer.json()["access_token"]


def status_with(server, token):
    head = headers(Authorization=f"Bearer {token}")
    return server.flow.get("/connections", head).status


def test_its_second_line_is_where_tokens_are(flowmock):
    server = flowmock()
    assert server.token_url == server.origin + "/ims/token/v3"


def test_a_token_is_random_and_tells_its_life(flowmock):
    server = flowmock(*STRICT, "--token-lifetime", "90s")
    first, second = fetch(server).json(), fetch(server).json()
    assert first["expires_in"] == 90 and first["token_type"] == "bearer"
    assert first["access_token"] != second["access_token"]
    assert len(first["access_token"]) > 500
    assert server.status()["tokens"] == {
        "fetches": 2, "given": 2, "in_flight": 0, "most_at_once": 1, "refused": 0}
    assert server.status()["requests"]["POST"] == 0


def test_with_a_client_only_issued_tokens_are_valid(flowmock):
    server = flowmock(*STRICT)
    assert status_with(server, fetched(server)) == 200
    answer = server.flow.get("/connections", headers(Authorization="Bearer another"))
    assert (answer.status, answer.code) == (401, "401013")
    assert server.status()["tokens"]["refused"] == 1


def test_without_a_client_any_token_is_valid_too(flowmock):
    server = flowmock()
    assert status_with(server, "another") == 200
    assert status_with(server, fetched(server)) == 200


@pytest.mark.parametrize("options", [STRICT, ()])
def test_a_revoked_token_is_refused_and_a_later_one_is_valid(flowmock, options):
    server = flowmock(*options)
    tokens = [fetched(server) for _ in range(3)]
    server.tell("revoke")
    assert [status_with(server, token) for token in tokens] == [401] * 3
    assert status_with(server, fetched(server)) == 200


def test_a_token_ends_when_it_said_so(flowmock):
    server = flowmock(*STRICT, "--token-lifetime", "1s")
    token = fetched(server)
    wait_for(lambda: status_with(server, token) == 401)
    assert status_with(server, fetched(server)) == 200


@pytest.mark.parametrize("changes, status, error", [
    ({"client_secret": "wrong"}, 400, "invalid_client"),
    ({"client_secret": CLIENT["client_secret"] + " "}, 400, "invalid_client"),
    ({"client_secret": None}, 400, "invalid_client"),
    ({"client_id": "wrong"}, 400, "invalid_client"),
    ({"client_id": ""}, 400, "invalid_client"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"scope": "other"}, 400, "invalid_scope"),
])
def test_a_wrong_client_is_refused_as_ims_does(flowmock, changes, status, error):
    server = flowmock(*STRICT, "--scopes", CLIENT["scope"])
    assert fetch(server).status == 200
    answer = fetch(server, **changes)
    assert (answer.status, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"].startswith("invalid ")
    assert server.status()["tokens"]["given"] == 1


def test_an_invalid_client_may_be_401(flowmock):
    server = flowmock(*STRICT, "--invalid-client", 401)
    assert fetch(server, client_secret="wrong").status == 401


def test_only_the_body_as_a_form_counts(flowmock):
    server = flowmock(*STRICT)
    query = "/ims/token/v3?" + urlencode(CLIENT)
    assert server.flow.control("POST", query).json()["error"] == "invalid_request"
    assert server.flow.control("GET", "/ims/token/v3").status == 405


@pytest.mark.parametrize("fault, status", [
    ("error500-before", 500), ("error503-before", 503), ("throttle", 429),
    ("invalid-client", 400), ("html-200", 200), ("redirect", 302)])
def test_the_token_endpoint_has_faults_of_its_own(flowmock, fault, status):
    server = flowmock("--fault", f"token:{fault}=1")
    answer = fetch(server)
    assert answer.status == status
    assert ("Retry-After" in answer.headers) == (fault == "throttle")
    assert server.flow.create("dev1").status == 201
    assert server.status()["tokens"]["given"] == 0
    server.tell("faults", {f"token:{fault}": 0})
    assert fetch(server).status == 200


def test_a_token_request_may_be_closed_or_stalled(flowmock):
    server = flowmock("--fault", "token:close-before=1")
    with pytest.raises(http.client.RemoteDisconnected):
        fetch(server)
    server.tell("faults", {"token:close-before": 0, "token:stall": 1})
    with socket.create_connection((server.flow.host, server.flow.port)) as sock:
        sock.sendall(b"POST /ims/token/v3 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        wait_for(lambda: server.status()["in_flight"] == 1)
    wait_for(lambda: server.status()["in_flight"] == 0)


def test_slow_tokens_are_counted_at_once(flowmock):
    server = flowmock("--token-latency", "fixed:300ms")
    with ThreadPoolExecutor(4) as pool:
        assert [a.status for a in pool.map(lambda _: fetch(server), range(4))] == [200] * 4
    assert server.status()["tokens"]["most_at_once"] > 1


@pytest.mark.parametrize("options", [
    ("--tls-cert", "x"), ("--tls-max", "1.1"), ("--token", "a", "--client-id", "b"),
    ("--invalid-client", "403")])
def test_options_that_make_no_sense_are_refused(options):
    done = subprocess.run([FLOWMOCK, *options], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 64 and ": " in done.stderr


# ----------------------------------------------------------------------- store


def test_a_killed_server_goes_on_where_it_was(flowmock, tmp_path):
    store = str(tmp_path / "store")
    first = flowmock("--store", store)
    kept = first.flow.create("dev1", description="ß").json()
    gone = first.flow.create("dev2").json()
    first.flow.call("DELETE", "/connections/" + gone["id"])
    changed = first.flow.create("dev3").json()
    renamed = patch(first.flow, changed, {"op": "replace", "path": "/name", "value": "dev4"})
    before = first.flow.get("/connections").json()
    first.kill()

    second = flowmock("--store", store)
    assert second.flow.get("/connections").json() == before
    assert {c["id"]: c["etag"] for c in second.connections()} == {
        kept["id"]: kept["etag"],
        changed["id"]: renamed.json()["etag"],
    }
    status = second.status()
    assert (status["creates"], status["updates"], status["deletes"]) == (3, 1, 1)
    assert second.flow.create("dev5").json()["id"] not in {kept["id"], gone["id"], changed["id"]}


def test_an_executed_create_is_kept_although_its_answer_never_came(flowmock, tmp_path):
    store = str(tmp_path / "store")
    first = flowmock("--store", store, "--fault", "timeout-after=1", "--hold", "1h")
    with first.flow.send("dev1"):
        wait_for(lambda: first.status()["creates"] == 1)
        first.kill()
    assert len(flowmock("--store", store).flow.named("dev1")) == 1


def create_until_killed(server, names):
    """Names that were answered 201, and all that were asked for; it is killed at the 200th."""
    asked, answered = [], []

    async def run():
        connector = aiohttp.TCPConnector(limit=16)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def work():
                for name in names:
                    asked.append(name)
                    url = server.url + "/connections"
                    async with session.post(url, json=body(name), headers=headers()) as answer:
                        if (await answer.json())["id"]:
                            answered.append(name)
                    if len(answered) == 200:
                        server.process.kill()

            await asyncio.gather(*(work() for _ in range(16)), return_exceptions=True)

    asyncio.run(run())
    return answered, asked


def test_what_was_answered_is_there_after_every_kill(flowmock, tmp_path):
    server = flowmock("--store", tmp_path / "store", "--latency", "uniform:0ms-3ms")
    answered, asked = [], []
    names = (f"dev{i}" for i in itertools.count())
    for _ in range(8):
        told, sent = create_until_killed(server, names)
        answered += told
        asked += sent
        server.restart()
        found = [one["name"] for one in server.connections()]
        assert set(answered) <= set(found) <= set(asked) and len(found) == len(set(found))
        assert server.status()["creates"] == len(found)
    assert len(answered) >= 8 * 200


def test_half_a_line_at_the_end_of_the_store_is_cut_off(flowmock, tmp_path):
    store = tmp_path / "store"
    first = flowmock("--store", str(store))
    first.flow.create("dev1")
    first.stop()
    whole = store.read_bytes()
    store.write_bytes(whole + whole[:40])
    second = flowmock("--store", str(store))
    assert [c["name"] for c in second.connections()] == ["dev1"]
    second.flow.create("dev2")
    second.stop()
    third = flowmock("--store", str(store))
    assert [c["name"] for c in third.connections()] == ["dev1", "dev2"]


def test_a_store_from_before_changes_were_counted_is_read(flowmock, tmp_path):
    store = tmp_path / "store"
    first = flowmock("--store", store)
    created = first.flow.create("dev1").json()
    first.kill()
    text = store.read_text()
    assert ',"updates":0' in text
    store.write_text(text.replace(',"updates":0', ""))
    second = flowmock("--store", store)
    (item,) = second.counted()
    assert (item["id"], item["updates"]) == (created["id"], 0)


def test_a_store_of_something_else_is_refused(tmp_path):
    store = tmp_path / "store"
    store.write_text("name,endpoint\n")
    run = subprocess.run([FLOWMOCK, "--store", store], capture_output=True, text=True)
    assert run.returncode == 3
    assert f"{store}:1: not a line that flowmock wrote" in run.stderr
    assert store.read_text() == "name,endpoint\n"


# --------------------------------------------------------------------- options


@pytest.mark.parametrize(
    "options, complaint",
    [
        (["--nothing"], "unknown option '--nothing'"),
        (["word"], "unknown option 'word'"),
        (["--port"], "--port lacks its value"),
        (["--port", "x"], "--port cannot be 'x'"),
        (["--listen", "0.0.0.0"], "only loopback is served"),
        (["--fault", "nothing=1"], "--fault cannot be"),
        (["--fault", "throttle=1.5"], "--fault cannot be"),
        (["--fault", "throttle=0.6", "--fault", "stall=0.6"], "--fault cannot be 'stall=0.6'"),
        (["--latency", "soon"], "--latency cannot be"),
        (["--unique-names=yes"], "takes no value"),
        (["--schedule", "/nonexistent/plan"], "cannot read"),
        (["--fault", "read:nothing=1"], "--fault cannot be"),
        (["--tables", "many"], "--tables cannot be 'many'"),
    ],
)
def test_a_wrong_option_is_64_with_a_remedy(options, complaint):
    run = subprocess.run([FLOWMOCK, *options], capture_output=True, text=True)
    assert run.returncode == 64
    assert run.stdout == ""
    assert run.stderr.startswith("flowmock: ")
    assert complaint in run.stderr
    assert run.stderr.count("\n") == 1


def test_a_schedule_out_of_order_names_its_line(tmp_path):
    plan = tmp_path / "plan"
    plan.write_text("2 throttle\n2 stall\n")
    run = subprocess.run([FLOWMOCK, "--schedule", plan], capture_output=True, text=True)
    assert run.returncode == 64
    assert f"{plan}:2: " in run.stderr


def test_help_names_every_fault():
    text = subprocess.run([FLOWMOCK, "--help"], capture_output=True, text=True).stdout
    for kind in ("throttle", "timeout-late", "half-answer", "stale", "explore:", "poison:PREFIX",
                 "--out-for"):
        assert kind in text


def test_it_serves_ipv6_loopback(flowmock):
    server = flowmock("--listen", "::1")
    assert server.url.startswith("http://[::1]:")
    assert server.flow.create("dev1").status == 201


def test_a_taken_port_is_fatal(flowmock):
    server = flowmock()
    run = subprocess.run(
        [FLOWMOCK, "--port", str(server.flow.port)], capture_output=True, text=True
    )
    assert run.returncode == 3
    assert f"cannot listen on port {server.flow.port}" in run.stderr


def test_a_body_that_is_too_long_is_refused(flowmock):
    server = flowmock()
    assert server.flow.create("dev1", description="x" * (1 << 20)).status == 413
    assert server.status()["creates"] == 0


def test_strange_bytes_in_names_come_back_as_they_were(flowmock, tmp_path):
    store = str(tmp_path / "store")
    names = ["a b", "a+b", "a&b=c", "ß 雪", 'q"\\\t', "/x/../y", "😀"]
    first = flowmock("--store", store)
    for name in names:
        first.flow.create(name)
        assert [i["name"] for i in first.flow.named(name)] == [name]
    first.kill()
    assert [c["name"] for c in flowmock("--store", store).connections()] == names
