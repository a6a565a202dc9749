"""Signing in: ask for a code, write it, and come back to where one was."""

import logging
from smtplib import SMTPException

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import ConfirmLoginCodeView, LogoutView, RequestLoginCodeView
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from booking.people import identity_provider
from booking.people.forms import AddressForm, CodeForm
from booking.people.signin import sign_out_everywhere, user_with
from booking.people.tries import claim_try

logger = logging.getLogger(__name__)

PROVIDER_FAILS = gettext_lazy(
    "%(provider)s does not answer as it should. Have a code sent instead, or try again in a few minutes."
)


class AddressView(RequestLoginCodeView):
    """Step one: an address. The code goes straight to the mail server and is written down nowhere else."""

    form_class = AddressForm

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, identity_provider=settings.IDENTITY_PROVIDER)

    def _redirect_to_pending_stage(self, request, stage):
        # Whoever comes back here has written a wrong address or lost the mail, and begins anew.
        clear_login(request)

    def form_valid(self, form):
        try:
            if form._user is None:
                get_adapter().send_mail("account/email/unknown_account", form.cleaned_data["email"], {})
            return super().form_valid(form)
        except (OSError, SMTPException):
            logger.exception("a sign-in code could not be sent")
            clear_login(self.request)
            form.add_error(None, _("We can't send mail right now. Try again in a few minutes."))
            return self.form_invalid(form)


class CodeView(ConfirmLoginCodeView):
    """Step two: the code. After three wrong ones, or some minutes, a new code must be asked for."""

    form_class = CodeForm
    was_refused = False

    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        login_url = reverse("account_login")
        if response.headers.get("Location") == login_url:
            if not self.was_refused:
                messages.warning(request, _("The code is no longer valid. Ask for a new one."))
            return redirect(self.passthrough_next_url(login_url))
        return response

    def post(self, request, *args, **kwargs):
        state = self._process.state
        is_allowed = claim_try(
            f"{state['at']} {state.get('email')} {self._process.code}",
            allowed=settings.ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS,
            seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT,
        )
        if not is_allowed:
            self.was_refused = True
            self._process.abort()
            messages.error(request, get_adapter().error_messages["too_many_login_attempts"])
            return redirect("account_login")
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form):
        self.was_refused = True
        return super().form_invalid(form)


@require_POST
def go_to_provider(request):
    """Off to the identity provider, if the site has one."""
    if not settings.IDENTITY_PROVIDER:
        raise Http404
    going_to = get_next_redirect_url(request)
    if not ratelimit.consume(request, action="identity_provider"):
        return _not_signed_in(request, get_adapter().error_messages["too_many_login_attempts"], going_to)
    try:
        address = identity_provider.way_there(request, going_to)
    except identity_provider.FAILURES:
        logger.exception("the identity provider did not answer as it should")
        return _not_signed_in(request, PROVIDER_FAILS, going_to)
    # A page and not a redirect: browsers hold the address a form ends up at against our content policy.
    return render(request, "account/go_to_provider.html", {"provider": settings.IDENTITY_PROVIDER, "address": address})


@require_GET
@never_cache
def come_from_provider(request):
    """Back from the identity provider: in, if the register knows the address that the provider answers for."""
    if not settings.IDENTITY_PROVIDER:
        raise Http404
    begun = identity_provider.begun_here(request)
    if begun is None:
        return _not_signed_in(request, _("You took too long, or began in another browser. Try again."), None)
    going_to = begun["next"]
    if "error" in request.GET:
        return _not_signed_in(request, _("%(provider)s did not sign you in. Try again, or have a code sent."), going_to)
    try:
        email = identity_provider.verified_email(request, begun)
    except identity_provider.FAILURES:
        logger.exception("the identity provider did not answer as it should")
        return _not_signed_in(request, PROVIDER_FAILS, going_to)
    user = user_with(email)
    if user is None:
        said = _("We don't know the e-mail address that %(provider)s has for you. Write the one that KL has instead.")
        return _not_signed_in(request, said, going_to)
    logout(request)  # whoever may have been signed in here before
    record_authentication(request, user, "identity_provider")
    return perform_login(request, Login(user=user, email=email, redirect_url=going_to))


def _not_signed_in(request, said, going_to):
    messages.error(request, said % {"provider": settings.IDENTITY_PROVIDER["name"]})
    login_url = reverse("account_login")
    return redirect_to_login(going_to, login_url) if going_to else redirect(login_url)


@require_POST
@login_required
def sign_out_of_everything(request):
    """Out here and on every other machine: for a lost telephone, or a machine that others use."""
    sign_out_everywhere(request.user)
    logout(request)
    messages.success(request, _("You are signed out everywhere."))
    return redirect("/")


def staff_sign_in(request):
    """In place of Wagtail's own pages for passwords: staff sign in like everybody else and come back."""
    if request.user.is_authenticated:
        raise PermissionDenied  # sent here by the admin: signed in, but not staff
    return redirect_to_login(request.GET.get("next") or reverse("wagtailadmin_home"), reverse("account_login"))


address = AddressView.as_view()
code = CodeView.as_view()
sign_out = LogoutView.as_view()
