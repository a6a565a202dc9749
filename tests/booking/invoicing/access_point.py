"""An access point over real HTTP: keeps what it is sent, knows a repeat, and answers as it is told."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class AccessPoint:
    token = "hemmelig"

    def __init__(self):
        self.taken: dict[str, bytes] = {}
        self.asked = 0
        self.answers: list[tuple[int, str]] = []  # before it does as it should
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, headers, body: bytes) -> tuple[int, str]:
        self.asked += 1
        if self.answers:
            return self.answers.pop(0)
        if headers["Authorization"] != f"Bearer {self.token}":
            return 401, "who are you?"
        key = headers["Idempotency-Key"]
        if key in self.taken:
            return 409, "had it before"
        self.taken[key] = body
        return 202, ""

    def _handler(point):  # noqa: N805 - the handler's self is another
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                status, text = point.answer(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args):
                pass

        return Handler
