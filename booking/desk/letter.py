"""Writing to all who take part in a session: the letter, who gets it and how it looks, and then sending it."""

from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from booking.dates import danish_moment
from booking.desk.sessions import SessionActionView
from booking.journal.admin import done_by
from booking.messages import letters
from booking.messages.circular import (
    CIRCLES,
    Mailing,
    NobodyToWriteTo,
    RecipientsChanged,
    letters_to,
    mailing,
    send_circular,
)
from booking.signup.fields import LineField

NOBODY = gettext_lazy("There is nobody to write to, so nothing can be sent.")


class LetterForm(forms.Form):
    """Whom it is for, and what it says. ``submission`` and ``shown`` belong to one preview."""

    circle = forms.ChoiceField(
        label=gettext_lazy("To"),
        choices=[(circle, words) for circle, (words, _statuses) in CIRCLES.items()],
        widget=forms.RadioSelect,
        initial="confirmed",
    )
    subject = LineField(
        label=gettext_lazy("Subject"),
        max_length=120,
        error_messages={"required": gettext_lazy("Write a subject.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=gettext_lazy(
            "Separate paragraphs by an empty line. Addresses of pages become links. The name of the session, when and "
            "where it is held, and the contact are added below."
        ),
        error_messages={
            "required": gettext_lazy("Write what the letter is to say."),
            "max_length": gettext_lazy("Write %(limit_value)d characters at most. You wrote %(show_value)d."),
        },
    )
    submission = forms.UUIDField(required=False, widget=forms.HiddenInput)
    shown = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        """A browser sends lines with CRLF."""
        return self.cleaned_data["text"].replace("\r\n", "\n")


class LetterView(SessionActionView):
    """Step one is the letter, step two the preview; only from the preview can it be sent."""

    template_name = "booking/admin/letter.html"
    page_title = gettext_lazy("Write to the participants")
    header_icon = "mail"
    permission_required = "write_booking"

    def get_base_object_queryset(self):
        return super().get_base_object_queryset().select_related("contact")

    @cached_property
    def form(self) -> LetterForm:
        return LetterForm(self.request.POST if self.request.method == "POST" else None, label_suffix="")

    def post(self, request, *args, **kwargs):
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        if "edit" in request.POST:
            return self.render_to_response(self.get_context_data())
        if "send" in request.POST and self._send(self.form.cleaned_data):
            return redirect(self.get_back_url())
        return self._preview(mailing(self.object, circle=self.form.cleaned_data["circle"]))

    def _send(self, letter: dict) -> bool:
        """Whether it is on its way; if not, a message says why."""
        try:
            fact = send_circular(
                self.object,
                circle=letter["circle"],
                subject=letter["subject"],
                text=letter["text"],
                shown=letter["shown"],
                submission=letter["submission"] or uuid4(),
                by=self.request.user,
                now=timezone.now(),
            )
        except RecipientsChanged:
            messages.warning(
                self.request, _("Somebody has come or gone meanwhile, so nothing was sent. See who would get it now.")
            )
        except NobodyToWriteTo:
            messages.warning(self.request, NOBODY)
        else:
            count = fact.details["addresses"]
            messages.success(
                self.request,
                ngettext(
                    "The letter is on its way to %(count)d address.",
                    "The letter is on its way to %(count)d addresses.",
                    count,
                )
                % {"count": count},
            )
            return True
        return False

    def _preview(self, found: Mailing):
        letter = self.form.cleaned_data
        about = next(iter(found.addresses.values()), None)
        drawn = about and letters.circular(about, subject=letter["subject"], text=letter["text"])
        context = self.get_context_data(
            mailing=found,
            people=[
                (booking, [address for address, about in found.addresses.items() if booking in about])
                for booking in found.participants
            ],
            letter=letter,
            drawn=drawn and drawn.text(),
            submission=self._submission(),
        )
        return self.render_to_response(context)

    def _submission(self) -> UUID:
        """The number of this letter: the same however often it is previewed, so that it goes out once."""
        return self.form.cleaned_data["submission"] or uuid4()

    def get_context_data(self, **kwargs):
        contact = self.object.contact
        return super().get_context_data(
            form=self.form,
            when=self.object.when,
            reply_to=contact.email if contact else "",
            sender=settings.DEFAULT_FROM_EMAIL,
            earlier=[_earlier(fact) for fact in letters_to(self.object).select_related("by")[:10]],
            **kwargs,
        )


def _earlier(fact) -> dict:
    return {
        "at": danish_moment(fact.at),
        "by": done_by(fact),
        "subject": fact.subject or "",
        "addresses": fact.details["addresses"],
    }
