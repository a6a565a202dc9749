"""Why an order can't be taken as it stands, in the sentences of its form."""

from django.utils.translation import gettext_lazy as _

NO_LONGER_YOURS = _("You can't sign this person up, because you don't act for them, or no longer do.")
SEVERAL_PAYERS = _(
    "Those you have chosen come from more than one municipality, and an order has one payer. Sign them up municipality "
    "by municipality."
)
NOT_YOURS_TO_NAME = _("You can't name others for this session, because you act for nobody whom it is for.")
SEVERAL_HOSTS = _(
    "Those you act for come from more than one municipality. Tick at least one of them, so that we know where the "
    "others come from."
)
TOO_MANY_GUESTS = _("You have named as many as one can in a day. Name the next ones tomorrow, or ask us.")
THE_OTHER = _("Choose who is to be the other of the pair.")
TWO_OF_A_PAIR = _("Choose two persons: those who are to come as a pair.")
CANNOT_ASK = _(
    "We can't ask the other of the pair: the session is too near, or we have no address to write to. Whoever acts for "
    "both can sign them up."
)
NO_CARD_FOR_PAIR = _("When the other of the pair is to be asked first, only an invoice will do. Choose it.")
NO_CARDS = _("This session can't be paid by card. Choose the invoice.")
NO_CARD_FOR_AMOUNT = _("So much, or so little, can't be paid by card. Choose the invoice.")
NO_CARD_FOR_WAITING = _("When somebody is to wait for a seat, only an invoice will do. Choose it.")
PRICE_OF_CHOICE = _("With what you have chosen, the price is another. See it below, and accept again.")
PRICE_CHANGED = _("The price has changed since you opened the page. See the new price, and accept again.")
SEATS_TAKEN = _("The last seat was taken a moment ago. You can join the waiting list instead.")
SEAT_FREE = _("A seat has come free, so you need not wait: you can sign up now.")
CONDITIONS_CHANGED = _("The conditions have changed since you opened the page. Read them, and accept again.")
