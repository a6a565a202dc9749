"""A process that dies at a chosen step: ``python -m tests.booking.signup.mortal VERB ID MODULE.FUNCTION NTH``.

It does what the verb says and is gone, without a word to anybody, when that function is called for the nth time.
"""

import os
import sys

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = os.environ["RACE_DATABASE"]
django.setup()

from django.utils import timezone  # noqa: E402

from booking.models import Booking  # noqa: E402
from booking.signup import cancel, waiting  # noqa: E402
from tests.booking.dying import die_at  # noqa: E402

verb, pk, point, nth = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
die_at(point, nth)

booking, now = Booking.objects.select_related("session").get(pk=pk), timezone.now()
match verb:
    case "cancel":
        cancel.cancel_booking(booking, by=None, now=now)
    case "take":
        waiting.take_seat(booking, by=None, now=now)
    case "leave":
        waiting.leave_line(booking, by=None, now=now)
    case "offer":
        waiting.offer_free_seats(booking.session, now=now)
