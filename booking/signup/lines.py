"""A session as a line in a list: what it costs, whether there are seats, and what stands in the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from booking.dates import today
from booking.pricing.models import ConditionsVersion
from booking.pricing.price import Prices, prices_from, rows_in_force
from booking.sessions.models import SessionPage
from booking.signup.models import Booking
from booking.signup.standing import Obstacle, terms_obstacle, time_obstacle

#: So many seats or fewer are worth a warning.
FEW = 5


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
    taken = Booking.objects.filter(session__in=[session.pk for session in sessions]).holding_a_seat()
    taken_by_session = dict(taken.order_by().values_list("session").annotate(Count("pk")))
    conditions = {session.conditions_id for session in sessions if session.conditions_id}
    written = set(
        ConditionsVersion.objects.filter(conditions__in=conditions).order_by().values_list("conditions", flat=True)
    )

    lines = []
    for session in sessions:
        # No list names add-ons, so they are not looked up.
        listed = rows.get(session.price_list_id, [])
        prices = prices_from(own_net=session.own_net, rows=listed, kind=session.kind, add_ons=set())
        left = None if session.capacity is None else max(0, session.capacity - taken_by_session.get(session.pk, 0))
        obstacle = time_obstacle(session, now=now) or terms_obstacle(
            session, is_priced=prices.is_decided, has_conditions=session.conditions_id in written, left=left
        )
        lines.append(SessionLine(session=session, prices=prices, seats_left=left, obstacle=obstacle))
    return lines
