"""What the booker does about invoices: put the details right before one is sent, and fetch those that were."""

import logging
from email.utils import parseaddr

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from booking.invoicing import pdf
from booking.invoicing.correct import NothingToCorrect, correct, still_to_invoice
from booking.invoicing.forms import DetailsForm
from booking.invoicing.own import documents_for, documents_of
from booking.signup.models import Order

logger = logging.getLogger(__name__)

#: Pages made for one reader: no other may see them, and no machine on the way may keep them.
personal = cache_control(private=True, no_store=True)


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def correct_details(request, reference: str):
    """Where the invoice of an order goes, to correct; for all but the booker the page does not exist.

    When nothing is left to invoice, it says so, and whom to ask.
    """
    order = get_object_or_404(Order.objects.select_related("payer", "booker"), reference=reference)
    person = getattr(request.user, "person", None)
    if person is None or order.booker_id != person.pk:
        logger.warning("the invoice details of order %s refused", order.reference)
        raise Http404
    is_open = still_to_invoice(order).exists()
    form = DetailsForm(request.POST if request.method == "POST" and is_open else None, order=order)
    if form.is_bound and form.is_valid():
        try:
            changed = correct(order, form.details(), by=request.user, now=timezone.now())
        except NothingToCorrect:
            is_open = False  # it was issued while they wrote
        else:
            messages.success(request, _("The invoice details are corrected.") if changed else _("Nothing was changed."))
            return redirect("booking:receipt", order.reference)
    status = 422 if form.errors or (request.method == "POST" and not is_open) else 200
    context = {
        "order": order,
        "form": form,
        "is_open": is_open,
        "documents": documents_of(order),
        "contact_email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
    }
    return TemplateResponse(request, "booking/invoice_details.html", context, status=status)


@personal
@login_required
@require_safe
def own_pdf(request, invoice_id: int):
    """An invoice or a credit note of one's own orders, as a PDF."""
    person = getattr(request.user, "person", None)
    own = documents_for(person).filter(pk=invoice_id, is_shared=False).exclude(content={}) if person else None
    invoice = own.first() if own is not None else None
    if invoice is None:
        logger.warning("invoice %s refused", invoice_id)
        raise Http404
    answer = HttpResponse(pdf.write(invoice.document), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{invoice.number}.pdf"'
    return answer
