"""Tokens by client credentials: one fetch at a time, renewed before the end, and no row lost
whatever becomes of a token or of who hands them out.
"""

import itertools
import os

import pytest
from certificates import Authority
from raw_server import RawServer, http
from runs import Run, check_exactly_once
from support import (
    BUILD, environment, instances, read_results, snowmelt, statuses, write_csv,
)

CLIENT = "mArKeD-client-id"
SECRET = "mArKeD-secret %41+&=\"'\\;ß"  # all that a form could get wrong
SCOPES = "openid,AdobeID,read_organizations"
NOWHERE = ("http://127.0.0.1:9/x", "--token-url", "http://127.0.0.1:9/t")
STRICT = ("--client-id", CLIENT, "--client-secret", SECRET, "--scopes", SCOPES)


def with_client(**more):
    """The environment of a run that fetches its tokens; its API key is the client's id."""
    return environment(**{"AEP_ACCESS_TOKEN": None, "AEP_API_KEY": None, "AEP_CLIENT_ID": CLIENT,
                          "AEP_CLIENT_SECRET": SECRET, "AEP_SCOPES": SCOPES} | more)


class Job:
    """A CSV of so many rows, and the run of it."""

    def __init__(self, folder, mock, rows):
        self.folder, self.mock, self.rows = folder, mock, instances(rows)
        self.path = write_csv(folder / "i.csv", self.rows)

    def args(self, *more):
        return ["run", self.path, "--url", self.mock.url, "--token-url", self.mock.token_url,
                "--settle", "50ms", "--settle-timeout", "100ms", *more]

    def run(self, *more, expect=0, **env):
        return snowmelt(*self.args(*more), env=with_client(**env), expect=expect)

    def start(self, *more, prefix=(), **env):
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        return Run(logs, *self.args(*more), env=with_client(**env), prefix=prefix)

    def lines(self):
        return read_results(self.folder / "i.results.csv")

    def check_nobody_lost(self):
        assert statuses(self.lines()) == {"created": len(self.rows)}
        check_exactly_once(self.mock, [row[0] for row in self.rows])


ONCE = {"fetches": 1, "given": 1, "in_flight": 0, "most_at_once": 1, "refused": 0}


def tokens(mock):
    return mock.status()["tokens"]


# ------------------------------------------------------------- when all is well


def test_64_rows_wait_for_one_fetch(flowmock, tmp_path):
    mock = flowmock(*STRICT, "--token-latency", "fixed:300ms")
    job = Job(tmp_path, mock, 64)
    job.run("--concurrency", 64)
    job.check_nobody_lost()
    assert tokens(mock) == ONCE


def test_one_fetch_also_where_a_whole_thousand_waits(flowmock, tmp_path):
    mock = flowmock(*STRICT, "--token-latency", "fixed:300ms", "--latency", "uniform:1ms-20ms")
    job = Job(tmp_path, mock, 1000)
    job.run("--concurrency", 256)
    job.check_nobody_lost()
    assert tokens(mock) == ONCE


def test_a_given_token_is_never_renewed(flowmock, tmp_path):
    mock = flowmock()
    job = Job(tmp_path, mock, 5)
    job.run(AEP_ACCESS_TOKEN="given", AEP_CLIENT_ID=None, AEP_CLIENT_SECRET=None, AEP_SCOPES=None,
            AEP_API_KEY="key")
    assert tokens(mock)["fetches"] == 0


def test_a_run_with_nothing_to_send_fetches_nothing(flowmock, tmp_path):
    mock = flowmock(*STRICT)
    Job(tmp_path, mock, 0).run()
    assert tokens(mock)["fetches"] == 0


def test_scopes_may_be_parted_by_blanks(flowmock, tmp_path):
    job = Job(tmp_path, flowmock(*STRICT), 1)
    job.run(AEP_SCOPES="openid, AdobeID, read_organizations")


def test_the_clients_id_is_the_api_key_unless_there_is_another(flowmock, tmp_path):
    mock = flowmock(*STRICT, "--api-key", CLIENT)
    Job(tmp_path, mock, 1).run()
    mock = flowmock(*STRICT, "--api-key", "another")
    (tmp_path / "2").mkdir()
    Job(tmp_path / "2", mock, 1).run(AEP_API_KEY="another")


def test_fetches_count_in_the_rate_and_go_by_a_form(tmp_path):
    seen = []

    def act(server, count, request):
        method, target, head, content = request
        if target != "/ims/token/v3":
            return server.execute(content)
        seen.append((method, head, content))
        return http(200, '{"access_token":"abc","token_type":"bearer","expires_in":86399}')

    server = RawServer(act)
    path = write_csv(tmp_path / "i.csv", instances(2))
    origin = server.url.removesuffix("/data/foundation/flowservice")
    try:
        snowmelt("run", path, "--url", server.url, "--token-url", origin + "/ims/token/v3",
                 env=with_client(), expect=0)
    finally:
        server.stop()
    [(method, head, content)] = seen
    assert method == "POST"
    assert head["content-type"].startswith("application/x-www-form-urlencoded")
    assert "authorization" not in head and "x-api-key" not in head
    fields = dict(field.split(b"=") for field in content.split(b"&"))
    assert fields.keys() == {b"grant_type", b"client_id", b"client_secret", b"scope"}
    assert [one["authorization"] for one in server.heads if "authorization" in one] == [
        "Bearer abc"] * (len(server.heads) - 1)


def test_the_token_endpoint_is_verified_by_the_same_authority(flowmock, tmp_path):
    (tmp_path / "authority").mkdir()
    authority = Authority(tmp_path / "authority")
    mock = flowmock(*STRICT, *authority.signed("good"))
    job = Job(tmp_path, mock, 2)
    done = job.run(expect=3)
    assert "certificate" in done.err and "--cacert" in done.err
    assert tokens(mock)["fetches"] == 0 and statuses(job.lines()) == {"skipped": 2}
    job.run("--cacert", authority.ca)
    job.check_nobody_lost()


def test_a_token_endpoint_in_the_clear_is_refused(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, "--url", "http://127.0.0.1:9/x", "--token-url",
                    "http://ims.example.com/ims/token/v3", env=with_client(), expect=3)
    assert "https" in done.err and "token" in done.err


def test_a_redirect_of_the_token_endpoint_is_not_followed(flowmock, tmp_path):
    mock = flowmock(*STRICT)
    thief = RawServer(lambda *_: http(200, '{"access_token":"stolen","expires_in":86399}'))
    moved = RawServer(lambda *_: http(307, "", f"Location: {thief.url}"))
    try:
        Job(tmp_path, mock, 1).run("--token-url", moved.url, "--give-up-after", "1s", expect=2)
    finally:
        moved.stop()
        thief.stop()
    assert thief.connections == 0 and moved.posts >= 1
    assert mock.status()["creates"] == 0


# ------------------------------------------------------------- ends in mid-run


def test_expiry_in_mid_run_is_met_by_renewal_before_it(flowmock, tmp_path):
    mock = flowmock(*STRICT, "--token-lifetime", "3s", "--latency", "uniform:1ms-20ms")
    job = Job(tmp_path, mock, 700)
    run = job.start("--rate", "100/s", "--concurrency", 8)
    assert run.end(expect=0) == 0
    job.check_nobody_lost()
    seen = tokens(mock)
    assert seen["refused"] == 0, "rows met an expired token"
    # Seven seconds by the rate, each token good for 2.55 to 2.85 of them; more if it was slow.
    took = float(run.out.split(" rows in ")[1].split(" s")[0])
    assert 3 <= seen["fetches"] <= took / 2.5 + 2 and seen["most_at_once"] == 1


def test_a_token_that_ends_early_is_renewed_once_and_nobody_lost(flowmock, tmp_path):
    """Its life was told wrong: every row that meets it is sent again with the next."""
    mock = flowmock("--client-id", CLIENT, "--client-secret", SECRET, "--latency",
                    "uniform:5ms-50ms")
    job = Job(tmp_path, mock, 1500)
    run = job.start("--concurrency", 32)
    revocations = 0
    for at in (50, 150):
        assert run.until(lambda: mock.status()["creates"] >= at)
        mock.tell("revoke")
        revocations += 1
    run.end(expect=0)
    job.check_nobody_lost()
    seen = tokens(mock)
    assert seen["fetches"] == 1 + revocations and seen["most_at_once"] == 1
    assert 1 <= seen["refused"] <= 32 * revocations


def test_a_revocation_while_ims_is_slow_waits_for_one_fetch(flowmock, tmp_path):
    mock = flowmock(*STRICT, "--token-latency", "fixed:1s", "--latency", "uniform:5ms-50ms")
    job = Job(tmp_path, mock, 1500)
    run = job.start("--concurrency", 32)
    assert run.until(lambda: mock.status()["creates"] >= 50)
    mock.tell("revoke")
    run.end(expect=0)
    job.check_nobody_lost()
    seen = tokens(mock)
    assert seen["fetches"] == 2 and seen["refused"] <= 32


def test_a_slow_renewal_holds_nobody_up(flowmock, tmp_path):
    """A fetch takes 200 ms, and a token is renewed at least 300 ms before its end."""
    mock = flowmock(*STRICT, "--token-lifetime", "6s", "--token-latency", "fixed:200ms",
                    "--latency", "uniform:1ms-20ms")
    job = Job(tmp_path, mock, 1600)
    run = job.start("--rate", "200/s", "--concurrency", 8)
    renewal = {}

    def renewing():
        renewal.update(mock.status())
        return renewal["tokens"]["fetches"] == 2 and renewal["tokens"]["in_flight"] == 1

    def going_on():
        seen = mock.status()
        assert seen["tokens"]["in_flight"] == 1, "nothing was sent during the fetch"
        return seen["requests"]["POST"] > renewal["requests"]["POST"]

    assert run.until(renewing)
    assert run.until(going_on)
    run.end(expect=0)
    job.check_nobody_lost()
    assert tokens(mock)["refused"] == 0


def test_a_token_that_was_old_when_it_came_is_not_used_beyond_its_end(flowmock, tmp_path):
    """Made at once, answered two seconds later: four of its six are left."""
    mock = flowmock(*STRICT, "--token-lifetime", "6s", "--fault", "token:timeout-after=1",
                    "--hold", "2s", "--latency", "uniform:1ms-20ms")
    job = Job(tmp_path, mock, 300)
    job.run("--rate", "50/s", "--concurrency", 8)
    job.check_nobody_lost()
    assert tokens(mock)["fetches"] >= 2 and tokens(mock)["refused"] == 0


# --------------------------------------------------------------- IMS in trouble

TROUBLES = ["error500-before", "error503-before", "close-before", "reset-before", "bad-json-201",
            "html-200", "half-answer", "throttle-bare"]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_ims_down_at_the_start_and_back(flowmock, tmp_path, trouble):
    mock = flowmock(*STRICT, "--fault", f"token:{trouble}=1")
    job = Job(tmp_path, mock, 64)
    run = job.start("--concurrency", 64)
    assert run.until(lambda: tokens(mock)["fetches"] >= 3), run.err
    assert mock.status()["requests"]["GET"] == 0 and mock.status()["creates"] == 0
    mock.tell("faults", {f"token:{trouble}": 0})
    before = tokens(mock)["fetches"]
    run.end(expect=0)
    job.check_nobody_lost()
    assert tokens(mock)["fetches"] <= before + 2 and tokens(mock)["most_at_once"] == 1


def test_ims_down_in_mid_run_and_back(flowmock, tmp_path):
    """The token is revoked while none is to be had: all wait, gently, and go on."""
    mock = flowmock(*STRICT, "--latency", "uniform:5ms-50ms")
    job = Job(tmp_path, mock, 300)
    run = job.start("--concurrency", 32)
    assert run.until(lambda: mock.status()["creates"] >= 50)
    mock.tell("faults", {"token:error503-before": 1})
    mock.tell("revoke")
    assert run.until(lambda: tokens(mock)["fetches"] >= 4), run.err
    refused = tokens(mock)["refused"]
    assert refused <= 32
    mock.tell("faults", {"token:error503-before": 0})
    run.end(expect=0)
    job.check_nobody_lost()
    assert tokens(mock)["refused"] == refused  # nobody tried with the old one meanwhile


def test_a_failed_renewal_is_tried_again_while_the_old_token_serves(flowmock, tmp_path):
    mock = flowmock(*STRICT, "--token-lifetime", "12s", "--latency", "uniform:1ms-20ms")
    job = Job(tmp_path, mock, 700)
    run = job.start("--rate", "50/s", "--concurrency", 8)
    assert run.until(lambda: mock.status()["creates"] >= 50)
    mock.tell("faults", {"token:error503-before": 1})
    assert run.until(lambda: tokens(mock)["fetches"] >= 2), run.err
    mock.tell("faults", {"token:error503-before": 0})
    run.end(expect=0)
    job.check_nobody_lost()
    assert tokens(mock)["refused"] == 0


def test_retry_after_of_ims_is_obeyed(flowmock, tmp_path):
    mock = flowmock(*STRICT, "--fault", "token:throttle=1", "--retry-after", 2)
    job = Job(tmp_path, mock, 64)
    run = job.start("--concurrency", 64, "--give-up-after", "5s")
    assert run.until(lambda: tokens(mock)["fetches"] >= 1)
    run.end(expect=2)
    assert tokens(mock)["fetches"] <= 4  # at 0, 2 and 4 seconds, and one for the rounding


@pytest.mark.parametrize("trouble", ["error503-before", "close-before", "stall"])
def test_ims_down_for_good_ends_with_2(flowmock, tmp_path, trouble):
    mock = flowmock(*STRICT, "--fault", f"token:{trouble}=1")
    job = Job(tmp_path, mock, 64)
    done = job.run("--concurrency", 64, "--give-up-after", "3s", "--timeout", "1s", expect=2)
    assert statuses(job.lines()) == {"skipped": 64}
    assert mock.token_url in done.err and "--give-up-after" in done.err
    assert 2 <= tokens(mock)["fetches"] <= 40 and tokens(mock)["most_at_once"] == 1
    assert mock.status()["creates"] == 0
    mock.tell("faults", {f"token:{trouble}": 0})
    job.run()
    job.check_nobody_lost()


def test_no_ims_at_all_ends_with_2(flowmock, tmp_path):
    job = Job(tmp_path, flowmock(*STRICT), 3)
    done = job.run("--token-url", "http://127.0.0.1:9/ims/token/v3", "--give-up-after", "1s",
                   expect=2)
    assert "127.0.0.1:9" in done.err and statuses(job.lines()) == {"skipped": 3}


def test_a_stop_while_ims_is_down_ends_with_4(flowmock, tmp_path):
    mock = flowmock(*STRICT, "--fault", "token:stall=1")
    job = Job(tmp_path, mock, 3)
    run = job.start()
    assert run.until(lambda: tokens(mock)["fetches"] == 1)
    run.send_signal(15)
    run.end(expect=4)


# --------------------------------------------------------------------- refusals


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("wrong, word", [
    ({"AEP_CLIENT_SECRET": "mArKeD-wrong"}, "AEP_CLIENT_SECRET"),
    ({"AEP_CLIENT_ID": "wrong-client"}, "AEP_CLIENT_ID"),
    ({"AEP_SCOPES": "wrong"}, "AEP_SCOPES")])
def test_a_wrong_client_ends_with_3_and_says_why(flowmock, tmp_path, status, wrong, word):
    mock = flowmock(*STRICT, "--invalid-client", status)
    job = Job(tmp_path, mock, 5)
    done = job.run(expect=3, **wrong)
    told = done.err.splitlines()[-1]
    assert "invalid_" in told and word in told and mock.token_url in told
    assert statuses(job.lines()) == {"skipped": 5}
    assert tokens(mock)["fetches"] == 1 and mock.status()["creates"] == 0
    assert "mArKeD-wrong" not in done.err + done.out
    job.run()
    job.check_nobody_lost()


def test_a_client_that_is_refused_in_mid_run_stops_it_and_loses_nothing(flowmock, tmp_path):
    mock = flowmock(*STRICT, "--latency", "uniform:5ms-50ms")
    job = Job(tmp_path, mock, 300)
    run = job.start("--concurrency", 8)
    assert run.until(lambda: mock.status()["creates"] >= 50)
    mock.tell("faults", {"token:invalid-client": 1})
    mock.tell("revoke")
    run.end(expect=3)
    found = statuses(job.lines())
    assert found.keys() == {"created", "skipped"} and sum(found.values()) == 300
    assert found["created"] == mock.status()["creates"]
    mock.tell("faults", {"token:invalid-client": 0})
    job.run()
    check_exactly_once(mock, [row[0] for row in job.rows])


def test_fresh_tokens_that_are_refused_stop_the_run(flowmock, tmp_path):
    """Two rows with the same fresh token: it is not the token's age."""
    mock = flowmock(*STRICT, "--fault", "token-expired=1")
    job = Job(tmp_path, mock, 64)
    done = job.run("--concurrency", 64, "--no-inventory", expect=3)
    assert statuses(job.lines()) == {"skipped": 64}
    assert "token" in done.err and "401013" in done.err
    seen = mock.status()
    assert seen["tokens"]["fetches"] <= 3
    assert seen["requests"]["POST"] <= 64 * seen["tokens"]["fetches"]
    assert seen["creates"] == 0


def test_a_single_row_that_is_refused_with_fresh_tokens_ends_too(flowmock, tmp_path):
    mock = flowmock(*STRICT, "--fault", "token-expired=1")
    job = Job(tmp_path, mock, 1)
    job.run("--no-inventory", expect=3)
    assert tokens(mock)["fetches"] <= 3


# --------------------------------------------------------------------- settings


@pytest.mark.parametrize("missing, words", [
    ({"AEP_CLIENT_SECRET": None}, ["AEP_CLIENT_SECRET"]),
    ({"AEP_CLIENT_SECRET": ""}, ["AEP_CLIENT_SECRET"]),
    ({"AEP_SCOPES": None}, ["AEP_SCOPES"]),
    ({"AEP_CLIENT_ID": None}, ["AEP_CLIENT_ID"]),
    ({"AEP_CLIENT_ID": None, "AEP_CLIENT_SECRET": None, "AEP_SCOPES": None},
     ["AEP_ACCESS_TOKEN", "AEP_CLIENT_ID", "AEP_CLIENT_SECRET", "AEP_SCOPES"]),
])
def test_what_is_missing_is_named(tmp_path, missing, words):
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, "--url", *NOWHERE, env=with_client(**missing),
                    expect=3)
    for word in words:
        assert word in done.err
    assert SECRET not in done.err
    assert [p.name for p in tmp_path.iterdir()] == ["i.csv"]


def test_a_token_and_a_client_exclude_each_other(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, "--url", *NOWHERE,
                    env=with_client(AEP_ACCESS_TOKEN="given"), expect=3)
    assert "AEP_ACCESS_TOKEN" in done.err and "AEP_CLIENT_SECRET" in done.err


def test_an_empty_token_is_none(flowmock, tmp_path):
    Job(tmp_path, flowmock(*STRICT), 1).run(AEP_ACCESS_TOKEN="")


@pytest.mark.parametrize("name, bad", [
    *itertools.product(["AEP_CLIENT_ID"], ["a\nb", "a\r\nX-Evil: 1", "a b", "ключ", "a\x7f"]),
    *itertools.product(["AEP_CLIENT_SECRET"], ["a\nb", "a\r\nX-Evil: 1", "a\tb", "a\x7f"])])
def test_what_no_id_or_secret_holds_is_refused(tmp_path, name, bad):
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, "--url", *NOWHERE, env=with_client(**{name: bad}), expect=3)
    assert name in done.err and "ключ" not in done.err and "Evil" not in done.err


def secret_file(folder, text=SECRET + "\n", mode=0o600):
    path = folder / "client secret"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("end", ["", "\n"])
def test_the_secret_may_come_from_a_file(flowmock, tmp_path, end):
    job = Job(tmp_path, flowmock(*STRICT), 1)
    done = job.run(AEP_CLIENT_SECRET=None,
                   AEP_CLIENT_SECRET_FILE=secret_file(tmp_path, SECRET + end))
    assert "warn" not in done.err


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_file_that_others_can_read_earns_a_warning(flowmock, tmp_path, mode):
    job = Job(tmp_path, flowmock(*STRICT), 1)
    done = job.run(AEP_CLIENT_SECRET=None,
                   AEP_CLIENT_SECRET_FILE=secret_file(tmp_path, mode=mode))
    [warning] = [line for line in done.err.splitlines() if " warn " in line]
    assert "client secret" in warning and "AEP_CLIENT_SECRET_FILE" in warning
    assert "chmod 600" in warning and SECRET not in warning


@pytest.mark.parametrize("make, word", [
    (lambda path: None, "No such file"),
    (lambda path: path.mkdir(), "regular file"),
    (lambda path: os.mkfifo(path), "regular file"),
    (lambda path: path.write_text(""), "AEP_CLIENT_SECRET_FILE"),
    (lambda path: path.write_text("two\nlines\n"), "AEP_CLIENT_SECRET_FILE"),
    (lambda path: path.write_text("x" * 5000), "AEP_CLIENT_SECRET_FILE"),
])
def test_a_secret_file_that_holds_none_is_told(tmp_path, make, word):
    path = write_csv(tmp_path / "i.csv", instances(1))
    make(tmp_path / "secret")
    done = snowmelt("run", path, "--url", *NOWHERE,
                    env=with_client(AEP_CLIENT_SECRET=None,
                                    AEP_CLIENT_SECRET_FILE=str(tmp_path / "secret")), expect=3)
    assert word in done.err and "AEP_CLIENT_SECRET_FILE" in done.err
    assert "xxxx" not in done.err and "lines" not in done.err


def test_variable_and_file_exclude_each_other(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, "--url", *NOWHERE,
                    env=with_client(AEP_CLIENT_SECRET_FILE=secret_file(tmp_path)), expect=3)
    assert "AEP_CLIENT_SECRET" in done.err and "AEP_CLIENT_SECRET_FILE" in done.err


def test_a_systemd_credential_is_a_file_like_any(flowmock, tmp_path):
    """As a unit has it: LoadCredential=, and a variable with %d, in a folder of mode 0500."""
    job = Job(tmp_path, flowmock(*STRICT), 1)
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "aep-client-secret").write_text(SECRET)
    (credentials / "aep-client-secret").chmod(0o400)
    credentials.chmod(0o500)
    done = job.run(AEP_CLIENT_SECRET=None, CREDENTIALS_DIRECTORY=str(credentials),
                   AEP_CLIENT_SECRET_FILE=f"{credentials}/aep-client-secret")
    assert "warn" not in done.err
    job.check_nobody_lost()


def test_a_secret_is_no_option_and_no_key_of_a_configuration(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, "--client-secret", SECRET, env=with_client(), expect=64)
    assert SECRET not in done.err
    ini = tmp_path / "snowmelt.ini"
    ini.write_text(f"client-secret = {SECRET}\n")
    done = snowmelt("run", path, env=with_client(AEP_CLIENT_SECRET=None), cwd=tmp_path, expect=3)
    assert "client-secret" in done.err and SECRET not in done.err


# ---------------------------------------------------------------- clock set back

SHIM = BUILD / "tests/integration/wall_clock.so"


def test_a_clock_set_back_in_mid_run_changes_nothing(flowmock, tmp_path):
    """The wall clock jumps back by a day; tokens live by the other one."""
    offset = tmp_path / "offset"
    offset.write_text("0")
    mock = flowmock(*STRICT, "--token-lifetime", "3s", "--latency", "uniform:1ms-20ms")
    job = Job(tmp_path, mock, 700)
    run = job.start("--rate", "100/s", "--concurrency", 8, LD_PRELOAD=str(SHIM),
                    ASAN_OPTIONS="verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", ""),
                    WALL_CLOCK_OFFSET=str(offset))
    assert run.until(lambda: mock.status()["creates"] >= 50), run.err
    offset.write_text("-86400")
    run.end(expect=0)
    job.check_nobody_lost()
    seen = tokens(mock)
    assert seen["refused"] == 0 and seen["fetches"] >= 3
    days = {line["started_at"][:10] for line in job.lines()}
    assert len(days) == 2  # the shim did what it is for
