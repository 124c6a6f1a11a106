"""A server of raw sockets: for what no HTTP library would do."""

import json
import socket
import threading
import uuid
from urllib.parse import parse_qsl, urlsplit

from support import BASE_PATH


class Last(bytes):
    """An answer behind which the connection is closed."""


class Endless:
    """An answer in pieces, sent until the client has had enough."""

    def __init__(self, pieces):
        self.pieces = pieces


class RawServer:
    """One thread a connection. `act(server, number, request)` decides what a POST gets, and
    `look`, if there is one, a GET: bytes to send, or None to close without a word."""

    def __init__(self, act, look=None):
        self.act, self.look = act, look
        self.heads = []  # of every request
        self.lock = threading.Lock()
        self.executed = []  # bodies of the creates that were carried out
        self.posts = 0
        self.connections = 0
        self.created_at = None  # epoch ms that a lookup shows; None: shows none
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}{BASE_PATH}"
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(timeout=10)

    def _accept(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        stream = peer.makefile("rb")
        count = 0
        while (request := read_request(stream)) is not None:
            count += 1
            answer = self._answer(count, request)
            if answer is None or not send(peer, answer):
                break
        stream.close()
        peer.close()

    def _answer(self, count, request):
        method, target, head, _ = request
        self.heads.append(head)
        if method == "GET":
            return self.look(self, count, request) if self.look else self._lookup(target)
        with self.lock:
            self.posts += 1
        return self.act(self, count, request)

    def execute(self, body):
        """Carry a create out. @return its answer"""
        one = {"id": str(uuid.uuid4()), "etag": '"0000aaaa-0000-0200-0000-5e25fb330000"'}
        shown = {} if self.created_at is None else {"createdAt": self.created_at}
        with self.lock:
            self.executed.append(one | shown | json.loads(body))
        return http(201, json.dumps(one))

    def _lookup(self, target):
        wanted = dict(v.split("==", 1) for k, v in parse_qsl(urlsplit(target).query)
                      if k == "property")
        with self.lock:
            items = [one for one in self.executed if one["name"] == wanted.get("name", one["name"])]
        if "count=true" in target:
            return http(200, json.dumps({"count": len(items)}))
        return http(200, json.dumps({"items": items, "_links": {}}))


def send(peer, answer):
    """False: the connection is over."""
    try:
        for piece in answer.pieces if isinstance(answer, Endless) else [answer]:
            peer.sendall(piece)
    except OSError:  # the client had enough
        return False
    return not isinstance(answer, (Endless, Last))


def read_request(stream):
    try:
        line = stream.readline()
    except ConnectionResetError:  # the client had enough of an answer
        return None
    if not line:
        return None
    method, target, _ = line.decode().split(" ", 2)
    headers = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, value = line.decode().split(":", 1)
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return method, target, headers, body


def http(status, body, *headers, length=None):
    head = [f"HTTP/1.1 {status} X", "Content-Type: application/json",
            f"Content-Length: {len(body) if length is None else length}", *headers]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()
