"""A store of S3's kind over real HTTP: what it has been given whole, it has; the rest it has never seen."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


def unchunked(body: bytes) -> bytes:
    """What stands in a body that was sent in signed pieces, each after a line with its length in hexadecimal."""
    whole, rest = b"", body
    while rest:
        head, _end, rest = rest.partition(b"\r\n")
        length = int(head.split(b";")[0], 16)
        if length == 0:
            return whole
        whole, rest = whole + rest[:length], rest[length + 2 :]
    return whole


class Bucket:
    """``objects`` are what lies in it. ``fails`` is how many of the next calls are answered with 503."""

    def __init__(self):
        self.objects: dict[str, bytes] = {}
        self.fails = 0
        bucket = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status: int, body: bytes = b"", kind="application/xml"):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", '"1"')
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_PUT(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if bucket.is_down():
                    return self.answer(503)
                pieces = self.headers.get("Content-Encoding", "") == "aws-chunked"
                bucket.objects[self.key] = unchunked(body) if pieces else body
                return self.answer(200)

            def do_GET(self):
                if bucket.is_down():
                    return self.answer(503)
                asked = parse_qs(urlsplit(self.path).query)
                if "prefix" in asked:
                    return self.answer(200, bucket.listing(asked["prefix"][0]))
                found = bucket.objects.get(self.key)
                return self.answer(404) if found is None else self.answer(200, found, "application/octet-stream")

            def do_HEAD(self):
                return self.do_GET()

            def do_DELETE(self):
                bucket.objects.pop(self.key, None)
                return self.answer(204)

            @property
            def key(self) -> str:
                return unquote(urlsplit(self.path).path).removeprefix("/fakturaer/")

            def log_message(self, *args):
                """Tests are quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def is_down(self) -> bool:
        self.fails -= 1
        return self.fails >= 0

    def listing(self, prefix: str) -> bytes:
        below = [key.removeprefix(prefix) for key in sorted(self.objects) if key.startswith(prefix)]
        files = "".join(
            f"<Contents><Key>{escape(prefix + name)}</Key><Size>1</Size></Contents>"
            for name in below
            if "/" not in name
        )
        folders = "".join(
            f"<CommonPrefixes><Prefix>{escape(prefix + name)}/</Prefix></CommonPrefixes>"
            for name in sorted({name.split("/")[0] for name in below if "/" in name})
        )
        said = f"<Name>fakturaer</Name><Prefix>{escape(prefix)}</Prefix><IsTruncated>false</IsTruncated>"
        return (
            f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{said}{files}{folders}</ListBucketResult>'
        ).encode()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
