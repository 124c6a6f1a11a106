"""That the judge judges: what is not as described is found, and what is, is not."""

import pytest

from flow_client import Flow, body, headers

ID = "69f188b6-1111-4222-8333-abcdefabcdef"
CHANGE = [{"op": "add", "path": "/description", "value": "x"}]


def client(judge):
    return Flow(judge.url)


@pytest.mark.parametrize("header", ["Authorization", "x-api-key", "x-gw-ims-org-id"])
@pytest.mark.parametrize("method, path, content", [
    ("POST", "/connections", body("dev1")),
    ("GET", "/connections?limit=100", None),
    ("GET", f"/connections/{ID}", None),
    ("GET", f"/connections/{ID}/test", None),
    ("GET", f"/connections/{ID}/explore?objectType=ROOT", None),
    ("PATCH", f"/connections/{ID}", CHANGE),
    ("DELETE", f"/connections/{ID}", None),
])
def test_a_request_without_a_required_header_is_found(proxy, method, path, content, header):
    head = headers(If_Match='"8e00"')
    del head[header]
    client(proxy).call(method, path, content, head)
    (found,) = proxy.said().violations
    assert found.startswith("error request.header") and header.lower() in found


def test_a_patch_without_its_etag_is_found(proxy):
    client(proxy).call("PATCH", f"/connections/{ID}", CHANGE)
    (found,) = proxy.said().violations
    assert found.startswith("error request.header") and "if-match" in found


@pytest.mark.parametrize("content, place", [
    (body("dev1", connectionSpec={"id": ID}), "request.body.connectionSpec"),
    (body("dev1", connectionSpec={"version": "1.0"}), "request.body.connectionSpec"),
    (body("dev1", connectionSpec=None), "request.body.connectionSpec"),
    (body("dev1", auth={"params": {}}), "request.body.auth"),
    (body(7), "request.body.name"),
    ([body("dev1")], "request.body"),
])
def test_a_wrong_create_is_found(proxy, content, place):
    client(proxy).call("POST", "/connections", content)
    assert f"error {place} " in proxy.said().violations[0]


def test_a_create_of_another_type_is_found(proxy):
    client(proxy).call("POST", "/connections", body("dev1"), headers(Content_Type="text/plain"))
    assert proxy.said().violations


@pytest.mark.parametrize("patch, place", [
    (CHANGE[0], "request.body"),
    ([{"op": "REPLACE", "path": "/name", "value": "x"}], "request.body[0].op"),
    ([{"op": "replace", "value": "x"}], "request.body[0]"),
])
def test_a_wrong_patch_is_found(proxy, patch, place):
    client(proxy).call("PATCH", f"/connections/{ID}", patch, headers(If_Match='"8e00"'))
    assert f"error {place} " in proxy.said().violations[0].replace("body.0", "body[0]")


@pytest.mark.parametrize("path", [
    "/connections?limit=many", "/connections?count=perhaps",
    f"/connections/{ID}/explore?objectType=anything",
    f"/connections/{ID}/explore?objectType=root",  # so in Adobe's tutorials
])
def test_a_wrong_query_is_found(proxy, path):
    client(proxy).get(path)
    (found,) = proxy.said().violations
    name = path.partition("?")[2].partition("=")[0].lower()
    assert found.startswith(f"error request.query.{name} ")


def test_a_path_that_does_not_exist_is_found(proxy):
    client(proxy).get(f"/connections/{ID}/tests")
    assert proxy.said().violations == ["warning request Selected route not found"]


ITEM = {"id": ID, "name": "dev1", "auth": {"specName": "Basic Authentication", "params": {}},
        "connectionSpec": {"id": ID, "version": "1.0"}, "etag": '"8e00"'}


@pytest.mark.parametrize("method, path, answer", [
    ("GET", f"/connections/{ID}/test", {"result": "yes"}),
    ("GET", f"/connections/{ID}/test", [True]),
    ("GET", f"/connections/{ID}/explore", {"items": []}),
    ("GET", f"/connections/{ID}/explore", [{"type": "table", "canPreview": "no"}]),
    ("GET", f"/connections/{ID}", [ITEM]),
    ("GET", f"/connections/{ID}", {"items": ITEM}),
    ("GET", "/connections", {"items": [ITEM | {"createdAt": "now"}]}),
    ("GET", "/connections", {"items": [ITEM | {"etag": 7}]}),
    ("GET", "/connections", {"items": [ITEM | {"auth": {"params": {}}}]}),
    ("GET", "/connections", {"items": [ITEM | {"connectionSpec": {"id": ID}}]}),
    ("POST", "/connections", {"id": 7}),
])
def test_a_wrong_answer_is_found(proxy, upstream, method, path, answer):
    upstream.answers(201 if method == "POST" else 200, answer)
    client(proxy).call(method, path, body("dev1") if method == "POST" else None)
    found = proxy.said().violations
    assert found and all(one.startswith("error response") for one in found)


def test_an_answer_of_another_type_is_found(proxy, upstream):
    upstream.answers(200, b"<html>", "text/html")
    client(proxy).get(f"/connections/{ID}/test")
    assert proxy.said().violations


def test_an_answer_that_breaks_off_is_found(proxy, upstream):
    upstream.answers(200, b'{"items":[')
    assert client(proxy).get(f"/connections/{ID}").status == 500  # made by Prism
    (found,) = proxy.said().violations
    assert "terminated with error" in found


def test_a_right_answer_is_not_found(proxy, upstream):
    upstream.answers(200, {"items": [ITEM]})
    client(proxy).get(f"/connections/{ID}")
    assert proxy.said().found == []


def test_an_answer_with_another_status_is_not_judged(proxy, upstream):
    upstream.answers(404, {"anything": 1})
    client(proxy).get(f"/connections/{ID}")
    said = proxy.said()
    assert (said.violations, said.undescribed) == ([], 1)


def test_as_a_mock_it_refuses_what_is_not_as_described(mock):
    wrong = client(mock).call("POST", "/connections", body("dev1", connectionSpec={"id": ID}))
    said = mock.said()
    assert wrong.status == 422 and said.violations and said.received == ["POST /connections"]


def test_as_a_mock_it_takes_what_is(mock):
    assert client(mock).create("dev1").status == 201
    assert mock.said().found == []
