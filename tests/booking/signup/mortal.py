"""A process that dies at a chosen step: ``python -m tests.booking.signup.mortal VERB ID MODULE.FUNCTION NTH``.

It does what the verb says and is gone, without a word to anybody, when that function is called for the nth time.
"""

import os
import sys
from importlib import import_module

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = os.environ["RACE_DATABASE"]
django.setup()

from django.utils import timezone  # noqa: E402

from booking.models import Booking  # noqa: E402
from booking.signup import cancel, waiting  # noqa: E402

verb, pk, point, nth = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
calls = 0


def dying(work):
    def work_or_die(*args, **kwargs):
        global calls
        calls += 1
        if calls == nth:
            os._exit(9)
        return work(*args, **kwargs)

    return work_or_die


module = import_module(point.rpartition(".")[0])
name = point.rpartition(".")[2]
setattr(module, name, dying(getattr(module, name)))

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
