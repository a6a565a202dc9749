"""The calendars of others, as staff keep them: what is followed, when it last went well, and why it did not."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, ObjectList, Panel
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import CreateView, EditView
from wagtail.admin.widgets.button import Button

from booking.calendars.faults import sentence
from booking.calendars.fetch import NotFetched, parts_of
from booking.calendars.outside import OutsideCalendar
from booking.calendars.outside_feed import refresh_outside
from booking.calendars.reading import MOST_BYTES, Fault, Unreadable
from booking.calendars.renew import Busy, events_in, note_new_name, renew, take_in, with_counts
from booking.dates import danish_moment
from booking.registers import NamedActionView, RegisterDeleteView, RegisterIndexView, RegisterViewSet

#: What staff write; all else is what became of it, and may be written by others at this moment.
WRITTEN = ("name", "url", "is_shown", "members")

BUSY = gettext_lazy("The calendar is being read already, so nothing was done. Try again in a minute.")


class AddressField(forms.URLField):
    """Calendars often give their address as webcal:, which is https by another name."""

    def to_python(self, value):
        if value and value.lower().startswith(("webcal://", "webcals://")):
            value = "https://" + value.partition("://")[2]
        return super().to_python(value)


class OutsideCalendarForm(WagtailAdminModelForm):
    """An address or a file. A file is read at once; what an address has is fetched when the calendar is saved."""

    url = AddressField(
        label=gettext_lazy("Address"),
        help_text=OutsideCalendar._meta.get_field("url").help_text,
        max_length=500,
        required=False,
        assume_scheme="https",
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,  # the reader has a sentence of its own for it
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
        help_text=gettext_lazy(
            "A calendar file (.ics), where there is no address. A new file takes the place of the one before: what it "
            "no longer has is shown as cancelled."
        ),
    )

    def clean_url(self) -> str:
        url = self.cleaned_data["url"]
        if url:
            try:
                parts_of(url)
            except NotFetched as refused:
                raise forms.ValidationError(sentence(refused.trouble), code=refused.trouble) from refused
        return url

    def clean_file(self) -> bytes | None:
        file = self.cleaned_data["file"]
        if file is None:
            return None
        if file.size > MOST_BYTES:
            raise forms.ValidationError(sentence(Fault.TOO_LARGE), code=Fault.TOO_LARGE)
        content = file.read()
        try:
            events_in(content, timezone.now())
        except Unreadable as unreadable:
            words = sentence(unreadable.fault, unreadable.where)
            raise forms.ValidationError(words, code=unreadable.fault) from unreadable
        return content

    def clean(self):
        cleaned = super().clean()
        if not self.errors and cleaned["url"] and cleaned["file"] is not None:
            self.add_error("file", _("Give either an address or a file."))
        if not self.errors and not cleaned["url"] and cleaned["file"] is None and not self._keeps_its_file:
            self.add_error("url", _("Give an address, or choose a file."))
        return cleaned

    @property
    def _keeps_its_file(self) -> bool:
        """Whether one was brought before; what came from an address is no file."""
        return bool(self.instance.pk and self.instance.content) and "url" not in self.changed_data

    def save(self, commit=True):
        calendar = super().save(commit=False)
        written = list(WRITTEN)
        if "url" in self.changed_data:
            # Whoever has the old address in hand comes too late.
            calendar.etag = calendar.last_modified = ""
            calendar.leased_until = None
            calendar.next_at = timezone.now() if calendar.url else None
            written += ["etag", "last_modified", "leased_until", "next_at"]
        calendar.save(update_fields=written if calendar.pk else None)
        return calendar


class StatePanel(Panel):
    """What became of it: when it last went well, how many events are to come, and why the last try failed."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/outside_state.html"

        def get_context_data(self, parent_context=None):
            return super().get_context_data(parent_context) | state_of(self.instance)


def state_of(calendar: OutsideCalendar) -> dict:
    """How it stands with a calendar, in words."""
    counted = with_counts(timezone.now()).filter(pk=calendar.pk).first()
    return {
        "calendar": calendar,
        "is_saved": counted is not None,
        "coming": counted.coming if counted else 0,
        "fetched": calendar.fetched_at and danish_moment(calendar.fetched_at),
        "tried": calendar.tried_at and danish_moment(calendar.tried_at),
    }


def say_how_it_went(request: HttpRequest, calendar: OutsideCalendar) -> None:
    """After a try, by hand or by saving: how many events there are, or why nothing changed."""
    counted = with_counts(timezone.now()).get(pk=calendar.pk)
    if counted.fault:
        messages.error(request, _("Nothing was changed: %(why)s") % {"why": counted.error})
        return
    said = ngettext("%(count)d event is to come.", "%(count)d events are to come.", counted.coming)
    messages.success(request, said % {"count": counted.coming})


class BringsItIn:
    """What has been saved is brought in at once, when the transaction that saved it is over."""

    def form_valid(self, form):
        response = super().form_valid(form)
        now, calendar = timezone.now(), self.object
        if "name" in form.changed_data:
            note_new_name(calendar, now=now)
        try:
            if form.cleaned_data["file"] is not None:
                take_in(calendar, form.cleaned_data["file"], now=now)
            elif calendar.url and "url" in form.changed_data:
                renew(calendar.pk, now=now)
            else:
                refresh_outside(now=now)  # its name, or whether it is shown
                return response
        except Busy:
            messages.error(self.request, BUSY)
            return response
        except Unreadable:
            pass  # it says why below
        say_how_it_went(self.request, calendar)
        return response


class OutsideCreateView(BringsItIn, CreateView):
    pass


class OutsideEditView(BringsItIn, EditView):
    @cached_property
    def header_more_buttons(self):
        buttons = super().header_more_buttons
        if self.object.url:
            url = reverse("outside-calendars:fetch", args=[self.object.pk])
            buttons.append(Button(_("Fetch now"), url=url, icon_name="rotate", priority=30))
        return buttons


class OutsideDeleteView(RegisterDeleteView):
    def delete_action(self):
        """Its events leave every feed with it."""
        super().delete_action()
        refresh_outside(now=timezone.now())


class FetchNowView(NamedActionView):
    permission_required = "change"
    template_name = "booking/admin/outside_fetch.html"
    page_title = gettext_lazy("Fetch now")
    header_icon = "rotate"

    def get_back_url(self) -> str:
        return reverse("outside-calendars:edit", args=[self.object.pk])

    def act(self):
        try:
            renew(self.object.pk, now=timezone.now())
        except Busy:
            messages.error(self.request, BUSY)
        else:
            say_how_it_went(self.request, self.object)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**state_of(self.object), **kwargs)


class OutsideIndexView(RegisterIndexView):
    def get_base_queryset(self):
        return with_counts(timezone.now())


class OutsideCalendarViewSet(RegisterViewSet):
    model = OutsideCalendar
    name = "outside-calendars"
    icon = "calendar-alt"
    add_view_class = OutsideCreateView
    edit_view_class = OutsideEditView
    delete_view_class = OutsideDeleteView
    index_view_class = OutsideIndexView
    edit_handler = ObjectList(
        [
            StatePanel(),
            FieldPanel("name"),
            FieldPanel("url"),
            FieldPanel("file"),
            FieldPanel("is_shown"),
            FieldPanel("members"),
        ],
        base_form_class=OutsideCalendarForm,
    )
    list_display = [
        "name",
        Column("source", label=gettext_lazy("From"), accessor=lambda calendar: calendar.url or _("a file")),
        Column("coming", label=gettext_lazy("Events to come")),
        Column(
            "fetched_at",
            label=gettext_lazy("Last fetched"),
            accessor=lambda calendar: danish_moment(calendar.fetched_at) if calendar.fetched_at else _("never"),
            sort_key="fetched_at",
        ),
        Column("error", label=gettext_lazy("What went wrong")),
    ]
    search_fields = ["name", "url"]
    add_to_reference_index = False

    def get_urlpatterns(self):
        conv = self.pk_path_converter
        fetch = path(f"fetch/<{conv}:pk>/", self.construct_view(FetchNowView), name="fetch")
        return [*super().get_urlpatterns(), fetch]
