"""The whole road on the session page: what stands before the form, and what happens when it is sent."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from booking.journal.kinds import BOOKED
from booking.journal.models import Fact
from booking.models import ConditionsVersion, PriceRow, Secretary
from booking.sessions.live import cancel_session
from booking.signup.models import Booking, Order
from booking.signup.sentences import person_sentence, session_sentence
from booking.signup.standing import CannotBook, Obstacle, admit
from tests.booking.signup.filled import EAN, WRITTEN, fields_on, filled, send
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import (
    AudienceFactory,
    PersonFactory,
    SessionPageFactory,
    UserFactory,
    mayor_of,
    secretary_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("january")]


@pytest.fixture
def mayor():
    return mayor_of("Fanø")


@pytest.fixture
def secretary(mayor, client):
    """Signed in, and acting for the mayor."""
    secretary = secretary_of(mayor, name="Sekretær Sørensen", phone="76 66 06 60")
    client.force_login(secretary.user)
    return secretary


def page_of(client, session) -> str:
    answer = client.get(session.get_url())
    assert answer.status_code == 200
    return answer.content.decode()


def refusals(answer):
    """What stands beside the persons whom the form names."""
    return [(seat.person, seat.non_field_errors()) for seat in answer.context["form"].wrong_seats]


def said_of(person, session) -> str:
    """The sentence that keeps this person out as things stand."""
    with pytest.raises(CannotBook) as refusal:
        admit(session, person)
    return person_sentence(refusal.value, session, person)


# Before the form


def test_a_stranger_is_told_the_price_and_the_way_in(client):
    session = SessionPageFactory()

    page = page_of(client, session)

    assert page.count("5.300,00 kr.") >= 1
    assert page.count("6.625,00 kr.") >= 1
    assert f"{reverse('account_login')}?next=%2Ftilbud%2F" in page
    assert "%23tilmelding" in page
    assert "<form" not in page.split('id="tilmelding"')[1].split("</section>")[0]


def obstacles():
    def cancelled(session):
        cancel_session(session, by=None, now=NOW)

    def closed(session):
        session.signup_closes_at = NOW
        session.save()

    def not_open(session):
        session.signup_opens_at = NOW + timedelta(days=1)
        session.save()

    def over(session):
        session.starts_on = session.ends_on = date(2027, 1, 8)
        session.save()

    def started(session):
        session.starts_on, session.ends_on = date(2027, 1, 10), date(2027, 1, 12)
        session.save()

    def undecided(session):
        session.price_list = None
        session.save()

    def without_conditions(session):
        session.conditions.versions.all().delete()

    return [
        pytest.param(cancelled, Obstacle.CANCELLED, id="cancelled"),
        pytest.param(closed, Obstacle.CLOSED, id="closed"),
        pytest.param(not_open, Obstacle.NOT_OPEN, id="not open"),
        pytest.param(over, Obstacle.OVER, id="over"),
        pytest.param(started, Obstacle.STARTED, id="started"),
        pytest.param(undecided, Obstacle.PRICE_UNDECIDED, id="price undecided"),
        pytest.param(without_conditions, Obstacle.NO_CONDITIONS, id="no conditions"),
    ]


@pytest.mark.parametrize(("happens", "obstacle"), obstacles())
def test_what_stands_in_the_way_is_said_before_the_form(client, secretary, happens, obstacle):
    session = SessionPageFactory(capacity=1)
    happens(session)
    session.refresh_from_db()

    page = page_of(client, session)

    assert session_sentence(obstacle, session) in page
    assert 'name="submission"' not in page


@pytest.mark.parametrize(("happens", "obstacle"), obstacles())
def test_what_came_in_the_way_meanwhile_is_said_on_sending(client, secretary, happens, obstacle):
    session = SessionPageFactory(capacity=1)
    values = filled(client, session)
    happens(session)
    session.refresh_from_db()

    answer = send(client, session, values)

    assert answer.status_code == 422
    assert session_sentence(obstacle, session) in answer.context["form"].non_field_errors()
    assert 'value="4500012345"' in answer.content.decode()
    assert not Booking.objects.filter(order__booker=secretary).exists()


def test_already_booked_is_said_before_the_form(client, secretary, mayor):
    session = SessionPageFactory()
    order(session, mayor)

    page = page_of(client, session)

    assert said_of(mayor, session) in page
    assert 'name="submission"' not in page


def test_already_booked_meanwhile_is_said_beside_the_participant(client, secretary, mayor):
    session = SessionPageFactory()
    values = filled(client, session)
    order(session, mayor)

    answer = send(client, session, values)

    assert answer.status_code == 422
    assert refusals(answer) == [(mayor, [said_of(mayor, session)])]
    assert Order.objects.count() == 1


def test_not_for_you_is_said_before_the_form(client, secretary, mayor):
    session = SessionPageFactory(audience=AudienceFactory(name="Sundhedsrådene", offices=["health_council_member"]))

    page = page_of(client, session)

    assert said_of(mayor, session) in page
    assert 'name="submission"' not in page


def test_an_office_that_ended_meanwhile_is_said_beside_the_participant(client, secretary, mayor):
    session = SessionPageFactory()
    values = filled(client, session)
    mayor.offices.update(ends_on=date(2027, 5, 4))

    answer = send(client, session, values)

    assert refusals(answer) == [(mayor, [said_of(mayor, session)])]
    assert not Booking.objects.exists()


def test_somebody_outside_the_register_is_told_whom_to_ask(client):
    client.force_login(UserFactory())
    session = SessionPageFactory()

    page = page_of(client, session)

    assert 'name="submission"' not in page
    assert session.contact.email in page.split('id="tilmelding"')[1]


def test_a_secretary_of_nobody_is_told_why(client):
    secretary = PersonFactory()
    client.force_login(secretary.user)
    session = SessionPageFactory()

    page = page_of(client, session)

    assert said_of(secretary, session) in page
    assert 'name="submission"' not in page


def test_a_page_that_never_was_public_takes_no_form(client, secretary):
    session = SessionPageFactory(published=False)

    assert send(client, session, WRITTEN).status_code == 404


def test_a_page_taken_off_the_site_meanwhile_is_said(client, secretary):
    session = SessionPageFactory(title="Døgnsession")
    values = filled(client, session)
    session.unpublish()

    answer = send(client, session, values)

    assert answer.status_code == 410
    assert "Døgnsession" in answer.content.decode()
    assert not Booking.objects.exists()


# The form as it stands


def test_the_form_is_filled_with_what_we_know(client, secretary, mayor):
    session = SessionPageFactory(kind="overnight", ends_on=date(2027, 5, 6))

    page = client.get(session.get_url())

    values = fields_on(page, session)
    assert values["participant"] == str(mayor.pk)
    assert values["contact_name"] == "Sekretær Sørensen"
    assert values["contact_email"] == secretary.email
    assert values["contact_phone"] == "76 66 06 60"
    municipality = mayor.offices.get().municipality
    assert municipality.full_name in page.content.decode()
    assert municipality.cvr in page.content.decode()


def test_the_button_says_what_happens_in_kroner(client, secretary):
    page = page_of(client, SessionPageFactory())

    button = page.split('<div class="submit">')[1].split("</div>")[0]
    summary = page.split('<div class="summary">')[1].split('<div class="submit">')[0]
    assert "6.625,00 kr." in button
    for amount in ("5.300,00 kr.", "1.325,00 kr.", "6.625,00 kr."):
        assert amount in summary


def test_the_conditions_stand_on_the_page_with_what_a_withdrawal_costs(client, secretary):
    session = SessionPageFactory()
    session.conditions.versions.update(text="Første afsnit.\n\nAndet afsnit.", free_days=14)

    page = page_of(client, session)

    assert "Første afsnit." in page
    assert "Andet afsnit." in page
    assert "onsdag den 21. april 2027" in page  # 14 days before 5 May


def test_a_free_session_says_so_and_asks_for_no_ean_number(client, secretary):
    session = SessionPageFactory(kind="online", own_net=Decimal(0))

    values = filled(client, session, ean=None, person_reference=None, requisition=None)
    answer = send(client, session, values)

    assert answer.status_code == 302
    booking = Booking.objects.get()
    assert (booking.price.net, booking.order.gln) == (Decimal(0), "")


def test_ean_number_and_reference_are_remembered_for_the_same_payer(client, secretary, mayor):
    first, another = SessionPageFactory(), SessionPageFactory()
    send(client, first, filled(client, first))

    values = fields_on(client.get(another.get_url()), another)

    assert (values["ean"], values["person_reference"]) == (EAN, "Anna Lund")
    assert values["requisition"] == ""


def test_a_secretary_of_two_chooses(client, secretary):
    Secretary.objects.create(secretary=secretary, principal=mayor_of("Ærø"), starts_on=date(2026, 1, 1))
    session = SessionPageFactory()

    values = filled(client, session)
    answer = send(client, session, values)

    assert "participant" not in values
    assert answer.context["form"].has_error("participant", "required")


def test_the_payer_follows_the_participant(client, secretary):
    other = mayor_of("Ærø")
    Secretary.objects.create(secretary=secretary, principal=other, starts_on=date(2026, 1, 1))
    session = SessionPageFactory()

    send(client, session, filled(client, session, participant=str(other.pk)))

    assert Order.objects.get().payer == other.offices.get().municipality


# Sending it


def test_a_secretary_walks_the_whole_road(client, secretary, mayor):
    session = SessionPageFactory(kind="overnight", ends_on=date(2027, 5, 6), capacity=3)

    answer = send(client, session, filled(client, session, diet="Vegetar", room="Intet værelse"))

    placed = Order.objects.get()
    booking = placed.bookings.get()
    assert answer.url == reverse("booking:receipt", args=[placed.reference])
    assert (placed.booker, booking.participant, placed.payer) == (secretary, mayor, mayor.offices.get().municipality)
    assert (placed.gln, placed.person_reference, placed.requisition) == (EAN, "Anna Lund", "4500012345")
    assert (placed.contact_name, placed.contact_email) == ("Sekretariatet", "sekretariatet@example.org")
    assert (booking.price.net, booking.diet, booking.room) == (Decimal(8800), "Vegetar", "Intet værelse")
    assert (booking.conditions, booking.accepted_at) == (session.conditions.current(), NOW)
    fact = Fact.objects.get(kind=BOOKED)
    assert (fact.by, fact.on_behalf_of) == (secretary.user, mayor)
    assert client.get(answer.url).status_code == 200


def test_a_mayor_signs_up_alone(client, mayor):
    client.force_login(mayor.user)
    session = SessionPageFactory()

    send(client, session, filled(client, session))

    assert Booking.objects.get().participant == mayor


def test_errors_stand_beside_their_fields_and_nothing_is_lost(client, secretary):
    session = SessionPageFactory()
    values = filled(client, session, ean="5798009811579", contact_email="ingen snabel-a", accepted=None)

    answer = send(client, session, values)

    page = answer.content.decode()
    form = answer.context["form"]
    assert answer.status_code == 422
    assert form.has_error("ean", "check_digit")
    assert form.has_error("contact_email", "invalid")
    assert form.has_error("accepted", "required")
    for name in ("ean", "contact_email", "accepted"):
        assert f'href="#id_{name}"' in page
        assert f'id="id_{name}_error"' in page
    for value in ("5798009811579", "ingen snabel-a", "Anna Lund", "4500012345", "Sekretariatet"):
        assert f'value="{value}"' in page
    assert 'name="participant"' in page
    assert session.title in page.split("<h1>")[1]


def test_corrected_and_sent_again_it_is_one_order(client, secretary):
    session = SessionPageFactory()
    refused = send(client, session, filled(client, session, ean="1"))

    answer = send(client, session, fields_on(refused, session) | {"ean": EAN, "accepted": "on"})

    assert answer.status_code == 302
    assert Order.objects.count() == 1


def test_a_double_click_is_one_order_and_one_receipt(client, secretary):
    session = SessionPageFactory(capacity=1)
    values = filled(client, session)

    first, second = (send(client, session, values) for _click in range(2))

    assert first.status_code == second.status_code == 302
    assert first.url == second.url
    assert Order.objects.count() == 1


def test_a_form_with_the_number_of_anothers_order_is_answered(client, secretary):
    taken = order(SessionPageFactory(), mayor_of("Ærø"))
    session = SessionPageFactory()
    values = filled(client, session, submission=str(taken.submission))

    refused = send(client, session, values)
    answer = send(client, session, fields_on(refused, session) | {"accepted": "on"})

    assert refused.status_code == 422
    assert refused.context["form"].non_field_errors()
    assert answer.status_code == 302
    assert Booking.objects.count() == 2


@pytest.mark.parametrize("changes", [{}, {"ean": "1"}], ids=["filled in", "with an error"])
def test_a_number_used_for_another_session_never_answers_with_its_receipt(client, secretary, changes):
    first, second = SessionPageFactory(), SessionPageFactory()
    used = filled(client, first)
    receipt = send(client, first, used).url
    values = filled(client, second, submission=used["submission"], **changes)

    refused = send(client, second, values)
    answer = send(client, second, fields_on(refused, second) | {"ean": EAN, "accepted": "on"})
    if answer.status_code == 422:
        answer = send(client, second, fields_on(answer, second) | {"accepted": "on"})

    assert refused.status_code == 422
    assert answer.status_code == 302
    assert answer.url != receipt
    assert [booking.session_id for booking in Booking.objects.order_by("pk")] == [first.pk, second.pk]


@pytest.mark.parametrize("net", ["sNaN", "NaN", "Infinity", "-Infinity", "1e999999", "x", ""])
def test_a_price_that_is_no_amount_is_another_price(client, secretary, net):
    session = SessionPageFactory()

    answer = send(client, session, filled(client, session, shown=net))

    assert answer.status_code == 422
    assert not Booking.objects.exists()


def test_a_changed_price_is_shown_and_accepted_anew(client, secretary):
    session = SessionPageFactory()
    values = filled(client, session)
    PriceRow.objects.create(price_list=session.price_list, kind="day", valid_from=date(2027, 1, 1), net=Decimal(6000))

    refused = send(client, session, values)

    page = refused.content.decode()
    again = fields_on(refused, session)
    assert refused.status_code == 422
    assert not Booking.objects.exists()
    assert "7.500,00 kr." in page.split('<div class="submit">')[1].split("</div>")[0]
    assert "accepted" not in again
    assert send(client, session, again).context["form"].has_error("accepted", "required")
    send(client, session, again | {"accepted": "on"})
    assert Booking.objects.get().price.net == Decimal(6000)


def test_changed_conditions_are_shown_and_accepted_anew(client, secretary):
    session = SessionPageFactory()
    values = filled(client, session)
    new = ConditionsVersion.objects.create(conditions=session.conditions, number=2, text="De nye ord.", created_at=NOW)

    refused = send(client, session, values)
    again = fields_on(refused, session)

    assert "De nye ord." in refused.content.decode()
    assert "accepted" not in again
    send(client, session, again | {"accepted": "on"})
    assert Booking.objects.get().conditions == new


def test_a_price_that_changed_is_told_even_when_something_else_is_wrong(client, secretary):
    session = SessionPageFactory()
    values = filled(client, session, ean="1")
    PriceRow.objects.create(price_list=session.price_list, kind="day", valid_from=date(2027, 1, 1), net=Decimal(6000))

    refused = send(client, session, values)

    assert refused.context["form"].non_field_errors()
    assert "accepted" not in fields_on(refused, session)


def test_a_revoked_secretary_books_nothing(client, secretary):
    session = SessionPageFactory()
    values = filled(client, session)
    Secretary.objects.update(ends_on=date(2027, 1, 10))

    answer = send(client, session, values)

    assert answer.status_code == 422
    assert answer.context["form"].has_error("participant", "invalid_choice")
    assert 'value="Anna Lund"' in answer.content.decode()
    assert not Booking.objects.exists()


@pytest.mark.parametrize("forged", ["stranger", "999999", "x", ""])
def test_a_forged_participant_is_refused(client, secretary, forged):
    session = SessionPageFactory()
    values = filled(client, session)
    values["participant"] = str(mayor_of("Ærø").pk) if forged == "stranger" else forged

    answer = send(client, session, values)

    assert answer.context["form"].has_error("participant")
    assert not Booking.objects.exists()


def test_signed_out_meanwhile_loses_nothing(client, secretary):
    session = SessionPageFactory()
    values = filled(client, session, requisition="BESTIL-7")
    client.logout()

    answer = send(client, session, values)
    client.force_login(secretary.user)
    back = fields_on(client.get(session.get_url()), session)

    assert answer.status_code == 403
    assert 'value="BESTIL-7"' in answer.content.decode()
    assert reverse("account_login") in answer.content.decode().split('id="tilmelding"')[1]
    assert not Booking.objects.exists()
    assert back["requisition"] == "BESTIL-7"
    assert "accepted" not in back


def test_what_was_kept_is_forgotten_after_an_hour_and_holds_nothing_of_health(client, secretary, january):
    session = SessionPageFactory()
    values = filled(client, session, requisition="BESTIL-7", diet="Cøliaki", room="Kørestol")
    client.logout()
    send(client, session, values)

    assert "Cøliaki" not in str(dict(client.session))
    assert "Kørestol" not in str(dict(client.session))
    january.shift(timedelta(hours=1, seconds=1))
    client.force_login(secretary.user)
    assert fields_on(client.get(session.get_url()), session)["requisition"] == ""


@pytest.mark.parametrize(
    ("name", "written"),
    [("contact_email", "a@[127.0.0.1]"), ("contact_email", "a@b"), ("contact_phone", "33\u0667\u0660")],
)
def test_an_address_and_a_number_that_nobody_can_use_are_refused(client, secretary, name, written):
    session = SessionPageFactory()

    answer = send(client, session, filled(client, session, **{name: written}))

    assert answer.context["form"].has_error(name)


@pytest.mark.parametrize("name", ["person_reference", "requisition", "contact_name", "contact_phone", "diet"])
def test_too_much_or_invisible_text_is_refused(client, secretary, name):
    session = SessionPageFactory()

    for text in ("æ" * 5000, "\x00", "a\x1bb"):
        answer = send(client, session, filled(client, session, **{name: text}))
        form = answer.context["form"]
        assert form.has_error(name) or any(seat.has_error(name) for seat in form.wrong_seats), text

    assert not Booking.objects.exists()


def test_the_form_s_own_address_leads_to_the_page(client):
    session = SessionPageFactory()

    answer = client.get(reverse("booking:sign_up", args=[session.pk]))

    assert answer.url == session.get_url() + "#tilmelding"


def test_what_is_sent_without_the_sites_own_token_is_refused(secretary):
    client = Client(enforce_csrf_checks=True)
    client.force_login(secretary.user)

    answer = send(client, SessionPageFactory(), WRITTEN)

    assert answer.status_code == 403
    assert not Booking.objects.exists()


def test_an_answer_with_somebodys_words_is_never_stored(client, secretary):
    session = SessionPageFactory()

    answer = send(client, session, filled(client, session, ean="1"))

    assert "no-store" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]


def test_the_page_with_its_form_asks_few_questions(client, secretary, django_assert_max_num_queries):
    session = SessionPageFactory()
    client.get(session.get_url())

    with django_assert_max_num_queries(36):
        client.get(session.get_url())
