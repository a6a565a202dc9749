"""Staff's menu: the rooms' lists under the headings that staff look for them under."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.base import ViewSetGroup

from booking.calendars.admin import OutsideCalendarViewSet
from booking.desk.bank_file import BankFileViewSet
from booking.desk.movements import MovementsViewSet
from booking.desk.register_import import RegisterImportViewSet
from booking.desk.successors import AwaitingViewSet
from booking.desk.venues import VenueViewSet
from booking.desk.vouchers import VouchersViewSet
from booking.invoicing.admin import InvoiceViewSet, ReadyViewSet
from booking.journal.admin import FactViewSet
from booking.messages.admin import OutboxViewSet
from booking.messages.text_admin import MailTextViewSet
from booking.payments.admin import DifferenceViewSet, PaymentViewSet
from booking.people.admin import (
    ElectionTermViewSet,
    HealthCouncilViewSet,
    MunicipalityViewSet,
    OfficeViewSet,
    PersonViewSet,
    SecretaryViewSet,
)
from booking.people.audience_admin import AudienceViewSet, GrantViewSet
from booking.pricing.admin import AddOnViewSet, ConditionsViewSet, PriceListViewSet, SellerViewSet
from booking.sessions.admin import ChoiceViewSet, ContactViewSet
from booking.signup.admin import BookingViewSet


class BookingsGroup(ViewSetGroup):
    menu_label = _("Bookings")
    menu_name = "bookings"
    menu_icon = "form"
    menu_order = 200
    items = (
        BookingViewSet,
        PaymentViewSet,
        MovementsViewSet,
        DifferenceViewSet,
        ReadyViewSet,
        InvoiceViewSet,
        BankFileViewSet,
        VouchersViewSet,
        AwaitingViewSet,
        OutboxViewSet,
        MailTextViewSet,
        FactViewSet,
    )


class RegisterGroup(ViewSetGroup):
    """Requests for deletion, which are answered from a room beside this one, join through the hook."""

    menu_label = _("Register")
    menu_name = "register"
    menu_icon = "group"
    menu_order = 210
    submenu_hook = "register_people_menu_item"
    items = (
        PersonViewSet,
        OfficeViewSet,
        SecretaryViewSet,
        AudienceViewSet,
        GrantViewSet,
        MunicipalityViewSet,
        HealthCouncilViewSet,
        ElectionTermViewSet,
        RegisterImportViewSet,
    )


class PricesGroup(ViewSetGroup):
    menu_label = _("Prices and conditions")
    menu_name = "prices"
    menu_icon = "tag"
    menu_order = 220
    items = (PriceListViewSet, AddOnViewSet, ConditionsViewSet, SellerViewSet)


class PlacesGroup(ViewSetGroup):
    """Speakers, who are a snippet, and whatever ``home`` keeps for its pages join through the hook."""

    menu_label = _("Places and people on the pages")
    menu_name = "places"
    menu_icon = "site"
    menu_order = 230
    submenu_hook = "register_places_menu_item"
    items = (VenueViewSet, ContactViewSet, ChoiceViewSet, OutsideCalendarViewSet)


def without_what_nobody_needs(request, items) -> None:
    """Wagtail's help leads to English pages outside the house."""
    items[:] = [item for item in items if item.name != "help"]


def without_workshop_reports(request, items) -> None:
    """How often a page type is used is a question for whoever builds the site."""
    items[:] = [item for item in items if item.name != "page-types-usage"]
