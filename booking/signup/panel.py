"""The booking panel of a session page: what stands in the way, whom one may sign up, and the form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from booking.dates import today
from booking.money import kroner
from booking.people.models import Municipality, Person
from booking.pricing.models import ConditionsVersion
from booking.pricing.price import Prices
from booking.pricing.quote import Quote
from booking.pricing.rules import Per, PriceUndecided
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.cards import takes_cards
from booking.signup.guest_field import on_line, read_guests
from booking.signup.guests import Guest, hosts, with_add_ons
from booking.signup.interests import Interest
from booking.signup.lines import FEW
from booking.signup.order_form import SignUpForm
from booking.signup.orders import Order
from booking.signup.pairs import partners
from booking.signup.reserve import Cost, Seat, allot, asked_for, cost_of
from booking.signup.sentences import (
    EACH_ALONE,
    TOGETHER,
    invoice_sentence,
    person_sentence,
    session_sentence,
    switch_sentence,
    withdrawal_sentences,
)
from booking.signup.standing import (
    Admission,
    CannotBook,
    Obstacle,
    admit_each,
    seats_for_sale,
    terms_obstacle,
    time_obstacle,
)
from booking.signup.switch import CannotSwitch, hindrance_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody the booker may act for: what admits them, or the sentence that says why nothing does.

    ``booking`` is the seat, or place in line, that they have already, if that is why; ``other_run``
    the one that they have at an alternative to this session, from which they ``may_switch`` if nothing keeps it there.
    """

    person: Person
    admission: Admission | None
    refusal: str = ""
    booking: Booking | None = None
    other_run: Booking | None = None
    may_switch: bool = False

    @property
    def words(self) -> str:
        """The person with their municipality, as a choice."""
        if self.admission is None:
            return self.person.name
        return _("%(person)s (%(municipality)s, CVR %(cvr)s)") % {
            "person": self.person.name,
            "municipality": self.admission.municipality.full_name,
            "cvr": self.admission.municipality.cvr,
        }


def form_address(session: SessionPage, request) -> str:
    """Where the form stands: the panel of the session's own page."""
    return f"{session.get_url(request) or ''}#tilmelding"


class Panel:
    """All that the panel says to one visitor at one moment.

    ``sent`` is what the form brought; ``kept`` what somebody had written when they turned out to be signed out.
    """

    def __init__(
        self,
        session: SessionPage,
        *,
        user: AbstractBaseUser | AnonymousUser,
        now: datetime,
        sent: Any = None,
        kept: dict[str, Any] | None = None,
    ):
        self.session = session
        self.kept = kept or {}
        self.now = now
        self.is_signed_in = user.is_authenticated
        self.person: Person | None = getattr(user, "person", None)
        self.prices: Prices = session.prices(now=now)
        self._prices_elsewhere: dict[int, Prices] = {}
        self.sent = sent
        self.conditions: ConditionsVersion | None = session.conditions and session.conditions.current()
        self.seats_left = seats_for_sale(session)
        if session.takes_pairs and self.seats_left == 1:
            self.seats_left = 0  # one seat is of no use to two
        # What ``session_obstacle`` says, without looking everything up twice.
        self.obstacle = time_obstacle(session, now=now) or terms_obstacle(
            session, is_priced=self.prices.is_decided, has_conditions=self.conditions is not None, left=self.seats_left
        )
        self.form: SignUpForm | None = None
        if self.person and sent is not None:
            self.form = self._form(data=sent)
        elif sent is not None:
            self.form = self._form(initial=sent.dict())
        elif self.eligible or (self.hosts and not self.is_blocked):
            self.form = self._form(initial=self._known() | self.kept)

    @property
    def sentence(self) -> str:
        """Why nobody can be signed up, or nothing."""
        return session_sentence(self.obstacle, self.session) if self.obstacle else ""

    @property
    def queues(self) -> bool:
        """Whether whoever signs up now goes on the waiting list, because nothing but the seats stands in the way."""
        return self.obstacle == Obstacle.FULL and not self.session.takes_pairs

    @property
    def is_blocked(self) -> bool:
        """Whether nobody can do anything here."""
        return self.obstacle is not None and not self.queues

    def hit(self, obstacle: Obstacle) -> None:
        """Something came in between; what the form asks for is reckoned anew."""
        self.obstacle, self.seats_left = obstacle, seats_for_sale(self.session)
        self.__dict__.pop("cost", None)
        self.__dict__.pop("first_cost", None)

    @cached_property
    def number_in_line(self) -> int:
        """What the first of those who join now would be on the waiting list."""
        return Booking.objects.filter(session=self.session.pk).in_line_for_a_seat().count() + 1

    @property
    def awaits_date(self) -> bool:
        return self.obstacle == Obstacle.NO_DATE

    @property
    def is_free(self) -> bool:
        return self.cost is not None and self.cost.is_free

    @property
    def says_where(self) -> bool:
        """A place that nobody wrote down does not follow any more once the session has been held."""
        return self.obstacle != Obstacle.OVER or bool(self.session.place)

    @property
    def shows_price(self) -> bool:
        """What a seat costs today says nothing of a session that is over or called off."""
        return self.obstacle not in {Obstacle.OVER, Obstacle.CANCELLED}

    @property
    def is_per_person(self) -> bool:
        """Whether each of a pair pays what stands on the page: that they are two has no price of its own."""
        pairs = [tariff for tariff in self.prices.tariffs if tariff.per == Per.PAIR]
        return self.session.takes_pairs and not pairs and not self.prices.is_free

    @property
    def shows_seats(self) -> bool:
        return self.obstacle is None and self.seats_left is not None

    @property
    def few_left(self) -> bool:
        return self.seats_left is not None and self.seats_left <= FEW

    @property
    def is_open(self) -> bool:
        return self.obstacle is None

    @property
    def leads_on(self) -> bool:
        """Whether a button to the form keeps what it promises: strangers may be anybody, others are known."""
        return self.is_open and (not self.is_signed_in or bool(self.eligible or self.hosts))

    @property
    def leads_to_line(self) -> bool:
        """The same of a button to the waiting list."""
        return self.queues and (not self.is_signed_in or bool(self.eligible or self.hosts))

    @cached_property
    def candidates(self) -> list[Candidate]:
        """The visitor and those they act for, with what lets each of them in or keeps them out."""
        if self.person is None or self.session.audience is None or self.session.starts_on is None:
            return []
        principals = self.person.principals(today(self.now)).values_list("pk", flat=True)
        people = Person.with_offices({self.person.pk, *principals})
        people.sort(key=lambda person: person != self.person)  # the visitor first
        answers = admit_each(self.session, people)
        return [self._candidate(person, answer) for person, answer in zip(people, answers, strict=True)]

    @property
    def eligible(self) -> list[Candidate]:
        """Those who can be signed up now, or join the waiting list."""
        return [] if self.is_blocked else [candidate for candidate in self.candidates if candidate.admission]

    @property
    def refused(self) -> list[Candidate]:
        """Those who can't, and would be missed: a secretary who acts for others does not expect a seat for herself."""
        refused = [candidate for candidate in self.candidates if candidate.admission is None]
        if len(self.candidates) > 1:
            refused = [candidate for candidate in refused if candidate.person != self.person]
        return refused

    @property
    def refused_aside(self) -> list[Candidate]:
        """Those of them who are spoken of below the form; whom it names has the reason beside the name."""
        return [candidate for candidate in self.refused if candidate not in self.chosen_in_vain]

    @property
    def booked(self) -> list[Candidate]:
        """Those who have a seat, or wait for one, already."""
        return [candidate for candidate in self.candidates if candidate.booking]

    @property
    def asks_for_help(self) -> bool:
        """Whether somebody is kept out who might have expected to come in."""
        explained = [candidate for candidate in self.candidates if candidate.booking or candidate.other_run]
        return not explained or len(self.refused) > len(explained)

    @property
    def only_choice(self) -> Candidate | None:
        """The one who can be signed up; nobody while the form, as it was sent, names another."""
        if len(self.eligible) != 1 or self.hosts:
            return None
        [candidate] = self.eligible
        return candidate if self._named <= {str(candidate.person.pk)} else None

    @cached_property
    def _named(self) -> set[str]:
        """The ids of those whom the form names, whoever they are."""
        return set(self.kept.get("participant", ()) if self.sent is None else self.sent.getlist("participant"))

    @property
    def chosen(self) -> list[Candidate]:
        """Those of the eligible whom the form names."""
        return [candidate for candidate in self.eligible if str(candidate.person.pk) in self._named]

    @property
    def chosen_in_vain(self) -> list[Candidate]:
        """Those whom the form names, and who can't be signed up."""
        return [one for one in self.candidates if one.admission is None and str(one.person.pk) in self._named]

    @property
    def payer(self) -> Municipality | None:
        """Whoever pays for all who can be signed up; nobody where that depends on who is chosen."""
        payers = {candidate.admission.municipality for candidate in self.eligible} | self.hosts.keys()
        return payers.pop() if len(payers) == 1 else None

    @cached_property
    def hosts(self) -> dict[Municipality, Person]:
        """Of each municipality the one for whose sake others may be named; nobody where only those it is for come."""
        return hosts(self.session, [candidate.person for candidate in self.candidates])

    @cached_property
    def guests(self) -> list[Guest]:
        """Those whom the form names by address, as far as its lines can be read."""
        if not self.hosts:
            return []
        text = self.kept.get("guests", "") if self.sent is None else self.sent.get("guests", "")
        guests = read_guests(text, takes_diet=True, takes_room=True).guests
        return with_add_ons(guests, self._offered("guest_add_ons"))

    def _offered(self, name: str) -> list[str]:
        """The add-ons that the form has ticked under this name, as far as they are offered."""
        ticked = self.kept.get(name, ()) if self.sent is None else self.sent.getlist(name)
        return [str(one.add_on) for one in self.prices.add_ons if str(one.add_on) in ticked]

    def guest_problems(self, guests: list[Guest]) -> list[str]:
        """Why some of them can't be named: who can be ticked, or has a seat already, need not be.

        That is asked of those the visitor acts for, and of other guests; never of the register.
        """
        known = {candidate.person.email: candidate for candidate in self.candidates if candidate.person.email}
        places = {candidate.admission.municipality for candidate in self.chosen} or self.hosts.keys()
        rows = [guest.person(self.hosts.get(place), place) for guest in guests for place in list(places)[:1]]
        problems = []
        for guest, answer in zip(guests, admit_each(self.session, rows), strict=True):
            candidate = known.get(guest.email)
            if candidate and candidate.admission:
                sentence = _("%(name)s is on the list above. Tick the name there instead.")
                problems.append(on_line(guest.line, sentence % {"name": candidate.person.name}))
            elif candidate and (candidate.booking or candidate.other_run):
                problems.append(on_line(guest.line, candidate.refusal))
            elif isinstance(answer, CannotBook):
                person = guest.person()
                problems.append(on_line(guest.line, person_sentence(answer, self.session, person)))
        return problems

    @property
    def count(self) -> int:
        """How many are to have a seat."""
        return len(self.chosen) + len(self.guests)

    @property
    def is_short(self) -> bool:
        """Whether more are chosen than there are seats, and there are some."""
        return self.is_open and self.seats_left is not None and self.count > self.seats_left

    @property
    def rest_waits(self) -> bool:
        """Whether those for whom there is no seat are to wait for one."""
        return self.sent is not None and self.sent.get("if_short") == "rest_waits"

    @property
    def waiting(self) -> list[str]:
        """The names of those of the chosen who would have to wait."""
        names = [candidate.person.name for candidate in self.chosen] + [guest.name for guest in self.guests]
        return names[self.seats_left :] if self.is_short and self.rest_waits else []

    @property
    def waiting_names(self) -> str:
        return get_text_list(self.waiting, _("and"))

    @property
    def is_for_one(self) -> bool:
        """Whether the price is that of a seat, because nobody has been chosen yet among several."""
        return not self.session.takes_pairs and not self.count and (len(self.eligible) > 1 or bool(self.hosts))

    @cached_property
    def cost(self) -> Cost | None:
        """What the form asks for, as far as it has been filled in; None while that can't be told."""
        if not self.count:
            return self.first_cost
        seats = [self._seat(candidate.person) for candidate in self.chosen]
        seats += [Seat(participant=guest.person(), add_ons=guest.add_ons) for guest in self.guests]
        if self.partner:
            seats.append(Seat(participant=self.partner))
        return self._pair_cost(seats) if self.session.takes_pairs else self._cost(seats)

    def _pair_cost(self, seats: Sequence[Seat]) -> Cost | None:
        """What both of a pair cost; before both are chosen, if that is the same whoever they are."""
        pairs = [seats]
        if len(seats) < 2:
            chosen = [seat.participant for seat in seats]
            people = [*(candidate.person for candidate in self.eligible), *self.partners]
            others = self._of_each_sort([Seat(participant=person) for person in people if person not in chosen])
            if not others:
                return self._cost(seats)
            pairs = [[seat, other] for seat in seats or others for other in others]
        return self._same([replace(seat, pair="pair") for seat in pair] for pair in pairs)

    @cached_property
    def partners(self) -> list[Person]:
        """Whom the visitor may name as the other of a pair, because they do not act for them."""
        if not self.session.takes_pairs or not self.eligible:
            return []
        theirs = {candidate.person.pk for candidate in self.candidates}
        return partners(self.session, [candidate.person for candidate in self.eligible], besides=theirs)

    @property
    def partner(self) -> Person | None:
        """Whom the form names so."""
        named = self.kept.get("partner") if self.sent is None else self.sent.get("partner")
        return next((person for person in self.partners if str(person.pk) == named), None)

    def _partner_words(self, person: Person) -> str:
        """The person with the office that admits them, as a choice."""
        held = [office for office in person.offices_at_hand() if office.is_held_on(self.session.starts_on)]
        return f"{person.name}, {held[0]}" if held else person.name

    def _seat(self, person: Person) -> Seat:
        """What is known to add to the price, though the form may be wrong yet."""
        if self.sent is None:
            keys = self.kept.get(str(person.pk), {}).get("add_ons", ())
        else:
            keys = self.sent.getlist(f"{person.pk}-add_ons")
        return Seat(
            participant=person, add_ons=tuple(one.add_on for one in self.prices.add_ons if str(one.add_on) in keys)
        )

    @cached_property
    def first_cost(self) -> Cost | None:
        """What one seat costs before anybody is chosen; None where that depends on who is to have it."""
        if self.session.takes_pairs:
            return self._pair_cost([])
        seats = [Seat(participant=candidate.person) for candidate in self.eligible]
        seats += [Seat(participant=Person(guest_email="?"))] if self.hosts else []
        return self._same([seat] for seat in self._of_each_sort(seats))

    def _of_each_sort(self, seats: Sequence[Seat]) -> list[Seat]:
        """One seat of each sort is enough: whoever is asked for in the same way pays the same."""
        return list(dict(zip(asked_for(self.session, seats, prices=self.prices), seats, strict=True)).values())

    def _same(self, choices: Iterable[Sequence[Seat]]) -> Cost | None:
        """What each of the choices costs; None where they differ."""
        costs = {self._cost(seats) for seats in choices}
        return costs.pop() if len(costs) == 1 else None

    def _cost(self, seats: Sequence[Seat]) -> Cost | None:
        given, waiting = allot(seats, self.seats_left if self.queues or self.rest_waits else None)
        try:
            return cost_of(self.session, given, waiting, prices=self.prices)
        except PriceUndecided:
            return None

    @property
    def quote(self) -> Quote | None:
        """What is to be paid for the seats that can be given now."""
        return self.cost.seats if self.cost else None

    @property
    def withdrawal(self) -> list[str]:
        if self.conditions is None or self.cost is None:
            return []
        agreed = self.cost.waiting if self.queues else self.cost.seats
        on = today(self.now)
        return withdrawal_sentences(self.conditions, quote=agreed, starts_on=self.session.starts_on, on=on)

    @property
    def all_together(self) -> str:
        """How several can withdraw, or a pair; nothing of one."""
        if self.session.takes_pairs:
            return TOGETHER
        return EACH_ALONE if self.count > 1 else ""

    @property
    def invoice(self) -> str:
        """Where the invoice goes, and when, as far as the form says it by now."""
        if self.form is None:
            return ""
        return invoice_sentence(
            self.session,
            invoiced=self.session.invoiced,
            ean=self.form.so_far("ean"),
            attention=self.form.so_far("person_reference") or self.form.so_far("contact_name"),
            requisition=self.form.so_far("requisition"),
        )

    @property
    def button(self) -> str:
        """What pressing it does, in kroner."""
        if self.queues:
            return _("Join the waiting list")
        if self.quote is None:
            return _("Sign up")
        if self.quote.is_free:
            return _("Sign up, free of charge")
        return _("Sign up and be bound to pay: %(gross)s incl. VAT") % {"gross": kroner(self.quote.gross)}

    @property
    def may_wait(self) -> bool:
        """Whether the session is for the visitor or for somebody they act for, as far as can be told without a date."""
        return any(candidate.admission for candidate in self.candidates)

    @property
    def card_button(self) -> str:
        """The same where the choice is a card."""
        if self.queues:
            return self.button
        if self.quote is None:
            return _("Pay by card")
        return _("Pay %(gross)s by card") % {"gross": kroner(self.quote.gross)}

    @cached_property
    def is_interested(self) -> bool:
        """Whether the visitor already hears from us when there is a date."""
        return self.person is not None and Interest.objects.filter(session=self.session, person=self.person).exists()

    def _candidate(self, person: Person, answer: Admission | CannotBook) -> Candidate:
        if isinstance(answer, Admission):
            return Candidate(person, answer)
        booking = answer.booking if answer.obstacle == Obstacle.ALREADY_BOOKED else None
        other_run = answer.booking if answer.obstacle == Obstacle.OTHER_RUN else None
        sentence = person_sentence(answer, self.session, person)
        stays = self._stays(other_run) if other_run and other_run.is_confirmed and self.is_open else ""
        return Candidate(person, None, f"{sentence} {stays}".strip(), booking, other_run, may_switch=not stays)

    def _stays(self, booking: Booking) -> str:
        """Why a seat at another run can't be switched to this one; empty if it can."""
        if booking.session_id not in self._prices_elsewhere:
            self._prices_elsewhere[booking.session_id] = booking.session.prices(now=self.now)
        here = self._prices_elsewhere[booking.session_id]
        hindrance = hindrance_of(booking, self.session, here=here, there=self.prices, now=self.now)
        return switch_sentence(CannotSwitch(hindrance), self.session, booking.participant) if hindrance else ""

    def _form(self, **kwargs) -> SignUpForm:
        return SignUpForm(
            session=self.session,
            people={candidate.person: self._words(candidate) for candidate in self.candidates},
            refused=[candidate.person for candidate in self.candidates if candidate.admission is None],
            prices=self.prices,
            cost=self.cost,
            first_cost=self.first_cost,
            conditions=self.conditions,
            takes_cards=takes_cards(self.session),
            may_be_short=self.is_open
            and self.seats_left is not None
            and (bool(self.hosts) or self.seats_left < len(self.eligible)),
            queues=self.queues,
            partners={person: self._partner_words(person) for person in self.partners},
            guest_problems=self.guest_problems if self.hosts else None,
            **kwargs,
        )

    def _words(self, candidate: Candidate) -> str:
        """What the form calls somebody; the payer stands beside the form where it is the same for all."""
        return candidate.person.name if self.payer else candidate.words

    def _known(self) -> dict[str, Any]:
        """What the form can be filled with: the visitor, and how the municipality wanted its last invoice."""
        known: dict[str, Any] = {
            "contact_name": self.person.name,
            "contact_email": self.person.email,
            "contact_phone": self.person.phone,
            "submission": str(uuid4()),
        }
        if self.hosts and len(self.eligible) == 1:  # who comes most likely; others can come without them
            known["participant"] = [str(self.eligible[0].person.pk)]
        if self.payer:
            last = Order.objects.filter(booker=self.person, payer=self.payer).exclude(gln="").first()
            if last:
                known |= {"ean": last.gln, "person_reference": last.person_reference}
        return known
