"""What staff need to sign somebody up: a yes to the conditions, and a reason for whatever they set aside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from booking.sessions.models import SessionPage
from booking.signup.standing import Obstacle, time_obstacle

#: What staff may set aside with a reason. Of a session that is cancelled, over or not ready, nothing can be sold.
CAN_BE_SET_ASIDE = frozenset(
    {Obstacle.NOT_OPEN, Obstacle.CLOSED, Obstacle.STARTED, Obstacle.FULL, Obstacle.NOT_FOR_YOU}
)


@dataclass(frozen=True, slots=True)
class Authority:
    """On what a member of staff (``by``, a user) signs somebody up.

    ``accepted_by`` said yes to the conditions, in the way ``accepted_how`` (an AcceptedHow). The ``reason`` is for
    what is set aside, and stands in the journal.
    """

    by: Any
    accepted_by: str
    accepted_how: str
    note: str = ""
    sets_aside: frozenset[Obstacle] = frozenset()
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.accepted_by or not self.accepted_how:
            raise ValueError("somebody has accepted the conditions, and in some way")
        if self.sets_aside and not self.reason:
            raise ValueError("what is set aside has a reason")
        if self.sets_aside - CAN_BE_SET_ASIDE:
            raise ValueError(f"{self.sets_aside - CAN_BE_SET_ASIDE} can't be set aside")

    @property
    def on_the_order(self) -> dict[str, str]:
        return {
            "accepted_by": self.accepted_by,
            "accepted_how": self.accepted_how,
            "acceptance_note": self.note,
        }

    @property
    def in_the_fact(self) -> dict[str, Any]:
        """Nothing where nothing was set aside."""
        return {"set_aside": sorted(self.sets_aside), "reason": self.reason} if self.sets_aside else {}


def can_take_calls(session: SessionPage, *, now: datetime) -> bool:
    """Whether staff can sign anybody up at all: not where it is cancelled, over, without a date or not public."""
    obstacle = time_obstacle(session, now=now)
    return obstacle is None or obstacle in CAN_BE_SET_ASIDE


def may_pass(obstacle: Obstacle, authority: Authority | None) -> bool:
    """Whether the obstacle is set aside."""
    return authority is not None and obstacle in authority.sets_aside
