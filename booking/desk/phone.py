"""Signing somebody up who is on the phone: who it is, the price and the conditions to read aloud, and their yes."""

from uuid import uuid4

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.dates import today
from booking.desk.sessions import SessionActionView
from booking.people.models import Person, Secretary
from booking.people.person_chooser import PersonChooserViewSet
from booking.pricing.rules import PriceUndecided
from booking.sessions.models import SessionPage
from booking.signup.authority import CAN_BE_SET_ASIDE, Authority, can_take_calls
from booking.signup.fields import LineField
from booking.signup.guest_field import GuestsField
from booking.signup.guests import Guest, TooManyGuests, hosts, with_add_ons
from booking.signup.models import AcceptedHow, Booking, Order
from booking.signup.order_form import SignUpForm
from booking.signup.refusals import CONDITIONS_CHANGED, NO_LONGER_YOURS, TOO_MANY_GUESTS
from booking.signup.reserve import (
    ConditionsChanged,
    Cost,
    MayNotActFor,
    PriceChanged,
    Purchase,
    Seat,
    TooFewSeats,
    cost_of,
    place_order,
)
from booking.signup.seat_form import SeatForm
from booking.signup.sentences import person_sentence, session_sentence, withdrawal_sentences
from booking.signup.standing import CannotBook, Obstacle, admit, obstacles, time_obstacle

ANOTHER_PRICE = gettext_lazy(
    "The price is another than the one that stood here: by what you chose, or because it was changed. Read it aloud, "
    "and sign up once more."
)

TOO_FEW = gettext_lazy("There is not a seat for each of them. Seats left: %(left)d. Nobody was signed up.")

SEAT_FREE = gettext_lazy("A seat has come free, so nobody need wait. Read aloud what it costs, and sign up.")

#: The ticks that set something aside, by what it is.
ALTHOUGH = {
    Obstacle.NOT_OPEN: gettext_lazy("Sign up although sign-up is not open yet"),
    Obstacle.CLOSED: gettext_lazy("Sign up although sign-up is closed"),
    Obstacle.STARTED: gettext_lazy("Sign up although the session has begun"),
    Obstacle.FULL: gettext_lazy("Give a seat although all are taken"),
    Obstacle.NOT_FOR_YOU: gettext_lazy("Make an exception from the audience, until the day of the session"),
}


class ParticipantForm(forms.Form):
    participant = forms.ModelChoiceField(
        label=gettext_lazy("Participant"),
        queryset=Person.objects.registered().filter(forgotten_at=None),
        widget=PersonChooserViewSet().widget_class,
        error_messages={
            "required": gettext_lazy("Choose who is to take part."),
            "invalid_choice": gettext_lazy("This person is not in the register."),
        },
    )


class PhoneForm(forms.Form):
    """Who books for the participant, how it is paid, whom to write to, and who said yes to the conditions.

    All that stands in the way (``obstacles``) must be set aside, with one reason. For a place in line, where
    ``waits``, that all seats are taken stands in nobody's way, and the EAN number may follow with the yes to a seat.
    """

    set_aside = forms.MultipleChoiceField(
        label=gettext_lazy("In spite of what stands in the way"), required=False, widget=forms.CheckboxSelectMultiple
    )
    reason = LineField(
        label=gettext_lazy("Why"),
        max_length=200,
        help_text=gettext_lazy("It is kept in the journal, so write nothing about anybody's health or family."),
        error_messages={"required": gettext_lazy("Write why.")},
    )
    booker = forms.ChoiceField(
        label=gettext_lazy("Booked by"),
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Whoever books sees the order on My page, and can act for the participant."),
        error_messages={"invalid_choice": NO_LONGER_YOURS},
    )
    ean = SignUpForm.base_fields["ean"]
    person_reference = SignUpForm.base_fields["person_reference"]
    requisition = SignUpForm.base_fields["requisition"]
    contact_name = SignUpForm.base_fields["contact_name"]
    contact_email = SignUpForm.base_fields["contact_email"]
    contact_phone = SignUpForm.base_fields["contact_phone"]
    accepted_by = LineField(
        label=gettext_lazy("Who accepted the conditions"),
        max_length=120,
        error_messages={"required": gettext_lazy("Write who accepted the conditions.")},
    )
    accepted_how = forms.ChoiceField(
        label=gettext_lazy("How"), choices=AcceptedHow.choices, initial=AcceptedHow.PHONE, widget=forms.RadioSelect
    )
    note = LineField(label=gettext_lazy("Note"), max_length=200, required=False)
    guests = GuestsField(label=gettext_lazy("Others from the municipality"), required=False)
    guest_add_ons = SignUpForm.base_fields["guest_add_ons"]
    submission = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, call: "Call", waits: bool, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        bookers, obstacles, is_free = call.bookers, list(call.obstacles), call.prices.is_free
        self.bookers = {str(person.pk): person for person in bookers}
        if call.can_name:
            self.fields["guests"].fit(call.session)
            self.fields["guest_add_ons"].offer(call.prices)
        else:
            del self.fields["guests"]
        if not (call.can_name and call.prices.add_ons):
            del self.fields["guest_add_ons"]
        self.fields["booker"].choices = [(key, person.name) for key, person in self.bookers.items()]
        self.fields["set_aside"].choices = [(obstacle.value, ALTHOUGH[obstacle]) for obstacle in obstacles]
        self.in_the_way = frozenset(obstacles) - ({Obstacle.FULL} if waits else frozenset())
        if not obstacles:
            del self.fields["set_aside"], self.fields["reason"]
        elif not self.in_the_way:
            self.fields["reason"].required = False
        if is_free:
            for name in ("ean", "person_reference", "requisition"):
                del self.fields[name]
        elif waits:
            self.fields["ean"].required = False

    def clean_set_aside(self) -> frozenset[Obstacle]:
        ticked = frozenset(Obstacle(value) for value in self.cleaned_data["set_aside"])
        if self.in_the_way - ticked:
            raise forms.ValidationError(_("Tick it if the participant is to be signed up all the same."))
        return self.in_the_way

    def clean_booker(self) -> Person:
        return self.bookers[self.cleaned_data["booker"]]

    @property
    def named(self) -> list[Guest]:
        """The others who come along, as far as their lines can be read."""
        if not self.is_bound:
            return []
        return with_add_ons(self.cleaned_data.get("guests", []), self.cleaned_data.get("guest_add_ons", ()))

    def purchase(self) -> Purchase:
        said = self.cleaned_data
        return Purchase(
            contact_name=said["contact_name"],
            contact_email=said["contact_email"],
            contact_phone=said["contact_phone"],
            gln=said.get("ean", ""),
            person_reference=said.get("person_reference", ""),
            requisition=said.get("requisition", ""),
        )

    def authority(self, *, by) -> Authority:
        said = self.cleaned_data
        sets_aside = said.get("set_aside", frozenset())
        return Authority(
            by=by,
            accepted_by=said["accepted_by"],
            accepted_how=said["accepted_how"],
            note=said["note"],
            sets_aside=sets_aside,
            reason=said.get("reason", "") if sets_aside else "",
        )


class Call:
    """All that is to be said to one participant at one moment: what stands in the way, the price and the conditions."""

    def __init__(self, session: SessionPage, participant: Person, *, user, now):
        self.session = session
        self.participant = participant
        self.now = now
        self.prices = session.prices(now=now)
        self.conditions = session.conditions and session.conditions.current()
        self.payer = None
        found = {obstacle: session_sentence(obstacle, session) for obstacle in obstacles(session, now=now)}
        if not found.keys() - CAN_BE_SET_ASIDE:
            found |= self._about_the_person()
        allowed = may_set_aside(user)
        #: Whether they can wait for a seat: as on the site, where nobody waits for two, or for what has begun.
        self.may_wait = found.keys() >= {Obstacle.FULL} and Obstacle.STARTED not in found and not session.takes_pairs
        #: Whether they can have a seat, with or without what is set aside.
        self.may_have_seat = found.keys() <= allowed
        #: What keeps the participant out, whatever is said.
        self.barred = [
            sentence
            for obstacle, sentence in found.items()
            if obstacle not in allowed and not (self.may_wait and obstacle == Obstacle.FULL)
        ]
        #: Why there is a line.
        self.full = found.get(Obstacle.FULL, "")
        #: What can be set aside, and why it stands in the way.
        self.obstacles = {obstacle: sentence for obstacle, sentence in found.items() if obstacle in allowed}

    def _about_the_person(self) -> dict[Obstacle, str]:
        try:
            self.payer = admit(self.session, self.participant).municipality
            self.cost([Seat(self.participant)])
        except CannotBook as refusal:
            return {refusal.obstacle: person_sentence(refusal, self.session, self.participant)}
        except PriceUndecided:
            return {Obstacle.PRICE_UNDECIDED: session_sentence(Obstacle.PRICE_UNDECIDED, self.session)}
        return {}

    @property
    def can_name(self) -> bool:
        """Whether others may come along: the session takes them, and is for the participant without an exception."""
        return bool(hosts(self.session, [self.participant]))

    def cost(self, seats: list[Seat], *, waits: bool = False) -> Cost:
        given, waiting = ([], seats) if waits else (seats, [])
        return cost_of(self.session, given, waiting, prices=self.prices)

    @cached_property
    def bookers(self) -> list[Person]:
        """Those who act for the participant today, and the participant."""
        links = Secretary.objects.in_force(today(self.now)).filter(principal=self.participant)
        acting = [link.secretary for link in links.select_related("secretary").order_by("pk")]
        return [*dict.fromkeys(acting), self.participant]

    def known(self) -> dict:
        """What the form can be filled with: whoever books most likely, and how their last invoice was addressed."""
        booker = self.bookers[0]
        known = {
            "booker": str(booker.pk),
            "contact_name": booker.name,
            "contact_email": booker.email,
            "contact_phone": booker.phone,
            "accepted_by": booker.name,
        }
        last = Order.objects.filter(booker=booker, payer=self.payer).exclude(gln="").first()
        return known | ({"ean": last.gln, "person_reference": last.person_reference} if last else {})


class PhoneView(SessionActionView):
    """Step one is the participant, step two the rest; who it is stands in the address between them."""

    template_name = "booking/admin/phone.html"
    page_title = gettext_lazy("Sign somebody up")
    header_icon = "plus"
    permission_required = "add_booking"

    def get_base_object_queryset(self):
        return super().get_base_object_queryset().select_related("conditions")

    def dispatch(self, request, *args, **kwargs):
        if self.user_has_permission(self.permission_required) and not can_take_calls(self.object, now=timezone.now()):
            messages.info(request, session_sentence(time_obstacle(self.object, now=timezone.now()), self.object))
            return redirect(self.get_back_url())
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, *args, **kwargs):
        chosen = ParticipantForm(request.GET) if "participant" in request.GET else ParticipantForm()
        if not chosen.is_valid():
            return self.render_to_response(self.get_context_data(chosen=chosen, media=chosen.media))
        call = self._call(chosen.cleaned_data["participant"])
        return self._ask(call, *self._forms(call, None))

    def post(self, request, *args, **kwargs):
        chosen = ParticipantForm(request.POST)
        if not chosen.is_valid():
            return self.render_to_response(self.get_context_data(chosen=chosen, media=chosen.media), status=422)
        call = self._call(chosen.cleaned_data["participant"])
        seat, form = self._forms(call, request.POST)
        placed = self._placed(call, form) or self._place(call, seat, form)
        if placed is None:
            return self._ask(self._call(call.participant), seat, form, status=422)
        done = _("%(participant)s is signed up. The participant and the contact get a confirmation by mail.")
        if placed.is_in_line:
            done = _("%(participant)s is on the waiting list. The participant and the contact get a mail about it.")
        messages.success(request, done % {"participant": call.participant})
        if form.named:
            others = ", ".join(guest.name for guest in form.named)
            messages.success(request, _("In the same order: %(others)s. Each gets a mail.") % {"others": others})
        return redirect(reverse("bookings:inspect", args=[placed.pk]))

    @property
    def waits(self) -> bool:
        """Whether the button was that of the waiting list."""
        return "line" in self.request.POST

    def _call(self, participant: Person) -> Call:
        return Call(self.object, participant, user=self.request.user, now=timezone.now())

    def _forms(self, call: Call, sent) -> tuple[SeatForm, PhoneForm]:
        seat = SeatForm(sent, person=call.participant, words="", session=self.object, prices=call.prices, place=0)
        form = PhoneForm(
            sent,
            call=call,
            waits=self.waits,
            initial=call.known() | {"submission": uuid4()},
        )
        return seat, form

    def _placed(self, call: Call, form: PhoneForm) -> Booking | None:
        """What this very form has made already, whatever stands in its way now."""
        form.is_valid()
        submission = form.cleaned_data.get("submission")
        mine = Booking.objects.filter(session=self.object, participant=call.participant)
        return mine.filter(order__submission=submission).first() if submission else None

    def _place(self, call: Call, seat: SeatForm, form: PhoneForm) -> Booking | None:
        """The booking; or None, and the form says why."""
        if call.barred or not all([seat.is_valid(), form.is_valid()]):
            return None
        if self.waits and not call.may_wait:
            form.add_error(None, SEAT_FREE)
            return None
        seats = _seats(seat.seat(), form)
        if self.request.POST.get("shown") != call.cost(seats).shown:
            form.add_error(None, ANOTHER_PRICE)
            return None
        if self.request.POST.get("shown_conditions") != str(call.conditions.pk):
            form.add_error(None, CONDITIONS_CHANGED)
            return None
        try:
            with transaction.atomic():
                order = place_order(
                    self.object,
                    seats=[seat.seat()],
                    purchase=form.purchase(),
                    booker=form.cleaned_data["booker"],
                    shown=call.cost(seats, waits=self.waits).shown,
                    shown_conditions=call.conditions.pk,
                    submission=form.cleaned_data["submission"] or uuid4(),
                    now=call.now,
                    waits=self.waits,
                    guests=form.named,
                    authority=form.authority(by=self.request.user),
                )
        except TooFewSeats as short:
            form.add_error("guests" if "guests" in form.fields else None, TOO_FEW % {"left": short.left})
        except CannotBook as refusal:
            form.add_error(None, person_sentence(refusal, self.object, refusal.participant or call.participant))
        except TooManyGuests:
            form.add_error("guests", TOO_MANY_GUESTS)
        except MayNotActFor:
            form.add_error("booker", NO_LONGER_YOURS)
        except PriceChanged:
            form.add_error(None, ANOTHER_PRICE)
        except ConditionsChanged:
            form.add_error(None, CONDITIONS_CHANGED)
        except IntegrityError:
            form.add_error(None, _("Something got in between, and nothing was booked. Send it once more."))
        else:
            return order.bookings.get(participant=call.participant)
        return None

    def _ask(self, call: Call, seat: SeatForm, form: PhoneForm, *, status: int = 200):
        context = self.get_context_data(call=call, seat=seat, form=form)
        if not call.barred:
            chosen = seat.seat() if seat.is_bound and seat.is_valid() else Seat(call.participant)
            cost = call.cost(_seats(chosen, form))
            context |= {
                "cost": cost,
                "withdrawal": withdrawal_sentences(
                    call.conditions, quote=cost.seats, starts_on=self.object.starts_on, on=today(call.now)
                ),
            }
        return self.render_to_response(context, status=status)

    def get_context_data(self, **kwargs):
        return super().get_context_data(when=self.object.when, **kwargs)


def _seats(seat: Seat, form: PhoneForm) -> list[Seat]:
    """The participant's seat, and those of the others who come along."""
    return [seat, *(Seat(guest.person(), add_ons=guest.add_ons) for guest in form.named)]


def may_set_aside(user) -> frozenset[Obstacle]:
    """What this user may set aside: giving more seats than there are is a right of its own."""
    return CAN_BE_SET_ASIDE if user.has_perm("booking.overbook_booking") else CAN_BE_SET_ASIDE - {Obstacle.FULL}
