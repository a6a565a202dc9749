"""What the editor of a page is told beside the fields: the price of a session, and whom it is for."""

from django.utils import timezone
from wagtail.admin.panels import Panel

from booking.dates import today
from booking.money import danish_amount


class PricePanel(Panel):
    """What a seat costs today, or why that is not decided: read from the page as it was last saved."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/price_preview.html"

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            session = self.instance
            context["is_saved"] = session.pk is not None
            if not context["is_saved"]:
                return context
            context["session"] = session
            context["tariff"] = tariff = session.tariff(now=timezone.now())
            if tariff:
                context["net"] = danish_amount(tariff.price.net)
                context["gross"] = danish_amount(tariff.price.gross)
            return context


class AudiencePanel(Panel):
    """Whom the chosen audience admits and how many that is today, of a page that has one; numbers, never names."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/page_audience.html"

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            audience = self.instance.audience
            context["audience"] = audience
            context["sentence"] = audience.sentence(today(timezone.now())) if audience else ""
            return context
