"""Many participants in one field: what is understood, and what is said of lines that are not."""

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from booking.signup.guest_field import GuestsField, read_guests, without_wishes
from booking.signup.guests import IN_AN_ORDER, Guest

ANNE, BO = ("Anne Holm", "anne.holm@example.org"), ("Bo Riis", "bo.riis@example.org")


@pytest.mark.parametrize(
    "text",
    [
        "Anne Holm, anne.holm@example.org\nBo Riis, bo.riis@example.org",
        "  Anne Holm;anne.holm@example.org \r\n\r\n Bo Riis ; Bo.Riis@Example.org",
        "Anne Holm\tanne.holm@example.org\nBo Riis\tbo.riis@example.org\t\t",
        "Anne Holm <anne.holm@example.org>; Bo Riis <bo.riis@example.org>",
        '"Anne Holm" <anne.holm@example.org>, Bo Riis <bo.riis@example.org>,',
        "Anne Holm anne.holm@example.org\nBo\u00a0Riis bo.riis@example.org\u200b",
    ],
)
def test_lines_are_read_as_they_are_typed_or_pasted(text):
    reading = read_guests(text)

    assert reading.wrong == []
    assert [(guest.name, guest.email) for guest in reading.guests] == [ANNE, BO]


@pytest.mark.parametrize("name", ["H.C. Andersen", "J.P.E. Hartmann", "Chr. D. F. Ørsted", "Anne-Marie d'Angelo jr."])
def test_points_are_no_sign_of_a_link_in_a_name(name):
    assert read_guests(f"{name}; anne.holm@example.org").guests == [Guest(name, "anne.holm@example.org")]


def test_a_mail_programs_turned_name_keeps_its_comma():
    assert read_guests("Holm, Anne <anne.holm@example.org>").guests == [Guest("Holm, Anne", "anne.holm@example.org")]


def test_what_the_kitchen_and_the_hotel_must_know_follows_the_address():
    text = "Anne Holm, anne.holm@example.org, ingen nødder, ingen æg\nBo Riis; bo.riis@example.org; ; intet værelse"

    anne, bo = read_guests(text, takes_diet=True, takes_room=True).guests

    assert (anne.diet, anne.room) == ("ingen nødder, ingen æg", "")
    assert (bo.diet, bo.room) == ("", "intet værelse")


@pytest.mark.parametrize(
    "line",
    [
        "Anne Holm",
        "anne.holm@example.org",
        ", anne.holm@example.org",
        "Anne Holm, anne.holm@",
        "Anne Holm, anne.holm@[127.0.0.1]",
        "Anne Holm, anne.holm@example.org, vegetar",
        "Vind en rejse paa http://example.org, anne.holm@example.org",
        "Vind en rejse www.vind-en-rejse.dk, anne.holm@example.org",
        "<b>Anne</b>, anne.holm@example.org",
        "A" * 121 + ", anne.holm@example.org",
        "Anne Holm, " + "a" * 250 + "@example.org",
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(line):
    reading = read_guests(f"Bo Riis, bo.riis@example.org\n{line}")

    assert [guest.name for guest in reading.guests] == ["Bo Riis"]
    [problem] = reading.wrong
    assert "2" in problem.split(":")[0]


def test_whoever_writes_the_address_first_is_asked_for_the_name_first():
    [problem] = read_guests("anne.holm@@example.org, Anne Holm").wrong

    assert problem == _("Line %(number)d: %(sentence)s") % {
        "number": 1,
        "sentence": _("Write the name before the address %(email)s.") % {"email": "anne.holm@@example.org"},
    }


def test_an_address_on_two_lines_is_nobodys_own():
    reading = read_guests("Anne Holm, raadhuset@example.org\n\nBo Riis, Raadhuset@example.org")

    assert [guest.name for guest in reading.guests] == ["Anne Holm"]
    assert len(reading.wrong) == 1
    assert "1" in reading.wrong[0].split(":")[1]


def test_a_list_that_is_too_long_is_not_half_taken():
    lines = "\n".join(f"Navn, navn{number}@example.org" for number in range(IN_AN_ORDER + 1))

    with pytest.raises(ValidationError, match=str(IN_AN_ORDER)):
        GuestsField().clean(lines)


def test_nothing_of_a_diet_is_kept_while_somebody_signs_in_again():
    text = "Anne Holm, anne.holm@example.org, nøddeallergi\nBo Riis <bo.riis@example.org>"

    assert without_wishes(text) == "Anne Holm, anne.holm@example.org\nBo Riis, bo.riis@example.org"
