"""A letter to a guest: they can't sign in, so it leads to whoever named them instead of to pages they would not see."""

from dataclasses import replace

from booking.mail import Letter

#: What leads to pages behind the sign-in, is the payer's own, or was agreed with whoever ordered and speaks to them.
_NOT_THEIRS = {
    "receipt_url": "",
    "my_page_url": "",
    "link_on_my_page": False,
    "invoice": [],
    "conditions": [],
    "withdrawal": [],
    "grace": "",
}


def fit_for(recipient: str, letter: Letter) -> Letter:
    """The letter as it comes, unless the reader is a guest and not whoever ordered, too."""
    booking = letter.context.get("booking")
    if booking is None:
        return letter
    person = letter.context.get("left", booking.participant)
    order = booking.order
    if not person.is_guest or person.guest_email != recipient or recipient == order.contact_email.strip().lower():
        return letter
    return replace(letter, context=letter.context | _NOT_THEIRS | {"named_by": order})
