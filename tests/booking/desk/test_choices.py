"""Alternate runs as editors keep them."""

from datetime import date

import pytest
from django.urls import reverse

from booking.desk.pages import with_several_runs
from booking.models import Choice, SessionPage
from booking.signup.cancel import cancel_booking
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import SessionPageFactory, mayor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def choice():
    return Choice.objects.create(name="Kattegatkursus")


def test_an_editor_makes_a_choice_and_picks_it_on_a_session(client, editor):
    client.post(reverse("choices:add"), {"name": "Kattegatkursus"})
    session = SessionPageFactory()

    form = client.get(reverse("wagtailadmin_pages:edit", args=[session.pk])).context["form"]

    assert [str(choice) for choice in form.fields["choice"].queryset] == ["Kattegatkursus"]


def test_a_choice_that_sessions_have_is_not_deleted(client, editor, choice):
    SessionPageFactory(choice=choice)

    client.post(reverse("choices:delete", args=[choice.pk]))

    assert Choice.objects.get() == choice


def test_a_copy_is_no_alternative_to_what_it_was_copied_from(choice):
    session = SessionPageFactory(choice=choice)

    copy = session.copy(update_attrs={"slug": "en-kopi"}, keep_live=False)

    assert copy.choice is None
    assert copy.get_latest_revision_as_object().choice is None
    assert SessionPage.objects.get(pk=session.pk).choice == choice


def test_an_editor_is_told_how_many_are_at_several_runs_already(choice):
    first, second = (SessionPageFactory(starts_on=date(2027, 3, day)) for day in (15, 22))
    mayors = [mayor_of(name) for name in ("Fanø", "Ærø", "Samsø")]
    for mayor in mayors:
        order(first, mayor)
    seats = [order(second, mayor).bookings.get() for mayor in mayors[:2]]
    first.choice = choice
    first.save_revision().publish()
    second.choice = choice

    assert with_several_runs(second) == 2
    cancel_booking(seats[0], by=None, now=NOW)
    assert with_several_runs(second) == 1
    assert with_several_runs(SessionPageFactory()) == 0
