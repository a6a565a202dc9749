"""What the booker writes: strings to clean values, and errors in the reader's words."""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.money import kroner
from booking.people.models import Person
from booking.pricing.models import ConditionsVersion
from booking.pricing.price import Prices
from booking.pricing.rules import Tariff
from booking.sessions.models import SessionPage
from booking.signup.fields import EanField, LineField, MailboxField
from booking.signup.guest_field import GuestsField, guest_problem, read_guests
from booking.signup.guests import IN_AN_ORDER, Guest
from booking.signup.reserve import Cost, Purchase, Seat

NO_LONGER_YOURS = _("You can't sign this person up, because you don't act for them, or no longer do.")
SEVERAL_PAYERS = _(
    "Those you have chosen come from more than one municipality, and an order has one payer. Sign them up municipality "
    "by municipality."
)
NOT_YOURS_TO_NAME = _("You can't name others for this session, because you act for nobody whom it is for.")
SEVERAL_HOSTS = _(
    "Those you act for come from more than one municipality. Tick at least one of them, so that we know where the "
    "others come from."
)
TOO_MANY_GUESTS = _("You have named as many as one can in a day. Name the next ones tomorrow, or ask us.")
THE_OTHER = _("Choose who is to be the other of the pair.")
TWO_OF_A_PAIR = _("Choose two persons: those who are to come as a pair.")
CANNOT_ASK = _(
    "We can't ask the other of the pair: the session is too near, or we have no address to write to. Whoever acts for "
    "both can sign them up."
)
NO_CARD_FOR_PAIR = _("When the other of the pair is to be asked first, only an invoice will do. Choose it.")
NO_CARDS = _("This session can't be paid by card. Choose the invoice.")
NO_CARD_FOR_AMOUNT = _("So much, or so little, can't be paid by card. Choose the invoice.")
NO_CARD_FOR_WAITING = _("When somebody is to wait for a seat, only an invoice will do. Choose it.")
PRICE_OF_CHOICE = _("With what you have chosen, the price is another. See it below, and accept again.")
PRICE_CHANGED = _("The price has changed since you opened the page. See the new price, and accept again.")
SEATS_TAKEN = _("The last seat was taken a moment ago. You can join the waiting list instead.")
SEAT_FREE = _("A seat has come free, so you need not wait: you can sign up now.")
CONDITIONS_CHANGED = _("The conditions have changed since you opened the page. Read them, and accept again.")


class PracticalForm(forms.Form):
    """What the house must know of somebody who comes, as far as the session asks for it."""

    diet = LineField(
        label=_("Diet and allergies"),
        max_length=200,
        required=False,
        help_text=_("What the kitchen must know. We delete it a fortnight after the session."),
    )
    room = LineField(
        label=_("The overnight stay"),
        max_length=200,
        required=False,
        help_text=_("For example that no room is needed, or that it must be accessible. Deleted in the same way."),
    )
    may_be_listed = forms.BooleanField(
        label=_("The name may stand on the list of participants"),
        required=False,
        help_text=_("The list goes to those who take part, and to nobody else. It can be changed on the receipt."),
    )

    def __init__(self, *args, session: SessionPage, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        if not session.needs_diet:
            del self.fields["diet"]
        if not session.needs_room:
            del self.fields["room"]


class SeatForm(PracticalForm):
    """What one person's seat is to be like. ``words`` is what the person is called in the form."""

    add_ons = forms.MultipleChoiceField(
        label=_("Add-ons"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("One of the add-ons is no longer offered. Choose again.")},
    )

    def __init__(self, *args, person: Person, words: str, session: SessionPage, prices: Prices, place: int, **kwargs):
        super().__init__(*args, session=session, prefix=str(person.pk), **kwargs)
        self.person = person
        self.words = words
        #: The id of the box that chooses this person.
        self.anchor = f"id_participant_{place}"
        if prices.add_ons:
            self.fields["add_ons"].choices = [(str(one.add_on), _add_on_words(one)) for one in prices.add_ons]
        else:
            del self.fields["add_ons"]

    def seat(self) -> Seat:
        return Seat(
            participant=self.person,
            diet=self.cleaned_data.get("diet", ""),
            room=self.cleaned_data.get("room", ""),
            may_be_listed=self.cleaned_data["may_be_listed"],
            add_ons=tuple(int(key) for key in self.cleaned_data.get("add_ons", ())),
        )


class SignUpForm(forms.Form):
    """Who gets a seat, who pays for it, and whom to write to.

    ``people`` are those the booker may act for, in words; the ``refused`` among them are offered no seat unless the
    form names them already. ``cost`` is what the form asks for, at the ``prices`` of this moment (``first_cost`` before
    anything was chosen). If the page showed another, or other ``conditions``, nothing is booked, and the booker accepts
    anew. It ``may_be_short`` where there are fewer seats than people, and ``queues`` where there are none: it leads to
    the waiting list then. ``partners``, in words, are those who may be named as the other of a pair. Where others may
    be named by address, ``guest_problems`` says what keeps them out, a sentence each.
    """

    participant = forms.MultipleChoiceField(
        label=_("Participant"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose who is to take part."), "invalid_choice": NO_LONGER_YOURS},
    )
    guests = GuestsField(
        label=_("Others from the municipality"),
        required=False,
    )
    pays_by = forms.ChoiceField(
        label=_("How the municipality pays"),
        choices=[("invoice", _("Invoice to an EAN number")), ("card", _("Card, now"))],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose whether to pay by invoice or by card."),
            "invalid_choice": NO_CARDS,
        },
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
    ean = EanField(
        label=_("EAN number"),
        help_text=_("13 digits. The invoice is sent electronically to this number."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    person_reference = LineField(
        label=_("Person reference"),
        max_length=80,
        required=False,
        help_text=_("The person at the municipality who receives the invoice: a name, initials or a number."),
    )
    requisition = LineField(
        label=_("Requisition number"),
        max_length=80,
        required=False,
        help_text=_("The municipality's own number for the purchase. Some municipalities return invoices without it."),
    )
    contact_name = LineField(
        label=_("Name"),
        max_length=120,
        error_messages={"required": _("Write whom we can turn to about practical matters.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact_email = MailboxField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("The confirmation and the calendar file are sent here."),
        error_messages={
            "required": _("Write the e-mail address that the confirmation is to be sent to."),
            "invalid": _("Write the whole address, such as navn@kommune.dk."),
            "max_length": _("The e-mail address is too long: no more than %(limit_value)d characters."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    contact_phone = LineField(
        label=_("Phone"),
        max_length=20,
        required=False,
        validators=[RegexValidator(r"^\+?[0-9 ()./-]*[0-9][0-9 ()./-]*$", _("Write a phone number with digits."))],
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
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
        if guest_problems is None:
            del self.fields["guests"]
        else:
            self.fields["participant"].required = False
            self.fields["guests"].takes_diet, self.fields["guests"].takes_room = session.needs_diet, session.needs_room
            self.fields["guests"].help_text = _guests_hint(session)
        if not may_be_short or self.takes_pairs:
            del self.fields["if_short"]
        if prices.is_free:
            for name in ("ean", "person_reference", "requisition"):
                del self.fields[name]
        elif cost and cost.is_free:  # for these participants, and so far
            self.fields["ean"].required = False
        if not takes_cards or prices.is_free:
            del self.fields["pays_by"]
        else:
            self.fields["pays_by"].initial = "invoice"
            if self.data.get(self.add_prefix("pays_by")) == "card":
                self.fields["ean"] = LineField(required=False, max_length=60, label=self.fields["ean"].label)

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
        """Those who are named by address."""
        return self.cleaned_data.get("guests", [])

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
    def pays_by_card(self) -> bool:
        return self.cleaned_data.get("pays_by") == "card"

    @property
    def waits(self) -> bool:
        """Whether what was shown, and sent, was the way to the waiting list."""
        return self.cleaned_data.get("to_line") == "1"

    @property
    def rest_waits(self) -> bool:
        return self.cleaned_data.get("if_short") == "rest_waits"

    def purchase(self) -> Purchase:
        return Purchase(
            contact_name=self.cleaned_data["contact_name"],
            contact_email=self.cleaned_data["contact_email"],
            contact_phone=self.cleaned_data["contact_phone"],
            gln="" if self.pays_by_card else self.cleaned_data.get("ean", ""),
            person_reference=self.cleaned_data.get("person_reference", ""),
            requisition=self.cleaned_data.get("requisition", ""),
        )


def _guests_hint(session: SessionPage) -> str:
    """How a line is written, with an example of all that the session asks for."""
    wishes = [gettext("vegetarian")] if session.needs_diet else []
    wishes += [gettext("no room")] if session.needs_room else []
    example = "; ".join(["Anne Holm", "anne.holm@kommune.dk", *wishes])
    hint = gettext(
        "One on each line: name and e-mail address. They need not be in our register. You vouch for them, and each "
        "gets a mail with a calendar file. For example: %(example)s"
    )
    return hint % {"example": example}


def _add_on_words(tariff: Tariff) -> str:
    """An add-on with its price, as a choice."""
    if tariff.price.is_free:
        return _("%(add_on)s, free of charge") % {"add_on": tariff.name}
    return _("%(add_on)s, %(net)s excl. VAT (%(gross)s incl. VAT)") % {
        "add_on": tariff.name,
        "net": kroner(tariff.price.net),
        "gross": kroner(tariff.price.gross),
    }


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

    pays_by = SignUpForm.base_fields["pays_by"]
    ean = SignUpForm.base_fields["ean"]

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
