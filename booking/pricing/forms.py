"""Conditions as staff write them: the name, and what the newest version says."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.admin.forms import WagtailAdminModelForm

from booking.pricing.models import Conditions, ConditionsVersion
from booking.pricing.versions import SAID, write_version

#: Days before a session: no more than the four years that are planned ahead.
MOST_DAYS = 4 * 366

_fields = forms.fields_for_model(ConditionsVersion, fields=SAID)


def _days(name: str) -> forms.IntegerField:
    return ConditionsVersion._meta.get_field(name).formfield(max_value=MOST_DAYS)


class ConditionsForm(WagtailAdminModelForm):
    """Saves the name on the conditions, and the rest as a new version if it says anything new."""

    text = _fields["text"]
    free_days = _days("free_days")
    share_days = _days("share_days")
    share_percent = _fields["share_percent"]

    class Meta:
        model = Conditions
        fields = ["name"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        current = self.instance.pk and self.instance.current()
        if current:
            self.initial |= {name: getattr(current, name) for name in SAID}

    def clean_text(self):
        """A browser sends lines with CRLF; that alone is no new text."""
        return self.cleaned_data["text"].replace("\r\n", "\n")

    def clean(self):
        super().clean()
        if self.errors:
            return
        version = ConditionsVersion(**self._said())
        try:
            version.clean_fields(exclude={"conditions", "number", "created_at"})
            version.clean()
        except ValidationError as error:
            self.add_error(None, error)

    def save(self, commit=True):
        conditions = super().save(commit)
        write_version(conditions, now=timezone.now(), **self._said())
        return conditions

    def _said(self) -> dict:
        return {name: self.cleaned_data[name] for name in SAID}
