"""All models of the booking module, gathered for Django; each lives in its own room."""

from booking.calendars.models import Feed, PersonalCalendar, PersonalEvent
from booking.calendars.outside import OutsideCalendar, OutsideEvent
from booking.invoicing.models import Charge, Deposit, HandOver, Invoice, Reversal, Series, Settlement, Transfer
from booking.journal.models import Fact, FollowUp
from booking.messages.models import MailedVersion, MailText, OutboxMessage, Reminder
from booking.mypage.models import DeletionRequest
from booking.payments.differences import Difference, Reconciliation
from booking.payments.models import Payment, Refund, StripeEvent
from booking.people.audiences import Audience
from booking.people.grants import AudienceGrant
from booking.people.models import ElectionTerm, HealthCouncil, Municipality, Office, Person, Secretary
from booking.people.waiting import RegisterFile
from booking.pricing.models import AddOn, Conditions, ConditionsVersion, PriceList, PriceRow, Seller
from booking.sessions.calendar_entry import CalendarEntry, FeedPlace
from booking.sessions.models import Choice, Contact, QuietRevision, Reminders, SessionPage, Speaker, Venue
from booking.signup.models import Booking, Interest, Order, OrderLine, Withdrawal, WithdrawalLine

__all__ = [
    "AddOn",
    "Audience",
    "AudienceGrant",
    "Booking",
    "CalendarEntry",
    "Charge",
    "Choice",
    "Conditions",
    "ConditionsVersion",
    "Contact",
    "DeletionRequest",
    "Deposit",
    "Difference",
    "ElectionTerm",
    "Fact",
    "Feed",
    "FeedPlace",
    "FollowUp",
    "HandOver",
    "HealthCouncil",
    "Interest",
    "Invoice",
    "MailText",
    "MailedVersion",
    "Municipality",
    "Office",
    "Order",
    "OrderLine",
    "OutboxMessage",
    "OutsideCalendar",
    "OutsideEvent",
    "Payment",
    "Person",
    "PersonalCalendar",
    "PersonalEvent",
    "PriceList",
    "PriceRow",
    "QuietRevision",
    "Reconciliation",
    "Refund",
    "RegisterFile",
    "Reminder",
    "Reminders",
    "Reversal",
    "Secretary",
    "Seller",
    "Series",
    "SessionPage",
    "Settlement",
    "Speaker",
    "StripeEvent",
    "Transfer",
    "Venue",
    "Withdrawal",
    "WithdrawalLine",
]
