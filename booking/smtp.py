"""Sending over SMTP, with a limit to how long a whole answer of the mail server may take.

Python's own limit is for each packet: a server that says one letter at a time holds whoever sends for hours, and
another sender then takes the mail for one that was left behind.
"""

import io
import smtplib
import socket
from collections.abc import Callable
from functools import partial
from time import monotonic

from django.core.mail.backends import smtp

#: Seconds to wait for each answer where nothing else is said.
TIMEOUT = 10


class _Answers(io.RawIOBase):
    """What the server says, until ``until`` on the monotonic clock."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.until = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)
        return self.sock.recv_into(buffer)


class _InTime(smtplib.SMTP):
    """An SMTP conversation in which each answer comes as a whole within its time, or the conversation is over."""

    def __init__(self, *args, patience: float, **kwargs) -> None:
        self.patience = patience
        self.is_looking_into_it = False
        super().__init__(*args, **kwargs)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:  # at first, and anew when the conversation is encrypted
            self.answers = _Answers(self.sock)
            self.file = io.BufferedReader(self.answers)
        self.answers.until = monotonic() + (self.patience if self.is_looking_into_it else self.timeout)
        try:
            return super().getreply()
        finally:
            if self.sock:
                self.sock.settimeout(self.timeout)

    def data(self, msg):
        """A server that looks into mails before it takes them needs its time: whoever hangs up sends twice."""
        self.is_looking_into_it = True
        try:
            return super().data(msg)
        finally:
            self.is_looking_into_it = False


class _EncryptedInTime(_InTime, smtplib.SMTP_SSL):
    """The same where all of it is encrypted from the first byte."""


class EmailBackend(smtp.EmailBackend):
    """As Django's, in time. ``patience`` is how many seconds the server may take over a mail that it has been given."""

    def __init__(self, *args, patience: float | None = None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.timeout = self.timeout or TIMEOUT
        self.patience = patience or self.timeout

    @property
    def connection_class(self) -> Callable[..., smtplib.SMTP]:
        return partial(_EncryptedInTime if self.use_ssl else _InTime, patience=self.patience)
