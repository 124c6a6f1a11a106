"""Marked secrets of every kind, planted in runs with faults, with a server that echoes
them, at every log level: none of them is in anything that was written."""

import base64
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from certificates import Authority
from proxy import Proxy
from raw_server import RawServer, http
from runs import Run
from support import (
    HEADER, LIMIT_S, SNOWMELT, command, environment, instances, read_results, snowmelt, statuses,
    write_csv,
)

MARK = "mArKeD"
SECRETS = {
    "plain": f"{MARK}-plain-1",
    "quotes": f'{MARK}"quoted"\'one\'',
    "backslash": f"{MARK}\\back\\slash",
    "percent": f"{MARK}%41%percent&more=1",
    "non-ascii": f"{MARK}-пароль-ß",
    "blanks": f" {MARK} between blanks ",
    "short": "Zq7!x",
}
TOKEN = f"{MARK}-token-%41\"b\\c'd+/=="  # what a header may carry
API_KEY = f"{MARK}-key-\"quoted\"&%42\\"
LOGIN = f"{MARK}-login%40:{MARK}-proxy%2F%22pass"
LOGIN_SHOWN = (f"{MARK}-login@", f"{MARK}-proxy/\"pass", f"{MARK}-proxy%2F%22pass")
CLIENT_SECRET = f"{MARK}-client \"s%43\\ecret\"&=+ß"
# How all tokens of flowmock begin: not even a part of one is to be seen.
ISSUED = "eyJhbGciOiJSUzI1NiIsIng1dSI6ImltcyJ9."
EVERY_SECRET = [*SECRETS.values(), TOKEN, API_KEY, *LOGIN_SHOWN, CLIENT_SECRET, ISSUED]


def forms(secret):
    raw = secret.encode()
    escaped = json.dumps(secret)[1:-1]
    quoted = quote(secret, safe="")
    lower = re.sub("%..", lambda found: found[0].lower(), quoted)
    return {raw, escaped.encode(), json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
            quoted.encode(), lower.encode(),
            base64.b64encode(raw)}


def assert_nowhere(folder, inputs, *streams):
    written = {str(p): p.read_bytes() for p in folder.rglob("*")
               if p.is_file() and p not in inputs and p.parent.name != "authority"}
    written |= {f"stream {i}": s for i, s in enumerate(streams)}
    assert any(written.values())
    for secret in EVERY_SECRET:
        for form in forms(secret):
            for where, what in written.items():
                assert form not in what, f"{form!r} in {where}"


def plant(folder):
    """Rows whose passwords are all of these, by every way in. @return path and environment"""
    header = HEADER + ["password_ref", "param.extraKey", "api token"]
    rows = [[f"{kind} {n}" + (", with a comma" if n == 2 else ""), f"https://{n}.example.com",
             "user", secret, "", secret, secret]
            for kind, secret in SECRETS.items() for n in range(3)]
    env = {"AEP_ACCESS_TOKEN": TOKEN, "AEP_API_KEY": API_KEY,
           "SNOWMELT_PROXY": f"http://{LOGIN}@127.0.0.1:9"}
    for kind, secret in SECRETS.items():
        variable = "MY_" + kind.upper().replace("-", "_")
        env[variable] = secret
        (folder / f"secret {kind}").write_text(secret + "\n", encoding="utf-8")
        for way, reference in (("variable", f"env:{variable}"),
                               ("file", f"file:secret {kind}")):
            rows.append([f"{kind} by {way}", "https://r.example.com", "user", "", reference, "",
                         ""])
    return write_csv(folder / "i.csv", rows, header=header), environment(**env), len(rows)


def planted(folder):
    return {folder / "i.csv", *folder.glob("secret *")}


FAST = ("--settle", "50ms", "--settle-timeout", "100ms", "--attempts", 2)


@pytest.mark.parametrize("fault", ["echo=1", "rejected=0.3", "close-after=0.3", "half-answer=0.3",
                                   "error500-after=0.4", "bad-json-201=0.3"])
@pytest.mark.parametrize("level", ["trace", "info"])
def test_no_secret_is_in_anything_that_was_written(flowmock, tmp_path, fault, level):
    mock = flowmock("--show-passwords", "--fault", fault, "--fault", "get:error500-before=0.1")
    path, env, count = plant(tmp_path)
    done = snowmelt("run", path, "--url", mock.url, *FAST, "--log-level", level, env=env)
    assert done.returncode in (0, 1), done.err
    lines = read_results(tmp_path / "i.results.csv")
    assert len(lines) == count and "skipped" not in statuses(lines)
    assert "invalid" not in statuses(lines)
    assert_nowhere(tmp_path, planted(tmp_path), done.stdout, done.stderr)
    for command_ in ("status", "results"):
        done = snowmelt(command_, path, "--url", mock.url, env=env)
        assert_nowhere(tmp_path, planted(tmp_path), done.stdout, done.stderr)


def echoes(request):
    """All that a request carried, in every form that a server might repeat it in."""
    _, _, head, content = request
    secrets = [head["authorization"].removeprefix("Bearer "), head["x-api-key"]]
    if content:
        secrets += json.loads(content)["auth"]["params"].values()
    shown = []
    for secret in secrets:
        if secret not in ("user",) and not secret.startswith("https://"):
            shown += [secret, json.dumps(secret)[1:-1], quote(secret, safe=""),
                      base64.b64encode(secret.encode()).decode()]
    return shown


def latin(text):
    """For a header line of the answer: bytes as they are, no line of its own."""
    return text.encode().decode("latin-1").replace("\r", "").replace("\n", "")


def answers(request):
    """Every way to say it, one a number."""
    text = " ".join(echoes(request))
    flow = {"type": "https://ns.adobe.com/aep/errors/FLOW-1100-400", "title": text, "status": 400,
            "report": {"detailed-message": text, "request-id": text}, "errorMessage": text}
    return [
        http(400, json.dumps(flow)),
        http(400, json.dumps(flow, ensure_ascii=False)),
        http(422, json.dumps({"error_code": text, "message": text})),
        http(400, f"<html>{text}</html>"),
        http(500, json.dumps({"errorMessage": text, "errorDetails": text})),
        http(503, text, "Retry-After: 0"),
        http(409, json.dumps({"message": text})),
        http(201, text),
        http(400, text[:-3]),
        http(400, json.dumps({"message": "x" * 480 + text})),
        http(429, json.dumps({"title": text, "detail": text})),
    ]


@pytest.mark.parametrize("level", ["trace", "info"])
def test_a_server_that_repeats_all_it_was_sent_gets_nothing_written(tmp_path, level):
    def act(server, count, request):
        all_of_them = answers(request)
        return all_of_them[server.posts % len(all_of_them)]

    def look(server, count, request):
        if server.posts % 3 == 0:
            return http(500, json.dumps({"message": " ".join(echoes(request))}))
        text = " ".join(echoes(request) + EVERY_SECRET)
        if "count=true" in request[1]:
            return http(200, json.dumps({"count": 0}))
        item = {"id": "../" + text, "name": text, "auth": {"params": {"password": text}}}
        return http(200, json.dumps({"items": [item], "_links": {}, "more": text}))

    server = RawServer(act, look)
    try:
        path, env, count = plant(tmp_path)
        done = snowmelt("run", path, "--url", server.url, *FAST, "--no-inventory", "--log-level",
                        level, env=env)
    finally:
        server.stop()
    assert done.returncode in (1, 2), done.err
    assert len(read_results(tmp_path / "i.results.csv")) == count
    assert server.posts >= count
    assert_nowhere(tmp_path, planted(tmp_path), done.stdout, done.stderr)


@pytest.mark.parametrize("header", ["x-request-id: {}", "Retry-After: {}", "Date: {}",
                                    "Location: {}", "Content-Type: {}", "x-more: {}"])
def test_a_header_that_repeats_the_token_is_not_written(tmp_path, header):
    def act(server, count, request):
        text = latin(echoes(request)[0])
        return http(400, "{}", header.format(text))

    server = RawServer(act)
    try:
        path = write_csv(tmp_path / "i.csv", instances(3))
        done = snowmelt("run", path, "--url", server.url, *FAST, "--log-level", "trace",
                        env=environment(AEP_ACCESS_TOKEN=TOKEN, AEP_API_KEY=API_KEY), expect=1)
    finally:
        server.stop()
    assert_nowhere(tmp_path, {path}, done.stdout, done.stderr)


def test_an_echo_keeps_its_code_and_the_rest_of_its_words(flowmock, tmp_path):
    mock = flowmock("--fault", "echo=1")
    rows = instances(1)
    rows[0][3] = SECRETS["plain"]
    path = write_csv(tmp_path / "i.csv", rows)
    snowmelt("run", path, "--url", mock.url, expect=1)
    line = read_results(tmp_path / "i.results.csv")[0]
    assert line["error_code"] == "FLOW-1100-400"
    assert "[redacted]" in line["error"] and "flow provider" in line["error"]


def test_a_shifted_column_shows_no_password(tmp_path):
    path = tmp_path / "i.csv"
    path.write_text("name,endpoint,username,password,owner\n"
                    f"Acme, Inc,https://a.example.com,user,{SECRETS['plain']},owner\n")
    done = snowmelt("run", path, "--url", "http://127.0.0.1:9/", env=environment(), expect=1)
    line = read_results(tmp_path / "i.results.csv")[0]
    assert (line["status"], line["name"], line["owner"]) == ("invalid", "", "")
    assert_nowhere(tmp_path, {path}, done.stdout, done.stderr)


def test_bad_settings_are_told_without_their_values(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, env=environment(AEP_ACCESS_TOKEN=TOKEN + "\nX-Evil: 1"), expect=3)
    assert "access token" in done.err.lower() or "AEP_ACCESS_TOKEN" in done.err
    assert_nowhere(tmp_path, {path}, done.stdout, done.stderr)


def test_print_config_shows_that_a_secret_is_set_and_not_which(tmp_path):
    done = snowmelt("run", "i.csv", "--print-config", expect=0,
                    env=environment(AEP_ACCESS_TOKEN=TOKEN,
                                    SNOWMELT_PROXY=f"http://me:{MARK}-proxy@127.0.0.1:1"))
    assert_nowhere(tmp_path, set(), done.stdout, done.stderr)
    assert "127.0.0.1:1" in done.out and f"{MARK}-proxy" not in done.out


# ---------------------------------------------------------- client credentials


def with_client(**more):
    return environment(**{"AEP_ACCESS_TOKEN": None, "AEP_API_KEY": API_KEY, "AEP_CLIENT_ID": "me",
                          "AEP_CLIENT_SECRET": CLIENT_SECRET, "AEP_SCOPES": "openid"} | more)


@pytest.mark.parametrize("level", ["trace", "info"])
def test_client_credentials_through_a_proxy_leave_nothing_behind(flowmock, tmp_path, level):
    (tmp_path / "authority").mkdir()
    authority = Authority(tmp_path / "authority")
    mock = flowmock("--client-id", "me", "--client-secret", CLIENT_SECRET, "--token-lifetime", "2s",
                    "--show-passwords", "--fault", "echo=0.2", "--fault", "token-expired=0.01",
                    "--fault", "close-after=0.1", "--fault", "token:error500-before=0.3",
                    *authority.signed("good"))
    proxy = Proxy()
    path, env, count = plant(tmp_path)
    env = {k: v for k, v in env.items() if not k.startswith(("AEP_", "SNOWMELT_"))}
    env |= {k: v for k, v in with_client().items() if k.startswith("AEP_")}
    try:
        done = snowmelt("run", path, "--url", mock.url, "--token-url", mock.token_url, "--cacert",
                        authority.ca, *FAST, "--rate", "20/s", "--log-level", level,
                        env=env | {"SNOWMELT_PROXY": f"http://{LOGIN}@{proxy.address}"})
    finally:
        proxy.stop()
    assert done.returncode in (0, 1), done.err
    assert len(read_results(tmp_path / "i.results.csv")) == count
    assert proxy.asked and mock.status()["tokens"]["given"] >= 2
    assert_nowhere(tmp_path, planted(tmp_path), done.stdout, done.stderr)


def ims_answers():
    """What an endpoint might repeat the secret in."""
    shown = " ".join(form.decode() for form in sorted(forms(CLIENT_SECRET)))
    return {
        "description": http(400, json.dumps({"error": "invalid_client",
                                             "error_description": shown})),
        "error": http(400, json.dumps({"error": shown, "error_description": "x"})),
        "raw error": http(401, json.dumps({"error": CLIENT_SECRET})),
        "code": http(403, json.dumps({"error_code": shown, "message": shown})),
        "page": http(500, f"<html>{shown}</html>"),
        "type": http(200, json.dumps({"access_token": "a b", "token_type": shown})),
        "cut": http(400, json.dumps({"error": "invalid_client",
                                     "error_description": "x" * 490 + shown})),
        "header": http(400, json.dumps({"error": "invalid_client"}),
                       "x-request-id: " + latin(CLIENT_SECRET), "Retry-After: 0"),
    }


@pytest.mark.parametrize("answer", ims_answers())
def test_a_token_endpoint_that_repeats_the_secret_gets_nothing_written(tmp_path, answer):
    server = RawServer(lambda *_: ims_answers()[answer])
    try:
        path = write_csv(tmp_path / "i.csv", instances(2))
        done = snowmelt("run", path, "--url", server.url, "--token-url", server.url + "/token",
                        "--give-up-after", "1s", "--log-level", "trace", env=with_client())
    finally:
        server.stop()
    assert done.returncode in (2, 3), done.err
    assert_nowhere(tmp_path, {path}, done.stdout, done.stderr)


@pytest.mark.parametrize("text", ["a\r\nX-Evil: 1", "a\nb", "a b", "ключ", "", "a\u0000b",
                                  "x" * 20000])
def test_a_token_that_no_header_may_carry_is_not_sent(tmp_path, text):
    answer = http(200, json.dumps({"access_token": text, "expires_in": 86399}))
    server = RawServer(lambda *_: answer)
    try:
        path = write_csv(tmp_path / "i.csv", instances(2))
        snowmelt("run", path, "--url", server.url, "--token-url", server.url + "/token",
                 "--give-up-after", "1s", env=with_client(), expect=2)
    finally:
        server.stop()
    assert server.heads and not any("x-evil" in head or "authorization" in head
                                    for head in server.heads)


# ------------------------------------------------------------- of the process


def no_limit_of_cores():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def in_mid_run(flowmock, folder, *, prefix=(), **more):
    """A run with planted secrets whose requests are at the server."""
    mock = flowmock("--show-passwords", "--fault", "close-after=0.2", "--latency", "uniform:5ms-2s")
    path, env, count = plant(folder)
    logs = folder / "logs"
    logs.mkdir()
    run = Run(logs, "run", path, "--url", mock.url, *FAST, "--log-level", "trace", env=env,
              prefix=prefix, **more)
    assert run.until(lambda: mock.status()["creates"] >= 5), run.err
    return run, mock


def core_is_dumped(*args, **more):
    """Would a program that is killed so leave a core here?"""
    child = subprocess.Popen(args, stdout=subprocess.PIPE, **more)
    child.stdout.read(1)
    child.send_signal(signal.SIGSEGV)
    _, status = os.waitpid(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return os.WCOREDUMP(status)


def test_a_crash_leaves_no_core_and_no_secret(flowmock, tmp_path):
    where = tmp_path / "where"
    where.mkdir()
    run, _ = in_mid_run(flowmock, tmp_path, cwd=where, preexec_fn=no_limit_of_cores)
    run.send_signal(signal.SIGSEGV)
    _, status = os.waitpid(run.pid, 0)
    run.process.returncode = os.waitstatus_to_exitcode(status)
    assert run.process.returncode != 0 and not os.WCOREDUMP(status)
    run.out_file.close(), run.err_file.close()
    assert list(where.iterdir()) == []
    assert (tmp_path / "i.results.csv.part").exists() and (tmp_path / "i.ledger").exists()
    assert_nowhere(tmp_path, planted(tmp_path))


def test_a_core_would_be_seen(tmp_path):
    """The test above proves something only where another program leaves one."""
    talker = [sys.executable, "-c", "import time; print(1, flush=True); time.sleep(60)"]
    if not core_is_dumped(*talker, cwd=tmp_path, preexec_fn=no_limit_of_cores):
        pytest.skip("no program leaves a core on this machine")


def test_what_proc_shows_is_what_the_caller_put_there(flowmock, tmp_path):
    """The token and the key are taken out of the environment, the rest is the caller's."""
    run, _ = in_mid_run(flowmock, tmp_path)
    proc = Path("/proc") / str(run.pid)
    cmdline, environ = (proc / "cmdline").read_bytes(), (proc / "environ").read_bytes()
    limits = (proc / "limits").read_text()
    run.kill()
    for secret in EVERY_SECRET:
        for form in forms(secret):
            assert form not in cmdline
    for form in forms(TOKEN) | forms(API_KEY):
        assert form not in environ
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


def test_what_came_from_a_file_is_not_in_the_environment(flowmock, tmp_path):
    mock = flowmock("--latency", "uniform:5ms-2s")
    token = tmp_path / "secret token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o600)
    path = write_csv(tmp_path / "i.csv", instances(20))
    run = Run(tmp_path, "run", path, "--url", mock.url,
              env=environment(AEP_ACCESS_TOKEN=None, AEP_ACCESS_TOKEN_FILE=str(token)))
    assert run.until(lambda: mock.status()["creates"] >= 1), run.err
    environ = Path(f"/proc/{run.pid}/environ").read_bytes()
    run.kill()
    for form in forms(TOKEN):
        assert form not in environ


@pytest.fixture
def nobody():
    """A user without rights (the caller where that is not root), and a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="snowmelt-secrets-"))
    who = {}
    if os.getuid() == 0:
        who = {"user": 65534, "group": 65534, "extra_groups": []}
        os.chown(folder, 65534, 65534)
    yield folder, who
    shutil.rmtree(folder)


READ_MEMORY = """
import sys
pid = sys.argv[1]
for name in "mem", "environ":
    try:
        open(f"/proc/{pid}/{name}", "rb").close()
        print(name)
    except PermissionError:
        pass
"""


def readable(pid, who):
    """What the same user can open of a process."""
    done = subprocess.run(["/usr/bin/python3", "-c", READ_MEMORY, str(pid)], capture_output=True,
                          text=True, check=True, timeout=LIMIT_S, **who)
    return done.stdout.split()


def test_not_even_the_same_user_reads_its_memory(flowmock, nobody):
    folder, who = nobody
    if who and subprocess.run(["/usr/bin/test", "-x", SNOWMELT], **who).returncode != 0:
        pytest.skip("another user cannot reach the build")
    other = subprocess.Popen(["/usr/bin/sleep", "60"], **who)
    try:
        assert "environ" in readable(other.pid, who)  # of a program without a care
        run, _ = in_mid_run(flowmock, folder, **who)
        # What plant() made is ours; the run may read it, and writes beside it.
        seen = readable(run.pid, who)
        run.kill()
        assert seen == []
    finally:
        other.kill()
        other.wait()
