"""Pages of figures that staff ask for with a form in the address, and take along as a spreadsheet."""

from collections.abc import Callable, Sequence
from datetime import date

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from booking.dates import today
from booking.desk.period import Period, PeriodForm, shortcuts
from booking.spreadsheet import DanishSpreadsheetMixin

#: Lines on one page.
PAGE = 50


class FiguresView(DanishSpreadsheetMixin, WagtailAdminTemplateMixin, TemplateView):
    """What the form asks for, page by page; what can't be read is said beside its field.

    A subclass has the ``form`` and says ``is_refused``, ``exported`` (what becomes rows) and ``shown`` (what is paged).
    """

    form: forms.Form
    is_refused: bool
    exported: Sequence
    shown: Sequence | QuerySet

    def get(self, request, *args, **kwargs):
        if self.is_refused:
            return self.render_to_response(self.get_context_data(), status=422)
        if self.is_export:
            return self.as_spreadsheet(self.exported, request.GET["export"])
        return super().get(request, *args, **kwargs)

    @cached_property
    def page(self):
        return WagtailPaginator(self.shown, PAGE).get_page(self.request.GET.get("p"))

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            form=self.form,
            page_obj=self.page,
            elided_page_range=self.page.paginator.get_elided_page_range(self.page.number),
            export_url=self.csv_export_url,
            workbook_url=self.xlsx_export_url,
            **kwargs,
        )

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]


class PeriodView(FiguresView):
    """Figures of the days from one to another. A subclass says which days it ``proposes``, and what its file is of."""

    proposes: Callable[[date], Period]
    file_of: str

    @cached_property
    def form(self) -> PeriodForm:
        return PeriodForm(self.request.GET, proposed=self.proposes(today(timezone.now())))

    @cached_property
    def show_export_buttons(self):
        return self.form.period is not None

    @property
    def is_refused(self):
        return self.form.period is None

    def to_row_dict(self, line):
        return {field: line[field] for field in self.list_export}

    def get_filename(self):
        return f"{self.file_of}-{self.form.period.first}-{self.form.period.last}"

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            period=self.form.period,
            shortcuts=shortcuts(timezone.now()),
            **kwargs,
        )
