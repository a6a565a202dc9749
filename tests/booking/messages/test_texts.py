"""The words that staff give a mail: filled in, escaped, checked, and never in the way of the mail."""

import re
from datetime import date, time

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import gettext

from booking.journal.kinds import MAIL_TEXT_CHANGED
from booking.messages.examples import FILES, example_of, reply_to_example
from booking.messages.models import MailText, OutboxMessage
from booking.messages.placeholders import BrokenText, check, fill
from booking.messages.text_kinds import KINDS
from booking.messages.texts import in_words_of
from booking.messages.waiting_letters import KINDS as WAITING_LIST
from booking.models import Fact, SessionPage
from booking.sessions.live import cancel_session
from booking.signup.cancel import cancel_booking
from tests.booking.desk.conftest import administrator, editor, finance, mayor  # noqa: F401
from tests.booking.messages.orders import NOW, book
from tests.booking.messages.test_changes import publish
from tests.booking.signup.test_reserve import order
from tests.factories import ConditionsFactory, SessionPageFactory, mayor_of

pytestmark = pytest.mark.django_db(transaction=True)

MAYOR = "borgmester@example.org"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW) as clock:
        yield clock


def url(kind: str) -> str:
    return reverse("mail-texts:edit", args=[kind])


def written(kind: str = "booked") -> OutboxMessage:
    book(SessionPageFactory(title="Økonomi & ledelse"))
    return OutboxMessage.objects.get(kind=kind, recipient=MAYOR)


def unknown(found: str, known: str) -> str:
    return gettext("“{%(found)s}” is not known here. You can use %(known)s.") % {"found": found, "known": known}


# Filling in


def test_names_are_filled_and_nothing_else_is_run():
    assert fill("Kære {deltager}", {"deltager": "{titel} {% now 'Y' %}"}) == "Kære {titel} {% now 'Y' %}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Kære {navn}", unknown("navn", "{titel}, {dato}")),
        ("Kære {}", unknown("", "{titel}, {dato}")),
        ("Kære {titel.__class__}", unknown("titel.__class__", "{titel}, {dato}")),
        ("Kære {titel", "En krølleparentes bliver åbnet, men ikke lukket. Skriv et navn som her: {titel}."),
        ("Kære titel}", "En krølleparentes bliver lukket, men er ikke åbnet. Skriv et navn som her: {titel}."),
        ("Kære {{ titel }}", "Skriv én krølleparentes på hver side af navnet, fx {titel}."),
        ("{% include 'x' %}", "Skriv én krølleparentes på hver side af navnet, fx {titel}."),
    ],
)
def test_a_text_that_can_not_be_filled_is_refused_with_a_sentence(text, said):
    with pytest.raises(BrokenText) as broken:
        check(text, ["titel", "dato"])
    assert str(broken.value) == said


# In the mails


def test_the_mail_says_what_staff_wrote_and_all_the_facts():
    MailText.objects.create(
        kind="booked",
        subject="Velkommen til {titel}",
        introduction="Kære {deltager}\n\nVi ses {dato} <b>her</b>: https://example.org/vej",
        closing="De bedste hilsner\nKurserne",
    )

    message = written()

    assert message.subject == "Velkommen til Økonomi & ledelse"
    assert (
        "Kære Borgmesteren i Fanø\n\nVi ses onsdag den 5. maj 2027 <b>her</b>: https://example.org/vej" in message.text
    )
    assert message.text.endswith("De bedste hilsner\nKurserne\n")
    assert "Hvornår: Onsdag den 5. maj 2027 kl. 10.00-18.00" in message.text
    assert "&lt;b&gt;her&lt;/b&gt;" in message.html
    assert '<a href="https://example.org/vej"' in message.html
    assert "Venlig hilsen" not in message.text + message.html


def test_the_date_in_a_text_is_all_the_days_of_the_session():
    MailText.objects.create(kind="booked", introduction="Vi ses {dato}")
    book(SessionPageFactory(starts_on=date(2027, 5, 5), ends_on=date(2027, 5, 6)))

    message = OutboxMessage.objects.get(kind="booked", recipient=MAYOR)

    assert "Vi ses onsdag den 5. – torsdag den 6. maj 2027" in message.text


def test_staffs_introduction_comes_before_the_first_sentence_of_the_standard():
    MailText.objects.create(kind="booked", introduction="Kære {deltager}")

    message = written()

    for read in (message.text, message.html.partition("<body")[2]):
        assert read.index("Kære Borgmesteren i Fanø") < read.index("er tilmeldt")


@pytest.mark.parametrize("broken", ["{navn}", "{", "{{ x }}", "{% x %}"])
def test_a_broken_text_costs_no_mail(broken):
    MailText.objects.create(kind="booked", subject=broken, introduction=broken, closing=broken)

    message = written()

    assert message.subject == "Tilmeldt: Økonomi & ledelse, onsdag den 5. maj 2027"
    assert broken not in message.text
    assert message.text.endswith("Venlig hilsen\nKL\n")


def test_a_name_in_a_place_can_bring_no_markup_and_no_line_into_the_subject():
    MailText.objects.create(kind="booked", subject="Til {titel}", introduction="{titel}")
    book(SessionPageFactory(title="<script>alert(1)</script>"))

    message = OutboxMessage.objects.get(kind="booked", recipient=MAYOR)

    assert "<script>" not in message.html
    assert "\n" not in message.subject


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_example_with_a_value_in_every_place(kind):
    places = KINDS[kind].places
    text = MailText(kind=kind, subject="{emne}!", introduction=" | ".join(f"{name}={{{name}}}" for name in places))

    letter = in_words_of(text, example_of(kind))

    filled = dict(one.split("=", 1) for one in letter.context["introduction"].split(" | "))
    assert list(filled) == list(places)
    assert all(value.strip() for value in filled.values())
    assert "%(" not in letter.subject + letter.text() + letter.html()
    assert letter.context["introduction"].replace("\n", " ") in letter.text().replace("\n", " ")


def labels(text: str) -> list[str]:
    return [found[1] for found in re.finditer(r"^([A-ZÆØÅ][^:.\n]{2,40}): ", text, re.MULTILINE)]


def wait_for_a_seat(session: SessionPage) -> None:
    SessionPage.objects.filter(pk=session.pk).update(capacity=1)
    order(session, mayor_of("Odder", person__email="odder@example.org"), waits=True, now=NOW)


@pytest.mark.parametrize(
    ("kind", "to", "happens"),
    [
        ("booked", MAYOR, lambda session: None),
        ("cancelled", MAYOR, lambda session: cancel_booking(session.bookings.get(), by=None, now=NOW)),
        ("session_changed", MAYOR, lambda session: publish(session, starts_time=time(11))),
        ("session_cancelled", MAYOR, lambda session: cancel_session(session, by=None, now=NOW)),
        ("waiting_list", "odder@example.org", wait_for_a_seat),
    ],
)
def test_an_example_has_the_facts_and_files_of_the_real_mail(kind, to, happens):
    session = SessionPageFactory()
    book(session)
    happens(session)

    real, of_example = OutboxMessage.objects.get(kind=kind, recipient=to), "queued" if "odder" in to else kind

    assert labels(example_of(of_example).text()) == labels(real.text)
    files = [(real.calendar, "kalender.ics"), (real.left_calendar, "frameldt.ics")]
    assert FILES.get(of_example, ()) == tuple(name for content, name in files if content)
    assert bool(reply_to_example(of_example)) == bool(real.reply_to)


def test_the_example_of_a_sign_up_has_its_price_with_vat_and_its_conditions():
    session = SessionPageFactory()

    for read in (example_of("booked").text(), example_of("booked").html()):
        assert "5.300,00 kr." in read
        assert "6.625,00 kr." in read
        assert session.conditions.current().text.splitlines()[0] in read
        assert "Kirsten Kontakt" in read


def test_the_example_of_what_costs_has_not_the_conditions_of_what_is_free():
    session = SessionPageFactory()
    free = SessionPageFactory(price_list=None, conditions=ConditionsFactory()).conditions
    free.versions.update(text="Det er gratis at deltage.")

    text = example_of("booked").text()

    assert session.conditions.current().text in text
    assert "Det er gratis at deltage." not in text


def test_the_example_does_without_conditions_where_nobody_has_written_any():
    assert "Betingelserne for afholdelsen står her." in example_of("booked").text()


def test_the_fixed_words_around_an_introduction_stand_by_its_field(client, editor):  # noqa: F811
    said = " ".join(client.get(url("booked")).content.decode().split())
    of_code = " ".join(client.get(url("sign_in")).content.decode().split())

    assert "Derefter kommer dette, som ligger fast:</strong> Bente Borgmester er tilmeldt ”Ledelse i praksis”." in said
    assert "kalender.ics" in said
    assert "Mailen begynder med dette" not in said
    assert "ABCD-EFGH" in of_code.partition("Indledning")[0]


def test_whoever_waits_is_told_all_in_staffs_words():
    assert KINDS.keys() >= WAITING_LIST


# At the desk


def test_an_editor_writes_a_text_sees_it_and_goes_back(client, editor):  # noqa: F811
    words = {"subject": "Velkommen til {titel}", "introduction": "Kære {deltager}", "closing": ""}

    seen = client.post(url("booked"), words | {"preview": ""})
    assert seen.status_code == 200
    assert "Kære Bente Borgmester" in seen.content.decode()
    assert not MailText.objects.exists()

    assert client.post(url("booked"), words | {"save": ""}).status_code == 302
    text = MailText.objects.get()
    assert (text.subject, text.introduction) == ("Velkommen til {titel}", "Kære {deltager}")
    fact = Fact.objects.get(kind=MAIL_TEXT_CHANGED)
    assert (fact.by, fact.details) == (editor, {"mail": "booked", "changed": ["subject", "introduction"]})
    assert editor.get_username() in client.get(url("booked")).content.decode()

    client.post(url("booked"), {"standard": ""})
    text.refresh_from_db()
    assert (text.subject, text.introduction, text.closing) == ("", "", "")


def test_saving_what_is_there_already_is_no_change(client, editor):  # noqa: F811
    for _time in range(2):
        client.post(url("booked"), {"subject": "Velkommen", "save": ""})

    assert Fact.objects.filter(kind=MAIL_TEXT_CHANGED).count() == 1


def test_a_slip_is_told_beside_its_field_and_keeps_what_was_typed(client, editor):  # noqa: F811
    answer = client.post(url("booked"), {"subject": "Til {titl}", "introduction": "Langt og godt", "save": ""})

    assert answer.status_code == 422
    assert answer.context["form"].errors["subject"] == [
        unknown("titl", "{emne}, {titel}, {dato}, {sted}, {deltager}, {reference}")
    ]
    assert "Langt og godt" in answer.content.decode()
    assert not MailText.objects.exists()


def test_only_a_reminder_can_be_left_out(client, editor):  # noqa: F811
    client.post(url("reminder_week"), {"save": ""})
    client.post(url("booked"), {"subject": "x", "save": ""})

    assert MailText.objects.get(kind="reminder_week").is_sent is False
    assert MailText.objects.get(kind="booked").is_sent is True


def test_finance_and_strangers_keep_no_texts(client, finance):  # noqa: F811
    assert client.post(url("booked"), {"subject": "x", "save": ""}).status_code == 302
    assert not MailText.objects.exists()


def test_a_kind_that_is_none_is_not_found(client, editor):  # noqa: F811
    assert client.get(url("circular")).status_code == 404


def test_the_list_takes_one_question_however_much_was_written(client, editor):  # noqa: F811
    for kind in KINDS:
        MailText.objects.create(kind=kind, subject="Emne")

    with CaptureQueriesContext(connection) as asked:
        answer = client.get(reverse("mail-texts:index"))

    assert answer.content.decode().count("egne ord") == len(KINDS)
    assert len([query for query in asked if "booking_mailtext" in query["sql"]]) == 1
