"""What somebody writes on their own page: a phone number, and who is to act for them."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from booking.dates import danish_day
from booking.people.models import Person
from booking.signup.fields import LineField


class PhoneForm(forms.Form):
    phone = LineField(
        label=_("Phone"),
        max_length=20,
        required=False,
        help_text=_("KL uses it when something about your sign-ups can't wait. It is shown to nobody else."),
        validators=[RegexValidator(r"^\+?[0-9 ()./-]*[0-9][0-9 ()./-]*$", _("Write a phone number with digits."))],
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )


class SecretaryForm(forms.Form):
    """Whom ``principal`` lets act for them. It says nothing of who is in the register already."""

    name = LineField(
        label=_("Name"),
        max_length=120,
        error_messages={"required": _("Write the secretary's name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("The secretary signs in with this address, so it must be their own, not a shared one."),
        error_messages={
            "required": _("Write the secretary's e-mail address."),
            "invalid": _("Write the whole address, such as navn@kommune.dk."),
            "max_length": _("The e-mail address is too long: no more than %(limit_value)d characters."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    ends_on = forms.DateField(
        label=_("Last day"),
        required=False,
        input_formats=["%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y"],
        help_text=_("Leave it empty if there is no last day yet. You can end it whenever you like."),
        error_messages={"invalid": _("Write a date, such as 31-12-2029.")},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, *args, principal: Person, on, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.principal = principal
        self.on = on

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()

    def clean_ends_on(self):
        ends_on = self.cleaned_data["ends_on"]
        if ends_on and ends_on < self.on:
            raise forms.ValidationError(
                _("The last day can't be before today, %(day)s.") % {"day": danish_day(self.on)}, code="past"
            )
        return ends_on


class CalendarForm(forms.Form):
    """Whose calendar, of those that the reader may fetch, and what it shows."""

    person = forms.TypedChoiceField(coerce=int)
    with_offers = forms.BooleanField(required=False)

    def __init__(self, *args, persons: list[Person], **kwargs):
        super().__init__(*args, **kwargs)
        self._persons = {person.pk: person for person in persons}
        self.fields["person"].choices = [(person.pk, person.name) for person in persons]

    def clean_person(self) -> Person:
        return self._persons[self.cleaned_data["person"]]
