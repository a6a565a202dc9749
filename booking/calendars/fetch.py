"""Fetching a file from an address that staff wrote: from the open internet alone, and no more than we can hold.

The name is looked up once, every address it has must be a public one, and the connection goes to one of those very
addresses: a name that says something else the second time gains nothing. Each address that we are sent on to is looked
at in the same way. Plain http.client, because no library that follows addresses lets us choose where it connects.
"""

import socket
import ssl
import zlib
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Timer
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.conf import settings

#: Seconds for each answer, and for all of it: staff who fetch by hand wait that long.
TIMEOUT = 8
PATIENCE = 12

MOST_REDIRECTS = 3
MOST_BYTES = 2_000_000
CHUNK = 64 * 1024

#: Who asks, for whoever reads the other end's log.
USER_AGENT = "KL-tilbud-til-borgmestre (kalender)"

#: IPv6 addresses that are public by name, and lead to an IPv4 address that may not be.
_IN_DISGUISE = (ip_network("2002::/16"), ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


class Trouble(StrEnum):
    """Why nothing came."""

    NOT_HTTPS = "not_https"
    PORT = "port"
    INSIDE = "inside"
    UNKNOWN_HOST = "unknown_host"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    TOO_SLOW = "too_slow_server"
    REDIRECTS = "redirects"
    STATUS = "status"
    ENCODING = "encoding"
    TOO_LARGE = "too_large"


class NotFetched(Exception):
    """Nothing came. ``detail`` is the server's status, if it gave one."""

    def __init__(self, trouble: Trouble, detail: str = ""):
        super().__init__(trouble)
        self.trouble = trouble
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came; ``content`` is None when it is what we have already."""

    content: bytes | None
    etag: str = ""
    last_modified: str = ""


def fetch(url: str, *, etag: str = "", last_modified: str = "") -> Fetched:
    """The file at ``url``, unless it is the one that ``etag`` and ``last_modified`` came with. Raises NotFetched."""
    headers = {
        "Accept": "text/calendar, */*;q=0.1",
        "Accept-Encoding": "gzip",
        "Connection": "close",
        "User-Agent": USER_AGENT,
    }
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    deadline = _Deadline(PATIENCE)
    try:
        for _hop in range(MOST_REDIRECTS + 1):
            answer = _ask(url, headers, deadline)
            if isinstance(answer, Fetched):
                return answer
            url = answer
        raise NotFetched(Trouble.REDIRECTS)
    except ssl.SSLCertVerificationError as error:
        raise NotFetched(Trouble.CERTIFICATE) from error
    except (OSError, HTTPException, ValueError) as error:
        raise NotFetched(Trouble.TOO_SLOW if deadline.has_passed else Trouble.UNREACHABLE) from error
    finally:
        deadline.cancel()


def is_public(address: str) -> bool:
    """Whether an IP address is one on the open internet, and nobody's own network, machine or group."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and (ip.is_site_local or any(ip in network for network in _IN_DISGUISE)):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


class _Deadline:
    """Ends whatever the connection is doing when the time is up; a server that sends a byte now and then, too."""

    def __init__(self, seconds: float):
        self.has_passed = False
        self._lines: list[socket.socket] = []
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, line: socket.socket) -> None:
        """Of a copy, which stays ours when the connection is wrapped for TLS."""
        self._lines.append(line.dup())
        if self.has_passed:
            self._end()

    def cancel(self) -> None:
        self._timer.cancel()
        for line in self._lines:
            line.close()

    def _end(self) -> None:
        self.has_passed = True
        for line in self._lines:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it has ended already


def _ask(url: str, headers: dict[str, str], deadline: _Deadline) -> Fetched | str:
    """What the address answers: a file, or another address to ask."""
    parts = parts_of(url)
    host, port = parts.hostname.encode("idna").decode(), parts.port or (443 if parts.scheme == "https" else 80)
    line = _connect(host, port, deadline, is_excepted=_is_excepted(parts))
    connection = HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        connection.sock = _secured(line, host) if parts.scheme == "https" else line
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=?~-._')}" if parts.query else ""
        named = f"[{host}]" if ":" in host else host
        named += f":{port}" if parts.port else ""
        connection.request("GET", path + query, headers=headers | {"Host": named})
        with connection.getresponse() as response:
            if response.status in {301, 302, 303, 307, 308} and response.headers["Location"]:
                return urljoin(url, response.headers["Location"])
            if response.status == 304:
                return Fetched(None)
            if response.status != 200:
                raise NotFetched(Trouble.STATUS, str(response.status))
            content = _body(response)
            if deadline.has_passed:  # else what was cut off would look like the end
                raise NotFetched(Trouble.TOO_SLOW)
            return Fetched(content, _kept(response, "ETag", 255), _kept(response, "Last-Modified", 64))
    finally:
        connection.close()
        line.close()


def parts_of(url: str) -> SplitResult:
    """The address in parts. Raises NotFetched for one that we ask nobody by."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise NotFetched(Trouble.UNKNOWN_HOST) from error
    if not host:
        raise NotFetched(Trouble.UNKNOWN_HOST)
    if not _is_excepted(parts):
        if parts.scheme != "https":
            raise NotFetched(Trouble.NOT_HTTPS)
        if port not in {None, 443}:
            raise NotFetched(Trouble.PORT)
    return parts


def _is_excepted(parts: SplitResult) -> bool:
    """Whether this very server is one that development and tests may ask, wherever it is."""
    return f"{parts.scheme}://{parts.netloc}" in settings.OUTSIDE_CALENDARS_NEARBY


def _connect(host: str, port: int, deadline: _Deadline, *, is_excepted: bool) -> socket.socket:
    """A connection to one of the addresses that ``host`` has, all of which must be public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFetched(Trouble.UNKNOWN_HOST) from error
    addresses = list(dict.fromkeys(str(where[0]) for *_kind, where in found))
    if not is_excepted and not all(is_public(address) for address in addresses):
        raise NotFetched(Trouble.INSIDE)
    for address in addresses[:3]:
        try:
            line = socket.create_connection((address, port), timeout=TIMEOUT)
        except OSError:
            continue
        deadline.watch(line)
        return line
    raise NotFetched(Trouble.UNREACHABLE)


def _secured(line: socket.socket, host: str) -> ssl.SSLSocket:
    """The same connection, with a server that has proved to be ``host``."""
    return ssl.create_default_context().wrap_socket(line, server_hostname=host)


def _body(response: HTTPResponse) -> bytes:
    """All of it, unpacked, as long as it is no more than we can hold."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip", ""}:
        raise NotFetched(Trouble.ENCODING)
    unpack = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    content, received = bytearray(), 0
    while chunk := response.read(CHUNK):
        received += len(chunk)
        try:
            content += unpack.decompress(chunk, MOST_BYTES + 1 - len(content)) if unpack else chunk
        except zlib.error as error:
            raise NotFetched(Trouble.ENCODING) from error
        if max(len(content), received) > MOST_BYTES:
            raise NotFetched(Trouble.TOO_LARGE)
    if response.length or (unpack and not unpack.eof):  # it was cut off
        raise NotFetched(Trouble.UNREACHABLE)
    return bytes(content)


def _kept(response: HTTPResponse, name: str, length: int) -> str:
    """A header to send back next time; one that is too long to keep is not."""
    value = response.headers.get(name, "")
    return value if len(value) <= length and value.isprintable() else ""
