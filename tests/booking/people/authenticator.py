"""The app on the telephone, made from the standard and not from the library that checks it."""

import base64
import hashlib
import hmac
import re
import struct
import time

SECRET = re.compile(r'<p class="secret-key">([A-Z2-7]+)</p>')
RECOVERY_CODE = re.compile(r"<li>(\d{8})</li>")


def secret_on(page: str) -> str:
    return SECRET.search(page)[1]


def recovery_codes_on(page: str) -> list[str]:
    return RECOVERY_CODE.findall(page)


def digits(secret: str, *, periods_ago: int = 0) -> str:
    """What the app shows now. Source: RFC 6238."""
    counter = struct.pack(">Q", int(time.time()) // 30 - periods_ago)
    mac = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
