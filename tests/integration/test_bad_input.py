"""Bad files, bad rows, bad places: the documented exit status, and a message that names
file, line and remedy. Nothing is sent where the whole file is bad."""

import os
import subprocess

import pytest
from support import command, environment, instances, read_results, snowmelt, statuses, write_csv

NOWHERE = "http://127.0.0.1:9/x"
HEAD = "name,endpoint,username,password\n"
GOOD = "one,https://a.example.com,user,pass-1\n"

# What makes a whole file bad: contents, and what the message must name.
BAD_FILES = {
    "empty": (b"", ["empty"]),
    "only blank lines": (b"\n\n\n", ["header"]),
    "UTF-16 with a BOM": (HEAD.encode("utf-16"), ["UTF-16", "UTF-8"]),
    "UTF-16 without": (HEAD.encode("utf-16-le"), ["UTF-16", "UTF-8"]),
    "a column is missing": (b"name,endpoint,username\na,https://a.b,u\n", [":1:", "password"]),
    "no name": (b"title,endpoint,username,password\n", [":1:", "name", "--map"]),
    "a column twice": (b"name,Name ,endpoint,username,password\n", [":1:", "both 'name'"]),
    "a header that is not UTF-8": (b"name,endpoint,username,password,\xff\xfe\n", [":1:", "UTF-8"]),
    "text behind a closing quote": ((HEAD + GOOD + '"a"b,https://x.y,u,p\n').encode(),
                                    [":3:", "quote"]),
    "a quote inside an unquoted field": ((HEAD + GOOD + 'a"b,https://x.y,u,p\n').encode(),
                                         [":3:", "quote"]),
    "a quote that never closes": ((HEAD + GOOD + '"a,https://x.y,u,p\n' + GOOD).encode(),
                                  [":3:", "quote"]),
    "a field over 16 MiB": ((HEAD + GOOD + "x" * (17 << 20)).encode(), [":3:", "16 MiB"]),
}

# What makes a row bad: the row, and what its error must name. All follow a good one.
BAD_ROWS = {
    "too few fields": (b"two,https://a.example.com,user\n", "fields"),
    "too many fields": (b"two,https://a.example.com,user,p,q\n", "fields"),
    "no name": (b",https://a.example.com,user,p\n", "name"),
    "no endpoint": (b"two,,user,p\n", "endpoint"),
    "no user": (b"two,https://a.example.com,,p\n", "username"),
    "no password": (b"two,https://a.example.com,user,\n", "password"),
    "http": (b"two,http://a.example.com,user,p\n", "--allow-http-endpoints"),
    "no scheme": (b"two,a.example.com,user,p\n", "https"),
    "a path": (b"two,https://a.example.com/x,user,p\n", "path"),
    "a login": (b"two,https://me:pw@a.example.com,user,p\n", "endpoint"),
    "a query": (b"two,https://a.example.com?x=1,user,p\n", "endpoint"),
    "no host": (b"two,https://,user,p\n", "endpoint"),
    "a port that is none": (b"two,https://a.example.com:99999,user,p\n", "port"),
    "not UTF-8": (b"tw\xff,https://a.example.com,user,p\n", "UTF-8"),
    "a NUL": (b"tw\x00o,https://a.example.com,user,p\n", "NUL"),
    "a field over 65,536 bytes": (b"t" * 65537 + b",https://a.example.com,user,p\n", "65"),
    "a field of 10 MB": (b"t" * 10_000_000 + b",https://a.example.com,user,p\n", "65"),
    "a password over 4,096 bytes": (b"two,https://a.example.com,user," + b"p" * 4097 + b"\n", "4"),
    "a repeated name": (b"one,https://b.example.com,user,p\n", "row 1"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_fatal_before_anything_is_sent(flowmock, tmp_path, case):
    contents, words = BAD_FILES[case]
    mock = flowmock()
    path = tmp_path / "bad.csv"
    path.write_bytes(contents)
    done = snowmelt("run", path, "--url", mock.url, expect=3)
    assert "bad.csv" in done.err
    for word in words:
        assert word in done.err, done.err
    assert mock.status()["requests"]["POST"] == 0
    assert [p.name for p in tmp_path.iterdir()] == ["bad.csv"]  # nothing half-written is left


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_is_invalid_and_no_other_suffers(flowmock, tmp_path, case):
    row, word = BAD_ROWS[case]
    mock = flowmock()
    path = tmp_path / "i.csv"
    path.write_bytes(HEAD.encode() + GOOD.encode() + row + b"three,https://c.example.com,user,p\n")
    done = snowmelt("run", path, "--url", mock.url, expect=1)
    lines = read_results(tmp_path / "i.results.csv")
    assert [l["status"] for l in lines] == ["created", "invalid", "created"], done.err
    assert lines[1]["line"] == "3" and lines[2]["line"] == "4"
    assert lines[1]["error_code"] == ("duplicate_name" if case == "a repeated name" else "bad_row")
    assert word in lines[1]["error"], lines[1]["error"]
    assert lines[1]["http_status"] == "" and lines[1]["attempts"] in ("", "0")
    if "fields" in case:
        assert not (lines[1]["name"] or lines[1]["endpoint"] or lines[1]["sandbox"])
    if case in ("http", "a path", "a login", "a query"):
        assert lines[1]["endpoint"] == ""
    assert mock.status()["creates"] == 2


@pytest.mark.parametrize("reference, word", [
    ("env:AEP_ACCESS_TOKEN", "AEP_"), ("env:SNOWMELT_X", "SNOWMELT_"), ("env:NOT_SET_ANYWHERE", "set"),
    ("file:missing", "missing"), ("file:../outside", ""), ("file:/etc/hostname", ""),
    ("file:link", ""), ("file:folder", ""), ("file:fifo", ""), ("file:large", "4"), ("vault:x", "env:"),
    ("file:empty", "empty"),
])
def test_a_reference_that_does_not_resolve_is_a_bad_row(flowmock, tmp_path, reference, word):
    mock = flowmock()
    box = tmp_path / "box"
    (box / "folder").mkdir(parents=True)
    (tmp_path / "outside").write_text("pass-outside")
    (box / "link").symlink_to(tmp_path / "outside")
    os.mkfifo(box / "fifo")
    (box / "large").write_bytes(b"x" * 5000)
    (box / "empty").write_bytes(b"\n")
    (box / "good").write_text("pass-good\n")
    path = write_csv(box / "i.csv", [
        ["a", "https://a.example.com", "u", reference], ["b", "https://b.example.com", "u", "file:good"],
        ["c", "https://b.example.com", "u", f"file:{box}/good"]],
        header=["name", "endpoint", "username", "password_ref"])
    snowmelt("run", path, "--url", mock.url, expect=1)
    lines = read_results(box / "i.results.csv")
    assert [l["status"] for l in lines] == ["invalid", "created", "created"]
    assert lines[0]["error_code"] == "bad_row" and "password_ref" in lines[0]["error"]
    assert {c["password_length"] for c in mock.connections()} == {len("pass-good")}


def test_lines_are_counted_as_an_editor_counts_them(flowmock, tmp_path):
    mock = flowmock()
    path = tmp_path / "i.csv"
    path.write_bytes(b'\xef\xbb\xbfname,endpoint,username,password,description\r\n\r\n'
                     b'a,https://a.example.com,u,p,"two\r\nlines"\r\n\r\nb,,u,p,\r\n')
    snowmelt("run", path, "--url", mock.url, expect=1)
    lines = read_results(tmp_path / "i.results.csv")
    assert [(l["row"], l["line"]) for l in lines] == [("1", "3"), ("2", "6")]


@pytest.mark.parametrize("text", [
    "sep=;\nname;endpoint;username;password\na;https://a.example.com;u;p\n",
    "name\tendpoint\tusername\tpassword\na\thttps://a.example.com\tu\tp\n",
    "name|endpoint|username|password\ra|https://a.example.com|u|p\r",
    "NAME , Endpoint, UserName,PASSWORD\na,https://a.example.com,u,p",
], ids=["Excel's sep", "tabs", "bars and CR", "case and blanks in the header"])
def test_many_dialects_are_understood(flowmock, tmp_path, text):
    mock = flowmock()
    path = tmp_path / "i.csv"
    path.write_text(text, newline="")
    snowmelt("run", path, "--url", mock.url, expect=0)
    assert [c["password_length"] for c in mock.connections()] == [1]


def test_headers_can_be_mapped_and_columns_carried(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", [["a", "https://a.example.com", "u", "p", "x", "y", "z"]],
                     header=["Instance Name", "URL", "Login", "Password", "id", "token", "=cmd()"])
    maps = ["--map", "name=Instance Name", "--map", "endpoint=url", "--map", "username=login"]
    snowmelt("run", path, "--url", mock.url, *maps, expect=0)
    line = read_results(tmp_path / "i.results.csv")[0]
    assert line["input.id"] == "x" and "token" not in line
    snowmelt("run", path, "--url", mock.url, *maps, "--carry", "token", "--excel-safe", expect=0)
    assert read_results(tmp_path / "i.results.csv")[0]["token"] == "y"
    header = (tmp_path / "i.results.csv").read_text().splitlines()[0]
    assert "'=cmd()" in header


def test_a_header_alone_is_a_run_of_no_rows(tmp_path):
    path = tmp_path / "i.csv"
    path.write_text(HEAD)
    snowmelt("run", path, "--url", NOWHERE, expect=0)
    assert read_results(tmp_path / "i.results.csv") == []


def test_a_spec_of_another_source_is_served(flowmock, tmp_path):
    mock = flowmock()
    spec = "11111111-2222-4333-8444-555555555555"
    path = write_csv(tmp_path / "i.csv",
                     [["a", spec, "OAuth", "h"], ["b", "no uuid", "OAuth", "h"], ["c", spec, "", "h"],
                      ["d", spec, "OAuth", ""]],
                     header=["name", "connection_spec_id", "auth_spec", "param.hostName"])
    snowmelt("run", path, "--url", mock.url)
    lines = read_results(tmp_path / "i.results.csv")
    assert [l["status"] for l in lines][1:] == ["invalid"] * 3


def test_a_pipe_that_goes_bad_finishes_the_rows_before_it(flowmock, tmp_path):
    mock = flowmock()
    text = (HEAD + GOOD + '"never closed,https://x.y,u,p\n').encode()
    done = snowmelt("run", "-", "--url", mock.url, "--results", tmp_path / "r.csv", "--ledger",
                    tmp_path / "r.ledger", stdin=text, expect=3)
    assert ":3:" in done.err
    assert statuses(read_results(tmp_path / "r.csv")) == {"created": 1}


# ------------------------------------------------------------------ places


@pytest.mark.parametrize("make, word", [
    (lambda p: None, "no such file"),
    (lambda p: p.mkdir(), "directory"),
], ids=["missing", "a folder"])
def test_an_input_that_cannot_be_read_is_fatal(tmp_path, make, word):
    make(tmp_path / "i.csv")
    done = snowmelt("run", tmp_path / "i.csv", "--url", NOWHERE, expect=3)
    assert "i.csv" in done.err and word in done.err


def test_an_unreadable_input_is_fatal(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(1))
    path.chmod(0)
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.name.startswith("pytest"):
            parent.chmod(0o755)
    as_nobody = ["setpriv", "--reuid=65534", "--clear-groups", "--"] if os.getuid() == 0 else []
    done = subprocess.run([*as_nobody, *command("run", path, "--url", NOWHERE)], env=environment(),
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 3 and "may not be read" in done.stderr, done.stderr


@pytest.mark.parametrize("place", ["the input", "a hard link to it", "a symbolic link", "a folder",
                                   "a pipe", "a missing folder"])
def test_results_never_overwrite_what_is_not_theirs(tmp_path, place):
    path = write_csv(tmp_path / "i.csv", instances(1))
    before = path.read_bytes()
    out = tmp_path / "out"
    if place == "the input":
        out = path
    elif place == "a hard link to it":
        os.link(path, out)
    elif place == "a symbolic link":
        (tmp_path / "target").write_text("theirs")
        out.symlink_to(tmp_path / "target")
    elif place == "a folder":
        out.mkdir()
    elif place == "a pipe":
        os.mkfifo(out)
    else:
        out = tmp_path / "missing" / "out"
    done = snowmelt("run", path, "--url", NOWHERE, "--results", out, expect=3)
    assert str(out) in done.err
    assert path.read_bytes() == before
    if place == "a symbolic link":
        assert out.is_symlink() and (tmp_path / "target").read_text() == "theirs"


@pytest.mark.parametrize("results, ledger, shared", [
    ("l", "l", "l"), ("r", "r.part", "r.part"), ("l.key", "l", "l.key"), ("r", "./r.new", "r.new")])
def test_ledger_and_results_do_not_share_a_file(tmp_path, results, ledger, shared):
    write_csv(tmp_path / "i.csv", instances(1))
    (tmp_path / shared).write_text("what was there")
    done = snowmelt("run", "i.csv", "--url", NOWHERE, "--results", tmp_path / results, "--ledger",
                    ledger, cwd=tmp_path, expect=3)
    assert "ledger" in done.err and "another name" in done.err
    assert (tmp_path / shared).read_text() == "what was there"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["i.csv", shared]


def test_results_in_a_folder_that_cannot_be_written_are_fatal(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, "--url", NOWHERE, "--results", "/proc/out.csv", expect=3)
    assert "/proc/out.csv" in done.err


# ------------------------------------------------------------------ settings


@pytest.mark.parametrize("args, env, status, word", [
    ([], {"AEP_ORG_ID": None}, 3, "AEP_ORG_ID"),
    ([], {"AEP_API_KEY": None}, 3, "AEP_API_KEY"),
    ([], {"AEP_ACCESS_TOKEN": None}, 3, "AEP_ACCESS_TOKEN"),
    ([], {"AEP_ORG_ID": ""}, 3, "AEP_ORG_ID"),
    ([], {"AEP_ORG_ID": "ö@AdobeOrg"}, 3, "org"),
    (["--url", "http://platform.example.com/x"], {}, 3, "https"),
    (["--url", "http://127.0.0.1.example.com/x"], {}, 3, "https"),
    (["--url", "ftp://127.0.0.1/x"], {}, 3, "https"),
    (["--sandbox", "a b"], {}, 64, "sandbox"),
    (["--concurrency", "0"], {}, 64, "--concurrency"),
    (["--rate", "fast"], {}, 64, "--rate"),
    (["--settle", "5"], {}, 64, "--settle"),
    (["--halt", "later"], {}, 64, "--halt"),
    (["--no-such-option"], {}, 64, "--no-such-option"),
    ([], {"SNOWMELT_RATE": "fast"}, 3, "SNOWMELT_RATE"),
    (["--config", "/nonexistent.ini"], {}, 3, "/nonexistent.ini"),
    (["--cacert", "/nonexistent.pem"], {}, 3, "/nonexistent.pem"),
    (["--map", "nme=x"], {}, 3, "--map"),
    (["--carry", "not there"], {}, 3, "--carry"),
    (["another.csv"], {}, 64, "another.csv"),
])
def test_a_bad_setting_is_told_before_anything_is_sent(tmp_path, args, env, status, word):
    path = write_csv(tmp_path / "i.csv", instances(1))
    url = [] if "--url" in args else ["--url", NOWHERE]
    done = snowmelt("run", path, *url, *args, env=environment(**env), cwd=tmp_path, expect=status)
    assert word in done.err and done.err.startswith("snowmelt: ")
    assert [p.name for p in tmp_path.iterdir()] == ["i.csv"]


def test_a_configuration_that_others_can_write_is_refused(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(1))
    ini = tmp_path / "snowmelt.ini"
    ini.write_text(f"url = {NOWHERE}\ngive-up-after = 100ms\n")
    ini.chmod(0o644)
    snowmelt("run", path, cwd=tmp_path, expect=2)  # the server is not there: it was taken
    ini.chmod(0o666)
    done = snowmelt("run", path, cwd=tmp_path, expect=3)
    assert "snowmelt.ini" in done.err
