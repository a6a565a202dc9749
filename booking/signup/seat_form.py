"""What one person's seat is to be like, as the booker writes it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.money import kroner
from booking.people.models import Person
from booking.pricing.price import Prices
from booking.pricing.rules import Tariff
from booking.sessions.models import SessionPage
from booking.signup.fields import LineField
from booking.signup.reserve import Seat


class PracticalForm(forms.Form):
    """What the house must know of somebody who comes, as far as the session asks for it."""

    diet = LineField(
        label=_("Diet and allergies"),
        max_length=200,
        required=False,
        help_text=_("What the kitchen must know. We delete it a fortnight after the session."),
    )
    room = LineField(
        label=_("The overnight stay"),
        max_length=200,
        required=False,
        help_text=_("For example that no room is needed, or that it must be accessible. Deleted in the same way."),
    )
    may_be_listed = forms.BooleanField(
        label=_("The name may stand on the list of participants"),
        required=False,
        help_text=_("The list goes to those who take part, and to nobody else. It can be changed on the receipt."),
    )

    def __init__(self, *args, session: SessionPage, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        if not session.needs_diet:
            del self.fields["diet"]
        if not session.needs_room:
            del self.fields["room"]


class AddOnsField(forms.MultipleChoiceField):
    """The add-ons that are offered at these prices, each to be ticked."""

    default_error_messages = {"invalid_choice": _("One of the add-ons is no longer offered. Choose again.")}

    def __init__(self, **kwargs):
        super().__init__(required=False, widget=forms.CheckboxSelectMultiple, **kwargs)

    def offer(self, prices: Prices) -> None:
        self.choices = [(str(one.add_on), _add_on_words(one)) for one in prices.add_ons]


class SeatForm(PracticalForm):
    """What one person's seat is to be like. ``words`` is what the person is called in the form."""

    add_ons = AddOnsField(label=_("Add-ons"))

    def __init__(self, *args, person: Person, words: str, session: SessionPage, prices: Prices, place: int, **kwargs):
        super().__init__(*args, session=session, prefix=str(person.pk), **kwargs)
        self.person = person
        self.words = words
        #: The id of the box that chooses this person.
        self.anchor = f"id_participant_{place}"
        if prices.add_ons:
            self.fields["add_ons"].offer(prices)
        else:
            del self.fields["add_ons"]

    def seat(self) -> Seat:
        return Seat(
            participant=self.person,
            diet=self.cleaned_data.get("diet", ""),
            room=self.cleaned_data.get("room", ""),
            may_be_listed=self.cleaned_data["may_be_listed"],
            add_ons=tuple(int(key) for key in self.cleaned_data.get("add_ons", ())),
        )


def _add_on_words(tariff: Tariff) -> str:
    """An add-on with its price, as a choice."""
    if tariff.price.is_free:
        return _("%(add_on)s, free of charge") % {"add_on": tariff.name}
    return _("%(add_on)s, %(net)s excl. VAT (%(gross)s incl. VAT)") % {
        "add_on": tariff.name,
        "net": kroner(tariff.price.net),
        "gross": kroner(tariff.price.gross),
    }
