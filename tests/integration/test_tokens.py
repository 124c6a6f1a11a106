"""What becomes of the bytes of a token, with endpoints that no proper server is."""

import itertools
import json

import pytest
from raw_server import RawServer, http
from support import environment, instances, read_results, snowmelt, write_csv

TOKEN = "mArKeD-token-abcdef-0123456789"
SECRET = 'mArKeD "secret" \\ %41 & ö'
GATEWAY = json.dumps({"error_code": "401013", "message": "Oauth token is not valid"})


@pytest.fixture
def server():
    started = []

    def start(act):
        started.append(RawServer(act))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def with_client(server):
    return environment(AEP_ACCESS_TOKEN=None, AEP_API_KEY=None, AEP_CLIENT_ID="id-123",
                       AEP_CLIENT_SECRET=SECRET, AEP_SCOPES="openid,AdobeID",
                       SNOWMELT_TOKEN_URL=server.url + "/token")


def granted(**more):
    return http(200, json.dumps({"access_token": TOKEN, "expires_in": 3600} | more))


def test_a_token_that_comes_again_is_still_a_secret(server, tmp_path):
    """An endpoint may hand out the same one twice: the old one is forgotten, not its bytes."""
    creates, fetches = itertools.count(1), itertools.count(1)

    def act(server, count, request):
        _, target, head, body = request
        if target.endswith("/token"):
            next(fetches)
            return granted()
        n = next(creates)
        if n == 1:
            return server.execute(body)
        if n == 2:
            return http(401, GATEWAY)
        return http(400, json.dumps({"errorMessage": "you sent " + head["authorization"]}))

    mock = server(act)
    path = write_csv(tmp_path / "i.csv", instances(3))
    done = snowmelt("run", path, "--url", mock.url, "--concurrency", 1, "--log-level", "trace",
                    env=with_client(mock), expect=1)
    assert next(fetches) == 3
    errors = [line["error"] for line in read_results(tmp_path / "i.results.csv")]
    assert "you sent" in errors[2]
    for place in (done.out, done.err, *errors):
        assert TOKEN not in place


def test_what_an_endpoint_echoes_shows_no_secret(server, tmp_path):
    """The form as it came, in the words of a refusal and in the trace of it."""
    def act(server, count, request):
        form = request[3].decode()
        return http(400, json.dumps({"error": "invalid_client", "error_description": form}))

    mock = server(act)
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, "--url", mock.url, "--log-level", "trace", env=with_client(mock),
                    expect=3)
    assert "AEP_CLIENT_SECRET" in done.err and "invalid_client" in done.err
    assert "grant_type=client_credentials" in done.err
    assert "mArKeD" not in done.err + done.out
    assert (mock.posts, mock.executed) == (1, [])


@pytest.mark.parametrize("answer", [
    granted(access_token="a\r\nX-Evil: 1"),
    granted(access_token="x" * 16385),
    granted(access_token=""),
    granted(expires_in=0),
    granted(token_type="mac"),
    http(200, "[" * 200000),
], ids=["a line's end in it", "too long", "empty", "no life", "another type", "no JSON"])
def test_a_token_that_is_none_is_asked_for_again(server, tmp_path, answer):
    answers = itertools.chain([answer], itertools.repeat(granted()))

    def act(server, count, request):
        if request[1].endswith("/token"):
            return next(answers)
        assert request[2]["authorization"] == "Bearer " + TOKEN
        return server.execute(request[3])

    mock = server(act)
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, "--url", mock.url, env=with_client(mock), expect=0)
    assert "no access token from" in done.err and "asking again" in done.err
    assert len(mock.executed) == 1 and "x-evil" not in mock.heads[-1]


def test_the_form_goes_alone(server, tmp_path):
    """No token, no organization and no API key to the token endpoint, and no form elsewhere."""
    seen = []

    def act(server, count, request):
        seen.append(request)
        return granted() if request[1].endswith("/token") else server.execute(request[3])

    mock = server(act)
    path = write_csv(tmp_path / "i.csv", instances(1))
    snowmelt("run", path, "--url", mock.url, env=with_client(mock), expect=0)
    (_, _, head, body), (_, _, create, created) = seen
    assert head["content-type"] == "application/x-www-form-urlencoded"
    assert not {"authorization", "x-api-key", "x-gw-ims-org-id", "x-sandbox-name"} & set(head)
    assert body == (b"grant_type=client_credentials&client_id=id-123&client_secret=mArKeD%20%22"
                    b"secret%22%20%5C%20%2541%20%26%20%C3%B6&scope=openid%2CAdobeID")
    assert create["authorization"] == "Bearer " + TOKEN and create["x-api-key"] == "id-123"
    assert b"mArKeD" not in created
