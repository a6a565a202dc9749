"""What allauth asks this site: who may come in, and in which words it is said."""

from dataclasses import replace

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.core.mail import EmailMessage
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.mail import Letter, Mail, dressed
from booking.people.signin import user_with

#: What the frame of a mail asks for and this one has not. Django logs a name that is missing with all that is there,
#: and the code is there.
NOTHING_ELSE = dict.fromkeys(["introduction", "closing", "facts", "contact", "my_page_url", "named_by"], "")


class RegisterAdapter(DefaultAccountAdapter):
    """Those in the register and staff come in, by a code; nobody makes an account of their own."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_code": _("The code is not the one in the mail. Check it, or copy it from the mail."),
        "too_many_login_attempts": _("That was too many attempts. Wait a minute and ask for a new code."),
    }

    def is_open_for_signup(self, request) -> bool:
        return False

    def render_mail(self, template_prefix, email, context, headers=None) -> EmailMessage:
        """What leads to signing in is sent in the frame of all our mails, and the words around it may be staff's."""
        match template_prefix:
            case "account/email/login_code":
                letter = Letter("sign_in", gettext("Your code for signing in"), {"code": context["code"]})
            case "account/email/unknown_account":
                letter = Letter("unknown_address", gettext("This address cannot sign in"), {"address": email})
            case _:
                return super().render_mail(template_prefix, email, context, headers)
        frame = NOTHING_ELSE | {"signed": gettext("KL's offers to mayors")}
        letter = dressed(replace(letter, context=frame | letter.context))
        mail = Mail(letter.subject, letter.text(), self.get_from_email(), [email], headers=headers)
        mail.attach_alternative(letter.html(), "text/html")
        return mail

    def pre_login(self, request, user, **kwargs):
        """The address may have been changed in the register while the code was on its way."""
        if user_with(kwargs.get("email") or "") != user:
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def respond_user_inactive(self, request, user):
        messages.error(request, _("This address can no longer be used to sign in."))
        return redirect("account_login")

    def get_login_redirect_url(self, request) -> str:
        """Where one lands without a page to come back to: staff at their desk, everybody else at My page."""
        is_in_register = hasattr(request.user, "person")
        if not is_in_register and request.user.has_perm("wagtailadmin.access_admin"):
            return reverse("wagtailadmin_home")
        return super().get_login_redirect_url(request)
