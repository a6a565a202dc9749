"""Counting tries where every worker sees them, so that guesses in the same moment can't each be the first.

allauth counts wrong codes in the session, which requests at the same moment all read before any of them writes.
"""

from django.core.cache import cache
from django.utils.crypto import salted_hmac


def claim_try(secret: str, *, allowed: int, seconds: int) -> bool:
    """Take one of the tries that guessing ``secret`` has; False when none is left.

    Each try is a row of its own that can be added once, so two at once never take the same. Should the cache fail,
    nobody gets a try.
    """
    key = salted_hmac("booking.people.tries", secret, algorithm="sha256").hexdigest()
    return any(cache.add(f"try:{key}:{number}", True, seconds) for number in range(allowed))
