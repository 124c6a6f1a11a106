"""A proxy that knows CONNECT and nothing else, and remembers what it was asked."""

import socket
import threading

from raw_server import read_request


class Proxy:
    """`refuse` is a status that every CONNECT gets instead of a tunnel."""

    def __init__(self, refuse=None):
        self.refuse = refuse
        self.asked = []  # (method, target, headers)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
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
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        stream = peer.makefile("rb", buffering=0)
        request = read_request(stream)
        if request is None:
            return
        method, target, headers, _ = request
        self.asked.append((method, target, headers))
        if method != "CONNECT" or self.refuse:
            peer.sendall(f"HTTP/1.1 {self.refuse or 405} X\r\nContent-Length: 0\r\n"
                         'Proxy-Authenticate: Basic realm="x"\r\n\r\n'.encode())
            peer.close()
            return
        host, port = target.rsplit(":", 1)
        there = socket.create_connection((host, int(port)))
        peer.sendall(b"HTTP/1.1 200 X\r\n\r\n")
        threading.Thread(target=pass_on, args=(there, peer), daemon=True).start()
        pass_on(peer, there)


def pass_on(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:  # one of the two has gone
        pass
