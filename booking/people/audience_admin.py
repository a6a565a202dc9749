"""Audiences and the exceptions to them, as course administrators keep them."""

import django_filters
from django import forms
from django.contrib import messages
from django.http import Http404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, ObjectList, Panel
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import CreateView

from booking.dates import danish_day, today
from booking.people.audiences import Audience
from booking.people.grants import AudienceGrant, end_access, grant_access
from booking.people.models import OfficeKind
from booking.registers import NamedActionView, RegisterViewSet, RowsField

# Audiences


def whom_it_admits(audience: Audience) -> str:
    return audience.sentence(today(timezone.now()))


class AdmitsPanel(Panel):
    """The audience in words, as it was last saved."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/admits.html"

        def is_shown(self):
            return self.instance.pk is not None

        def get_context_data(self, parent_context=None):
            return super().get_context_data(parent_context) | {"sentence": whom_it_admits(self.instance)}


class GrantsPanel(Panel):
    """Who is let in although the rule would not, and until when; the list of exceptions is where they are kept."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/grants.html"

        def is_shown(self):
            return self.instance.pk is not None

        def get_context_data(self, parent_context=None):
            in_force = self.instance.grants.in_force(today(timezone.now())).select_related("person", "granted_by")
            return super().get_context_data(parent_context) | {
                "grants": [{"grant": grant, "last_day": danish_day(grant.ends_on)} for grant in in_force],
                "may_end": self.request.user.has_perm("booking.change_audiencegrant"),
                "may_grant": self.request.user.has_perm("booking.add_audiencegrant"),
                "sees_grants": self.request.user.has_perm("booking.view_audiencegrant"),
            }


class AudienceForm(WagtailAdminModelForm):
    offices = forms.MultipleChoiceField(
        label=gettext_lazy("Offices"),
        choices=OfficeKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Whoever holds one of these on the day of the session may sign up."),
    )
    municipalities = Audience._meta.get_field("municipalities").formfield(
        form_class=RowsField, widget=forms.CheckboxSelectMultiple
    )


class AudienceViewSet(RegisterViewSet):
    model = Audience
    name = "audiences"
    icon = "crosshairs"
    edit_handler = ObjectList(
        [
            AdmitsPanel(heading=gettext_lazy("Whom it admits")),
            FieldPanel("name"),
            FieldPanel("opening"),
            FieldPanel("offices"),
            FieldPanel("newly_elected"),
            FieldPanel("municipalities", widget=forms.CheckboxSelectMultiple),
            FieldPanel("takes_guests"),
            GrantsPanel(heading=gettext_lazy("Exceptions")),
        ],
        base_form_class=AudienceForm,
    )
    list_display = [
        "name",
        Column("admits", label=gettext_lazy("Whom it admits"), accessor=whom_it_admits),
    ]
    search_fields = ["name"]


# Exceptions


class GrantForm(WagtailAdminModelForm):
    def clean_ends_on(self):
        ends_on = self.cleaned_data["ends_on"]
        if ends_on < today(timezone.now()):
            raise forms.ValidationError(_("This day is over."))
        return ends_on

    def clean(self):
        cleaned = super().clean()
        audience, person = cleaned.get("audience"), cleaned.get("person")
        if audience and person:
            held = audience.grants.in_force(today(timezone.now())).filter(person=person).first()
            if held:
                sentence = _("%(person)s has an exception already, until %(day)s. End it first.")
                self.add_error("person", sentence % {"person": person, "day": danish_day(held.ends_on)})
        return cleaned


class GrantCreateView(CreateView):
    """Who granted it, and when, is what the server knows; the form can't say it."""

    def get_initial(self):
        return super().get_initial() | {"audience": self.request.GET.get("audience")}

    def save_instance(self):
        now = timezone.now()
        written = self.form.cleaned_data
        grant = grant_access(
            written["audience"],
            written["person"],
            reason=written["reason"],
            ends_on=written["ends_on"],
            by=self.request.user,
            now=now,
        )
        if grant.person.municipality_on(today(now)) is None:
            messages.warning(
                self.request,
                _(
                    "We don't know which municipality %(person)s comes from, and so not who is to pay. Nobody can sign "
                    "them up before it stands in the register."
                )
                % {"person": grant.person},
            )
        return grant

    def get_success_buttons(self):
        return []


class EndGrantView(NamedActionView):
    permission_required = "change"
    template_name = "booking/admin/end_grant.html"
    page_title = gettext_lazy("End the exception")
    header_icon = "cross"

    def get_base_object_queryset(self):
        return AudienceGrant.objects.select_related("audience", "person", "granted_by")

    def get_back_url(self):
        return reverse(self.index_url_name)

    def dispatch(self, request, *args, **kwargs):
        if self.user_has_permission("change") and self.object.ends_on < today(timezone.now()):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def act(self):
        end_access(self.object, by=self.request.user, now=timezone.now())
        messages.success(
            self.request,
            _("%(person)s is no longer let in by the exception.") % {"person": self.object.person},
        )

    def get_context_data(self, **kwargs):
        return super().get_context_data(last_day=danish_day(self.object.ends_on), **kwargs)


class GrantFilterSet(WagtailFilterSet):
    in_force = django_filters.ChoiceFilter(
        label=gettext_lazy("In force"),
        choices=[("now", gettext_lazy("Today")), ("past", gettext_lazy("Ended"))],
        method="that_are",
    )

    def that_are(self, grants, _name, value):
        in_force = grants.in_force(today(timezone.now()))
        return in_force if value == "now" else grants.exclude(pk__in=in_force.values("pk"))

    class Meta:
        model = AudienceGrant
        fields = ["audience"]


class GrantIndexView(RegisterViewSet.index_view_class):
    def get_base_queryset(self):
        return AudienceGrant.objects.select_related("audience", "person", "granted_by")

    def get_edit_url(self, grant):
        """What can be done with an exception is to end it, while it is in force."""
        if grant.ends_on >= today(timezone.now()) and self.user_has_permission("change"):
            return reverse(self.edit_url_name, args=[grant.pk])
        return None


class GrantViewSet(RegisterViewSet):
    """Granted and ended, never edited: what was granted, and why, stays to be read."""

    model = AudienceGrant
    name = "exceptions"
    icon = "lock-open"
    index_view_class = GrantIndexView
    add_view_class = GrantCreateView
    edit_view_class = EndGrantView
    edit_handler = ObjectList(
        [FieldPanel("person"), FieldPanel("audience"), FieldPanel("reason"), FieldPanel("ends_on")],
        base_form_class=GrantForm,
    )
    list_display = ["person", "audience", "reason", "ends_on", "granted_by"]
    filterset_class = GrantFilterSet
    search_fields = ["person__name", "audience__name", "reason"]
    add_to_reference_index = False

    def get_urlpatterns(self):
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
            path("new/", self.add_view, name="add"),
            path("end/<int:pk>/", self.construct_view(EndGrantView), name="edit"),
        ]
