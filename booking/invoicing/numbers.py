"""The numbers on an invoice that carry a check digit. Pure: no database, no clock, no request."""

from stdnum import ean, luhn
from stdnum.dk import cvr

#: The digits of a slip of kind 71 before its check digit.
SLIP_DIGITS = 14


def is_gln(number: str) -> bool:
    """An EAN number: 13 digits and the last a check on the others. An EAN-8 is none. Source: GS1."""
    return len(number) == 13 and number.isascii() and ean.is_valid(number) and number.strip("0") != ""


def is_cvr(number: str) -> bool:
    """Eight digits of which a weighted sum can be divided by 11. Source: Erhvervsstyrelsen."""
    return len(number) == 8 and cvr.is_valid(number)


def slip_number(number: int) -> str:
    """What the payer of a slip of kind 71 types: the invoice's number, noughts before it, a check digit after it.

    Source: Finans Danmark, FI-kort (modulus 10 with the weights 1 and 2).
    """
    digits = f"{number:0{SLIP_DIGITS}d}"
    if number < 0 or len(digits) > SLIP_DIGITS:
        raise ValueError(number)
    return digits + luhn.calc_check_digit(digits)


def is_slip_number(number: str) -> bool:
    return len(number) == SLIP_DIGITS + 1 and number.isascii() and number.isdigit() and luhn.is_valid(number)


def is_creditor(number: str) -> bool:
    """A FIK creditor number has eight digits, and no check digit that banks publish."""
    return len(number) == 8 and number.isascii() and number.isdigit()
