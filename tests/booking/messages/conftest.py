"""A mail server of our own, over real SMTP, that can be told to misbehave."""

import socket
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller


class Sink:
    """Takes whatever it is sent and keeps it. ``refusals`` maps an address to the answer it gets instead."""

    def __init__(self):
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.refusals: dict[str, str] = {}
        self.data_answer = "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802 - aiosmtpd's name
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.data_answer.startswith("250"):
            self.raw.append(envelope.content)
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.data_answer

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]


class PostOffice:
    """The server behind the sink, opened and closed by the test."""

    def __init__(self, port: int):
        self.port = port
        self.sink = Sink()
        self._controller: Controller | None = None

    def open(self) -> None:
        self._controller = Controller(self.sink, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None


@pytest.fixture
def post_office(settings):
    """A mail server that is open, and that Django sends to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings.EMAIL_BACKEND = "booking.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    office = PostOffice(port)
    office.open()
    yield office
    office.close()


@pytest.fixture
def sink(post_office) -> Sink:
    return post_office.sink
