"""Publishing a session that people have signed up for: what they are told of it is shown before it happens.

Wagtail has saved what was typed as a draft when its hook asks us, so nothing is lost whatever the editor chooses then.
"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail import hooks
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.workflow import WorkflowActionView
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.models import Page
from wagtail.permissions import policy_registry

from booking.dates import danish_moment
from booking.desk.pages import is_unfinished, say_unfinished
from booking.messages.consequences import Consequences, consequences_of, reminders_after
from booking.messages.reminders import in_words_of
from booking.messages.text_kinds import KINDS
from booking.sessions.models import QuietRevision, SessionPage
from booking.signup.models import IN_LINE, Booking, BookingStatus, Interest


def show_consequences(request, page):
    """Before a session is published: a step of its own, if anybody would be written to."""
    draft = page.specific_deferred
    if not isinstance(draft, SessionPage) or not consequences_of(page, now=timezone.now()).mails:
        return None
    return redirect(_step_url(request, page))


def show_consequences_of_approval(request, page):
    """After the last approval was given in the editor: the same step."""
    if request.POST.get("action-workflow-action") and is_approved(page, request.user):
        return redirect(_step_url(request, page))
    return None


def awaits_step(page, user) -> bool:
    """Whether the newest version of the page is a session's that somebody is told of, and ``user`` may see to it."""
    session = page.specific_deferred
    if not isinstance(session, SessionPage) or user is None:
        return False
    may_publish = session.permissions_for_user(user).can_publish()
    return may_publish and consequences_of(session.get_latest_revision_as_object(), now=timezone.now()).mails > 0


def is_approved(page, user) -> bool:
    """Whether the last approval was given, so that what was approved awaits the step."""
    page = Page.objects.get(pk=page.pk)
    return not page.workflow_in_progress and page.has_unpublished_changes and awaits_step(page, user)


def _step_url(request, page) -> str:
    url = reverse("publish_session", args=[page.pk, Page.objects.get(pk=page.pk).latest_revision_id])
    next_url = get_valid_next_url_from_request(request)
    return f"{url}?{urlencode({'next': next_url})}" if next_url else url


class ApprovalView(WorkflowActionView):
    """An approval from the start page or a report leads to the same step."""

    def post(self, request, *args, **kwargs):
        if self.action_name == "approve" and is_unfinished(self.object):
            return self._lead_to(request, _unfinished_url(request, self.object))
        response = super().post(request, *args, **kwargs)
        if self.action_name != "approve" or not is_approved(self.object, request.user):
            return response
        return self._lead_to(request, _step_url(request, self.object))

    def _lead_to(self, request, url: str):
        if request.headers.get("x-requested-with") == "XMLHttpRequest":
            return self.render_modal_json(request, {"step": "success", "redirect": url})
        return redirect(url)


def _unfinished_url(request, page) -> str:
    """Where what is missing can be filled in; whoever is led there is told so."""
    say_unfinished(request, [page])
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


class SessionEditView(EditView):
    """Wagtail tells of comments after publishing. They are kept with the draft, so they are told of before the step."""

    def run_hook(self, hook_name, *args, **kwargs):
        response = super().run_hook(hook_name, *args, **kwargs)
        is_stopped = response and hook_name == "before_publish_page"
        if is_stopped and self.has_content_changes and "comments" in self.form.formsets:
            changes = self.get_commenting_changes()
            self.log_commenting_changes(changes, self.page.latest_revision)
            self.send_commenting_notifications(changes)
        return response


class SessionPageViewSet(PageViewSet):
    model = SessionPage
    edit_view_class = SessionEditView
    workflow_action_view_class = ApprovalView


def publish_with_consequences_alone(request, action_type, objects, action):
    """Many pages at once are published without a step in between, so sessions with news are left to the editor."""
    if action_type != "publish":
        return None
    pages = [thing for thing in objects if isinstance(thing, Page)]
    sessions = SessionPage.objects.none()
    for page in pages:
        sessions |= SessionPage.objects.descendant_of(page, inclusive=True)
    if not request.POST.get("include_descendants"):
        sessions = sessions.filter(pk__in=[page.pk for page in pages])
    now = timezone.now()
    told = [
        session.title
        for session in sessions.exclude(bookings=None, interests=None).distinct()
        if consequences_of(session.get_latest_revision_as_object(), now=now).mails
    ]
    if request.method != "POST" or not told:
        return None
    messages.error(
        request,
        _("Nothing was published. Participants are told of a change in %(titles)s: publish these from their own pages.")
        % {"titles": ", ".join(f"”{title}”" for title in told)},
    )
    return redirect(get_valid_next_url_from_request(request) or "wagtailadmin_home")


class PublishSessionView(WagtailAdminTemplateMixin, TemplateView):
    """Old and new side by side, how many mails follow, and the choice: tell, tell nobody, or do not publish."""

    template_name = "booking/admin/publish_session.html"
    page_title = gettext_lazy("Publish a change")
    header_icon = "upload"

    def dispatch(self, request, *args, **kwargs):
        permissions = self.session.permissions_for_user(request.user)
        if not permissions.can_publish():
            raise PermissionDenied
        if permissions.page_locked():
            messages.warning(request, _("The page is locked, so nothing was published."))
            return redirect("wagtailadmin_pages:edit", self.session.pk)
        if self.session.latest_revision_id != self.revision.pk:
            messages.warning(request, _("The page has been changed since, so nothing was published. Publish it again."))
            return redirect("wagtailadmin_pages:edit", self.session.pk)
        if is_unfinished(self.session):
            return redirect(_unfinished_url(request, self.session))
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def session(self) -> SessionPage:
        return get_object_or_404(SessionPage, pk=self.kwargs["pk"])

    @cached_property
    def revision(self):
        return get_object_or_404(self.session.revisions, pk=self.kwargs["revision"])

    @cached_property
    def draft(self) -> SessionPage:
        return self.revision.as_object()

    @property
    def is_scheduled(self) -> bool:
        return bool(self.draft.go_live_at and self.draft.go_live_at > timezone.now())

    def post(self, request, *args, **kwargs) -> HttpResponse:
        with transaction.atomic():
            # Nobody signs up or leaves between the numbers that are compared and the publishing.
            SessionPage.objects.select_for_update(of=("self",)).get(pk=self.session.pk)
            found = consequences_of(self.draft, now=timezone.now())
            is_as_shown = request.POST.get("shown") == found.fingerprint
            if is_as_shown:
                self._publish(is_quiet="quiet" in request.POST)
        if not is_as_shown:
            messages.warning(request, _("The numbers have changed meanwhile, so nothing was published. See them now."))
            return self.render_to_response(self.get_context_data(found=found), status=409)
        messages.success(request, self._said(found, is_quiet="quiet" in request.POST))
        return self._follow_hooks() or redirect(self._next_url())

    def _publish(self, *, is_quiet: bool) -> None:
        if is_quiet:
            QuietRevision.objects.update_or_create(revision=self.revision, defaults={"by": self.request.user})
        else:
            QuietRevision.objects.filter(revision=self.revision, used_at=None).delete()
        PublishPageRevisionAction(self.revision, user=self.request.user).execute(skip_permission_checks=True)

    def _said(self, found: Consequences, *, is_quiet: bool) -> str:
        names = {"session": self.draft.title}
        if self.is_scheduled:
            at = danish_moment(self.draft.go_live_at)
            return _("“%(session)s” will be published on %(at)s.") % (names | {"at": at})
        if is_quiet and found.of_seats:
            return _("“%(session)s” is published. Only those on the waiting list are written to.") % names
        if is_quiet:
            return _("“%(session)s” is published. Nobody is written to.") % names
        return ngettext(
            "“%(session)s” is published, and %(count)d mail is on its way.",
            "“%(session)s” is published, and %(count)d mails are on their way.",
            found.mails,
        ) % (names | {"count": found.mails})

    def _follow_hooks(self) -> HttpResponse | None:
        """What is said after publishing from the editor is said here too."""
        page = SessionPage.objects.get(pk=self.session.pk)
        for name in ("after_publish_page", "after_edit_page"):
            for hook in hooks.get_hooks(name):
                response = hook(self.request, page)
                if response:
                    return response
        return None

    def _next_url(self) -> str:
        explorer = reverse("wagtailadmin_explore", args=[self.session.get_parent().pk])
        return get_valid_next_url_from_request(self.request) or explorer

    def get_context_data(self, found: Consequences | None = None, **kwargs):
        found = found or consequences_of(self.draft, now=timezone.now())
        user = self.request.user
        bookings = Booking.objects.filter(session=self.session)
        reminders = reminders_after(self.draft, now=timezone.now())
        return super().get_context_data(
            object=self.session,
            found=found,
            mails=[(KINDS[kind].label, seated, waiting) for kind, seated, waiting in found.by_kind],
            booked=bookings.filter(status=BookingStatus.CONFIRMED).count(),
            waiting=bookings.filter(status__in=IN_LINE).count(),
            interested=Interest.objects.filter(session=self.session).count(),
            reminders=in_words_of(reminders) if reminders else "",
            sees_names=policy_registry.get_by_type(Booking).user_has_permission(user, "view"),
            go_live=danish_moment(self.draft.go_live_at) if self.is_scheduled else "",
            edit_url=reverse("wagtailadmin_pages:edit", args=[self.session.pk]),
            next_url=get_valid_next_url_from_request(self.request),
            **kwargs,
        )

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("wagtailadmin_pages:edit", args=[self.session.pk]), "label": self.session.title},
            {"url": "", "label": str(self.page_title)},
        ]
