"""The smaller forms of this room: about a seat that somebody has, waits for, or was asked to take."""

from collections.abc import Collection, Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.people.models import Person
from booking.sessions.models import SessionPage
from booking.signup.fields import LineField
from booking.signup.guest_field import guest_problem
from booking.signup.guests import Guest
from booking.signup.order_form import SignUpForm
from booking.signup.payer_form import PayerForm
from booking.signup.refusals import NO_LONGER_YOURS
from booking.signup.seat_form import PracticalForm, SeatForm


class WithdrawForm(forms.Form):
    """A yes to giving the seat up, for what the page said that it costs."""

    shown = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)


class SubstituteForm(PracticalForm):
    """Who is to have the seat: one of ``people``, for whom the reader acts and whom the session is for.

    Where the reader ``may_name`` others, it may be somebody who is not in the register, by name and address.
    """

    NAMED = "named"

    field_order = ["participant", "name", "email"]

    participant = forms.ChoiceField(
        label=_("New participant"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose who is to have the seat."),
            "invalid_choice": NO_LONGER_YOURS,
        },
    )
    name = LineField(label=_("Name of the other"), max_length=120, required=False)
    email = forms.CharField(
        label=_("E-mail of the other"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The confirmation and the calendar file are sent here. You vouch for whoever comes."),
    )

    def __init__(self, *args, people: Collection[Person], session: SessionPage, may_name: bool = False, **kwargs):
        super().__init__(*args, session=session, **kwargs)
        self.people = {str(person.pk): person for person in people}
        choices = [(key, person.name) for key, person in self.people.items()]
        if may_name:
            choices.append((self.NAMED, _("Another from the municipality, by name and e-mail")))
        else:
            del self.fields["name"], self.fields["email"]
        self.fields["participant"].choices = choices
        if len(choices) == 1:
            self.initial.setdefault("participant", choices[0][0])

    def clean(self):
        """The one who is chosen, or named, stands as ``participant``."""
        cleaned = super().clean()
        name, email, chosen = cleaned.pop("name", ""), cleaned.pop("email", ""), cleaned.get("participant")
        if chosen == self.NAMED and not self.errors:
            problem, field = guest_problem(name, email)
            if problem:
                self.add_error(field, problem)
            cleaned["participant"] = Guest(" ".join(name.split()), email.strip().lower())
        elif chosen:
            cleaned["participant"] = self.people[chosen]
        return cleaned


class TakeSeatForm(forms.Form):
    """How the seat is paid for that somebody waited for: what the order does not know yet, or could be otherwise."""

    pays_by = PayerForm.base_fields["pays_by"]
    ean = PayerForm.base_fields["ean"]

    def __init__(self, *args, is_free: bool, knows_ean: bool, takes_cards: bool, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        if is_free or not takes_cards:
            del self.fields["pays_by"]
        else:
            self.fields["pays_by"].initial = "invoice" if knows_ean else "card"
        if is_free or knows_ean:
            del self.fields["ean"]
        elif "pays_by" in self.fields and self.data.get(self.add_prefix("pays_by")) == "card":
            self.fields["ean"].required = False

    @property
    def pays_by_card(self) -> bool:
        return self.cleaned_data.get("pays_by") == "card"


class SwitchForm(forms.Form):
    """Which of the other runs the seat is to be at. Those that are not ``possible`` are not offered, but understood."""

    session = forms.ChoiceField(
        label=_("Switch to"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose the session to switch to."),
            "invalid_choice": _("The session can't take the place of the one that the seat is for."),
        },
    )

    def __init__(self, *args, runs: Sequence[SessionPage], possible: Sequence[SessionPage], **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.runs = {str(run.pk): run for run in runs}
        choices = [(key, run.when_and_where) for key, run in self.runs.items()]
        self.fields["session"].choices = choices
        self.fields["session"].widget.choices = [choice for choice in choices if self.runs[choice[0]] in possible]
        if len(possible) == 1:
            self.initial["session"] = str(possible[0].pk)

    def clean_session(self) -> SessionPage:
        return self.runs[self.cleaned_data["session"]]


class PairForm(forms.Form):
    """The yes of the one who was asked to make a pair, and what the house must know of them."""

    diet = SeatForm.base_fields["diet"]
    room = SeatForm.base_fields["room"]
    may_be_listed = SeatForm.base_fields["may_be_listed"]
    accepted = SignUpForm.base_fields["accepted"]

    def __init__(self, *args, session: SessionPage, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        if not session.needs_diet:
            del self.fields["diet"]
        if not session.needs_room:
            del self.fields["room"]
