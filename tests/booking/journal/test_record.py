"""A fact is written once and for ever; each room does what it owes it once, or again until it is done."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from booking.journal import record as journal
from booking.journal.models import Fact, FollowUp, JournalIsAppendOnly
from booking.journal.record import attempt, catch_up, record
from tests.factories import PersonFactory, UserFactory

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


class Room:
    """A follower that notes what it is told, and fails as long as it is told to."""

    def __init__(self):
        self.heard: list[str] = []
        self.fails = False

    def work(self, fact: Fact) -> None:
        self.heard.append(fact.kind)
        PersonFactory(name=f"Hørt af {fact.kind}")
        if self.fails:
            raise RuntimeError("the room is closed")

    @property
    def notes(self) -> int:
        """What its work has left in the database."""
        return type(PersonFactory.build()).objects.filter(name__startswith="Hørt af").count()


@pytest.fixture
def room(monkeypatch) -> Room:
    """One room that follows "rang", and no other."""
    room = Room()
    monkeypatch.setattr(journal, "_followers", {})
    journal.follow("bell", ["rang"], room.work)
    return room


@pytest.mark.parametrize(
    "change",
    [
        lambda fact: fact.save(),
        lambda fact: fact.delete(),
        lambda fact: Fact.objects.update(kind="other"),
        lambda fact: Fact.objects.all().delete(),
        lambda fact: Fact.objects.filter(pk=fact.pk).delete(),
        lambda fact: Fact.objects.bulk_update([fact], ["kind"]),
        lambda fact: Fact.objects.update_or_create(pk=fact.pk, defaults={"kind": "other"}),
    ],
    ids=["save", "delete", "update all", "delete all", "delete some", "bulk update", "update or create"],
)
def test_a_fact_is_never_changed_or_removed(db, change):
    fact = record("rang", UserFactory())
    fact.kind = "other"

    with pytest.raises(JournalIsAppendOnly), transaction.atomic():
        change(fact)

    assert Fact.objects.get().kind == "rang"


def test_who_did_something_cannot_be_removed(db):
    user, person = UserFactory(), PersonFactory()
    record("rang", person, by=user, on_behalf_of=person)

    for one in (user, person):
        with pytest.raises(ProtectedError):
            one.delete()


def test_a_fact_says_what_to_what_when_by_whom_and_for_whom(db):
    user, person = UserFactory(), PersonFactory()

    fact = record("rang", person, by=user, on_behalf_of=person, at=NOW, times=3)

    fact = Fact.objects.get(pk=fact.pk)
    assert (fact.kind, fact.about, fact.by, fact.on_behalf_of, fact.at) == ("rang", person, user, person, NOW)
    assert fact.details == {"times": 3}


def test_facts_about_one_thing_leave_out_those_about_another_of_the_same_number(db):
    user = UserFactory()
    person = PersonFactory(pk=user.pk)
    fact = record("rang", person)
    record("rang", user)

    assert list(Fact.objects.about(person)) == [fact]


def test_a_room_is_called_when_the_fact_has_been_committed(transactional_db, room):
    with transaction.atomic():
        record("rang", UserFactory())
        assert room.heard == []

    assert room.heard == ["rang"]
    assert FollowUp.objects.get().done_at is not None


def test_a_room_hears_only_what_it_follows(transactional_db, room):
    record("knocked", UserFactory())

    assert room.heard == []
    assert not FollowUp.objects.exists()


def test_nothing_follows_from_what_was_rolled_back(transactional_db, room):
    with transaction.atomic():
        record("rang", UserFactory())
        transaction.set_rollback(True)

    assert room.heard == []
    assert not Fact.objects.exists()
    assert not FollowUp.objects.exists()


def test_nothing_follows_from_a_part_that_was_rolled_back(transactional_db, room):
    with transaction.atomic():
        with transaction.atomic():
            record("rang", UserFactory())
            transaction.set_rollback(True)
        record("knocked", UserFactory())

    assert room.heard == []
    assert Fact.objects.get().kind == "knocked"


def test_what_is_done_is_not_done_again(transactional_db, room):
    record("rang", UserFactory())

    assert attempt(FollowUp.objects.get().pk) is True
    assert catch_up(timezone.now() + timedelta(days=1)) == (0, 0)
    assert room.heard == ["rang"]


def test_a_room_that_fails_leaves_nothing_behind_and_does_not_reach_the_caller(transactional_db, room):
    room.fails = True

    record("rang", UserFactory())

    owed = FollowUp.objects.get()
    assert (room.heard, room.notes) == (["rang"], 0)
    assert (owed.done_at, owed.attempts) == (None, 1)


def test_a_room_that_fails_does_not_keep_another_from_its_work(transactional_db, room):
    room.fails = True
    other = Room()
    journal.follow("door", ["rang"], other.work)

    record("rang", UserFactory())

    assert dict(FollowUp.objects.values_list("room", "attempts")) == {"bell": 1, "door": 0}
    assert other.heard == ["rang"]
    assert other.notes == 1


def test_what_failed_is_taken_up_when_its_time_has_come(transactional_db, room):
    room.fails = True
    with time_machine.travel(NOW, tick=False):
        record("rang", UserFactory())
        assert catch_up(NOW) == (0, 0)

    room.fails = False
    assert catch_up(NOW + timedelta(seconds=59)) == (0, 0)
    assert catch_up(NOW + timedelta(minutes=1)) == (1, 0)
    assert catch_up(NOW + timedelta(minutes=2)) == (0, 0)
    assert room.notes == 1


def test_patience_grows_with_every_failure(transactional_db, room):
    room.fails = True
    waits = []
    with time_machine.travel(NOW, tick=False) as clock:
        record("rang", UserFactory())
        for _number in range(6):
            owed = FollowUp.objects.get()
            waits.append((owed.not_before - timezone.now()) // timedelta(minutes=1))
            clock.move_to(owed.not_before)
            assert catch_up(timezone.now()) == (0, 1)

    assert waits == [1, 5, 15, 60, 240, 240]
    assert FollowUp.objects.get().attempts == 7


def test_what_died_before_its_turn_is_taken_up(transactional_db, room):
    """A process killed between the commit and the call has left the row, and nothing else."""
    fact = record("knocked", UserFactory(), at=NOW)
    FollowUp.objects.create(fact=fact, room="bell", not_before=NOW)

    assert catch_up(NOW) == (1, 0)
    assert room.heard == ["knocked"]


def test_catching_up_goes_in_the_order_of_the_facts(transactional_db, room):
    first, second = record("knocked", UserFactory(), at=NOW), record("left", UserFactory(), at=NOW)
    FollowUp.objects.create(fact=second, room="bell", not_before=NOW)
    FollowUp.objects.create(fact=first, room="bell", not_before=NOW)

    assert catch_up(NOW) == (2, 0)
    assert room.heard == ["knocked", "left"]


def test_what_is_owed_by_a_room_that_is_gone_is_left_alone(transactional_db, room):
    fact = record("knocked", UserFactory(), at=NOW)
    FollowUp.objects.create(fact=fact, room="attic", not_before=NOW)

    assert catch_up(NOW) == (0, 0)
    assert FollowUp.objects.get().attempts == 0


def _all_at_once(count: int, work) -> list:
    """Do ``work`` in so many threads that all start together; give what each brought."""
    barrier, results = Barrier(count), []

    def run():
        try:
            barrier.wait()
            results.append(work())
        finally:
            connection.close()

    threads = [Thread(target=run) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def test_parallel_attempts_do_the_work_once(transactional_db, room):
    fact = record("knocked", UserFactory(), at=NOW)
    owed = FollowUp.objects.create(fact=fact, room="bell", not_before=NOW)

    results = _all_at_once(6, lambda: attempt(owed.pk))

    assert results == [True] * 6
    assert room.heard == ["knocked"]
    assert room.notes == 1


def test_parallel_attempts_that_fail_leave_the_work_for_later(transactional_db, room):
    room.fails = True
    fact = record("knocked", UserFactory(), at=NOW)
    owed = FollowUp.objects.create(fact=fact, room="bell", not_before=NOW)

    assert _all_at_once(4, lambda: attempt(owed.pk)) == [False] * 4

    room.fails = False
    assert room.notes == 0
    assert catch_up(timezone.now() + timedelta(days=1)) == (1, 0)
    assert room.notes == 1


def test_parallel_catching_up_does_everything_once(transactional_db, room):
    for _number in range(10):
        FollowUp.objects.create(fact=record("knocked", UserFactory(), at=NOW), room="bell", not_before=NOW)

    _all_at_once(3, lambda: catch_up(NOW))

    assert len(room.heard) == 10
    assert not FollowUp.objects.filter(done_at=None).exists()


def test_a_database_that_goes_away_after_the_commit_does_not_reach_the_visitor(transactional_db, room, monkeypatch):
    user = UserFactory()
    room.fails = True

    def no_answer(follow_up_id):
        raise DatabaseError("server closed the connection unexpectedly")

    monkeypatch.setattr(journal, "_put_off", no_answer)

    record("rang", user)

    assert get_user_model().objects.filter(pk=user.pk).exists()
    assert FollowUp.objects.get().attempts == 0
