"""The table of what is kept, followed by moving time; and the two texts that say the same."""

import tomllib
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils.translation import override
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from booking.calendars.personal import find_calendar, open_calendar, write_calendar
from booking.dates import COPENHAGEN
from booking.invoicing.models import Reversal, Transfer
from booking.invoicing.run import issue_due
from booking.invoicing.settle import mark_paid, reverse_settlement
from booking.messages.versions import next_versions
from booking.models import (
    AudienceGrant,
    Booking,
    DeletionRequest,
    Difference,
    Fact,
    Interest,
    Invoice,
    MailedVersion,
    Office,
    Order,
    OutboxMessage,
    Payment,
    Person,
    PersonalCalendar,
    PersonalEvent,
    Refund,
    RegisterFile,
    Secretary,
    StripeEvent,
    Withdrawal,
)
from booking.mypage import retention
from booking.mypage.forget import NAMELESS, ask_to_be_forgotten, forget_person
from booking.mypage.retention import TABLE, purge, years_before
from booking.people.waiting import bring
from booking.signup.cancel import cancel_booking
from booking.signup.guests import Guest
from booking.signup.purge import KEPT_DAYS
from booking.signup.substitute import substitute
from tests.booking.mypage.test_forget import message
from tests.booking.payments.test_balance import give_back, paid_by_card
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import (
    AudienceFactory,
    PersonFactory,
    SellerFactory,
    SessionPageFactory,
    UserFactory,
    mayor_of,
    secretary_of,
)

pytestmark = pytest.mark.django_db

DOCS = Path(settings.BASE_DIR) / "docs" / "retention.md"
PAGES = Path(settings.BASE_DIR) / "home" / "catalogue" / "pages.toml"

#: The session that factories make is held this day.
HELD = date(2027, 5, 5)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=COPENHAGEN)


def booked() -> Booking:
    mayor = mayor_of("Fanø")
    order(SessionPageFactory(), mayor, booker=secretary_of(mayor))
    return Booking.objects.get()


# Each rule by itself: something that is kept until a day, and gone on the next.


def _diet():
    booked()
    Booking.objects.update(diet="Vegetar")
    return lambda: Booking.objects.exclude(diet="").exists()


def _contact():
    booked()
    return lambda: Order.objects.exclude(contact_email="").exists()


def _attendance():
    booked()
    Booking.objects.update(attended=False, may_be_listed=True)
    return Booking.objects.exclude(attended=None, may_be_listed=False).exists


def _waiving():
    seat = booked()
    cancel_booking(seat, by=UserFactory(), now=NOW, waived_because="Sygdom")
    return Withdrawal.objects.exclude(waived_reason="").exists


def _references():
    booked()
    Order.objects.update(person_reference="Bente", requisition="R-1")
    return lambda: Order.objects.exclude(person_reference="", requisition="").exists()


def _accepted_by_phone():
    booked()
    Order.objects.update(accepted_by="Bente", accepted_how="phone", acceptance_note="Ringer igen")
    return Order.objects.exclude(accepted_by="", acceptance_note="").exists


def _payment():
    _placed, payment = paid_by_card("Fanø", session=SessionPageFactory())
    Payment.objects.update(checkout_id="cs_1", intent_id="pi_1", url="https://example.org/")
    give_back(payment, 1000)
    Refund.objects.update(stripe_id="re_1", note="Hanne var syg")
    held = (Payment.objects.exclude(intent_id=""), Refund.objects.exclude(note=""))
    return lambda: any(rows.exists() for rows in held)


def _difference():
    Difference.objects.create(
        kind="paid_twice",
        subject="cs_2",
        found_at=at(HELD),
        closed_at=at(HELD),
        ending="by_person",
        note="Talt med Hanne",
    )
    return Difference.objects.exclude(note="", subject="").exists


def _event():
    StripeEvent.objects.create(event_id="evt_1", kind="refund.updated", heard_at=at(HELD))
    return StripeEvent.objects.exists


def _invoice():
    SellerFactory(cvr="31210917", street="Vej 1", postcode="2300", city="København S", fik_creditor="12345678")
    booked()
    [invoice] = issue_due(at(HELD + timedelta(days=1))).issued
    return lambda: Invoice.objects.get(pk=invoice.pk).content != {}


def _name():
    booking = booked()
    forget_person(booking.participant, by=None, now=at(date(2027, 6, 1)))
    return lambda: Person.objects.get(pk=booking.participant_id).name != NAMELESS


def _interest():
    Interest.objects.create(session=SessionPageFactory(), person=PersonFactory(), created_at=NOW)
    return Interest.objects.exists


def _words():
    booked()
    message(Fact.objects.get(kind="booked"), "a@example.org")
    return lambda: OutboxMessage.objects.exclude(text="", html="").exists()


def _given_up():
    booked()
    message(Fact.objects.get(kind="booked"), "a@example.org", sent_at=None, failed_at=NOW)
    return OutboxMessage.objects.exists


def _mail():
    booked()
    message(Fact.objects.get(kind="booked"), "a@example.org")
    return OutboxMessage.objects.exists


def _somebody():
    PersonFactory(name="Nogen", user=None)
    return Person.objects.filter(name="Nogen").exists


def _guest():
    """Named for a free session by a secretary who has her own row."""
    mayor = mayor_of("Fanø")
    session = SessionPageFactory(own_net=0, audience=AudienceFactory(name="Byrådet", takes_guests=True))
    order(session, booker=mayor, guests=[Guest("Anne Holm", "anne.holm@example.org")])
    return Person.objects.filter(name="Anne Holm", guest_email="anne.holm@example.org").exists


def _former_secretary():
    secretary_of(mayor_of("Fanø"), name="Solveig Holm")
    Secretary.objects.update(ends_on=HELD)
    return Person.objects.filter(name="Solveig Holm").exists


def _former_mayor():
    mayor_of("Fanø", ends_on=HELD)
    return Person.objects.filter(name="Borgmesteren i Fanø").exists


def _participant_without_office():
    person = booked().participant
    Secretary.objects.all().delete()
    Office.objects.update(starts_on=date(2020, 1, 1), ends_on=date(2022, 1, 1))
    return lambda: Person.objects.get(pk=person.pk).email is not None


def _one_who_signs_in():
    person = PersonFactory(name="Nogen", user__last_login=at(HELD))
    return Person.objects.filter(pk=person.pk, name="Nogen").exists


def _link():
    secretary_of(mayor_of("Fanø"))
    Secretary.objects.update(ends_on=HELD)
    return Secretary.objects.exists


def _transfer():
    Transfer.objects.create(
        seller=SellerFactory(), paid_on=HELD, amount=Decimal(100), reference="Fra Bente", key="a", noted_at=at(HELD)
    )
    return Transfer.objects.exclude(reference="").exists


def _reversal():
    _invoice()
    invoice = Invoice.objects.get()
    settlement = mark_paid(invoice, paid_on=HELD, by=None, now=at(HELD))
    reverse_settlement(settlement, reason="Bente tog fejl", by=None, now=at(HELD))
    return Reversal.objects.exclude(reason="").exists


def _grant():
    AudienceGrant.objects.create(
        audience=AudienceFactory(),
        person=PersonFactory(),
        reason="x",
        granted_by=UserFactory(),
        granted_at=NOW,
        ends_on=HELD,
    )
    return AudienceGrant.objects.exists


def _history():
    log(Secretary.objects.get(secretary=secretary_of(mayor_of("Fanø"))), "wagtail.edit", user=UserFactory())
    Secretary.objects.update(ends_on=HELD)
    return ModelLogEntry.objects.exclude(label=NAMELESS).exists


def _request():
    person = PersonFactory()
    ask_to_be_forgotten(person, by=None, now=NOW)
    forget_person(person, by=None, now=at(HELD))
    return DeletionRequest.objects.exists


def _visit():
    store = SessionStore()
    store.set_expiry(at(HELD))
    store.create()
    return Session.objects.exists


def _register_file():
    with time_machine.travel(at(HELD), tick=False):
        bring(b"kommune;hverv", user=UserFactory(), now=at(HELD))
    return RegisterFile.objects.exists


def _version():
    booked()
    entry = Booking.objects.get().session.calendar_entry
    next_versions(entry, ["sekretaer@example.org"], at=NOW)
    return MailedVersion.objects.exists


def _calendar():
    person = PersonFactory()
    open_calendar(person, person, by=None, now=at(HELD))
    return PersonalCalendar.objects.exists


def _stood_there():
    person = booked().participant
    key = open_calendar(person, person, by=None, now=NOW)
    write_calendar(find_calendar(key, now=NOW), now=NOW)
    PersonalCalendar.objects.update(fetched_on=date(2030, 1, 1))
    return PersonalEvent.objects.exists


CASES = {
    "diet and room": (_diet, HELD + timedelta(days=14)),
    "an order's contact": (_contact, date(2028, 5, 5)),
    "who came, and who may stand on the list of participants": (_attendance, date(2028, 5, 5)),
    "why the price of a withdrawal was waived": (_waiving, date(2028, 5, 5)),
    "an order's person reference and requisition number, and who accepted its conditions by phone": (
        _references,
        date(2032, 12, 31),
    ),
    "an order's references, by phone": (_accepted_by_phone, date(2032, 12, 31)),
    "what stands on invoices and credit notes: names and references": (_invoice, date(2032, 12, 31)),
    "what payers wrote on transfers to the bank, and why staff took a payment back": (_transfer, date(2032, 12, 31)),
    "what payers wrote on transfers, reversals": (_reversal, date(2032, 12, 31)),
    "a payment's numbers at Stripe, and what staff wrote about it": (_payment, date(2032, 12, 31)),
    "a payment's numbers at Stripe, differences": (_difference, date(2032, 12, 31)),
    "which of Stripe's events have been heard": (_event, HELD + timedelta(days=60)),
    "names on seats with a price": (_name, date(2032, 12, 31)),
    "who waits for a date": (_interest, HELD),
    "what mails said": (_words, NOW.date() + timedelta(days=180)),
    "what mails said, given up": (_given_up, NOW.date() + timedelta(days=180)),
    "that a mail was sent, to whom and about what": (_mail, date(2029, 1, 11)),
    "which version of a session was mailed to an address, the address only as a digest": (
        _version,
        HELD + timedelta(days=30),
    ),
    "secret addresses of calendars, as a digest, and what stood there": (_calendar, HELD + timedelta(days=365)),
    "secret addresses of calendars, what stood there": (_stood_there, HELD + timedelta(days=365)),
    "those who were only named as participants: name and e-mail": (_guest, HELD + timedelta(days=KEPT_DAYS)),
    "persons: name, e-mail, phone, sign-in": (_somebody, date(2029, 1, 11)),
    "persons, former secretary": (_former_secretary, date(2029, 5, 5)),
    "persons, former mayor": (_former_mayor, date(2031, 5, 5)),
    "persons, participant": (_participant_without_office, date(2029, 5, 5)),
    "persons, who signs in": (_one_who_signs_in, date(2029, 5, 5)),
    "who acted for whom": (_link, date(2029, 5, 5)),
    "exceptions and their reasons": (_grant, date(2029, 5, 5)),
    "names in the admin's history of the register": (_history, date(2029, 5, 5)),
    "requests to be deleted": (_request, date(2029, 5, 5)),
    "register files that staff bring in": (_register_file, HELD),
    "visits of those who sign in": (_visit, HELD - timedelta(days=1)),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_kept_to_the_last_day_and_gone_on_the_next(case):
    make, last_day = CASES[case]
    with time_machine.travel(NOW, tick=False) as clock:
        is_kept = make()

        clock.move_to(at(last_day))
        purge(at(last_day))
        assert is_kept()

        clock.move_to(at(last_day + timedelta(days=2)))
        purge(at(last_day + timedelta(days=2)))
        assert not is_kept()


def test_every_rule_that_removes_is_shown_to_work():
    with override("en"):
        assert {str(rule.what) for rule in TABLE if rule.purge} <= set(CASES)


def test_the_history_of_what_was_removed_before_loses_its_names_too():
    """Also of rows that the database itself removed, and that nobody was told of."""
    gone, there = PersonFactory(name="Gert Glemt"), PersonFactory(name="Helle Her")
    for person in (gone, there):
        log(person, "wagtail.edit", user=UserFactory())
    Person.objects.filter(pk=gone.pk)._raw_delete("default")

    purge(at(HELD))

    assert set(ModelLogEntry.objects.values_list("label", flat=True)) == {NAMELESS, "Helle Her"}


def test_whoever_is_needed_is_kept():
    with time_machine.travel(NOW, tick=False):
        mayor = mayor_of("Fanø")
        secretary_of(mayor, name="Solveig Holm")
        waiting = PersonFactory(name="Venter")
        session = SessionPageFactory(starts_on=date(2040, 5, 5))
        Interest.objects.create(session=session, person=waiting, created_at=NOW)

        purge(at(date(2037, 1, 1)))

    assert set(Person.objects.values_list("name", flat=True)) == {mayor.name, "Solveig Holm", "Venter"}


def test_whoever_an_import_brings_back_keeps_the_name():
    with time_machine.travel(NOW, tick=False):
        mayor = booked().participant
    forget_person(mayor, by=None, now=at(date(2027, 6, 1)))
    Office.objects.update(ends_on=None)

    purge(at(date(2036, 1, 1)))

    mayor.refresh_from_db()
    assert mayor.name == "Borgmesteren i Fanø"


def test_a_guests_name_stays_on_a_seat_as_long_as_the_books_and_their_address_does_not():
    with time_machine.travel(NOW, tick=False):
        session = SessionPageFactory(audience=AudienceFactory(name="Byrådet", takes_guests=True))
        order(session, booker=mayor_of("Fanø"), guests=[Guest("Anne Holm", "anne.holm@example.org")])

    purge(at(date(2027, 6, 1)))
    assert Person.objects.filter(name="Anne Holm", guest_email="", forgotten_at__isnull=False).exists()

    purge(at(date(2033, 1, 1)))
    assert not Person.objects.filter(name="Anne Holm").exists()


def test_a_guest_whose_seat_was_passed_on_is_forgotten_without_waiting_for_the_session():
    with time_machine.travel(NOW, tick=False):
        session = SessionPageFactory(audience=AudienceFactory(name="Byrådet", takes_guests=True))
        mayor = mayor_of("Fanø")
        placed = order(session, booker=mayor, guests=[Guest("Anne Holm", "anne.holm@example.org")])
        substitute(placed.bookings.get(), participant=mayor, by=None, now=NOW)

    purge(at(NOW.date() + timedelta(days=KEPT_DAYS + 1)))

    assert not Person.objects.filter(name="Anne Holm").exists()


def test_what_was_removed_is_not_counted_again():
    with time_machine.travel(NOW, tick=False):
        booked()
        Booking.objects.update(diet="Vegetar")
        message(Fact.objects.get(kind="booked"), "a@example.org")
    late = at(date(2036, 1, 1))

    assert any(count for _rule, count in purge(late))
    assert not any(count for _rule, count in purge(late))


def test_one_rule_that_fails_keeps_none_of_the_others(monkeypatch):
    def broken(now):
        raise RuntimeError("broken")

    _first, *rest = [rule for rule in TABLE if rule.purge]
    monkeypatch.setattr(retention, "TABLE", [retention.Rule("broken", "", "", broken), *rest])
    with time_machine.travel(NOW, tick=False):
        Interest.objects.create(session=SessionPageFactory(), person=PersonFactory(), created_at=NOW)

    counts = purge(at(date(2028, 1, 1)))

    assert counts[0][1] is None
    assert not Interest.objects.exists()


def test_the_nightly_run_says_how_much_it_removed():
    with time_machine.travel(NOW, tick=False):
        booked()
        Booking.objects.update(diet="Vegetar")
    out = StringIO()

    call_command("run_due", at="2027-06-01T03:00:00+02:00", stdout=out)

    assert ": 1" in out.getvalue().splitlines()[-1]


@pytest.mark.parametrize(
    ("day", "years", "before"),
    [
        (date(2027, 5, 5), 2, date(2025, 5, 5)),
        (date(2028, 2, 29), 1, date(2027, 2, 28)),
        (date(2028, 2, 29), 4, date(2024, 2, 29)),
    ],
)
def test_years_before_a_day(day, years, before):
    assert years_before(day, years) == before


def test_the_documentation_holds_the_table():
    lines = [line for line in DOCS.read_text().splitlines() if line.startswith("| ")][2:]

    with override("en"):
        assert [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines] == [
            (str(rule.what), rule.kept, rule.why) for rule in TABLE
        ]


def test_the_public_page_says_the_same_times():
    [page] = [page for page in tomllib.loads(PAGES.read_text())["pages"] if page["slug"] == "persondata"]
    [section] = [section for section in page["body"] if section["heading"] == "Så længe gemmer vi det"]
    said = " ".join(section["points"])

    words = {1: "ét år", 2: "to år", 4: "fire år", 5: "fem år"}
    for years in (retention.CONTACT_YEARS, retention.IDLE_YEARS, retention.OFFICE_YEARS, retention.BOOKKEEPING_YEARS):
        assert words[years] in said
    assert f"{KEPT_DAYS} dage" in said
    assert f"{retention.MAIL_DAYS} dage" in said
