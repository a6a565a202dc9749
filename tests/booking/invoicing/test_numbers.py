"""Numbers with a check digit."""

import pytest

from booking.invoicing.numbers import is_creditor, is_cvr, is_gln, is_slip_number, slip_number


@pytest.mark.parametrize(
    ("number", "slip"),
    [(1, "000000000000018"), (17, "000000000000174"), (99999999999999, "999999999999994")],
)
def test_a_slip_carries_the_invoices_number_and_a_check_digit(number, slip):
    assert slip_number(number) == slip
    assert is_slip_number(slip)


@pytest.mark.parametrize("number", [-1, 10**14])
def test_a_number_that_a_slip_has_no_room_for_is_an_error(number):
    with pytest.raises(ValueError, match=str(number)):
        slip_number(number)


EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
RIGHT = {is_gln: "5798009811578", is_cvr: "31210917", is_creditor: "12345678", is_slip_number: "000000000000018"}
WRONG = {
    is_gln: ["73513537", "0000000000000", "579800981157X"],
    is_cvr: ["031210917", "31 21 09 17", "3121091X"],
    is_creditor: ["1234567X"],
    is_slip_number: ["00000000000001X"],
}
SHAPES = {claim: ["", number[:-1], number + "0", number.translate(EASTERN)] for claim, number in RIGHT.items()}


@pytest.mark.parametrize(("claim", "number"), RIGHT.items())
def test_a_right_number_is_taken(claim, number):
    assert claim(number)


@pytest.mark.parametrize(
    ("claim", "number"), [(claim, number) for claim in RIGHT for number in WRONG[claim] + SHAPES[claim]]
)
def test_a_wrong_number_is_refused(claim, number):
    assert not claim(number)


@pytest.mark.parametrize("number", ["5798009811578", "31210917", "000000000000018"])
def test_one_digit_wrong_is_always_found(number):
    claim = {13: is_gln, 8: is_cvr, 15: is_slip_number}[len(number)]

    for place in range(len(number)):
        for digit in set("0123456789") - {number[place]}:
            assert not claim(number[:place] + digit + number[place + 1 :])
