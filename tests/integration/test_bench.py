"""snowmelt bench over flowmock: what it sends and counts, what it measures when something
stalls, and that it leaves nothing behind."""

import json
import os
import signal
import threading

import pytest
from raw_server import RawServer, http
from runs import Run
from support import environment, snowmelt

STALL_S = 0.3
RATE = 200
# Arrivals of the first 200 ms of a stall wait over 100 ms; one may fall on each edge.
OVER_100_MS = int(RATE * (STALL_S - 0.1)) - 2


def order(url, *args, rate=f"{RATE}/s", duration="500ms", warmup="100ms"):
    return ["bench", "--url", url, "--rate", rate, "--duration", duration, "--warmup", warmup,
            "--concurrency", 128, "--format", "json", *args]


def bench(url, *args, expect=0, env=None, **more):
    done = snowmelt(*order(url, *args, **more), expect=expect, env=env)
    return json.loads(done.out)


def counts(told):
    return {a["class"]: a["count"] for a in told["answers"]}


def read_plot(path):
    """(ms, how many are not over it) of both distributions."""
    return [[(float(line.split()[0]), int(line.split()[2])) for line in part.splitlines()
             if not line.startswith("#")] for part in path.read_text().split("\n\n\n")]


def above(distribution, ms):
    upto = [count for value, count in distribution if value <= ms]
    return distribution[-1][1] - (upto[-1] if upto else 0)


# ------------------------------------------------------------------ what is sent


def test_each_arrival_is_one_create_and_all_are_deleted(flowmock):
    mock = flowmock()
    told = bench(mock.url)
    status = mock.status()
    assert (told["arrivals"], told["sent"], told["dropped"]) == (100, 100, 0)
    assert told["created"] == 100 and counts(told) == {"created": 100}
    assert told["latency_ms"]["count"] == told["service_ms"]["count"] == 100
    assert status["creates"] == status["deletes"] == told["whole"]["created"] == 120
    assert status["requests"] == {"POST": 120, "GET": 0, "PATCH": 0, "DELETE": 120}
    assert told["whole"]["deleted"] == 120 and told["whole"]["left"] == []
    assert mock.connections() == []


@pytest.mark.parametrize("rate", ["5", "1000/s", "600/m"])
def test_the_schedule_decides_how_many_arrive(flowmock, rate):
    mock = flowmock()
    told = bench(mock.url, rate=rate, warmup="0s", duration="1s")
    assert told["arrivals"] == {"5": 5, "1000/s": 1000, "600/m": 10}[rate]
    assert mock.status()["creates"] == told["arrivals"] - told["dropped"] == told["sent"]


def test_random_arrivals_repeat_by_their_seed(flowmock):
    mock = flowmock()
    first, again, other = (bench(mock.url, "--arrivals", "poisson", "--seed", seed)
                           for seed in (1, 1, 2))
    assert first["schedule"] == "poisson"
    assert first["arrivals"] == again["arrivals"] != other["arrivals"]


def test_what_finds_no_room_is_dropped_and_counted(flowmock):
    mock = flowmock("--latency", "fixed:50ms")
    told = bench(mock.url, "--concurrency", 2, warmup="0s", expect=1)
    assert told["dropped"] > 0 and told["arrivals"] == 100
    assert mock.status()["creates"] == told["arrivals"] - told["dropped"] == told["created"]
    assert mock.status()["most_in_flight"] <= 2
    assert mock.connections() == []


def test_nothing_is_sent_twice(flowmock):
    mock = flowmock("--fault", "throttle=0.2", "--fault", "error503-before=0.2", "--retry-after", 0)
    told = bench(mock.url, warmup="0s", expect=1)
    assert mock.status()["requests"]["POST"] == told["sent"] == sum(counts(told).values()) == 100
    assert told["created"] == counts(told)["created"] < 100
    assert {a["status"] for a in told["answers"]} == {201, 429, 503}
    assert told["latency_ms"]["count"] == told["created"]
    assert mock.connections() == []


# -------------------------------------------------------------- what is measured


class Stalling(RawServer):
    """Answers one request at a time; the 30th create finds it stalled, which `stall` does."""

    def __init__(self, stall):
        super().__init__(Stalling.answer)
        self.stall, self.turn, self.bodies = stall, threading.Lock(), []

    def answer(self, number, request):
        method, _, _, body = request
        with self.turn:
            if method == "DELETE":
                return b"HTTP/1.1 204 X\r\n\r\n"
            self.bodies.append(body)
            if len(self.bodies) == 30:
                self.stall()
            return self.execute(body)


def stalled(tmp_path, stall):
    """What was told of a run with that stall, and its distributions."""
    server = Stalling(lambda: stall(going))
    plot = tmp_path / "plot"
    going = Run(tmp_path, *order(server.url, "--plot", plot, warmup="0s", duration="1s"))
    going.end(expect=0)
    server.stop()
    return json.loads(going.out), *read_plot(plot)


def pause():
    threading.Event().wait(STALL_S)  # it is the stall itself that takes its time


def test_one_stall_of_the_server_is_met_by_all_that_arrive_in_it(tmp_path):
    told, latency, _ = stalled(tmp_path, lambda going: pause())
    assert (told["arrivals"], told["dropped"]) == (200, 0)
    assert above(latency, 100) >= OVER_100_MS
    assert told["latency_ms"]["p99"] > 100


def test_a_stall_of_our_own_counts_though_nothing_was_sent(tmp_path):
    def stop_it(going):
        going.send_signal(signal.SIGSTOP)
        pause()
        going.send_signal(signal.SIGCONT)

    told, latency, service = stalled(tmp_path, stop_it)
    assert (told["arrivals"], told["dropped"]) == (200, 0)
    assert told["late"] >= OVER_100_MS
    assert told["latest_ms"] > 100
    assert above(latency, 100) >= OVER_100_MS
    assert told["latency_ms"]["mean"] > told["service_ms"]["mean"]
    assert service[-1][1] == latency[-1][1] == 200


def test_a_time_out_is_in_the_latency(flowmock):
    mock = flowmock()
    mock.tell("faults", {"stall": 0.05})
    told = bench(mock.url, "--timeout", "400ms", warmup="0s", expect=1)
    assert told["latency_ms"]["count"] == told["sent"] == 100
    assert counts(told)["timed out"] == 100 - told["created"] > 0
    assert told["latency_ms"]["max"] >= 400
    assert [a["status"] for a in told["answers"] if a["class"] == "timed out"] == [None]


def test_the_plot_has_the_whole_distribution(flowmock, tmp_path):
    mock, plot = flowmock(), tmp_path / "latency.dat"
    plot.write_text("of an earlier run")
    done = snowmelt(*order(mock.url, "--plot", plot), expect=0)
    told = json.loads(done.out)
    for distribution, name in zip(read_plot(plot), ("latency_ms", "service_ms"), strict=True):
        assert distribution == sorted(distribution)
        assert distribution[-1][1] == told[name]["count"] == 100
        assert distribution[-1][0] == pytest.approx(told[name]["max"], abs=1e-5)
    assert plot.stat().st_mode & 0o777 == 0o600
    assert "gnuplot" in done.err and str(plot) in done.err


def test_the_text_tells_the_same(flowmock):
    mock = flowmock("--fault", "rejected=0.1")
    done = snowmelt("bench", "--url", mock.url, "--rate", 200, "--duration", "500ms",
                    "--warmup", "0s", "--concurrency", 128, expect=1)
    created = mock.status()["statuses"]["201"]
    assert "arrivals 100, sent 100, dropped 0" in done.out
    assert f"{created}  created, HTTP 201\n" in done.out
    assert "FLOW-1100-400" in done.out
    for word in ("p50", "p90", "p99", "p99.9", "p99.99", "max", "as intended", "as sent"):
        assert word in done.out
    assert f"created {created}, warm-up included; deleted {created}" in done.out


# ---------------------------------------------------------------- what is left


def test_kept_it_is_there_under_marked_names(flowmock):
    mock = flowmock()
    told = bench(mock.url, "--keep", "--prefix", "load of mine", "--sandbox", "dev")
    names = {one["name"] for one in mock.connections()}
    assert names == {f"load of mine {told['run']} {n}" for n in range(1, 121)}
    assert {one["sandbox"] for one in mock.connections()} == {"dev"}
    assert mock.status()["deletes"] == 0
    assert (told["whole"]["kept"], told["whole"]["deleted"]) == (True, 0)


@pytest.mark.parametrize("fault", ["close-after", "half-answer", "bad-json-201", "error500-after"])
@pytest.mark.parametrize("listing", [(), ("--filter-ignores-name", "--page-size", 7)])
def test_a_create_whose_answer_was_lost_is_found_and_deleted(flowmock, fault, listing):
    mock = flowmock(*listing)
    for n in range(20):
        assert mock.flow.create(f"snowmelt-bench of others {n}").status == 201
    mock.tell("faults", {fault: 0.2})
    told = bench(mock.url, warmup="0s", expect=1)
    assert 0 < told["whole"]["in_doubt"] == told["whole"]["found"]
    assert told["whole"]["created"] + told["whole"]["found"] == 100 == told["whole"]["deleted"]
    assert {one["name"] for one in mock.connections()} == {
        f"snowmelt-bench of others {n}" for n in range(20)}


def test_a_create_that_was_never_carried_out_is_not_left(flowmock):
    mock = flowmock("--fault", "close-before=0.2")
    told = bench(mock.url, warmup="0s", expect=1)
    assert told["whole"]["in_doubt"] > told["whole"]["found"] == 0
    assert told["whole"]["left"] == [] and mock.connections() == []


def test_a_deletion_that_fails_is_tried_again(flowmock):
    mock = flowmock("--fault", "delete:error503-before=0.03")
    told = bench(mock.url, warmup="0s")
    assert mock.status()["faults"]["error503-before"] > 0
    assert told["whole"]["deleted"] == 100 and mock.connections() == []


def test_what_cannot_be_deleted_is_named(flowmock):
    mock = flowmock("--fault", "delete:rejected=0.3")
    told = bench(mock.url, warmup="0s", expect=1)
    left = {(one["name"], one["id"]) for one in told["whole"]["left"]}
    assert left == {(one["name"], one["id"]) for one in mock.connections()} != set()
    assert told["whole"]["not_deleted"] == len(left) == 100 - told["whole"]["deleted"]
    assert all(one["why"] for one in told["whole"]["left"])


def test_stopped_it_still_deletes(flowmock, tmp_path):
    mock = flowmock("--latency", "fixed:5ms")
    going = Run(tmp_path, *order(mock.url, duration="1h"))
    assert going.until(lambda: mock.status()["creates"] >= 50)
    going.send_signal(signal.SIGINT)
    going.end(expect=4)
    told = json.loads(going.out)
    assert told["interrupted"] and told["sent_per_s"] > 0
    assert mock.status()["creates"] == mock.status()["deletes"] == told["whole"]["deleted"] >= 50
    assert mock.connections() == []


def test_stopped_twice_it_names_what_is_left(flowmock, tmp_path):
    mock = flowmock("--fault", "delete:stall=1")
    going = Run(tmp_path, *order(mock.url))
    assert going.until(lambda: mock.status()["in_flight"] and "deleting what" in going.err)
    going.send_signal(signal.SIGTERM)
    assert going.until(lambda: "once more cuts that" in going.err)
    going.send_signal(signal.SIGTERM)
    going.end(expect=4)
    told = json.loads(going.out)
    assert {one["name"] for one in told["whole"]["left"]} == set(
        one["name"] for one in mock.connections())
    assert told["whole"]["not_deleted"] == told["whole"]["created"] == 120


# --------------------------------------------------------- what is not even begun


@pytest.mark.parametrize("url", [
    None,  # the default, which is Adobe's
    "https://flow.example.com", "https://127.0.0.1.example.com", "https://localhost.example.com",
    "https://128.0.0.1/", "https://[::2]"])
def test_a_host_that_is_elsewhere_is_refused(url):
    proxy = RawServer(lambda *_: None)  # what would be sent would come here
    where = ["--url", url] if url else []
    done = snowmelt("bench", *where, "--rate", 5, "--proxy", proxy.url.rpartition("/data")[0],
                    expect=64)
    proxy.stop()
    assert "--i-own-this-service" in done.err and "nothing was sent" in done.err
    assert done.out == "" and proxy.connections == 0


def test_unless_one_owns_it():
    proxy = RawServer(lambda *_: None)
    told = bench("https://flow.example.com", "--i-own-this-service", "--proxy",
                 proxy.url.rpartition("/data")[0], rate="20", warmup="0s", expect=1)
    proxy.stop()
    assert proxy.connections > 0 and told["sent"] == 10 and told["created"] == 0


def test_that_one_owns_it_is_said_by_flag_only(tmp_path):
    env = environment(SNOWMELT_I_OWN_THIS_SERVICE="yes")
    snowmelt("bench", "--url", "https://flow.example.com", "--rate", 5, env=env, expect=64)
    (tmp_path / "snowmelt.ini").write_text("i-own-this-service = yes\n")
    snowmelt("bench", "--url", "https://flow.example.com", "--rate", 5, cwd=tmp_path, expect=3)


@pytest.mark.parametrize("args, status, words", [
    ((), 64, "--rate"),
    (("--rate", "0"), 64, "--rate"),
    (("--rate", "5", "more"), 64, "one argument too many"),
    (("--rate", "5", "--duration", "0s"), 64, "--duration"),
    (("--rate", "5", "--format", "csv"), 64, "--format"),
    (("--rate", "5", "--attempts", "3"), 64, "--attempts"),
    (("--rate", "5", "--prefix", "a,b"), 3, "--prefix"),
    (("--rate", "5", "--prefix", "x" * 201), 3, "--prefix"),
    (("--rate", "1000000", "--duration", "1m"), 3, "--duration"),
    (("--rate", "5", "--plot", "/nonexistent/plot"), 3, "/nonexistent/plot"),
])
def test_wrong_settings_send_nothing(flowmock, args, status, words):
    mock = flowmock()
    done = snowmelt("bench", "--url", mock.url, *args, expect=status)
    assert words in done.err and done.out == ""
    assert mock.status()["requests"]["POST"] == 0


def test_a_plot_that_is_a_link_is_refused(flowmock, tmp_path):
    mock, target, link = flowmock(), tmp_path / "precious", tmp_path / "link"
    target.write_text("precious")
    link.symlink_to(target)
    snowmelt(*order(mock.url, "--plot", link), expect=3)
    assert target.read_text() == "precious" and mock.status()["requests"]["POST"] == 0


def test_the_rate_may_come_from_the_environment(flowmock):
    mock = flowmock()
    snowmelt("bench", "--url", mock.url, "--duration", "200ms", "--warmup", "0s",
             env=environment(SNOWMELT_RATE="50/s"), expect=0)
    assert mock.status()["creates"] == 10


# -------------------------------------------------------------------- credentials


CLIENT = {"AEP_ACCESS_TOKEN": None, "AEP_API_KEY": None, "AEP_CLIENT_ID": "client-1",
          "AEP_CLIENT_SECRET": "secret-mArKeD-1", "AEP_SCOPES": "openid"}


def test_a_client_gets_its_tokens_and_renews_them(flowmock):
    mock = flowmock("--client-id", "client-1", "--client-secret", "secret-mArKeD-1",
                    "--token-lifetime", "2s")
    told = bench(mock.url, "--token-url", mock.token_url, duration="4s", env=environment(**CLIENT))
    assert counts(told) == {"created": 800} and mock.connections() == []
    assert mock.status()["tokens"]["given"] > 1


def test_without_a_token_nothing_is_sent(flowmock):
    mock = flowmock("--client-secret", "another")
    done = snowmelt(*order(mock.url, "--token-url", mock.token_url), env=environment(**CLIENT),
                    expect=3)
    assert "no access token" in done.err and done.out == ""
    assert mock.status()["requests"]["POST"] == 0


def test_a_token_that_is_refused_is_an_answer(flowmock):
    mock = flowmock("--token", "another")
    told = bench(mock.url, expect=1)
    assert [(a["class"], a["status"], a["count"]) for a in told["answers"]] == [("token", 401, 100)]
    assert mock.connections() == []


# ------------------------------------------------------------------------ secrets


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_in_what_is_written(tmp_path, form):
    token, key = "tOkEn-mArKeD-1", "kEy-mArKeD-2"
    passwords = []

    def act(server, number, request):
        method, _, head, body = request
        if method == "DELETE":
            return http(400, json.dumps({"errorMessage": f"no: {head}"}))
        passwords.append(json.loads(body)["auth"]["params"]["password"])
        if server.posts % 2:
            return server.execute(body)
        return http(400, json.dumps({"errorMessage": f"no: {passwords[-1]} {head} {body.decode()}"}))

    server = RawServer(act)
    going = Run(tmp_path, "bench", "--url", server.url, "--rate", 50, "--duration", "400ms",
                "--warmup", "0s", "--format", form, "--plot", tmp_path / "plot",
                "--log-level", "trace",
                env=environment(AEP_ACCESS_TOKEN=token, AEP_API_KEY=key))
    going.end(expect=1)
    server.stop()
    written = going.out + going.err + (tmp_path / "plot").read_text()
    assert len(passwords) == 20 and "no: " in going.out
    for secret in (token, key, *passwords):
        assert secret not in written
