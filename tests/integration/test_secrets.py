"""Marked secrets of every kind, planted in runs with faults, with a server that echoes
them, at every log level: none of them is in anything that was written."""

import base64
import json
import subprocess
from urllib.parse import quote

import pytest
from support import (
    HEADER, command, environment, instances, read_results, snowmelt, statuses, write_csv,
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
TOKEN = f"{MARK}-token-abcdef"


def forms(secret):
    raw = secret.encode()
    escaped = json.dumps(secret)[1:-1]
    return {raw, escaped.encode(), json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
            quote(secret, safe="").encode(), quote(secret, safe="").lower().encode(),
            base64.b64encode(raw)}


def assert_nowhere(folder, inputs, *streams):
    written = {str(p): p.read_bytes() for p in folder.rglob("*")
               if p.is_file() and p not in inputs}
    written |= {f"stream {i}": s for i, s in enumerate(streams)}
    assert any(written.values())
    for secret in [*SECRETS.values(), TOKEN]:
        for form in forms(secret):
            for where, what in written.items():
                assert form not in what, f"{form!r} in {where}"


@pytest.mark.parametrize("fault", ["echo=1", "rejected=0.3", "close-after=0.3", "half-answer=0.3",
                                   "error500-after=0.4", "bad-json-201=0.3"])
@pytest.mark.parametrize("level", ["trace", "info"])
def test_no_secret_is_in_anything_that_was_written(flowmock, tmp_path, fault, level):
    mock = flowmock("--show-passwords", "--fault", fault, "--fault", "get:error500-before=0.1")
    rows = [[f"{kind} {n}" + (", with a comma" if n == 2 else ""), f"https://{n}.example.com",
             "user", secret, "", f"{MARK}-param-1", f"{MARK}-carried-not"]
            for kind, secret in SECRETS.items() for n in range(3)]
    rows.append(["by reference", "https://r.example.com", "user", "", "env:MY_PASSWORD", "", ""])
    header = HEADER + ["password_ref", "param.extraKey", "api token"]
    path = write_csv(tmp_path / "i.csv", rows, header=header)
    env = environment(AEP_ACCESS_TOKEN=TOKEN, MY_PASSWORD=SECRETS["plain"])
    done = snowmelt("run", path, "--url", mock.url, "--settle", "50ms", "--settle-timeout", "100ms",
                    "--attempts", 2, "--log-level", level, env=env)
    assert done.returncode in (0, 1), done.err
    lines = read_results(tmp_path / "i.results.csv")
    assert len(lines) == len(rows) and "skipped" not in statuses(lines)
    assert_nowhere(tmp_path, {path}, done.stdout, done.stderr)
    for unlisted in (f"{MARK}-param-1", f"{MARK}-carried-not"):
        assert unlisted.encode() not in done.stdout + done.stderr
        assert unlisted not in (tmp_path / "i.results.csv").read_text()


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


def test_no_secret_is_on_the_command_line_and_no_core_is_dumped(flowmock, tmp_path):
    mock = flowmock("--latency", "fixed:1s")
    path = write_csv(tmp_path / "i.csv", instances(5))
    run = subprocess.Popen(command("run", path, "--url", mock.url), env=environment(),
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while mock.status()["requests"]["POST"] < 1:
        assert run.poll() is None
    proc = f"/proc/{run.pid}"
    with open(f"{proc}/cmdline", "rb") as f:
        assert b"test-token" not in f.read()
    with open(f"{proc}/limits") as f:
        core = next(line for line in f if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
    run.kill()
    run.wait()
