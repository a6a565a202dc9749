"""Pages can't lose bookings: deleting, unpublishing, moving and copying, from the tree and in bulk."""

from datetime import date
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from booking.models import Booking, CalendarEntry, SessionPage
from booking.signup.waiting import offer_free_seats
from home.models import HeadingPage, OfferPage
from tests.booking.desk.test_bookings import book
from tests.booking.desk.test_planning import save
from tests.booking.signup.test_reserve import NOW, order
from tests.factories import HeadingPageFactory, OfferPageFactory, SessionPageFactory, front_page, mayor_of


def told(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.fixture
def session(db):
    """A session with two bookings, below an offer, below a heading."""
    session = SessionPageFactory(title="Ny borgmester", parent=OfferPageFactory(title="Forløbet"))
    book(session, "Ærø", "Fanø")
    return session


def bulk(action: str, *pages) -> str:
    ids = "&".join(f"id={page.pk}" for page in pages)
    return reverse("wagtail_bulk_action", args=["wagtailcore", "page", action]) + f"?{ids}"


@pytest.mark.parametrize("which", ["session", "offer", "heading", "catalogue", "front page"])
@pytest.mark.parametrize("way", ["GET", "POST", "bulk"])
def test_no_page_with_bookings_on_it_or_below_it_is_deleted(client, editor, session, which, way):
    page = {
        "session": session,
        "offer": session.get_parent(),
        "heading": session.get_parent().get_parent(),
        "catalogue": session.get_parent().get_parent().get_parent(),
        "front page": front_page(),
    }[which]
    address = bulk("delete", page) if way == "bulk" else reverse("wagtailadmin_pages:delete", args=[page.pk])

    response = client.get(address) if way == "GET" else client.post(address)

    assert response.status_code == 302
    assert "Ny borgmester" in told(response)
    assert "2" in told(response)
    assert SessionPage.objects.filter(pk=session.pk).exists()
    assert Booking.objects.count() == 2
    assert client.get(response.url).status_code == 200


def test_a_cancelled_booking_keeps_its_page_too(client, editor):
    session = SessionPageFactory()
    [booking] = book(session, "Ærø")
    from django.utils import timezone

    from booking.signup.cancel import cancel_booking

    cancel_booking(booking, by=None, now=timezone.now())

    assert client.post(reverse("wagtailadmin_pages:delete", args=[session.pk])).status_code == 302
    assert SessionPage.objects.exists()


def test_one_page_with_bookings_stops_the_whole_bulk(client, editor, session):
    free = SessionPageFactory(parent=session.get_parent())

    response = client.post(bulk("delete", free, session))

    assert response.status_code == 302
    assert SessionPage.objects.count() == 2


@pytest.mark.parametrize("way", ["alone", "bulk", "with its offer"])
def test_without_bookings_it_goes_and_is_cancelled_in_the_calendars(client, editor, way):
    session = SessionPageFactory(parent=OfferPageFactory())
    page = session.get_parent() if way == "with its offer" else session
    address = bulk("delete", page) if way == "bulk" else reverse("wagtailadmin_pages:delete", args=[page.pk])

    response = client.post(address)

    assert response.status_code == 302
    assert not SessionPage.objects.exists()
    assert CalendarEntry.objects.get().is_off


def test_a_copy_of_a_booked_session_has_no_bookings_and_can_go(client, editor, session):
    address = reverse("wagtailadmin_pages:copy", args=[session.pk])
    client.post(
        address,
        {"new_title": "Kopi", "new_slug": "kopi", "new_parent_page": session.get_parent().pk, "copy_subpages": ""},
    )
    copy = SessionPage.objects.get(slug="kopi")

    assert not copy.bookings.exists()
    assert client.post(reverse("wagtailadmin_pages:delete", args=[copy.pk])).status_code == 302
    assert SessionPage.objects.get() == session
    assert Booking.objects.count() == 2


def copy(client, page, **filled):
    address = reverse("wagtailadmin_pages:copy", args=[page.pk])
    form = {"new_title": "Kopi", "new_slug": "kopi", "new_parent_page": page.get_parent().pk}
    return client.post(address, form | filled)


def test_no_alias_of_a_session_is_offered(client, editor, session):
    offered = client.get(reverse("wagtailadmin_pages:copy", args=[session.pk])).content.decode()

    assert 'name="new_title"' in offered
    assert 'name="alias"' not in offered


@pytest.mark.parametrize("whole", [False, True])
def test_an_alias_of_a_session_is_refused_also_below_its_offer(client, editor, session, whole):
    page = session.get_parent() if whole else session

    response = copy(client, page, alias="on", copy_subpages="on")

    assert response.url == reverse("wagtailadmin_explore", args=[page.get_parent().pk])
    assert "alias" in told(response)
    assert SessionPage.objects.get() == session


def test_pages_without_sessions_may_have_aliases(client, editor):
    offer = OfferPageFactory(parent=HeadingPageFactory())

    copy(client, offer, alias="on")

    assert OfferPage.objects.get(slug="kopi").alias_of_id == offer.pk


HEAR_OF_IT = gettext_lazy("Only those who have been offered a seat are written to: the offer is taken back.")
IN_CALENDARS = gettext_lazy(
    "Calendars that follow the site, those of the participants among them, show a session that is unpublished as "
    "cancelled."
)


@pytest.mark.parametrize("which", ["session", "offer", "bulk"])
def test_the_question_before_unpublishing_says_how_many_are_signed_up(client, editor, session, which):
    page = session.get_parent() if which == "offer" else session
    address = bulk("unpublish", page) if which == "bulk" else reverse("wagtailadmin_pages:unpublish", args=[page.pk])

    asked = unescape(client.get(address).content.decode())

    assert ngettext("%(count)s person has signed up.", "%(count)s persons have signed up.", 2) % {"count": 2} in asked
    assert str(IN_CALENDARS) in asked
    assert str(HEAR_OF_IT) not in asked


def test_the_question_tells_those_with_a_seat_from_those_in_line(client, editor, session):
    order(session, mayor_of("Samsø"), waits=True)
    offer_free_seats(session, now=NOW)

    asked = unescape(client.get(reverse("wagtailadmin_pages:unpublish", args=[session.pk])).content.decode())

    assert ngettext("%(count)s person has signed up.", "%(count)s persons have signed up.", 2) % {"count": 2} in asked
    waits = ngettext("%(count)s person is on the waiting list.", "%(count)s persons are on the waiting list.", 1)
    assert waits % {"count": 1} in asked
    assert str(HEAR_OF_IT) in asked


@pytest.mark.parametrize("way", ["text/html", "application/json"], ids=["saved", "autosaved"])
def test_a_draft_of_an_unpublished_session_is_kept_from_those_signed_up(client, editor, session, way):
    session.unpublish()

    assert save(client, session, accept=way, title="Udkast", starts_on="2027-02-08").status_code == 200

    shown = Booking.objects.first().session
    draft = shown.get_latest_revision_as_object()
    assert (draft.title, draft.starts_on) == ("Udkast", date(2027, 2, 8))
    assert (shown.title, shown.starts_on) == ("Ny borgmester", date(2027, 5, 5))


def test_the_question_says_nothing_where_nobody_is_signed_up(client, editor):
    page = SessionPageFactory()

    asked = client.get(reverse("wagtailadmin_pages:unpublish", args=[page.pk])).content.decode()

    assert "booking-consequences" not in asked


@pytest.mark.parametrize("way", ["alone", "bulk"])
def test_unpublishing_keeps_every_booking(client, editor, session, way):
    address = (
        bulk("unpublish", session) if way == "bulk" else reverse("wagtailadmin_pages:unpublish", args=[session.pk])
    )

    client.post(address)

    session.refresh_from_db()
    assert not session.live
    assert Booking.objects.filter(session=session).holding_a_seat().count() == 2


def test_unpublishing_says_that_bookings_are_kept(client, editor, session):
    response = client.post(reverse("wagtailadmin_pages:unpublish", args=[session.pk]))

    assert "2" in told(response)


def test_unpublishing_an_offer_with_everything_below_it_keeps_every_booking(client, editor, session):
    offer = session.get_parent()

    client.post(reverse("wagtailadmin_pages:unpublish", args=[offer.pk]), {"include_descendants": "on"})

    session.refresh_from_db()
    assert not session.live
    assert Booking.objects.filter(session=session).holding_a_seat().count() == 2


def test_moving_keeps_every_booking(client, editor, session):
    elsewhere = OfferPageFactory(parent=HeadingPageFactory(title="Et andet sted"))

    client.post(reverse("wagtailadmin_pages:move_confirm", args=[session.pk, elsewhere.pk]))

    session.refresh_from_db()
    assert session.get_parent().pk == elsewhere.pk
    assert Booking.objects.filter(session=session).holding_a_seat().count() == 2


def test_pages_that_never_had_sessions_are_deleted_as_always(client, editor):
    offer = OfferPageFactory(parent=HeadingPageFactory())

    client.post(reverse("wagtailadmin_pages:delete", args=[offer.pk]))

    assert not OfferPage.objects.exists()
    assert HeadingPage.objects.exists()
