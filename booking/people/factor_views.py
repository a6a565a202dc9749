"""The pages of the second factor: asked for at sign-in, set up, and kept, by staff alone."""

from functools import wraps

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.views import AuthenticateView, IndexView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, ReauthenticateWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from booking.journal import kinds
from booking.journal.record import record
from booking.people.forms import AppForm, FactorAgainForm, FactorForm
from booking.people.second_factor import has_second_factor, is_staff, showed_second_factor

#: Where one was going when the factor was asked for, while one sets it up.
GOING_TO = "second_factor_next"


def for_staff(view):
    """A page for those who have a desk, or still have a factor from when they had one."""

    @never_cache
    @login_required
    @wraps(view)
    def shown(request, *args, **kwargs):
        if not (is_staff(request.user) or has_second_factor(request.user)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return shown


# Showing it


class AskView(AuthenticateView):
    """Step three of signing in, for those who have a factor."""

    form_class = FactorForm

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | _has(self.stage.login.user)


class AskAgainView(ReauthenticateView):
    """Before the factors themselves are changed, or when one signed in before they were asked for."""

    form_class = FactorAgainForm

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | _has(self.request.user)


class AskPasskeyAgainView(ReauthenticateWebAuthnView):
    def form_invalid(self, form):
        messages.error(self.request, _("The passkey was not accepted. Try again."))
        return redirect(self.request.get_full_path())


def _has(user) -> dict[str, bool]:
    kinds_of_theirs = set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))
    return {
        "has_app": Authenticator.Type.TOTP in kinds_of_theirs,
        "has_passkey": Authenticator.Type.WEBAUTHN in kinds_of_theirs,
    }


# Setting it up and keeping it


class OverviewView(IndexView):
    """What one has set up, or the choice of what to set up."""

    def get(self, request, *args, **kwargs):
        if has_second_factor(request.user) and not showed_second_factor(request):
            return redirect("mfa_reauthenticate")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        codes = context["authenticators"].get(Authenticator.Type.RECOVERY_CODES)
        return context | {
            **_has(self.request.user),
            "passkeys": context["authenticators"].get(Authenticator.Type.WEBAUTHN, []),
            "codes_left": len(codes.get_unused_codes()) if codes else 0,
        }


class SetsUp:
    """Whoever has just set up a factor has shown it."""

    factor: str

    def form_valid(self, form):
        response = super().form_valid(form)
        record_authentication(self.request, self.request.user, "mfa", type=self.factor, reauthenticated=True)
        record(kinds.SECOND_FACTOR_SET_UP, self.request.user, by=self.request.user, factor=self.factor)
        return response


class SetUpAppView(SetsUp, ActivateTOTPView):
    form_class = AppForm
    factor = Authenticator.Type.TOTP.value


class SetUpPasskeyView(SetsUp, AddWebAuthnView):
    factor = Authenticator.Type.WEBAUTHN.value

    def form_invalid(self, form):
        messages.error(self.request, _("The passkey was not accepted. Try again."))
        return redirect("mfa_add_webauthn")


class Removes:
    """A factor of one's own goes; whoever needs one is asked to set up another at once."""

    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form):
        response = super().form_valid(form)
        record(kinds.SECOND_FACTOR_REMOVED, self.request.user, by=self.request.user)
        return response


class RemoveAppView(Removes, DeactivateTOTPView):
    pass


class RemovePasskeyView(Removes, RemoveWebAuthnView):
    pass


class RecoveryCodesView(ViewRecoveryCodesView):
    """The codes, the one time that they are shown."""

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            going_to=self.request.session.get(GOING_TO) or reverse_lazy("wagtailadmin_home"), **kwargs
        )


ask = AskView.as_view()
ask_again = for_staff(AskAgainView.as_view())
ask_passkey_again = for_staff(AskPasskeyAgainView.as_view())
overview = for_staff(OverviewView.as_view())
set_up_app = for_staff(SetUpAppView.as_view())
remove_app = for_staff(RemoveAppView.as_view())
set_up_passkey = for_staff(SetUpPasskeyView.as_view())
remove_passkey = for_staff(RemovePasskeyView.as_view())
recovery_codes = for_staff(RecoveryCodesView.as_view())
new_recovery_codes = for_staff(GenerateRecoveryCodesView.as_view())
