"""The catalogue's filter bar."""

from django import forms
from django.utils.translation import gettext_lazy as _

from home.listing import LONGEST_SEARCH, Choices, Filters


class CatalogueForm(forms.Form):
    """Draws the filters with what is chosen. It is never bound: ``Filters.chosen`` has left out what makes no sense."""

    q = forms.CharField(label=_("Search"), required=False, max_length=LONGEST_SEARCH, widget=forms.SearchInput)
    kind = forms.ChoiceField(label=_("Form"), required=False)
    provider = forms.ChoiceField(label=_("Provider"), required=False)
    audience = forms.ChoiceField(label=_("For whom"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False)
    dates = forms.BooleanField(label=_("Only with dates"), required=False)

    def __init__(self, *, choices: Choices, filters: Filters):
        super().__init__(initial=filters.as_query(), auto_id="filter_%s")
        for name, options in choices.items():
            self.fields[name].choices = [("", _("All")), *options]
