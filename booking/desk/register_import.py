"""Bringing the register in: choose a file, see what it would do, and say yes. Nothing is done before the yes."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet

from booking.people.importing import HasBadRows, RegisterChanged, carry_out, plan_import
from booking.people.models import HealthCouncil, OfficeKind
from booking.people.plan import FIELDS, Held, Holder, Plan, danish_date
from booking.people.rows import COLUMNS, EXPECTED, read_rows
from booking.people.tables import MAX_BYTES, MAX_ROWS, MEGABYTE, Unreadable
from booking.people.waiting import RegisterFile, bring
from booking.signup.successors import awaiting_successor

#: Whoever brings a register in adds and changes persons and offices.
NEEDED = ("booking.add_person", "booking.change_person", "booking.add_office", "booking.change_office")

EXAMPLE = {
    "municipality": "Fanø",
    "office": "Borgmester",
    "name": "Anne Eksempel",
    "email": "anne.eksempel@example.org",
    "phone": "12 34 56 78",
    "starts_on": "1.1.2026",
    "ends_on": "",
}


class RegisterFileForm(forms.Form):
    """A file to bring in. Whether it is a table of office holders is said when it has been read."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,  # the reader has a sentence of its own for it
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "invalid": gettext_lazy("The file did not arrive. Choose it again."),
            "missing": gettext_lazy("The file did not arrive. Choose it again."),
        },
    )

    def clean_file(self) -> bytes:
        content = self.cleaned_data["file"].read(MAX_BYTES + 1)
        try:
            read_rows(content)
        except Unreadable as error:
            raise forms.ValidationError(str(error)) from error
        return content


@method_decorator(never_cache, name="dispatch")
class ForRegistrars:
    """For those who may add and change persons and offices. Names are on these pages, so no machine keeps them."""

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perms(NEEDED):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class ImportPage(ForRegistrars, WagtailAdminTemplateMixin, TemplateView):
    page_title = gettext_lazy("Bring the register in")
    header_icon = "upload"

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": reverse("register-import:index"), "label": self.page_title}]


class ChooseFileView(ImportPage):
    """Step one: a file. It is read here; what it would do is the next page."""

    template_name = "booking/admin/register_import.html"

    def post(self, request, *args, **kwargs):
        form = RegisterFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        bring(form.cleaned_data["file"], user=request.user, now=timezone.now())
        return redirect("register-import:plan")

    def get_context_data(self, **kwargs):
        kwargs.setdefault("form", RegisterFileForm())
        return super().get_context_data(
            columns=[COLUMNS[column][0] for column in EXPECTED],
            template_url=reverse("register-import:template"),
            most_megabytes=MAX_BYTES // MEGABYTE,
            most_rows=f"{MAX_ROWS:,}".replace(",", "."),
            **kwargs,
        )


class PlanView(ImportPage):
    """Step two: what the file would do to the register as it is now; and the yes, which does it."""

    template_name = "booking/admin/register_plan.html"

    def get(self, request, *args, **kwargs):
        now = timezone.now()
        file = RegisterFile.objects.waiting(now).filter(user=request.user).first()
        if file is None:
            return self._ask_for_file()
        return self.render_to_response(self.get_context_data(file=file, plan=plan_import(bytes(file.content), now=now)))

    def post(self, request, *args, **kwargs):
        """Do what was shown, on the bytes that were shown; whoever presses twice does it once."""
        now = timezone.now()
        if "discard" in request.POST:
            RegisterFile.objects.filter(user=request.user).delete()
            messages.info(request, _("The file has been discarded. Nothing was done."))
            return redirect("register-import:index")
        try:
            with transaction.atomic():
                mine = RegisterFile.objects.waiting(now).filter(user=request.user)
                file = mine.filter(digest=request.POST.get("digest", "")).select_for_update().first()
                if file is None:
                    return self._ask_for_file()
                plan = plan_import(bytes(file.content), now=now)
                if plan.fingerprint != request.POST.get("fingerprint"):
                    raise RegisterChanged
                done = carry_out(plan, by=request.user, now=now)
                file.delete()
        except RegisterChanged:
            messages.warning(
                request,
                _("The register was changed in the meantime, so nothing was done. This is what the file would do now."),
            )
            return redirect("register-import:plan")
        except HasBadRows:
            messages.error(request, _("Nothing was done, because some rows are wrong."))
            return redirect("register-import:plan")
        self._say_what_was_done(done)
        return redirect("register-import:index")

    def _ask_for_file(self):
        messages.warning(
            self.request,
            _("The file is no longer here: it is kept for an hour, and until it has been used. Choose it again."),
        )
        return redirect("register-import:index")

    def _say_what_was_done(self, plan: Plan) -> None:
        messages.success(
            self.request, _("The register has been brought in: %(counts)s.") % {"counts": ", ".join(counts(plan))}
        )
        waiting = awaiting_successor(timezone.now()).count()
        if waiting:
            messages.warning(
                self.request,
                ngettext("%(count)d seat lacks a successor.", "%(count)d seats lack a successor.", waiting)
                % {"count": waiting},
                buttons=[messages.button(reverse("awaiting-successor:index"), _("See them"))],
            )

    def get_context_data(self, *, file: RegisterFile, plan: Plan, **kwargs):
        councils = dict(HealthCouncil.objects.values_list("pk", "name"))
        return super().get_context_data(
            plan=plan,
            digest=file.digest,
            counts=counts(plan),
            may_be_done=not plan.bad and not plan.does_nothing,
            added=[_office_row(held, councils) for held in plan.added],
            ended=[_office_row(held, councils) for held in plan.ended],
            changed=[_office_row(held, councils) for held in plan.changed],
            persons=list(_person_rows(plan.persons_changed)),
            unchanged=[_office_row(held, councils) for held in plan.unchanged],
            **kwargs,
        )


def counts(plan: Plan) -> list[str]:
    """What a plan does, in numbers."""
    return [
        phrase % {"count": count}
        for count, phrase in (
            (len(plan.added), ngettext("%(count)d office begins", "%(count)d offices begin", len(plan.added))),
            (len(plan.ended), ngettext("%(count)d office ends", "%(count)d offices end", len(plan.ended))),
            (len(plan.changed), ngettext("%(count)d office changes", "%(count)d offices change", len(plan.changed))),
            (
                len(plan.persons_changed),
                ngettext("%(count)d person changes", "%(count)d persons change", len(plan.persons_changed)),
            ),
            (
                len(plan.persons_added),
                ngettext("%(count)d person is new", "%(count)d persons are new", len(plan.persons_added)),
            ),
            (
                len(plan.unchanged),
                ngettext(
                    "%(count)d office runs on unchanged", "%(count)d offices run on unchanged", len(plan.unchanged)
                ),
            ),
        )
    ]


def _office_row(held: Held, councils: dict[int, str]) -> dict:
    before = held.office
    return {
        "name": held.holder.name,
        "email": held.holder.email or "",
        "is_new_person": held.holder.person is None,
        "office": OfficeKind(held.kind).label,
        "municipality": held.municipality.name,
        "before": before and _in_words(before.starts_on, before.ends_on, before.health_council_id, councils),
        "after": _in_words(held.starts_on, held.ends_on, held.health_council_id, councils),
    }


def _in_words(starts_on: date, ends_on: date | None, council_id: int | None, councils: dict[int, str]) -> str:
    """ "1.1.2022 – 31.12.2025, Sundhedsråd Fyn": the days of an office, and the council of those who sit on one."""
    if ends_on:
        days = _("%(first)s – %(last)s") % {"first": danish_date(starts_on), "last": danish_date(ends_on)}
    else:
        days = _("from %(first)s") % {"first": danish_date(starts_on)}
    return f"{days}, {councils[council_id]}" if council_id else days


def _person_rows(holders: Iterable[Holder]) -> Iterator[dict]:
    for holder in holders:
        for field in holder.changes:
            yield {
                "name": holder.person.name,
                "field": FIELDS[field],
                "before": getattr(holder.person, field) or "–",
                "after": getattr(holder, field) or "–",
            }


class TemplateFileView(ForRegistrars, View):
    """An empty register file with the right headings and one row to overwrite, as a Danish Excel opens it."""

    def get(self, request):
        written = io.StringIO(newline="")
        writer = csv.writer(written, delimiter=";")
        writer.writerow([COLUMNS[column][0] for column in EXPECTED])
        writer.writerow([EXAMPLE[column] for column in EXPECTED])
        return HttpResponse(
            written.getvalue().encode("utf-8-sig"),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="register-skabelon.csv"'},
        )


class ForRegistrarsOnly(MenuItem):
    def is_shown(self, request):
        return request.user.has_perms(NEEDED)


class RegisterImportViewSet(ViewSet):
    name = "register-import"
    icon = "upload"
    menu_label = gettext_lazy("Bring the register in")
    menu_item_class = ForRegistrarsOnly

    def get_urlpatterns(self):
        return [
            path("", ChooseFileView.as_view(), name="index"),
            path("plan/", PlanView.as_view(), name="plan"),
            path("template/", TemplateFileView.as_view(), name="template"),
        ]
