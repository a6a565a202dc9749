"""A letter to all at a session: who gets it, that the preview keeps its word, and that it goes once."""

from uuid import uuid4

import pytest

from booking.journal.kinds import WRITTEN_TO
from booking.messages.circular import (
    NobodyToWriteTo,
    RecipientsChanged,
    letters_to,
    mailing,
    send_circular,
)
from booking.models import Booking, Fact, OutboxMessage, Person
from booking.mypage.forget import messages_to
from booking.signup.cancel import cancel_booking
from tests.booking.messages.orders import NOW, book
from tests.factories import ContactFactory, SessionPageFactory, UserFactory, mayor_of, secretary_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    return SessionPageFactory(title="Krydspres", contact=ContactFactory(email="kontakt.kl@example.org"))


def mayor(name: str) -> Person:
    return mayor_of(name, person__email=f"{name.lower()}@example.org")


def book_all(session, *names: str) -> list[Booking]:
    """One secretary books for all of them."""
    mayors = [mayor(name) for name in names]
    secretary = secretary_of(*mayors, email="sekretaer@example.org", name="Solveig Sekretær")
    return [book(session, participant=one, booker=secretary) for one in mayors]


def put(booking, status) -> None:
    Booking.objects.filter(pk=booking.pk).update(
        status=status,
        waiting_since=NOW,
        offered_until=NOW,
        cancelled_at=NOW if status == "cancelled" else None,
    )


def send(session, *, circle="confirmed", subject="Parkering", text="Der er plads i gården.", **changes) -> Fact:
    how = {"shown": mailing(session, circle=circle).fingerprint, "submission": uuid4(), "by": None, "now": NOW}
    return send_circular(session, circle=circle, subject=subject, text=text, **(how | changes))


def letters(**which) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(kind="circular", **which).order_by("pk"))


def test_the_participant_and_the_contact_get_it_each_address_once(session):
    book_all(session, "Greve", "Herlev")
    clerk = UserFactory()

    fact = send(session, by=clerk)

    assert [letter.recipient for letter in letters()] == [
        "sekretaer@example.org",
        "greve@example.org",
        "herlev@example.org",
    ]
    assert {letter.reply_to for letter in letters()} == {"kontakt.kl@example.org"}
    assert {letter.subject for letter in letters()} == {"Parkering"}
    [to_secretary] = letters(recipient="sekretaer@example.org")
    assert "Borgmesteren i Greve, Borgmesteren i Herlev" in to_secretary.text
    [to_mayor] = letters(recipient="greve@example.org")
    assert "Borgmesteren i Herlev" not in to_mayor.text
    assert (fact.kind, fact.by, fact.about) == (WRITTEN_TO, clerk, session.calendar_entry)
    assert fact.details["addresses"] == 3


def test_what_was_shown_is_what_happens(session):
    _one, left, _other = book_all(session, "Greve", "Odense", "Herlev")
    cancel_booking(left, by=None, now=NOW)
    shown = mailing(session, circle="confirmed")

    send(session, shown=shown.fingerprint)

    assert sorted(letter.recipient for letter in letters()) == sorted(shown.addresses)
    assert [booking.participant.name for booking in shown.participants] == [
        "Borgmesteren i Greve",
        "Borgmesteren i Herlev",
    ]
    assert [booking for booking, _why in shown.left_out] == [left]


def test_nothing_is_sent_to_others_than_those_who_were_shown(session):
    [booking, _other] = book_all(session, "Greve", "Herlev")
    shown = mailing(session, circle="confirmed").fingerprint
    cancel_booking(booking, by=None, now=NOW)

    with pytest.raises(RecipientsChanged):
        send(session, shown=shown)

    assert letters() == []
    assert not letters_to(session).exists()


def test_a_letter_that_is_sent_twice_goes_once(session):
    book_all(session, "Greve")
    submission = uuid4()

    first = send(session, submission=submission)
    again = send(session, submission=submission, shown="whatever it was")

    assert first == again
    assert len(letters()) == 2
    send(session)  # another letter with the same words is another letter
    assert len(letters()) == 4


@pytest.mark.parametrize(
    ("status", "circles"),
    [
        ("confirmed", {"confirmed", "both"}),
        ("waiting", {"waiting", "both"}),
        ("offered", {"waiting", "both"}),
        ("held", set()),
        ("expired", set()),
        ("cancelled", set()),
    ],
)
@pytest.mark.parametrize("circle", ["confirmed", "waiting", "both"])
def test_who_gets_it_follows_from_the_status(session, status, circles, circle):
    [booking] = book_all(session, "Greve")
    put(booking, status)

    found = mailing(session, circle=circle)

    assert bool(found.addresses) == (circle in circles)
    assert bool(found.left_out) == (circle not in circles)


def test_whoever_gave_up_a_seat_and_has_another_is_not_left_out(session):
    [first] = book_all(session, "Greve")
    cancel_booking(first, by=None, now=NOW)
    second = book(session, participant=first.participant, booker=first.order.booker)

    found = mailing(session, circle="confirmed")

    assert found.participants == [second]
    assert found.left_out == []


def test_where_no_address_is_known_nobody_is_written_to_and_that_is_said(session):
    [booking] = book_all(session, "Greve")
    Person.objects.update(email=None)
    booking.order.contact_email = ""
    booking.order.save()

    found = mailing(session, circle="confirmed")

    assert [left for left, _why in found.left_out] == [booking]
    with pytest.raises(NobodyToWriteTo):
        send(session)


def test_the_words_are_words_and_their_links_lead_somewhere(session):
    book_all(session, "Greve")

    send(session, text="<b>Vigtigt</b>\n\nSe https://example.org/kort?a=1&b=2\n\n{{ settings.SECRET_KEY }} %(x)s")

    [letter] = letters(recipient="greve@example.org")
    assert "<b>Vigtigt</b>" in letter.text
    assert "&lt;b&gt;Vigtigt&lt;/b&gt;" in letter.html
    assert "<b>" not in letter.html
    assert 'href="https://example.org/kort?a=1&amp;b=2"' in letter.html
    assert "{{ settings.SECRET_KEY }} %(x)s" in letter.html


def test_the_journal_holds_no_word_of_it(session):
    book_all(session, "Greve")

    fact = send(session, text="Ringbindet er gult.")

    assert set(fact.details) == {"circle", "addresses", "submission"}


def test_what_was_written_belongs_to_whoever_got_it(session):
    [booking] = book_all(session, "Greve")

    send(session)

    assert letters(recipient="greve@example.org")[0] in messages_to(booking.participant)
