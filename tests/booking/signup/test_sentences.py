"""What the obstacles, the price and the conditions are called."""

from datetime import date
from decimal import Decimal

import pytest

from booking.money import Price
from booking.people.audiences import Audience, NotForYou, Refusal
from booking.people.models import Person
from booking.pricing.models import ConditionsVersion
from booking.pricing.quote import Line, Quote
from booking.sessions.models import SessionPage
from booking.signup.sentences import both_amounts, person_sentence, session_sentence, withdrawal_sentences
from booking.signup.standing import CannotBook, Obstacle
from tests.booking.signup.test_reserve import NOW

DAY = Quote.of([Line("Ny som borgmester", Decimal(5300))])
FREE = Quote.of([Line("Ny som borgmester", Decimal(0))])
ABOUT_A_PERSON = {Obstacle.ALREADY_BOOKED, Obstacle.OTHER_RUN, Obstacle.OTHER_MUNICIPALITY, Obstacle.NOT_FOR_YOU}


@pytest.mark.parametrize("obstacle", [obstacle for obstacle in Obstacle if obstacle not in ABOUT_A_PERSON])
def test_every_obstacle_of_a_session_is_one_sentence(db, obstacle):
    session = SessionPage(signup_opens_at=NOW, signup_closes_at=NOW)

    assert session_sentence(obstacle, session).endswith(".")


@pytest.mark.parametrize("reason", list(Refusal))
def test_every_reason_of_an_audience_names_the_person(db, reason):
    audience, person = Audience(name="Borgmestre"), Person(name="Borgmesteren i Fanø")
    session = SessionPage(starts_on=date(2027, 5, 5), audience=audience)
    refusal = CannotBook(Obstacle.NOT_FOR_YOU, NotForYou(audience, person, reason=reason))

    sentence = person_sentence(refusal, session, person)

    assert "Borgmesteren i Fanø" in sentence
    assert "%" not in sentence


def test_a_sentence_about_a_person_is_not_one_about_a_session(db):
    with pytest.raises(ValueError, match="not_for_you"):
        session_sentence(Obstacle.NOT_FOR_YOU, SessionPage())


def test_both_amounts_are_written_the_danish_way():
    words = both_amounts(Price.from_net(Decimal(8800)))

    assert "8.800,00 kr." in words
    assert "11.000,00 kr." in words


def withdrawal(on=date(2027, 1, 11), quote=DAY, **rule) -> list[str]:
    return withdrawal_sentences(ConditionsVersion(**rule), quote=quote, starts_on=date(2027, 5, 5), on=on)


def test_binding_at_once_is_the_whole_price():
    [sentence] = withdrawal()

    assert "5.300,00 kr." in sentence
    assert "6.625,00 kr." in sentence


def test_each_step_has_its_last_day_and_its_amounts():
    free, half, whole = withdrawal(free_days=30, share_days=14, share_percent=50)

    assert "mandag den 5. april 2027" in free
    assert "onsdag den 21. april 2027" in half
    assert "50 %" in half
    assert "2.650,00 kr." in half
    assert "3.312,50 kr." in half
    assert "6.625,00 kr." in whole


def test_a_step_whose_day_is_gone_is_not_promised():
    steps = withdrawal(on=date(2027, 4, 6), free_days=30, share_days=14, share_percent=50)

    assert len(steps) == 2
    assert not any("5. april" in step for step in steps)


def test_the_last_day_itself_still_counts():
    assert len(withdrawal(on=date(2027, 4, 5), free_days=30)) == 2


def test_what_is_free_costs_nothing_to_leave():
    [sentence] = withdrawal(quote=FREE)

    assert "kr." not in sentence
