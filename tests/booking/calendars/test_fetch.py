"""A file is fetched from the open internet alone, whole, and no more than we can hold."""

import gzip
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from booking.calendars import fetch as fetching
from booking.calendars.fetch import Fetched, NotFetched, Trouble, fetch, is_public
from tests.booking.calendars.outside_server import bomb, cut_off, drips, leads_to, never_ends, sends, serving

CONTENT = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def server(settings):
    with serving(CONTENT, etag='"1"') as server:
        settings.OUTSIDE_CALENDARS_NEARBY = [server.origin]
        yield server


def trouble(url: str) -> str:
    with pytest.raises(NotFetched) as not_fetched:
        fetch(url)
    return not_fetched.value.trouble


def test_a_file_is_fetched_with_what_tells_it_from_the_next(server):
    assert fetch(server.url) == Fetched(CONTENT, etag='"1"')


def test_what_is_known_already_is_not_sent_again(server):
    assert fetch(server.url, etag='"1"', last_modified="Fri, 01 Jan 2027 08:00:00 GMT") == Fetched(None)
    assert server.asked[-1]["If-None-Match"] == '"1"'
    assert server.asked[-1]["If-Modified-Since"] == "Fri, 01 Jan 2027 08:00:00 GMT"


def test_the_path_and_the_question_arrive_as_they_were_written(server):
    fetch(f"{server.origin}/møder/b98.ics?år=2027&x=%20")

    assert server.asked[-1]["path"] == "/m%C3%B8der/b98.ics?%C3%A5r=2027&x=%20"
    assert server.asked[-1]["Host"] == f"127.0.0.1:{server.port}"


def test_a_packed_file_is_unpacked(server):
    server.answer = sends(gzip.compress(CONTENT), Content_Encoding="gzip")

    assert fetch(server.url).content == CONTENT


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (sends(b"", 404), "status"),
        (sends(b"", 500), "status"),
        (sends(b"", 204), "status"),
        (sends(b"x" * 2_000_001), "too_large"),
        (never_ends, "too_large"),
        (sends(bomb(), Content_Encoding="gzip"), "too_large"),
        (sends(b"not packed", Content_Encoding="gzip"), "encoding"),
        (sends(gzip.compress(CONTENT)[:-9], Content_Encoding="gzip"), "unreachable"),
        (sends(CONTENT, Content_Encoding="br"), "encoding"),
        (cut_off, "unreachable"),
        (lambda handler: handler.wfile.write(b"220 mail.example.org ESMTP\r\n"), "unreachable"),
        (lambda handler: None, "unreachable"),
        (sends(b"", 302), "status"),
        (leads_to("/b98.ics"), "redirects"),
        (leads_to("http://kalender.example.org/b98.ics"), "not_https"),
        (leads_to("file:///etc/passwd"), "unknown_host"),
        (leads_to("https://127.0.0.1/b98.ics"), "inside"),
        (leads_to("https://[::ffff:169.254.169.254]/latest/"), "inside"),
    ],
)
def test_an_answer_that_is_no_file_is_told_by_its_trouble(server, answer, expected):
    server.answer = answer

    assert trouble(server.url) == expected


def test_the_status_is_kept(server):
    server.answer = sends(b"", 403)

    with pytest.raises(NotFetched) as not_fetched:
        fetch(server.url)

    assert not_fetched.value.detail == "403"


def test_a_server_that_drips_is_left(server, monkeypatch):
    monkeypatch.setattr(fetching, "PATIENCE", 0.5)
    server.answer = drips

    began = monotonic()
    assert trouble(server.url) == Trouble.TOO_SLOW
    assert monotonic() - began < 30  # it would have gone on for a minute


def test_an_address_may_lead_on_a_few_times(server):
    def lead(handler):
        number = int(handler.path.strip("/"))
        (sends(CONTENT) if number == 3 else leads_to(f"/{number + 1}"))(handler)

    server.answer = lead

    assert fetch(f"{server.origin}/0").content == CONTENT
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://kalender.example.org/b98.ics", "not_https"),
        ("ftp://kalender.example.org/b98.ics", "not_https"),
        ("file:///etc/passwd", "unknown_host"),
        ("https:///b98.ics", "unknown_host"),
        ("https://kalender.example.org:8443/b98.ics", "port"),
        ("https://kalender.example.org:22/", "port"),
        ("https://kalender.example.org:99999/", "unknown_host"),
        (f"https://{'x' * 70}.example.org/", "unknown_host"),
    ],
)
def test_an_address_of_another_kind_asks_nobody(url, expected, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", None)  # nobody is even looked up

    assert trouble(url) == expected


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1",
        "::1", "::", "fe80::1", "fe80::1%2", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "2001:db8::1", "2001:0:1::1",
        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::1",
    ],
)  # fmt: skip
def test_no_name_leads_into_our_own_network(address, monkeypatch):
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.0.114.9", 443))
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    inside = (family, socket.SOCK_STREAM, 6, "", (address, 443))
    for answer in ([inside], [public, inside]):
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, answer=answer, **kwargs: answer)

        assert trouble("https://kalender.example.org/b98.ics") == Trouble.INSIDE

    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "193.3.1.1", "2606:4700::1111", "2a01:4f8::1"])
def test_the_open_internet_is_open(address):
    assert is_public(address)


@pytest.mark.parametrize("host", ["0x7f.1", "2130706433", "127.1", "localhost"])
def test_our_own_machine_is_known_by_all_its_names(host):
    assert trouble(f"https://{host}/") == Trouble.INSIDE


def test_the_connection_goes_to_the_very_address_that_was_looked_at(server, settings, monkeypatch):
    """A name that answers differently the second time is never asked a second time."""
    settings.OUTSIDE_CALENDARS_NEARBY = [f"http://kalender.example.org:{server.port}"]
    asked = []

    def look_up(host, port, *kind, **kwargs):
        asked.append(host)
        assert len(asked) == 1 or ip_address(host), "a name was looked up again"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    assert fetch(f"http://kalender.example.org:{server.port}/b98.ics").content == CONTENT
    assert asked == ["kalender.example.org", "127.0.0.1"]
    assert server.asked[-1]["Host"] == f"kalender.example.org:{server.port}"


@pytest.fixture
def certificate(tmp_path):
    """One for kalender.example.org, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kalender.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("kalender.example.org")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


def test_a_server_proves_that_it_has_the_name_in_the_address(certificate, settings, monkeypatch):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *args, **kwargs: look_up("127.0.0.1", *args, **kwargs))
    with serving(CONTENT, tls=tls) as server:
        good, other = (f"https://{name}.example.org:{server.port}" for name in ("kalender", "andre"))
        settings.OUTSIDE_CALENDARS_NEARBY = [good, other]

        assert trouble(good) == Trouble.CERTIFICATE  # nobody we trust vouches for it
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert fetch(good).content == CONTENT
        assert trouble(other) == Trouble.CERTIFICATE
