"""Where it is demanded, staff reach the admin only after they have shown a second factor since they signed in."""

from django.conf import settings
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from booking.people.factor_views import GOING_TO
from booking.people.second_factor import has_second_factor, is_staff, showed_second_factor


class StaffSecondFactorMiddleware:
    """Between the door and the desk: set one up, or show it. Nobody else is asked.

    Receipts are asked for too: their addresses stand in the desk's lists, and staff may read everybody's.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        is_asked = (
            settings.STAFF_NEED_SECOND_FACTOR
            and request.path.startswith((reverse("wagtailadmin_home"), _receipts()))
            and is_staff(request.user)
            and not showed_second_factor(request)
        )
        if not is_asked:
            return self.get_response(request)
        going_to = request.get_full_path() if request.method == "GET" else reverse("wagtailadmin_home")
        if has_second_factor(request.user):
            return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': going_to})}")
        request.session[GOING_TO] = going_to
        return redirect("mfa_index")


def _receipts() -> str:
    """Where all receipts stand."""
    return reverse("booking:receipt", args=["A"]).removesuffix("A/")
