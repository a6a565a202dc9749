"""A web server on this machine that has a calendar, and answers as it is told to."""

import gzip
import ssl
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep


class CalendarServer:
    """``content`` is served with ``etag``, or ``answer`` instead: a function that is given the handler."""

    def __init__(self, content: bytes = b"", *, etag: str = "", tls: ssl.SSLContext | None = None):
        self.content, self.etag, self.answer = content, etag, None
        self.asked: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(dict(self.headers) | {"path": self.path})
                (outer.answer or outer.serve)(self)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.origin = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self.url = f"{self.origin}/b98.ics"

    def serve(self, handler) -> None:
        if self.etag and handler.headers["If-None-Match"] == self.etag:
            handler.send_response(304)
            handler.end_headers()
            return
        send(handler, self.content, **({"ETag": self.etag} if self.etag else {}))


def send(handler, content: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def sends(content: bytes = b"", status: int = 200, **headers: str):
    """An answer with these bytes."""
    return lambda handler: send(handler, content, status, **headers)


def leads_to(address: str):
    return sends(status=302, Location=address)


def drips(handler) -> None:
    """A byte now and then, for a minute."""
    handler.send_response(200)
    handler.end_headers()
    for _number in range(600):
        try:
            handler.wfile.write(b"x")
            handler.wfile.flush()
        except OSError:
            return
        sleep(0.1)


def never_ends(handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x" * 65536)
    except OSError:
        return


def cut_off(handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"BEGIN:VCALENDAR")


def bomb() -> bytes:
    """A hundred megabytes of nothing, packed."""
    return gzip.compress(bytes(100_000_000), 1)


@contextmanager
def serving(*args, **kwargs):
    server = CalendarServer(*args, **kwargs)
    Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.server.shutdown()
        server.server.server_close()
