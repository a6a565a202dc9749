"""What the status of a booking says of it, as claims that are true or not."""

from booking.signup.moves import ACTIVE, HOLDS_A_SEAT, IN_LINE, SEATED, BookingStatus


class Claims:
    """Read from the status and the moments of a booking; nothing is looked up."""

    @property
    def is_seated(self) -> bool:
        """Whether somebody has said yes to the seat."""
        return self.status in SEATED

    @property
    def holds_a_seat(self) -> bool:
        return self.status in HOLDS_A_SEAT

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_waiting(self) -> bool:
        return self.status == BookingStatus.WAITING

    @property
    def is_offered(self) -> bool:
        return self.status == BookingStatus.OFFERED

    @property
    def awaits_partner(self) -> bool:
        """Whether the seat is kept until the other of the pair has answered."""
        return self.status == BookingStatus.PAIRING

    @property
    def awaits_payment(self) -> bool:
        return self.status == BookingStatus.HELD

    @property
    def is_confirmed(self) -> bool:
        """Whether the seat is theirs, and not only held while they pay."""
        return self.status == BookingStatus.CONFIRMED

    @property
    def is_expired(self) -> bool:
        return self.status == BookingStatus.EXPIRED

    @property
    def is_in_line(self) -> bool:
        """Whether they wait for a seat, or are offered one that somebody waited for."""
        return self.status in IN_LINE

    @property
    def never_had_a_seat(self) -> bool:
        """Whether they only ever waited for one."""
        return self.waiting_since is not None

    @property
    def was_pairing(self) -> bool:
        """Whether it was kept for a pair that nothing came of, because the other did not answer."""
        return self.is_expired and self.pair is not None and self.offered_until is not None

    @property
    def was_held(self) -> bool:
        """Whether it was kept for somebody who did not pay in time."""
        return self.is_expired and not self.never_had_a_seat and not self.was_pairing
