"""Ways out of the house for a document. All know a repeat: by the file's name, the request's key, the mail's id.

A carrier raises Silent when it may be tried again, and Refused with the reason when that would not help.
"""

from collections.abc import Callable

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from booking.invoicing import pdf
from booking.invoicing.document import Document
from booking.invoicing.models import Invoice
from booking.invoicing.outbox import AnotherLiesThere, lay, outbox
from booking.mail import Letter, Mail, dressed

#: Seconds to wait for an access point or a mail server.
TIMEOUT = 10

Carrier = Callable[[Invoice], None]


class Silent(Exception):
    """No answer, or none that says anything: it may be tried again."""


class Refused(Exception):
    """It was looked at, and not taken."""


def name_of(invoice: Invoice) -> str:
    """What the document is called outside: its seller's CVR number and its own, the same however often it is sent."""
    return f"{invoice.content['seller']['cvr']}-{invoice.number}"


def to_folder(invoice: Invoice) -> None:
    """Lay the XML where the bookkeeping system or the access point collects it, whole or not at all."""
    name = f"{name_of(invoice)}.xml"
    try:
        lay(outbox(), name, bytes(invoice.xml))
    except AnotherLiesThere as error:
        with override(settings.LANGUAGE_CODE):
            raise Refused(_("Something else lies there under the name %(name)s.") % {"name": name}) from error
    except Exception as error:
        # Each storage has errors of its own. Whichever it is, the document is not at fault.
        raise Silent(f"{type(error).__name__}: {error}") from error


def to_access_point(invoice: Invoice) -> None:
    """Post the XML to the access point. What it has had before it answers with 409."""
    headers = {
        "Authorization": f"Bearer {settings.INVOICE_TOKEN}",
        "Content-Type": "application/xml",
        "Idempotency-Key": name_of(invoice),
    }
    try:
        answer = requests.post(
            settings.INVOICE_ENDPOINT, data=bytes(invoice.xml), headers=headers, timeout=TIMEOUT, allow_redirects=False
        )
    except requests.RequestException as error:
        raise Silent(type(error).__name__) from error
    if 200 <= answer.status_code < 300 or answer.status_code == 409:
        return
    if answer.status_code < 400 or answer.status_code in {401, 403, 408, 429} or answer.status_code >= 500:
        raise Silent(str(answer.status_code))  # the address, the token or the other end: the document is not at fault
    raise Refused(" ".join(answer.text.split()) or str(answer.status_code))


def by_mail(invoice: Invoice) -> None:
    """The PDF to read and the XML to book, to whoever ordered; for those without an EAN number."""
    document = invoice.document
    if not document.buyer.email:
        with override(settings.LANGUAGE_CODE):
            raise Refused(_("There is no address to send it to."))
    with override(settings.LANGUAGE_CODE):
        letter = dressed(_letter(document))
        text, html = letter.text(), letter.html()
    mail = Mail(
        letter.subject,
        text,
        to=[document.buyer.email],
        headers={"Message-ID": f"<{name_of(invoice)}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].rstrip('>')}>"},
    )
    mail.attach_alternative(html, "text/html")
    mail.attach(f"{invoice.number}.pdf", pdf.write(document), "application/pdf")
    mail.attach(f"{invoice.number}.xml", bytes(invoice.xml), "application/xml")
    try:
        mail.send()
    except OSError as error:  # smtplib's errors are among them
        raise Silent(type(error).__name__) from error


def _letter(document: Document) -> Letter:
    """What stands around the document; staff's words for an invoice do not go with a credit note."""
    heading = _("%(title)s from %(seller)s") % {"title": pdf.title(document), "seller": document.seller.name}
    totals = [(row["what"], f"{row['kroner']} kr.") for row in pdf.sums(document) if row["is_total"]]
    context = {
        "heading": heading,
        "facts": [*pdf.facts(document), *totals],
        "nummer": document.number,
        "signed": document.seller.name,
    }
    return Letter("invoice", heading, context, text_kind=document.kind)


def carrier_for(invoice: Invoice) -> tuple[str, Carrier] | None:
    """How this document leaves: None where the house has named no way, and finance takes the XML from the desk."""
    if not invoice.content["buyer"]["gln"]:
        return "mail", by_mail
    if settings.INVOICE_ENDPOINT:
        return "http", to_access_point
    if outbox():
        return "folder", to_folder
    return None
