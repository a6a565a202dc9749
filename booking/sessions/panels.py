"""What the editor of a page is told beside the fields: the price of a session, and whom it is for."""

from django.utils import timezone
from wagtail.admin.panels import Panel

from booking.dates import today


class PricePanel(Panel):
    """What every audience and every add-on costs today, and what is missing: read from the page as last saved."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "booking/admin/price_preview.html"

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            session = self.instance
            context["is_saved"] = session.pk is not None
            if not context["is_saved"]:
                return context
            prices = session.prices(now=timezone.now())
            priced = {tariff.add_on for tariff in prices.add_ons}
            return context | {
                "session": session,
                "prices": prices,
                "missing": [add_on for add_on in session.add_ons.all() if add_on.pk not in priced],
            }


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
