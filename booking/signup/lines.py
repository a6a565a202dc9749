"""A session as a line in a list: what it costs, whether there are seats, and what stands in the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from booking.dates import today
from booking.pricing.models import ConditionsVersion
from booking.pricing.price import Prices, prices_from, rows_in_force
from booking.sessions.models import SessionPage
from booking.signup.bookings import Booking
from booking.signup.queries import IN_LINE_FOR_A_SEAT, TAKEN
from booking.signup.standing import Obstacle, for_sale, terms_obstacle, time_obstacle

#: So many seats or fewer are worth a warning.
FEW = 5
#: How a session is counted that nobody has booked.
NOBODY = {"taken": 0, "waiting": 0}


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session beside what a list says of it at one moment."""

    session: SessionPage
    prices: Prices
    seats_left: int | None
    obstacle: Obstacle | None

    @property
    def few_left(self) -> bool:
        return self.obstacle is None and self.seats_left is not None and self.seats_left <= FEW

    @property
    def leaf_words(self) -> str:
        """What its calendar leaf says while there is no date: "maj/juni", with the year below."""
        return self.session.when.words.removesuffix(str(self.session.when.starts_on.year)).strip()

    @property
    def shows_price(self) -> bool:
        """What a seat costs today says nothing of a session that is over or called off."""
        return self.obstacle not in {Obstacle.OVER, Obstacle.CANCELLED}


def session_lines(sessions: Iterable[SessionPage], *, now: datetime) -> list[SessionLine]:
    """The sessions (from ``for_listing``) as lines, in their order; three more queries, however many they are."""
    sessions = list(sessions)
    if not sessions:
        return []
    rows = rows_in_force({session.price_list_id for session in sessions if session.price_list_id}, on=today(now))
    bookings = Booking.objects.filter(session__in=[session.pk for session in sessions]).order_by().values("session")
    counted = {row.pop("session"): row for row in bookings.annotate(taken=TAKEN, waiting=IN_LINE_FOR_A_SEAT)}
    conditions = {session.conditions_id for session in sessions if session.conditions_id}
    written = set(
        ConditionsVersion.objects.filter(conditions__in=conditions).order_by().values_list("conditions", flat=True)
    )

    lines = []
    for session in sessions:
        # No list names add-ons, so they are not looked up.
        listed = rows.get(session.price_list_id, [])
        prices = prices_from(own_net=session.own_net, rows=listed, kind=session.kind, add_ons=set())
        left = for_sale(session, **counted.get(session.pk, NOBODY))
        obstacle = time_obstacle(session, now=now) or terms_obstacle(
            session, is_priced=prices.is_decided, has_conditions=session.conditions_id in written, left=left
        )
        lines.append(SessionLine(session=session, prices=prices, seats_left=left, obstacle=obstacle))
    return lines
