"""Who answers: nginx with a fresh id for each create, flowmock, and nginx before flowmock.

nginx writes down when it has answered and how long that took, if it is asked to: so what
a server saw is told by that server's clock.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

PATH = "/data/foundation/flowservice"

NGINX = """
worker_processes 1;
error_log stderr error;
pid {folder}/nginx.pid;
daemon off;
events {{ worker_connections 4096; }}
http {{
    log_format seen '$msec $request_time $status $request_method';
    access_log {log};
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    map $request_id $uuid {{
        "~^(?<a>.{{8}})(?<b>.{{4}})(?<c>.{{4}})(?<d>.{{4}})(?<e>.{{12}})$" "$a-$b-$c-$d-$e";
    }}
    {upstream}
    server {{
        {listen}
        location / {{
            {answer}
        }}
    }}
}}
"""

CREATED = """
            default_type application/json;
            if ($request_method = GET) { return 200 '{"items":[],"count":0}'; }
            return 201 '{"id":"$uuid","etag":"\\\\"0000aaaa-0000-0200-0000-5e25fb330000\\\\""}';
"""

# What fails is not sent a second time: that is for the client to decide.
PASSED_ON = """
            proxy_pass http://behind;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_next_upstream off;
"""


class Seen(NamedTuple):
    """One request, as the server had it; seconds."""

    begin: float
    end: float
    status: int
    method: str


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)
    return folder / "cert.pem"


class Server:
    """A program that serves until it is left, in a folder that is gone then."""

    ca = None

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="snowmelt-bench-"))
        self.folder.chmod(0o755)
        self.process = None

    def __enter__(self):
        return self

    def forget(self):
        """What was created so far is not there any more."""

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Nginx(Server):
    """Answers each create, or passes it on to `behind` (host:port)."""

    def __init__(self, tls=False, behind=None, log=False):
        super().__init__()
        self.port = free_port()
        self.ca = make_certificate(self.folder) if tls else None
        self.log = self.folder / "access.log"
        self.scheme = "https" if tls else "http"
        keys = f"ssl_certificate {self.ca}; ssl_certificate_key {self.folder}/key.pem;"
        hosts = ["127.0.0.1"] + (["[::1]"] if has_ipv6() else [])
        conf = NGINX.format(
            folder=self.folder,
            log=f"{self.log} seen buffer=64k flush=1s" if log else "off",
            upstream=f"upstream behind {{ server {behind}; keepalive 256; }}" if behind else "",
            listen=" ".join(f"listen {host}:{self.port} backlog=4096{' ssl' if tls else ''};"
                            for host in hosts) + (keys if tls else ""),
            answer=PASSED_ON if behind else CREATED)
        (self.folder / "nginx.conf").write_text(conf, encoding="ascii")
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-c", self.folder / "nginx.conf",
                                         "-p", self.folder])
        self.await_start()

    def await_start(self):
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        sys.exit("nginx did not start")

    def url(self, host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{PATH}"

    def seen(self):
        """All requests so far, by their beginning. What is buffered comes with the end."""
        self.process.terminate()
        self.process.wait()
        requests = []
        for line in self.log.read_text(encoding="ascii").splitlines():
            end, took, status, method = line.split()
            requests.append(Seen(float(end) - float(took), float(end), int(status), method))
        return sorted(requests)


class Flowmock(Server):
    def __init__(self, build, *options):
        super().__init__()
        self.process = subprocess.Popen(
            [build / "src/flowmock/flowmock", *(str(o) for o in options)], text=True,
            stdout=subprocess.PIPE)
        self.base = self.process.stdout.readline().strip()
        self.address = self.base.split("/")[2]

    def __exit__(self, *_):
        super().__exit__()
        self.process.stdout.close()

    def url(self):
        return self.base

    def forget(self):
        urllib.request.urlopen(f"http://{self.address}/_flowmock/reset", b"", timeout=30).close()
