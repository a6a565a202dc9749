"""Signing in: ask for a code, write it, and come back to where one was."""

import logging
from smtplib import SMTPException

from allauth.account.adapter import get_adapter
from allauth.account.internal.stagekit import clear_login
from allauth.account.views import ConfirmLoginCodeView, LogoutView, RequestLoginCodeView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from booking.people.forms import AddressForm, CodeForm
from booking.people.signin import sign_out_everywhere
from booking.people.tries import claim_try

logger = logging.getLogger(__name__)


class AddressView(RequestLoginCodeView):
    """Step one: an address. The code goes straight to the mail server and is written down nowhere else."""

    form_class = AddressForm

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
