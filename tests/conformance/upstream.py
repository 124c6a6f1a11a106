"""What stands behind Prism: flowmock with ever other options, or a server whose answers
are wrong, one after the other at the same port."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from support import Flowmock

DESCRIBED = ("200", "201", "204", "403", "503")


class Upstream:
    def __init__(self):
        self.server = Flowmock()
        self.origin = self.server.origin
        self.port = str(urlsplit(self.origin).port)

    def flowmock(self, *options):
        self.stop()
        self.server = Flowmock("--port", self.port, *options)
        return self.server

    def answers(self, status, body, content_type="application/json"):
        """To every request."""
        self.stop()
        self.server = Wrong(int(self.port), status, body, content_type)

    def stop(self):
        self.server.stop()

    def requests(self):
        return sum(self.server.status()["requests"].values())

    def undescribed(self):
        """How many of its answers had a status that the description does not know."""
        statuses = self.server.status()["statuses"]
        return sum(count for status, count in statuses.items()
                   if status != "none" and status not in DESCRIBED)


class Wrong:
    def __init__(self, port, status, body, content_type):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=30)
