"""The form of an order: who gets a seat, who pays for it, and whom to write to."""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from booking.people.models import Person
from booking.pricing.models import ConditionsVersion
from booking.pricing.price import Prices
from booking.sessions.models import SessionPage
from booking.signup.guest_field import GuestsField, read_guests
from booking.signup.guests import IN_AN_ORDER, Guest, with_add_ons
from booking.signup.payer_form import PayerForm
from booking.signup.refusals import (
    CONDITIONS_CHANGED,
    NO_LONGER_YOURS,
    PRICE_CHANGED,
    PRICE_OF_CHOICE,
    SEAT_FREE,
    SEATS_TAKEN,
    THE_OTHER,
    TWO_OF_A_PAIR,
)
from booking.signup.reserve import Cost, Seat
from booking.signup.seat_form import AddOnsField, SeatForm


class SignUpForm(PayerForm):
    """Who gets a seat, who pays for it, and whom to write to.

    ``people`` are those the booker may act for, in words; the ``refused`` among them are offered no seat unless the
    form names them already. ``cost`` is what the form asks for, at the ``prices`` of this moment (``first_cost`` before
    anything was chosen). If the page showed another, or other ``conditions``, nothing is booked, and the booker accepts
    anew. It ``may_be_short`` where there are fewer seats than people, and ``queues`` where there are none: it leads to
    the waiting list then. ``partners``, in words, are those who may be named as the other of a pair. Where others may
    be named by address, ``guest_problems`` says what keeps them out, a sentence each.
    """

    field_order = ["participant", "guests", "guest_add_ons", "pays_by", "partner", "if_short"]

    participant = forms.MultipleChoiceField(
        label=_("Participant"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose who is to take part."), "invalid_choice": NO_LONGER_YOURS},
    )
    guests = GuestsField(
        label=_("Others from the municipality"),
        required=False,
    )
    guest_add_ons = AddOnsField(
        label=_("Add-ons for the others"),
        help_text=_("What you tick is for each of those you have named in the field above, and is priced for each."),
    )
    partner = forms.ChoiceField(
        label=_("The other of the pair"),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("We write to the one you choose, who has to say yes. Both seats are kept meanwhile."),
        error_messages={"invalid_choice": _("This person can't be the other of the pair.")},
    )
    if_short = forms.ChoiceField(
        label=_("If there is not room for all of them"),
        choices=[
            ("none", _("Sign up nobody, unless all get a seat")),
            ("rest_waits", _("Sign up as many as there is room for; the others go on the waiting list")),
        ],
        initial="none",
        required=False,
        widget=forms.RadioSelect,
    )
    accepted = forms.BooleanField(
        label=_("I have read the conditions and accept them"),
        error_messages={"required": _("Accept the conditions to sign up.")},
    )
    to_line = forms.Field(required=False, widget=forms.HiddenInput)
    shown = forms.Field(required=False, widget=forms.HiddenInput)
    shown_conditions = forms.Field(required=False, widget=forms.HiddenInput)
    submission = forms.Field(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args,
        session: SessionPage,
        people: Mapping[Person, str],
        refused: Collection[Person],
        prices: Prices,
        cost: Cost | None,
        first_cost: Cost | None,
        conditions: ConditionsVersion | None,
        takes_cards: bool = False,
        may_be_short: bool = False,
        queues: bool = False,
        partners: Mapping[Person, str] | None = None,
        guest_problems: Callable[[list[Guest]], list[str]] | None = None,
        **kwargs,
    ):
        super().__init__(*args, label_suffix="", **kwargs)
        self.cost = cost
        self.first_cost = first_cost
        self.queues = queues
        self.conditions = conditions
        self.fields["participant"].choices = [(str(person.pk), words) for person, words in people.items()]
        offered = [person for person in people if person not in refused or str(person.pk) in self._named()]
        self.seats = [
            SeatForm(
                self.data if self.is_bound else None,
                person=person,
                words=people[person],
                session=session,
                prices=prices,
                place=place,
                initial=self.initial.get(str(person.pk)),
            )
            for place, person in enumerate(offered)
        ]
        self.partners = {str(person.pk): person for person in partners or {}}
        self.takes_pairs = session.takes_pairs
        if self.takes_pairs and partners:
            nobody = [("", _("Nobody else, I have chosen both"))] if len(self.seats) > 1 else []
            named = [(str(person.pk), words) for person, words in partners.items()]
            self.fields["partner"].choices = nobody + named
            if len(nobody + named) == 1:
                self.fields["partner"].initial = named[0][0]
        else:
            del self.fields["partner"]
        self.guest_problems = guest_problems
        if guest_problems is None or not prices.add_ons:
            del self.fields["guest_add_ons"]
        else:
            self.fields["guest_add_ons"].offer(prices)
        if guest_problems is None:
            del self.fields["guests"]
        else:
            self.fields["participant"].required = False
            self.fields["guests"].fit(session)
        if not may_be_short or self.takes_pairs:
            del self.fields["if_short"]
        self.ask_payer(is_free=prices.is_free, is_free_so_far=bool(cost and cost.is_free), takes_cards=takes_cards)

    def _named(self) -> set[str]:
        """The ids of those whom the form names, before anything is checked."""
        if self.is_bound:
            return set(self.data.getlist("participant"))
        return set(self.initial.get("participant", ()))

    @property
    def chosen(self) -> list[SeatForm]:
        """The seats that are asked for."""
        named = self._named()
        return [seat for seat in self.seats if str(seat.person.pk) in named]

    @property
    def wrong_seats(self) -> list[SeatForm]:
        """Those of them with something to correct."""
        return [seat for seat in self.chosen if seat.errors]

    def is_valid(self) -> bool:
        """All parts are looked at, so that everything that is wrong is said at once."""
        return all([super().is_valid(), *(seat.is_valid() for seat in self.chosen)])

    def refuse(self, person: Person, sentence: str) -> None:
        """Say beside this person why they can't have a seat."""
        for seat in self.chosen:
            if seat.person == person:
                seat.add_error(None, sentence)
        if str(person.pk) in self.partners:
            self.add_error("partner", sentence)
        if person.is_guest:
            self.add_error("guests", sentence)

    @property
    def asks(self) -> Person | None:
        """The other of a pair, who has to be asked."""
        return self.partners.get(self.cleaned_data.get("partner", ""))

    def asked_seats(self) -> list[Seat]:
        """The seats of all who are chosen; of whoever is to be asked nothing more is known."""
        return [seat.seat() for seat in self.chosen] + ([Seat(participant=self.asks)] if self.asks else [])

    def so_far(self, name: str) -> str:
        """What is written in a field by now, cleaned; nothing while it is wrong, and of a field that is not there."""
        if name not in self.fields:
            return ""
        try:
            return self.fields[name].clean(self[name].value())
        except ValidationError:
            return ""

    @property
    def named(self) -> list[Guest]:
        """Those who are named by address, each with what is ticked for all of them."""
        return with_add_ons(self.cleaned_data.get("guests", []), self.cleaned_data.get("guest_add_ons", ()))

    def clean_submission(self) -> UUID:
        """Drawn when the form is shown; one that is not ours still makes one order."""
        try:
            return UUID(self.cleaned_data["submission"] or "")
        except ValueError:
            return uuid4()

    def clean(self):
        """What was shown and accepted must be what applies now."""
        cleaned = super().clean()
        if self.takes_pairs and len(self.chosen) + bool(cleaned.get("partner")) != 2 and "partner" not in self.errors:
            if "partner" in self.fields and len(self.chosen) == 1:
                self.add_error("partner", THE_OTHER)
            else:
                self.add_error("partner" if "partner" in self.fields else None, TWO_OF_A_PAIR)
        if "guests" in self.fields:
            self._look_at_guests()
        if "guests" in cleaned and not (self.chosen or self.named):
            self.add_error("participant", self.fields["participant"].error_messages["required"])
        if self.queues != self.waits:
            self.accept_anew(SEATS_TAKEN if self.queues else SEAT_FREE)
            return cleaned
        if self.cost and cleaned["shown"] != self.cost.shown:
            chose = self.first_cost is None or cleaned["shown"] == self.first_cost.shown
            self.accept_anew(PRICE_OF_CHOICE if chose else PRICE_CHANGED)
        if self.conditions and cleaned["shown_conditions"] != str(self.conditions.pk):
            self.accept_anew(CONDITIONS_CHANGED)
        return cleaned

    def _look_at_guests(self) -> None:
        """Also at those whose lines can be read while others can't, so that everything wrong is said at once."""
        readable = read_guests(self["guests"].data or "", takes_diet=True, takes_room=True).guests
        problems = self.guest_problems(readable) if len(readable) <= IN_AN_ORDER else []
        if problems:
            self.add_error("guests", problems)

    def accept_anew(self, why) -> None:
        """Take the tick away: what it stood for is no longer what is shown."""
        self.data = self.data.copy()
        self.data.pop(self.add_prefix("accepted"), None)
        self.errors.pop("accepted", None)
        self.add_error(None, why)

    def draw_anew(self) -> None:
        """Another order has this form's number: the next try goes out under a new one."""
        self.data = self.data.copy()
        self.data[self.add_prefix("submission")] = str(uuid4())
        self.add_error(None, _("Something got in between, and nothing was booked. Send it once more."))

    @property
    def waits(self) -> bool:
        """Whether what was shown, and sent, was the way to the waiting list."""
        return self.cleaned_data.get("to_line") == "1"

    @property
    def rest_waits(self) -> bool:
        return self.cleaned_data.get("if_short") == "rest_waits"
