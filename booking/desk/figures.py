"""Pages of figures that staff ask for with a form in the address, and take along as a spreadsheet."""

from collections.abc import Sequence

from django import forms
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

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
