"""Pages can't lose bookings: what the page tree refuses, and what an editor is told after saving."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.models import Page

from booking.pricing.models import SessionKind
from booking.registers import kept_by, refusal
from booking.sessions.models import SessionPage
from booking.signup.models import IN_LINE, Booking, BookingStatus

#: So many sessions are named in a refusal; the rest are counted in.
NAMED = 5


def refuse_to_delete_page(request, page):
    """A page with bookings, on itself or below it, stays. Cancelled bookings count: what was agreed is kept."""
    if sentence := _why_it_stays([page]):
        messages.error(request, sentence)
        parent = page.get_parent()
        return redirect("wagtailadmin_explore", parent.pk if parent else page.pk)
    return None


def refuse_to_delete_pages(request, action_type, objects, action):
    """The same for many pages at once, whichever of them has the bookings."""
    pages = [thing for thing in objects if isinstance(thing, Page)]
    if action_type == "delete" and (sentence := _why_it_stays(pages)):
        messages.error(request, sentence)
        return redirect(get_valid_next_url_from_request(request) or _explorer_of(pages[0]))
    return None


def refuse_alias_of_session(request, page):
    """A session has one page: an alias would be a second one, with a form and a date in the calendars of its own."""
    if request.POST.get("alias") and SessionPage.objects.descendant_of(page, inclusive=True).exists():
        messages.error(
            request,
            _("A session can't have an alias, for it is booked on one page alone. Make a copy instead."),
        )
        return redirect(_explorer_of(page))
    return None


def refuse_to_delete_snippets(request, snippets):
    """A speaker who stands in a programme stays."""
    for snippet in snippets:
        if users := kept_by(snippet):
            messages.error(request, refusal(snippet, users))
            return redirect(snippet.snippet_viewset.get_url_name("list"))
    return None


def refuse_to_publish_unfinished(request, action_type, objects, action):
    """Many pages at once are published as they were last saved, and a draft may lack what a page must have."""
    if action_type != "publish" or request.method != "POST":
        return None
    pages = [thing for thing in objects if isinstance(thing, Page)]
    if request.POST.get("include_descendants"):
        pages += [below for page in pages for below in page.get_descendants().not_live()]
    unfinished = [page for page in pages if is_unfinished(page)]
    if not unfinished:
        return None
    say_unfinished(request, unfinished)
    return redirect(get_valid_next_url_from_request(request) or _explorer_of(unfinished[0]))


def is_unfinished(page: Page) -> bool:
    """Whether the newest version of the page lacks something that it must have on the site."""
    try:
        page.get_latest_revision_as_object().full_clean()
    except ValidationError:
        return True
    return False


def say_unfinished(request, pages: list[Page]) -> None:
    titles = ", ".join(f"”{page.get_admin_display_title()}”" for page in pages)
    messages.error(
        request, _("Nothing was published. Fill in what is missing in %(titles)s first.") % {"titles": titles}
    )


def _why_it_stays(pages: list[Page]) -> str:
    """How many bookings there are, and on which sessions; empty if there are none."""
    below = Q()
    for page in pages:
        below |= Q(session__path__startswith=page.path)
    if not pages:
        return ""
    counts = (
        Booking.objects.filter(below).values("session__title").annotate(count=Count("pk")).order_by("-count")
    ).values_list("session__title", "count")
    total = sum(count for _title, count in counts)
    if not total:
        return ""
    where = ", ".join(
        _("“%(title)s” (%(count)d)") % {"title": title, "count": count} for title, count in counts[:NAMED]
    )
    if len(counts) > NAMED:
        where += " …"
    return ngettext(
        "Nothing was deleted, because there is %(count)d booking: %(where)s. "
        "What was agreed must be kept. Unpublish the page instead, or have the session cancelled.",
        "Nothing was deleted, because there are %(count)d bookings: %(where)s. "
        "What was agreed must be kept. Unpublish the page instead, or have the session cancelled.",
        total,
    ) % {"count": total, "where": where}


def _explorer_of(page: Page) -> str:
    return reverse("wagtailadmin_explore", args=[page.get_parent().pk])


def say_what_is_missing(request, page) -> None:
    """After saving a session by hand: what it lacks, and what looks like a slip. Autosave says nothing."""
    session = page.specific_deferred
    if not isinstance(session, SessionPage) or not request.accepts("text/html"):
        return
    draft = page.get_latest_revision_as_object()
    for sentence in doubts(draft, now=timezone.now()):
        messages.warning(request, sentence % {"session": draft.title})
    if several := with_several_runs(draft):
        messages.warning(
            request,
            ngettext(
                "%(count)d participant was at more than one of the alternatives already, and keeps them all.",
                "%(count)d participants were at more than one of the alternatives already, and keep them all.",
                several,
            )
            % {"count": several},
        )


def doubts(draft: SessionPage, *, now: datetime) -> list[str]:
    """What an editor may have overlooked in a session: allowed, but seldom meant."""
    found = []
    prices = draft.prices(now=now)
    if not prices.is_decided:
        found.append(_("The price of “%(session)s” is not decided, so nobody can sign up. See the tab “Sign-up”."))
    if len(prices.add_ons) < len(draft.add_ons.all()):
        found.append(_("An add-on of “%(session)s” has no price, so it is not offered. See the tab “Sign-up”."))
    if draft.when and draft.when.is_over(now):
        found.append(_("“%(session)s” lies in the past, so nobody can sign up. Is the year right?"))
    if draft.kind == SessionKind.DAY and draft.when and draft.when.is_dated and draft.starts_on != draft.ends_on:
        found.append(_("“%(session)s” is a day session over several days, and costs what one day costs."))
    taken = Booking.objects.filter(session=draft.pk).holding_a_seat().count()
    if draft.capacity is not None and draft.capacity < taken:
        found.append(_("“%(session)s” has fewer seats than are taken. Nobody loses theirs, and none comes free yet."))
    return found


def with_several_runs(draft: SessionPage) -> int:
    """How many were signed up for several sessions before they became alternatives. They keep what they have."""
    if draft.choice_id is None:
        return 0
    among = Booking.objects.filter(Q(session=draft.pk) | Q(session__choice=draft.choice_id)).active()
    return among.order_by().values("participant").annotate(count=Count("pk")).filter(count__gt=1).count()


def signed_up(page: Page) -> dict[str, int]:
    """How many are signed up on the page and below it: in all, with a seat, in line, and of those with an offer."""
    below = Booking.objects.filter(session__path__startswith=page.path).active()
    in_line = Count("pk", filter=Q(status__in=IN_LINE))
    offered = Count("pk", filter=Q(status=BookingStatus.OFFERED))
    found = below.aggregate(all=Count("pk"), in_line=in_line, offered=offered)
    return found | {"seated": found["all"] - found["in_line"]}


def say_that_bookings_are_kept(request, page) -> None:
    """After unpublishing: the bookings are where they were, and nobody has been told."""
    if booked := signed_up(page)["all"]:
        messages.warning(
            request,
            ngettext(
                "%(count)d booking is kept. The participant has not been told that the page is gone.",
                "%(count)d bookings are kept. The participants have not been told that the page is gone.",
                booked,
            )
            % {"count": booked},
        )
