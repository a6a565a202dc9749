"""What the obstacles, the price and the conditions are called when they are told to a reader."""

from collections.abc import Sequence
from datetime import date, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from booking.dates import danish_day, danish_moment
from booking.money import Price, kroner
from booking.people.audiences import Refusal
from booking.people.models import Person
from booking.pricing.models import ConditionsVersion, Invoiced
from booking.pricing.price import withdrawal_fee
from booking.pricing.quote import Quote
from booking.pricing.rules import in_a_sentence
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.fee import Grace, counts_from
from booking.signup.standing import CannotBook, Obstacle
from booking.signup.switch import CannotSwitch, Hindrance
from booking.signup.withdrawals import Withdrawal

TOGETHER = gettext_lazy("The two of a pair withdraw together.")
EACH_ALONE = gettext_lazy("That is for all of them together; each can withdraw alone.")


def session_sentence(obstacle: Obstacle, session: SessionPage) -> str:
    """Why nobody can be signed up."""
    match obstacle:
        case Obstacle.NOT_PUBLIC:
            return _("The session is not published, so nobody can sign up.")
        case Obstacle.CANCELLED:
            return _("The session is cancelled, so nobody can sign up.")
        case Obstacle.NO_DATE:
            return _("The date is not settled yet, so nobody can sign up.")
        case Obstacle.OVER:
            return _("The session has been held.")
        case Obstacle.STARTED:
            return _("The session has begun, so nobody can sign up any longer.")
        case Obstacle.NOT_OPEN:
            return _("Sign-up opens on %(moment)s.") % {"moment": danish_moment(session.signup_opens_at)}
        case Obstacle.CLOSED:
            return _("Sign-up closed on %(moment)s.") % {"moment": danish_moment(session.signup_closes_at)}
        case Obstacle.PRICE_UNDECIDED:
            return _("The price is not decided yet. Sign-up opens when it is.")
        case Obstacle.NO_CONDITIONS:
            return _("Sign-up is not ready yet, because its conditions are missing.")
        case Obstacle.FULL:
            return _("All seats are taken.")
        case Obstacle.ALREADY_BOOKED | Obstacle.OTHER_RUN | Obstacle.OTHER_MUNICIPALITY | Obstacle.NOT_FOR_YOU:
            raise ValueError(obstacle)  # about a person, not about the session


def off_site_sentence(session: SessionPage) -> str:
    """To whoever is signed up: what it means that the session was taken off the site; empty if it was not."""
    if not session.is_off_site:
        return ""
    contact = session.contact
    whom = f"{contact.name}, {contact.email}" if contact else parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return _(
        "The session has been taken off the site, so calendars show it as cancelled. "
        "Ask %(whom)s whether it will be held."
    ) % {"whom": whom}


def short_sentence(left: int) -> str:
    """Why not all who were chosen can be signed up."""
    words = ngettext(
        "There is only %(left)d seat left. Choose fewer, or let the others go on the waiting list.",
        "There are only %(left)d seats left. Choose fewer, or let the others go on the waiting list.",
        left,
    )
    return words % {"left": left}


def person_sentence(refusal: CannotBook, session: SessionPage, person: Person) -> str:
    """Why this one person can't be signed up."""
    if refusal.obstacle == Obstacle.ALREADY_BOOKED:
        return _already_sentence(refusal.booking) % {"person": person.name}
    if refusal.obstacle == Obstacle.OTHER_RUN:
        return _other_run_sentence(refusal.booking) % {
            "person": person.name,
            "run": run_in_words(refusal.booking.session),
        }
    if refusal.obstacle == Obstacle.OTHER_MUNICIPALITY:
        return _("%(person)s comes from another municipality than the other of the pair.") % {"person": person.name}
    if refusal.refusal is None:
        return session_sentence(refusal.obstacle, session)
    missed = refusal.refusal.office
    return _audience_sentence(refusal.refusal.reason) % {
        "person": person.name,
        "day": danish_day(session.starts_on),
        "audience": in_a_sentence(session.audience.name),
        "municipality": missed.municipality.full_name if missed else "",
    }


def _already_sentence(booking: Booking | None) -> str:
    if booking and booking.awaits_partner:
        if booking.asked_at:
            return _("%(person)s is asked to take part as one of a pair, and has not answered yet.")
        return _("%(person)s has asked somebody to make a pair, and awaits the answer.")
    if booking and booking.is_offered:
        return _("%(person)s is offered a seat.")
    if booking and booking.is_waiting:
        return _("%(person)s is on the waiting list.")
    return _("%(person)s is already signed up.")


def _other_run_sentence(booking: Booking) -> str:
    if booking.is_seated:
        return _("%(person)s is already signed up %(run)s, and one can take part once only.")
    return _("%(person)s is on the waiting list %(run)s. Leave it first to sign up here.")


def run_in_words(session: SessionPage) -> str:
    """A run in a sentence about others of its kind, by its days: "den 15.-17. marts 2018"."""
    return session.when.words or _("on %(days)s") % {"days": session.when.short}


def switch_sentence(refusal: CannotSwitch | CannotBook, to: SessionPage, person: Person) -> str:
    """Why a seat can't be moved to the other run."""
    if isinstance(refusal, CannotBook):
        return person_sentence(refusal, to, person)
    match refusal.hindrance:
        case Hindrance.NOT_A_RUN:
            return _("The session can't take the place of the one that the seat is for.")
        case Hindrance.NOT_PAID:
            return _("The seat is not paid for yet. Pay first, then you can switch.")
        case Hindrance.NO_SEAT:
            return _("There is no seat any longer, so there is nothing to switch.")
        case Hindrance.PAIR:
            return _("The seat is one of a pair's, and the two go together, so you can't switch it yourself.")
        case Hindrance.SHARED_PRICE:
            return _("The seat was bought together with others at one price, so you can't switch it yourself.")
        case Hindrance.OTHER_PRICE:
            return _("The price is another than the one that was agreed, so you can't switch yourself.")
        case Hindrance.CANCELLED:
            return _("The session that the seat is for is cancelled. Sign up for the other one instead.")
        case Hindrance.BEGUN:
            return _("The session that the seat is for has begun, so it is too late to switch.")


def _audience_sentence(reason: Refusal) -> str:
    match reason:
        case Refusal.NOT_NEWLY_ELECTED:
            return _("The session is for the newly elected, and %(person)s held the office in the term before too.")
        case Refusal.WRONG_MUNICIPALITY:
            return _("The session is not for %(municipality)s, where %(person)s holds office.")
        case Refusal.OFFICE_ENDED:
            return _("%(person)s no longer holds the office on %(day)s. The session is for %(audience)s.")
        case Refusal.OFFICE_NOT_BEGUN:
            return _("%(person)s does not hold the office yet on %(day)s. The session is for %(audience)s.")
        case Refusal.NO_OFFICE:
            return _("%(person)s holds no office that gives access on %(day)s. The session is for %(audience)s.")
        case Refusal.NO_MUNICIPALITY:
            return _("We don't know which municipality %(person)s comes from, and so not who is to pay.")
        case Refusal.NO_GUESTS:
            return _("%(person)s was only named as a participant. The session is for %(audience)s.")


def both_amounts(price: Price) -> str:
    """ "8.800,00 kr. ekskl. moms, 11.000,00 kr. inkl. moms"."""
    return _("%(net)s excl. VAT, %(gross)s incl. VAT") % {"net": kroner(price.net), "gross": kroner(price.gross)}


def withdrawal_sentences(rule: ConditionsVersion, *, quote: Quote, starts_on: date, on: date) -> list[str]:
    """What withdrawing costs for somebody who signs up on ``on``: each step that still lies ahead, then the rest."""
    if quote.is_free:
        return [_("Withdrawing costs nothing, but tell us, so that another can have the seat.")]
    steps = []
    for days in (rule.free_days, rule.share_days):
        last_day = None if days is None else starts_on - timedelta(days=days)
        if last_day is None or last_day < on:
            continue
        fee = withdrawal_fee(quote, rule=rule, starts_on=starts_on, withdrawn_on=last_day)
        if fee.is_free:
            steps.append(
                _("If you withdraw by %(day)s at the latest, it costs nothing.") % {"day": danish_day(last_day)}
            )
        else:
            steps.append(
                _("If you withdraw by %(day)s at the latest, %(percent)d %% of the price is to be paid: %(amounts)s.")
                % {"day": danish_day(last_day), "percent": rule.share_percent, "amounts": both_amounts(fee.price)}
            )
    if steps:
        steps.append(_("If you withdraw later, the whole price is to be paid: %(amounts)s."))
    else:
        steps.append(_("If you withdraw, the whole price is to be paid: %(amounts)s."))
    steps[-1] %= {"amounts": both_amounts(quote.price)}
    return steps


def obstacle_to_withdrawal(obstacle: Obstacle) -> str:
    """Why a seat can't be given up on the site."""
    match obstacle:
        case Obstacle.CANCELLED:
            return _("The session is cancelled, so there is nothing to withdraw from, and nothing to pay.")
        case Obstacle.OVER:
            return _("The session has been held.")
        case Obstacle.STARTED:
            return _("The session has begun, so it is too late to withdraw.")
    raise ValueError(obstacle)


def rule_sentences(booking: Booking, *, on: date) -> list[str]:
    """What it costs to give this one booking up, for somebody who reads it on ``on``."""
    if booking.pair:
        both = withdrawal_sentences(
            booking.conditions, quote=booking.own_quote(), starts_on=counts_from(booking), on=on
        )
        return [*both, str(TOGETHER)]
    if booking.is_in_shared_price:
        return [shared_sentence()]
    rule = withdrawal_sentences(booking.conditions, quote=booking.quote(), starts_on=counts_from(booking), on=on)
    rule += switched_sentences(booking)
    return [*rule, shared_sentence()] if any(line.seats > 1 for line in booking.lines.all()) else rule


def switched_sentences(booking: Booking) -> list[str]:
    """That the days of withdrawal go by a run that was switched from, if they do and it matters."""
    day = counts_from(booking)
    if day == booking.session.starts_on or booking.own_quote().is_free:
        return []
    return [
        _(
            "The days are counted from %(day)s, the first day of the session that was switched from: it does not get "
            "cheaper to withdraw by switching."
        )
        % {"day": danish_day(day)}
    ]


def names(bookings: Sequence[Booking]) -> str:
    """The participants in a sentence."""
    return get_text_list([booking.participant.name for booking in bookings], _("and"))


def release_sentence(session: SessionPage) -> str:
    """That the price of a withdrawal may fall away yet; nothing where nobody can ever wait for the seat."""
    if session.takes_pairs or session.capacity is None:
        return ""
    return _("If somebody on the waiting list gets the seat, there is nothing to pay.")


def all_sentence(bookings: Sequence[Booking]) -> str:
    """How several who were signed up at once can withdraw, beside what that costs all of them."""
    if bookings[0].pair:
        return str(TOGETHER)
    return str(EACH_ALONE)


def shared_sentence() -> str:
    """That a price which several share is not one participant's to be rid of, nor to pay alone."""
    return _(
        "The price is for several together. It holds as long as one of them has a seat, so it costs nothing extra that "
        "one of them withdraws before the others."
    )


def grace_sentence(grace: Grace) -> str:
    """That a seat can be given up for nothing, because the organiser moved the session."""
    if grace.until is None:
        return _("The session has been postponed. As long as there is no new date, it costs nothing to withdraw.")
    return _(
        "The session has been moved since you signed up. Therefore it costs nothing to withdraw, until and including "
        "%(day)s."
    ) % {"day": danish_day(grace.until)}


def fee_sentence(fee: Quote) -> str:
    """What giving a seat up costs, or cost on the day."""
    if fee.is_free:
        return _("Withdrawing costs nothing.")
    return _("By the conditions that were accepted, this is to be paid: %(amounts)s.") % {
        "amounts": both_amounts(fee.price)
    }


def owed_sentence(withdrawal: Withdrawal) -> str:
    """What is to be paid for a seat that was given up; or why nothing is, any more."""
    fee = withdrawal.fee()
    pays = withdrawal.pays_for_both() if fee.is_free else None
    if pays:
        return _("The price is for both of the pair together. What is to be paid stands with %(person)s.") % {
            "person": pays.booking.participant.name
        }
    if fee.is_free or not withdrawal.has_fallen_away:
        return fee_sentence(fee)
    if withdrawal.waived_at:
        return _("By the conditions, the withdrawal would cost %(amounts)s. We have waived that.") % {
            "amounts": both_amounts(fee.price)
        }
    if withdrawal.released_by_id:
        return _("Somebody on the waiting list has got the seat, so there is nothing to pay for the withdrawal.")
    return _("The session will not be held, so there is nothing to pay for the withdrawal.")


def invoice_sentence(session: SessionPage, *, invoiced: str, ean: str, attention: str, requisition: str) -> str:
    """Where the invoice goes, what stands on it, and when it is sent."""
    where = [
        _("EAN number %(ean)s") % {"ean": ean} if ean else _("the EAN number that is given"),
        _("att. %(attention)s") % {"attention": attention} if attention else "",
        _("requisition number %(number)s") % {"number": requisition} if requisition else "",
    ]
    return invoiced_sentence(session, invoiced=invoiced, where=", ".join(part for part in where if part))


def order_invoice_sentence(booking: Booking) -> str:
    """The same of what was ordered."""
    order = booking.order
    return invoice_sentence(
        booking.session,
        invoiced=order.invoiced,
        ean=order.gln,
        attention=order.person_reference or order.contact_name,
        requisition=order.requisition,
    )


def invoiced_sentence(session: SessionPage, *, invoiced: str, where: str) -> str:
    """When the invoice is sent ``where`` (in words)."""
    match invoiced:
        case Invoiced.BOOKED:
            return _("The invoice is sent at once to %(where)s.") % {"where": where}
        case Invoiced.MONTHLY if session.when and session.when.is_dated:
            next_month = (session.when.ends_on.replace(day=1) + timedelta(days=31)).replace(day=1)
            return _("The invoice is sent on %(day)s to %(where)s. It gathers what the payer owes for that month.") % {
                "where": where,
                "day": danish_day(next_month),
            }
        case Invoiced.MONTHLY:
            return _("The invoice is sent to %(where)s in the month after the session.") % {"where": where}
    return _("The invoice is sent to %(where)s when the session has been held.") % {"where": where}
