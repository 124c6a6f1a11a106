"""To whom a token and a password go: to the host of the URL, over TLS that was verified, and to
nobody else, whatever a certificate, a proxy or an answer says.
"""

import base64
import itertools
import json
import os
import subprocess
import zlib

import pytest
from certificates import Authority
from proxy import Proxy
from raw_server import Endless, RawServer, http
from support import (
    LIMIT_S, command, environment, instances, read_results, snowmelt, statuses, write_csv,
)

ROWS = 3


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def started():
    """What a test starts beside flowmock; all of it is stopped at the end."""
    all_of_them = []
    yield lambda one: all_of_them.append(one) or one
    for one in all_of_them:
        one.stop()


def run(folder, url, *args, expect=0, rows=ROWS, **variables):
    """@return the run and its results"""
    path = write_csv(folder / "i.csv", instances(rows))
    done = snowmelt("run", path, "--url", url, *args, env=environment(**variables), expect=expect)
    return done, read_results(folder / "i.results.csv")


def assert_nothing_came(mock):
    assert set(mock.status()["requests"].values()) == {0}
    assert mock.status()["tokens"]["fetches"] == 0


# ---------------------------------------------------------------- certificates


def test_the_right_authority_is_trusted(flowmock, tmp_path, authority):
    mock = flowmock(*authority.signed("good"))
    assert mock.url.startswith("https://localhost:")
    run(tmp_path, mock.url, "--cacert", authority.ca)
    assert mock.status()["creates"] == ROWS


CASES = {
    "self-signed": ("self_signed", {}, False, ["self-signed", "--cacert"]),
    "unknown authority": ("signed", {}, False, ["issuer", "--cacert"]),
    "expired": ("signed", {"days": -1}, True, ["expired"]),
    "wrong host": ("signed", {"host": "other.example"}, True, ["localhost", "--url"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_certificate_is_refused_and_nothing_sent(flowmock, tmp_path, authority, case):
    kind, changes, trusted, words = CASES[case]
    mock = flowmock(*getattr(authority, kind)(case.replace(" ", "-"), **changes))
    args = ["--cacert", authority.ca] if trusted else []
    done, lines = run(tmp_path, mock.url, *args, expect=3)
    told = done.err.splitlines()[-1]
    assert "certificate was refused" in told
    for word in words:
        assert word in told
    assert statuses(lines) == {"skipped": ROWS}
    assert_nothing_came(mock)


def test_a_self_signed_certificate_may_be_its_own_authority(flowmock, tmp_path, authority):
    options = authority.self_signed("own")
    mock = flowmock(*options)
    run(tmp_path, mock.url, "--cacert", options[1])
    assert mock.status()["creates"] == ROWS


def test_old_tls_is_refused_and_nothing_sent(flowmock, tmp_path, authority):
    mock = flowmock(*authority.signed("old"), "--tls-max", "1.1")
    done, lines = run(tmp_path, mock.url, "--cacert", authority.ca, "--give-up-after", "2s",
                      expect=2)
    assert "TLS 1.2" in done.err.splitlines()[-1]
    assert statuses(lines) == {"skipped": ROWS}
    assert_nothing_came(mock)  # which was asked by TLS 1.1, so the server is there


@pytest.mark.parametrize("version", [[], ["--tls-max", "1.2"]])
def test_tls_of_today_is_spoken(flowmock, tmp_path, authority, version):
    mock = flowmock(*authority.signed("today"), *version)
    run(tmp_path, mock.url, "--cacert", authority.ca)


def test_a_cacert_that_is_none_is_told(flowmock, tmp_path, authority):
    mock = flowmock(*authority.signed("good"))
    done, _ = run(tmp_path, mock.url, "--cacert", authority.ca_key, expect=3)
    assert "--cacert" in done.err
    assert_nothing_came(mock)


# ---------------------------------------------------------- client certificate


def test_a_client_certificate_is_shown_when_it_is_asked_for(flowmock, tmp_path, authority):
    mock = flowmock(*authority.signed("good"), "--tls-client-ca", authority.ca)
    _, cert, _, key = authority.signed("client")
    run(tmp_path, mock.url, "--cacert", authority.ca, "--client-cert", cert, "--client-key", key)
    assert mock.status()["creates"] == ROWS


def test_without_a_client_certificate_its_server_says_so(flowmock, tmp_path, authority):
    mock = flowmock(*authority.signed("good"), "--tls-client-ca", authority.ca)
    done, _ = run(tmp_path, mock.url, "--cacert", authority.ca, "--attempts", 1, expect=3)
    assert "certificate" in done.err
    assert mock.status()["creates"] == 0


def test_a_key_of_another_certificate_is_told(flowmock, tmp_path, authority):
    mock = flowmock(*authority.signed("good"), "--tls-client-ca", authority.ca)
    done, _ = run(tmp_path, mock.url, "--cacert", authority.ca,
                  "--client-cert", authority.signed("client")[1],
                  "--client-key", authority.ca_key, expect=3)
    assert "--client-key" in done.err
    assert_nothing_came(mock)


# ----------------------------------------------------------------------- proxy

LOGIN = "mArKeD-user:mArKeD-p%40ss"
SHOWN = b"mArKeD-user:mArKeD-p@ss"


def assert_login_is_nowhere(folder, done):
    written = {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    written |= {"stdout": done.stdout, "stderr": done.stderr}
    for form in (b"mArKeD", base64.b64encode(SHOWN), base64.b64encode(b"mArKeD-p@ss")):
        for where, what in written.items():
            assert form not in what, where


@pytest.mark.parametrize("variable", ["SNOWMELT_PROXY", "https_proxy", "HTTPS_PROXY"])
def test_a_proxy_with_a_login_is_used_and_its_login_told_nowhere(
        flowmock, tmp_path, authority, started, variable):
    mock, proxy = flowmock(*authority.signed("good")), started(Proxy())
    done, _ = run(tmp_path, mock.url, "--cacert", authority.ca, "--log-level", "trace",
                  **{variable: f"http://{LOGIN}@{proxy.address}"})
    assert {(method, target) for method, target, _ in proxy.asked} == {
        ("CONNECT", mock.origin.removeprefix("https://"))}
    for _, _, head in proxy.asked:
        assert base64.b64decode(head["proxy-authorization"].split()[1]) == SHOWN
        assert "authorization" not in head and "x-api-key" not in head
    assert_login_is_nowhere(tmp_path, done)
    assert mock.status()["creates"] == ROWS


@pytest.mark.parametrize("status", [407, 403])
def test_a_proxy_that_refuses_is_told_without_the_login(
        flowmock, tmp_path, authority, started, status):
    mock, proxy = flowmock(*authority.signed("good")), started(Proxy(refuse=status))
    done, lines = run(tmp_path, mock.url, "--cacert", authority.ca, "--log-level", "trace",
                      expect=3, SNOWMELT_PROXY=f"http://{LOGIN}@{proxy.address}")
    assert "proxy" in done.err
    assert statuses(lines) == {"skipped": ROWS}
    assert_login_is_nowhere(tmp_path, done)
    assert_nothing_came(mock)


def test_a_proxy_that_is_not_there_is_told_without_the_login(flowmock, tmp_path, authority):
    mock = flowmock(*authority.signed("good"))
    done, _ = run(tmp_path, mock.url, "--cacert", authority.ca, "--log-level", "trace",
                  "--give-up-after", "1s", expect=2, SNOWMELT_PROXY=f"http://{LOGIN}@127.0.0.1:9")
    assert_login_is_nowhere(tmp_path, done)
    assert_nothing_came(mock)


@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
def test_a_host_of_no_proxy_is_asked_without_one(flowmock, tmp_path, authority, started, variable):
    mock, proxy = flowmock(*authority.signed("good")), started(Proxy())
    run(tmp_path, mock.url, "--cacert", authority.ca,
        **{"https_proxy": f"http://{proxy.address}", variable: "example.com,localhost"})
    assert proxy.asked == []
    assert mock.status()["creates"] == ROWS


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy", "SNOWMELT_PROXY"])
def test_what_goes_in_the_clear_goes_to_no_proxy(flowmock, tmp_path, started, variable):
    """http is for loopback alone; a proxy is not."""
    mock, proxy = flowmock(), started(Proxy())
    run(tmp_path, mock.url, **{variable: f"http://{proxy.address}"})
    assert proxy.asked == []
    assert mock.status()["creates"] == ROWS


# ------------------------------------------------------------------- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(tmp_path, started, status):
    thief = started(RawServer(lambda *_: http(201, "{}")))
    server = started(RawServer(lambda *_: http(status, "", f"Location: {thief.url}/connections")))
    done, lines = run(tmp_path, server.url, "--no-inventory", "--attempts", 1, "--settle", "50ms",
                      "--settle-timeout", "100ms", expect=1)
    assert thief.connections == 0 and server.posts > 0
    assert statuses(lines).keys() <= {"failed", "unresolved"}
    assert thief.url not in done.out


def test_a_redirected_lookup_is_not_followed(tmp_path, started):
    thief = started(RawServer(lambda *_: http(201, "{}")))
    moved = http(302, "", f"Location: {thief.url}/connections")
    server = started(RawServer(lambda *_: None, look=lambda *_: moved))
    run(tmp_path, server.url, "--attempts", 1, expect=3)
    assert thief.connections == 0 and server.posts == 0


def test_a_next_link_leads_to_no_other_host(tmp_path, started):
    thief = started(RawServer(lambda *_: http(201, "{}")))
    page = json.dumps({"items": [], "_links": {"next": {
        "href": f"{thief.url}/connections?continuationToken=next"}}})
    pages = itertools.count()
    last = http(200, json.dumps({"items": [], "count": 0, "_links": {}}))
    server = started(RawServer(lambda server, _, request: server.execute(request[3]),
                               look=lambda *_: http(200, page) if next(pages) == 0 else last))
    run(tmp_path, server.url, "--settle", "50ms", expect=0)
    assert thief.connections == 0 and next(pages) > 1


# ---------------------------------------------------------------------- bodies

MIB = 1 << 20
AT_ONCE = "quarantine_size_mb=1:" + os.environ.get("ASAN_OPTIONS", "")  # freed is freed
ALLOWED_KIB = 8 << 10  # above a plain run; the bodies are far larger than that


def peak_kib(folder, url, *args, expect):
    """The most memory that a run had, as the kernel counted it."""
    path = write_csv(folder / "i.csv", instances(1))
    with open(folder / "err", "wb") as err:
        child = subprocess.Popen(
            command("run", path, "--url", url, "--no-inventory", "--attempts", 1, "--settle",
                    "10ms", "--settle-timeout", "20ms", "--results", folder / "r.csv",
                    "--ledger", folder / "l.ledger", *args),
            env=environment(ASAN_OPTIONS=AT_ONCE), stdout=subprocess.DEVNULL, stderr=err)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == expect, (folder / "err").read_text()
    return usage.ru_maxrss


def bomb():
    """A gigabyte of zeros, packed into about a megabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(MIB)
    return b"".join(packer.compress(zeros) for _ in range(1024)) + packer.flush()


def head(*lines):
    return ("\r\n".join(["HTTP/1.1 201 X", "Content-Type: application/json", *lines])
            + "\r\n\r\n").encode()


def huge():
    """64 MiB, as it told."""
    return Endless(itertools.chain([head(f"Content-Length: {64 * MIB}")],
                                   itertools.repeat(b"x" * MIB, 64)))


def endless():
    chunk = b"%x\r\n%s\r\n" % (MIB, b"x" * MIB)
    return Endless(itertools.chain([head("Transfer-Encoding: chunked")], itertools.repeat(chunk)))


def endless_headers():
    return Endless(itertools.chain([b"HTTP/1.1 201 X\r\n"],
                                   itertools.repeat(b"x-more: " + b"x" * 1000 + b"\r\n")))


def endless_header():
    return Endless(itertools.chain([b"HTTP/1.1 201 X\r\nx-more: "], itertools.repeat(b"x" * 65536)))


def endless_information():
    return Endless(itertools.repeat(b"HTTP/1.1 103 X\r\nx-more: y\r\n\r\n"))


@pytest.fixture(scope="module")
def plain_kib(tmp_path_factory):
    server = RawServer(lambda server, _, request: server.execute(request[3]))
    try:
        return peak_kib(tmp_path_factory.mktemp("plain"), server.url, expect=0)
    finally:
        server.stop()


@pytest.mark.parametrize("answer", [huge, endless, endless_headers, endless_header,
                                    endless_information])
@pytest.mark.parametrize("to", ["create", "lookup"])
def test_an_answer_without_end_costs_no_memory(tmp_path, started, plain_kib, answer, to):
    def act(server, count, request):
        return answer() if to == "create" else None

    server = started(RawServer(act, look=None if to == "create" else lambda *_: answer()))
    assert peak_kib(tmp_path, server.url, expect=1) <= plain_kib + ALLOWED_KIB
    assert {line["status"] for line in read_results(tmp_path / "r.csv")} <= {
        "failed", "unresolved", "created", "adopted"}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-gzip"])
def test_a_packed_bomb_is_not_unpacked(tmp_path, started, plain_kib, encoding):
    packed = bomb()
    answer = head(f"Content-Encoding: {encoding}", f"Content-Length: {len(packed)}") + packed
    server = started(RawServer(lambda *_: answer))
    assert peak_kib(tmp_path, server.url, expect=1) <= plain_kib + ALLOWED_KIB
    assert "accept-encoding" not in server.heads[0]
