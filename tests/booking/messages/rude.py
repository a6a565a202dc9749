"""A mail server that behaves as a test wants it to at each step of a conversation, over a real socket."""

import socket
import struct
import time
from collections.abc import Callable
from email import message_from_bytes
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event

#: What a server says at each step when nothing is wrong. "." is the end of the mail.
POLITE = {
    "greeting": "220 ready",
    "EHLO": "250 mail.example.org",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "DATA": "354 go ahead",
    ".": "250 taken",
    "QUIT": "221 bye",
    "RSET": "250 OK",
}


class Rude(ThreadingTCPServer):
    """``does`` maps a step to a line to say, or to work that is given the conversation; the rest is polite."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.does: dict[str, str | Callable[[Conversation], None]] = {}
        self.heard: list[str] = []
        self.taken: list[bytes] = []
        self.reached = Event()

    @property
    def message_ids(self) -> list[str]:
        """Of each mail that was given in full, whatever was answered."""
        return [message_from_bytes(content)["Message-ID"] for content in self.taken]

    def handle_error(self, request, client_address):
        """Whoever hangs up on us is no accident here."""


class Conversation(StreamRequestHandler):
    server: Rude

    def handle(self):
        self._answer("greeting")
        while line := self.rfile.readline():
            step = line.decode("ascii", "replace").split(maxsplit=1)[0].upper().removesuffix(":").strip()
            self.server.heard.append(step)
            if step == "DATA" and self._answer("DATA"):
                content = b""
                while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                    content += line
                if line:
                    self.server.taken.append(content)
                    self._answer(".")
            elif step != "DATA":
                self._answer(step)
            if step == "QUIT":
                return

    def _answer(self, step: str) -> bool:
        """Whether the mail may follow."""
        answer = self.server.does.get(step, POLITE.get(step, "500 what"))
        if callable(answer):
            answer(self)
            return True
        self.wfile.write(f"{answer}\r\n".encode())
        return answer.startswith("354")


def drop(conversation: Conversation) -> None:
    """Hang up without a word."""
    conversation.request.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def reset(conversation: Conversation) -> None:
    """Hang up so that the other side hears of it as an error."""
    conversation.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conversation.request.close()
    raise ConnectionAbortedError


def drip(conversation: Conversation) -> None:
    """Say the right thing, one letter at a time."""
    for letter in b"220 " + b"r" * 100 + b"\r\n":
        conversation.wfile.write(bytes([letter]))
        time.sleep(0.1)


def hang(conversation: Conversation) -> None:
    """Say nothing for as long as the other side stays."""
    conversation.server.reached.set()
    conversation.rfile.read()
    raise ConnectionAbortedError
