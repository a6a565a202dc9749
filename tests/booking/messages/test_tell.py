"""What is told to whom, as it arrives over SMTP."""

from datetime import date, timedelta
from decimal import Decimal
from email.message import EmailMessage

import pytest
import time_machine
from django.db import transaction

from booking.invoicing.run import issue_due
from booking.journal.record import catch_up
from booking.messages.models import OutboxMessage
from booking.models import Booking, Fact, FollowUp, Order, SessionPage
from booking.pricing.models import Invoiced
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from booking.signup.release import waive_fee
from booking.signup.substitute import substitute
from tests.booking.calendars.readers import agreed
from tests.booking.invoicing.conftest import seller  # noqa: F401
from tests.booking.messages.orders import NOW, book
from tests.factories import ContactFactory, SessionPageFactory, UserFactory, VenueFactory, mayor_of, secretary_of

pytestmark = pytest.mark.django_db(transaction=True)

SECRETARY, MAYOR = "sekretaer@example.org", "borgmester@example.org"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


@pytest.fixture
def session() -> SessionPage:
    return SessionPageFactory(
        title="Økonomi & ledelse",
        kind="overnight",
        starts_on=date(2027, 5, 5),
        ends_on=date(2027, 5, 6),
        venue=VenueFactory(),
    )


def words(mail: EmailMessage, kind: str = "plain") -> str:
    return mail.get_body((kind,)).get_content()


def calendar_of(mail: EmailMessage) -> str | None:
    files = list(mail.iter_attachments())
    return files[0].get_payload(decode=True).decode() if files else None


def test_a_booking_is_told_to_the_contact_and_the_participant(session, sink):
    book(session)

    assert sorted(mail["To"] for mail in sink.mails) == [MAYOR, SECRETARY]


@pytest.mark.parametrize(("organisation", "signed"), [("", "KL"), ("Ballerup Kommune", "Ballerup Kommune")])
def test_a_mail_is_signed_by_those_who_hold_the_session(session, sink, organisation, signed):
    session.contact.organisation = organisation
    session.contact.save()

    book(session)

    assert words(sink.mails[0]).split()[-len(signed.split()) - 1 :] == ["hilsen", *signed.split()]


@pytest.mark.parametrize("email", ["sekretaer@example.org", "SEKRETAER@Example.org", None])
def test_one_address_gets_one_mail(session, sink, email):
    mayor = mayor_of("Fanø", person__email=email, person__user=None)
    secretary = secretary_of(mayor, email="s@example.org")

    book(session, participant=mayor, booker=secretary, contact_email=SECRETARY)

    assert [mail["To"] for mail in sink.mails] == [SECRETARY]


def test_the_mail_says_what_the_receipt_says(session, sink):
    booking = book(session)

    [mail] = sink.to(SECRETARY)
    for kind in ("plain", "html"):
        text = words(mail, kind).replace("&amp;", "&").replace("&quot;", '"')
        for fact in (
            booking.order.reference,
            "Borgmesteren i Fanø",
            "Økonomi & ledelse",
            "Onsdag den 5. – torsdag den 6. maj 2027 kl. 10.00-18.00",
            "Campus Carlsberg, Humletorvet 3, 1799 København V",
            "8.800,00 kr.",
            "2.200,00 kr.",
            "11.000,00 kr.",
            "Inkl. forplejning, ekskl. transport.",
            "Fanø Kommune",
            "5798009811578",
            "Bente fra økonomi",
            "R-2027/44",
            "Tilmeldingen er bindende.",
            f"https://borgmestre.example.org/tilmelding/kvittering/{booking.order.reference}/",
            "https://borgmestre.example.org/min-side/",
            "borgmestertilbud@example.org",
        ):
            assert fact in text, (kind, fact)


def test_the_mail_says_what_was_agreed_and_not_what_is_said_today(session, sink, monkeypatch):
    monkeypatch.setattr("booking.journal.record._followers", {})
    booking = book(session)
    session.own_net = Decimal(9999)
    session.save()
    FollowUp.objects.create(fact=Fact.objects.get(kind="booked"), room="messages", not_before=NOW)
    monkeypatch.undo()

    catch_up(NOW)

    [mail] = sink.to(SECRETARY)
    assert "8.800,00 kr." in words(mail)
    assert "9.999" not in words(mail)
    assert booking.price.net == Decimal(8800)


def test_a_free_booking_speaks_of_no_money(sink):
    book(SessionPageFactory(own_net=Decimal(0)))

    [mail] = sink.to(SECRETARY)
    assert "kr." not in words(mail)
    assert "5798009811578" not in words(mail)


def test_the_mail_is_put_together_as_mail_programs_expect(session, sink):
    book(session)

    [mail] = sink.to(SECRETARY)
    assert mail.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in mail.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert mail["From"] == "tilbud@example.org"
    assert mail["Reply-To"] == "borgmestertilbud@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "Økonomi & ledelse" in mail["Subject"]
    assert mail["Message-ID"].endswith("@borgmestre.example.org>")
    assert not mail.defects
    assert max(map(len, sink.raw[0].split(b"\r\n"))) <= 998
    for part in mail.walk():
        assert not part.defects
        if not part.is_multipart():
            assert part.get_content_charset() == "utf-8"


def test_the_calendar_file_is_the_sessions_own(session, sink):
    book(session)

    [mail] = sink.to(SECRETARY)
    [part] = mail.iter_attachments()
    assert part.get_param("method") == "PUBLISH"
    assert part.get_filename().endswith(".ics")
    text = calendar_of(mail)
    assert "METHOD:PUBLISH\r\n" in text
    assert "ATTENDEE" not in text
    [seen] = agreed(text)
    assert seen.uid.startswith(str(session.calendar_entry.uid))
    assert seen.title == "Økonomi & ledelse"


def test_a_line_feed_in_a_title_makes_no_header(sink):
    book(SessionPageFactory(title="En titel\r\nBcc: alle@example.org", slug="titel"))

    [mail] = sink.to(SECRETARY)
    assert mail["Bcc"] is None
    assert "En titel Bcc: alle@example.org" in mail["Subject"]


def test_a_very_long_title_makes_a_mail_all_the_same(sink):
    book(SessionPageFactory(title="Æ" * 255, slug="titel"))

    [mail] = sink.to(SECRETARY)
    assert len(mail["Subject"]) <= 200
    assert "Æ" * 255 in words(mail)


def test_what_is_written_in_a_title_is_not_html(sink):
    book(SessionPageFactory(title="<b>Ledelse</b> & mere", slug="titel"))

    [mail] = sink.to(SECRETARY)
    assert "<b>Ledelse</b> & mere" in words(mail)
    assert "&lt;b&gt;Ledelse&lt;/b&gt; &amp; mere" in words(mail, "html")


def test_the_link_for_participants_goes_to_the_booker_and_the_participant(sink):
    book(SessionPageFactory(kind="online", own_net=Decimal(0), join_link="https://moede.example.org/1"))

    for address in (SECRETARY, MAYOR):
        [mail] = sink.to(address)
        assert "https://moede.example.org/1" in words(mail)
        assert "https://moede.example.org/1" in words(mail, "html")
        [seen] = agreed(calendar_of(mail))
        assert seen.place == "https://moede.example.org/1"


def test_the_link_for_participants_does_not_go_to_an_address_that_was_typed_in(sink):
    session = SessionPageFactory(kind="online", own_net=Decimal(0), join_link="https://moede.example.org/1")

    book(session, contact_email="kopi@example.org")

    [mail] = sink.to("kopi@example.org")
    assert "moede.example.org" not in words(mail)
    assert "moede.example.org" not in words(mail, "html")
    assert "moede.example.org" not in calendar_of(mail)
    [mail] = sink.to(MAYOR)
    assert "https://moede.example.org/1" in words(mail)


def test_two_seats_are_two_mails_to_the_secretary(session, sink):
    fano, aero = mayor_of("Fanø", person__email="fanoe@example.org"), mayor_of("Ærø", person__email="aeroe@example.org")
    secretary = secretary_of(fano, aero, email=SECRETARY)

    book(session, participant=fano, booker=secretary)
    book(session, participant=aero, booker=secretary)

    assert len(sink.to(SECRETARY)) == 2
    assert len({mail["Message-ID"] for mail in sink.mails}) == len(sink.mails) == 4


def test_a_booking_that_is_rolled_back_is_not_told(session, sink):
    with transaction.atomic():
        book(session)
        transaction.set_rollback(True)

    assert sink.mails == []
    assert not OutboxMessage.objects.exists()
    assert not Booking.objects.exists()


def test_a_cancelled_booking_is_told_to_the_same(session, sink):
    booking = book(session)
    sink.mails.clear()

    cancel_booking(booking, by=None, now=NOW + timedelta(days=1))
    cancel_booking(booking, by=None, now=NOW + timedelta(days=2))

    assert sorted(mail["To"] for mail in sink.mails) == [MAYOR, SECRETARY]
    [mail] = sink.to(SECRETARY)
    assert booking.order.reference in words(mail)
    assert "8.800,00 kr." in words(mail)  # it was binding
    [seen] = agreed(calendar_of(mail))
    assert (seen.status, seen.title) == ("CANCELLED", f"Frameldt: {session.title}")


def test_whoever_has_another_seat_there_keeps_the_date(session, sink):
    fano, aero = mayor_of("Fanø", person__email="fanoe@example.org"), mayor_of("Ærø", person__email="aeroe@example.org")
    secretary = secretary_of(fano, aero, email=SECRETARY)
    first, _second = (book(session, participant=mayor, booker=secretary) for mayor in (fano, aero))
    sink.mails.clear()

    cancel_booking(first, by=None, now=NOW)

    [to_secretary], [to_mayor] = sink.to(SECRETARY), sink.to("fanoe@example.org")
    assert calendar_of(to_secretary) is None
    assert "datoen bliver stående i din kalender" in words(to_secretary)
    assert "frameldt.ics" in [part.get_filename() for part in to_mayor.iter_attachments()]


def test_a_price_that_falls_away_is_told_with_the_reason(session, sink):
    booking = book(session)
    cancel_booking(booking, by=None, now=NOW)
    sink.mails.clear()

    waive_fee(booking, by=UserFactory(), reason="Sne på broen", now=NOW + timedelta(hours=1))

    assert sorted(mail["To"] for mail in sink.mails) == [MAYOR, SECRETARY]
    [mail] = sink.to(SECRETARY)
    assert mail["Subject"].startswith("Prisen for frameldingen bortfalder: ")
    assert "skulle frameldingen koste 8.800,00 kr. ekskl. moms" in words(mail)
    assert "Sne på broen" not in words(mail)


def test_what_is_waived_at_once_is_one_mail(session, sink):
    booking = book(session)
    sink.mails.clear()

    cancel_booking(booking, by=UserFactory(), now=NOW, waived_because="Sne på broen")

    [mail] = sink.to(SECRETARY)
    assert "Det beløb har vi eftergivet." in words(mail)


def test_news_that_was_overtaken_is_not_told(session, sink, monkeypatch):
    monkeypatch.setattr("booking.journal.record._followers", {})
    booking = book(session)
    cancel_booking(booking, by=None, now=NOW)
    for fact in Fact.objects.filter(kind__in=["booked", "cancelled"]):
        FollowUp.objects.create(fact=fact, room="messages", not_before=NOW)
    monkeypatch.undo()

    assert catch_up(NOW) == (2, 0)

    assert list(OutboxMessage.objects.values_list("kind", flat=True)) == ["cancelled", "cancelled"]
    assert len(sink.mails) == 2


@pytest.mark.usefixtures("seller")
def test_who_was_invoiced_for_a_seat_given_up_hears_that_a_credit_note_follows(session, django_user_model, sink):
    booking = book(session)
    Order.objects.update(invoiced=Invoiced.BOOKED)
    issue_due(NOW)
    cancel_booking(booking, by=None, now=NOW)
    sink.mails.clear()

    waive_fee(
        booking, by=django_user_model.objects.create(username="kursus"), reason="Sygdom", now=NOW + timedelta(hours=1)
    )

    assert {mail["To"] for mail in sink.mails} == {MAYOR, SECRETARY}
    for mail in sink.mails:
        assert "Vi sender en kreditnota for det, der er faktureret." in words(mail)


def test_a_session_called_off_is_told_once_to_everybody_with_a_seat(session, sink):
    fano, aero = mayor_of("Fanø", person__email="fanoe@example.org"), mayor_of("Ærø", person__email="aeroe@example.org")
    secretary = secretary_of(fano, aero, email=SECRETARY)
    first = book(session, participant=fano, booker=secretary)
    second = book(session, participant=aero, booker=secretary)
    laeso = mayor_of("Læsø", person__email="laesoe@example.org")
    gone = book(session, participant=laeso, booker=laeso)  # binding, so they owe for it
    cancel_booking(gone, by=None, now=NOW)
    sink.mails.clear()

    cancel_session(session, by=None, now=NOW + timedelta(days=1))

    told = {(message.recipient, message.kind) for message in OutboxMessage.objects.exclude(fact__kind="booked")}
    assert told >= {
        ("laesoe@example.org", "fee_fell_away"),
        *((address, "session_cancelled") for address in ("aeroe@example.org", "fanoe@example.org", SECRETARY)),
    }
    assert len(sink.mails) == 4
    [mail] = sink.to(SECRETARY)
    for fact in (first.order.reference, second.order.reference, "Borgmesteren i Fanø", "Borgmesteren i Ærø"):
        assert fact in words(mail)
    [mail] = sink.to("fanoe@example.org")
    assert "Ærø" not in words(mail)
    [seen] = agreed(calendar_of(mail))
    assert (seen.status, seen.sequence) == ("CANCELLED", 1)
    assert seen.uid.startswith(str(session.calendar_entry.uid))


def test_the_contact_of_the_session_answers(session, sink):
    session.contact = ContactFactory(email="kursus@example.org")
    session.save_revision().publish()

    book(session)

    assert {mail["Reply-To"] for mail in sink.mails} == {"kursus@example.org"}


def test_a_session_without_a_contact_has_nobody_to_answer_but_the_sender(sink):
    book(SessionPageFactory(contact=None))

    assert {mail["Reply-To"] for mail in sink.mails} == {None}


def test_the_outbox_holds_one_row_for_each_address(session, sink):
    booking = book(session)

    rows = OutboxMessage.objects.order_by("pk")
    assert [(row.kind, row.recipient, row.fact.about, row.attempts) for row in rows] == [
        ("booked", SECRETARY, booking, 1),
        ("booked", MAYOR, booking, 1),
    ]
    assert all(row.sent_at for row in rows)
    assert {row.message_id for row in rows} == {mail["Message-ID"] for mail in sink.mails}


# Another person in the seat

FOLLOWER = "efterfoelger@example.org"


def follower_of(booking: Booking):
    """The next mayor of Fanø, and the seat given to them."""
    booking.office.ends_on = date(2027, 1, 31)
    booking.office.save()
    successor = mayor_of("Fanø", starts_on=date(2027, 2, 1), person__name="Ole Ny", person__email=FOLLOWER)
    substitute(booking, participant=successor, by=None, now=NOW)
    return successor


def test_who_left_is_told_so_and_who_follows_gets_all_of_a_sign_up(session, sink):
    booking = book(session)
    sink.mails.clear()

    follower_of(booking)

    [left] = sink.to(MAYOR)
    assert "Ole Ny" not in words(left) + words(left, "html")
    [struck_out] = agreed(calendar_of(left))
    assert struck_out.status == "CANCELLED"
    for address in (SECRETARY, FOLLOWER):
        [mail] = sink.to(address)
        assert "Ole Ny" in words(mail)
        assert "BEGIN:VEVENT" in calendar_of(mail)
    assert len(sink.mails) == 3


def test_a_contact_who_left_hears_nothing_of_who_follows(session, sink):
    session.join_link = "https://example.org/moede/hemmeligt"
    session.save_revision().publish()
    booking = book(session)
    booking.order.contact_email = MAYOR
    booking.order.save()
    sink.mails.clear()

    follower_of(booking)

    assert sorted(mail["To"] for mail in sink.mails) == [MAYOR, FOLLOWER]
    assert "hemmeligt" not in sink.to(MAYOR)[0].as_string()


def test_who_left_before_the_first_mail_was_written_is_not_told_of_a_seat(session, sink):
    with transaction.atomic():
        booking = book(session)
        follower_of(booking)

    assert [message.kind for message in OutboxMessage.objects.filter(recipient=MAYOR)] == ["seat_passed_on"]
    assert len(sink.to(FOLLOWER)) == 1
