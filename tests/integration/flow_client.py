"""A small client of the Flow Service that hides nothing: one request a call."""

import http.client
import json
import socket
from urllib.parse import quote, urlsplit

SERVICENOW = "eb13cb25-47ab-407f-ba89-c0125281c563"


def body(name, username="user", password="pass-1", description=None, **changes):
    """The body of a create of a ServiceNow connection."""
    wanted = {
        "name": name,
        "auth": {
            "specName": "Basic Authentication",
            "params": {
                "endpoint": "https://dev1.service-now.com",
                "username": username,
                "password": password,
            },
        },
        "connectionSpec": {"id": SERVICENOW, "version": "1.0"},
    }
    if description is not None:
        wanted["description"] = description
    wanted.update(changes)
    return wanted


def headers(sandbox="prod", **changes):
    """The required headers; a None takes one out. `_` stands for `-`."""
    wanted = {
        "Authorization": "Bearer token-1",
        "x-api-key": "key-1",
        "x-gw-ims-org-id": "1234@AdobeOrg",
        "x-sandbox-name": sandbox,
        "Content-Type": "application/json",
    }
    wanted.update({name.replace("_", "-"): value for name, value in changes.items()})
    return {name: value for name, value in wanted.items() if value is not None}


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def json_lines(self):
        return [json.loads(line) for line in self.body.splitlines()]

    @property
    def code(self):
        """The code of an error, whichever shape it has."""
        error = self.json()
        return error.get("error_code") or error.get("type", "").rpartition("/")[2]


class Flow:
    def __init__(self, url, tls=None):
        parts = urlsplit(url)
        self.tls = tls if parts.scheme == "https" else None
        self.host, self.port, self.base = parts.hostname, parts.port, parts.path

    def _connect(self, timeout):
        if self.tls:
            return http.client.HTTPSConnection(
                self.host, self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def control(self, method, path, content=None, head=None, timeout=60):
        connection = self._connect(timeout)
        try:
            if isinstance(content, (dict, list)):
                content = json.dumps(content)
            head = headers() if head is None else head
            connection.request(method, path, content, head)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def call(self, method, path, content=None, head=None, timeout=60):
        return self.control(method, self.base + path, content, head, timeout)

    def create(self, name, head=None, timeout=60, **fields):
        return self.call("POST", "/connections", body(name, **fields), head, timeout)

    def get(self, path, head=None):
        return self.call("GET", path, None, head)

    def named(self, name, head=None):
        """What a lookup by name lists."""
        return self.get("/connections?property=name==" + quote(name), head).json()["items"]

    def pages(self, query):
        """Every page of a listing, each its items."""
        path = "/connections?" + query
        while path:
            page = self.get(path).json()
            yield page["items"]
            path = page["_links"].get("next", {}).get("href")

    def request_bytes(self, name):
        """A create as it goes over the wire."""
        content = json.dumps(body(name))
        lines = [f"POST {self.base}/connections HTTP/1.1", f"Host: {self.host}"]
        lines += [f"{field}: {value}" for field, value in headers().items()]
        lines += [f"Content-Length: {len(content)}", "", content]
        return "\r\n".join(lines).encode()

    def send(self, name):
        """Send a create and hand over the socket, unanswered."""
        sock = socket.create_connection((self.host, self.port), timeout=60)
        sock.sendall(self.request_bytes(name))
        return sock


def read_all(sock):
    """What comes until the other side ends."""
    with sock:
        return b"".join(iter(lambda: sock.recv(65536), b""))
