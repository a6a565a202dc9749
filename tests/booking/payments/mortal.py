"""A process that dies while it calls a session off: ``python -m tests.booking.payments.mortal SESSION FUNCTION NTH``.

It is gone, without a word to anybody, when that function is called for the nth time.
"""

import os
import sys

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = os.environ["RACE_DATABASE"]
settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = os.environ["RACE_KEY"], os.environ["RACE_SECRET"]
settings.STRIPE_API_BASE, settings.TAKES_CARDS = os.environ["RACE_STRIPE"], True
django.setup()

from django.utils import timezone  # noqa: E402

from booking.models import SessionPage  # noqa: E402
from booking.sessions.live import cancel_session  # noqa: E402
from tests.booking.dying import die_at  # noqa: E402

session, point, nth = SessionPage.objects.get(pk=int(sys.argv[1])), sys.argv[2], int(sys.argv[3])
die_at(point, nth)
cancel_session(session, by=None, now=timezone.now())
