"""The way to the payment and back, and Stripe's own way in.

Each of these asks Stripe, so none may run inside a transaction, whatever the settings come to say.
"""

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.dates import today
from booking.payments import stripe
from booking.payments.models import PaymentState
from booking.payments.settle import NothingToPay, close, free_if_nobody_pays, look, open_checkout
from booking.payments.standing import CardOrder
from booking.payments.webhook import hear
from booking.signup.models import Order
from booking.signup.receipt import may_pay, may_release

logger = logging.getLogger(__name__)

personal = cache_control(private=True, no_store=True)


@transaction.non_atomic_requests
@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request, reference: str):
    """On to the page where one pays; the same page, until it is closed. Nothing is opened by looking at the address."""
    order = _order_of(request, reference)
    if request.method != "POST":
        return redirect("booking:payment", order.reference)
    try:
        opened = open_checkout(order, now=timezone.now())
        if opened.state == PaymentState.OPEN and opened.expires_at <= timezone.now():
            opened = look(opened, now=timezone.now())
    except NothingToPay:
        order.refresh_from_db()
        return redirect("booking:payment" if order.pays_by_card else "booking:receipt", order.reference)
    except (stripe.Unreachable, stripe.Refused):
        return _payment_page(request, order, is_silent=True, status=503)
    if opened.state != PaymentState.OPEN or not opened.url:
        return redirect("booking:payment", order.reference)
    page = urlsplit(opened.url)
    if f"{page.scheme}://{page.netloc}" in settings.STRIPE_PAGES:
        return redirect(opened.url)
    # The browser would not follow: a form may only lead to the addresses that the site's pages name.
    return TemplateResponse(request, "booking/to_payment.html", {"order": order, "url": opened.url})


@transaction.non_atomic_requests
@personal
@login_required
@require_safe
def payment(request, reference: str):
    """What is known of the payment. That somebody came back from Stripe proves nothing, so Stripe is asked."""
    order = _order_of(request, reference)
    is_silent = False
    opened = order.payments.filter(state=PaymentState.OPEN).first()
    if opened:
        try:
            look(opened, now=timezone.now())
        except (stripe.Unreachable, stripe.Refused):
            is_silent = True
    return _payment_page(request, order, is_silent=is_silent)


@transaction.non_atomic_requests
@personal
@login_required
@require_POST
def release(request, reference: str):
    """Give the held seats up; if the money has come meanwhile, they stay."""
    order = _order_of(request, reference)
    if not may_release(order, request.user.person, on=today(timezone.now())):
        raise Http404
    try:
        for opened in order.payments.unsettled():
            close(opened, by=request.user, now=timezone.now())
    except (stripe.Unreachable, stripe.Refused):
        messages.error(request, _("We can't close the payment right now, so the seat is still held. Try again."))
    else:
        free_if_nobody_pays(order, by=request.user, now=timezone.now())
    return redirect("booking:payment", order.reference)


@transaction.non_atomic_requests
@csrf_exempt
@require_POST
def webhook(request):
    """What Stripe tells. Whoever can't prove to be Stripe is refused; what is of no interest to us is fine too."""
    if not settings.TAKES_CARDS:  # then there is no secret either, and anybody could sign
        raise Http404
    try:
        hear(request.body, request.headers.get("Stripe-Signature", ""), now=timezone.now())
    except stripe.Forged:
        logger.warning("a webhook was refused")
        return HttpResponse(status=400)
    except stripe.Unreachable:
        return HttpResponse(status=503)  # Stripe tells it again
    return HttpResponse(status=200)


def _order_of(request, reference: str) -> Order:
    """The order, for whoever may pay for it; for everybody else it does not exist, nor where it is not paid by card."""
    order = get_object_or_404(Order, reference=reference, pays_by_card=True)
    person = getattr(request.user, "person", None)
    if not settings.TAKES_CARDS or not may_pay(order, person, on=today(timezone.now())):
        raise Http404
    return order


def _payment_page(request, order: Order, *, is_silent: bool, status: int = 200) -> TemplateResponse:
    card_order = CardOrder.of(order)
    session = card_order.bookings[0].session
    context = {
        "order": order,
        "card": card_order,
        "held_until": card_order.held_until(timezone.now()),
        "is_silent": is_silent,
        "may_release": may_release(order, request.user.person, on=today(timezone.now())),
        "session": session,
        "contact": session.contact,
    }
    return TemplateResponse(request, "booking/payment.html", context, status=status)
