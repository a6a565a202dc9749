"""The words of each kind of mail, as staff keep them: what they are, how they read, and back to the standard."""

from dataclasses import replace

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permissions import policy_registry

from booking.dates import danish_moment
from booking.journal.admin import done_by
from booking.journal.kinds import MAIL_TEXT_CHANGED
from booking.journal.models import Fact
from booking.mail import Letter
from booking.messages.examples import FILES, example_of, reply_to_example
from booking.messages.models import MailText
from booking.messages.placeholders import BrokenText, check
from booking.messages.text_kinds import KINDS, PLACES
from booking.messages.texts import in_words_of, keep_text
from booking.signup.fields import LineField

#: Stands for an introduction that nobody has written; a letter has no such sign.
_MARK = "\ufffc"

#: So many of the latest changes are named.
CHANGES = 10


class TextField(forms.CharField):
    """Several lines of text; a browser sends them with CRLF."""

    widget = forms.Textarea(attrs={"rows": 5})

    def to_python(self, value):
        return super().to_python(value).replace("\r\n", "\n")


class MailTextForm(forms.Form):
    """What staff say in one kind of mail. Whatever is left empty is as it comes with the house."""

    subject = LineField(label=gettext_lazy("Subject"), max_length=120, required=False)
    introduction = TextField(
        label=gettext_lazy("Introduction"),
        max_length=1500,
        required=False,
        help_text=gettext_lazy("Your own words to begin with. Separate paragraphs by an empty line."),
    )
    closing = TextField(
        label=gettext_lazy("Closing"),
        max_length=600,
        required=False,
        help_text=gettext_lazy("Stands last, in place of “Kind regards” and the organiser."),
    )
    is_sent = forms.BooleanField(label=gettext_lazy("Send this mail"), required=False)

    def __init__(self, *args, kind: str, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.kind = KINDS[kind]
        if not self.kind.may_be_left_out:
            del self.fields["is_sent"]

    def _checked(self, name: str) -> str:
        text = self.cleaned_data[name]
        try:
            check(text, self.kind.places)
        except BrokenText as broken:
            raise ValidationError(str(broken), code="broken") from broken
        return text

    def clean_subject(self):
        return self._checked("subject")

    def clean_introduction(self):
        return self._checked("introduction")

    def clean_closing(self):
        return self._checked("closing")


class MailTextView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    model = MailText
    permission_required = "change"
    page_title = gettext_lazy("Texts of mails")
    header_icon = "edit"

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": reverse("mail-texts:index"), "label": str(self.page_title)}]


class MailTextIndexView(MailTextView):
    """Every kind, and whether its words are staff's."""

    template_name = "booking/admin/mail_texts.html"

    def get_context_data(self, **kwargs):
        own = {text.kind: text for text in MailText.objects.all()}
        rows = [
            {
                "label": kind.label,
                "is_own": any(getattr(own.get(name), field, "") for field in ("subject", "introduction", "closing")),
                "is_sent": own[name].is_sent if name in own else True,
                "url": reverse("mail-texts:edit", args=[name]),
            }
            for name, kind in KINDS.items()
        ]
        return super().get_context_data(rows=rows, **kwargs)


class MailTextEditView(MailTextView):
    """The words of one kind, beside how a mail reads with them. Nothing is kept before it is saved."""

    template_name = "booking/admin/mail_text.html"

    def dispatch(self, request, *args, **kwargs):
        if kwargs["kind"] not in KINDS:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def kind(self) -> str:
        return self.kwargs["kind"]

    @cached_property
    def text(self) -> MailText:
        return MailText.objects.filter(kind=self.kind).first() or MailText(kind=self.kind)

    @cached_property
    def form(self) -> MailTextForm:
        kept = {name: getattr(self.text, name) for name in MailText.WORDS}
        written = self.request.POST if self.request.method == "POST" else None
        return MailTextForm(written, initial=kept, kind=self.kind)

    def get_page_subtitle(self):
        return str(KINDS[self.kind].label)

    def post(self, request, *args, **kwargs):
        if "standard" in request.POST:
            keep_text(self.kind, {"subject": "", "introduction": "", "closing": ""}, by=request.user)
            messages.success(request, _("The mail says what it says as standard."))
            return redirect("mail-texts:edit", self.kind)
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        if "save" in request.POST:
            keep_text(self.kind, self.form.cleaned_data, by=request.user)
            messages.success(request, _("The text is saved and used from the next mail on."))
            return redirect("mail-texts:edit", self.kind)
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **kwargs):
        standard = example_of(self.kind)
        is_readable = not self.form.is_bound or self.form.is_valid()
        words = self.form.cleaned_data if self.form.is_bound and is_readable else {}
        fields = {name: words.get(name, getattr(self.text, name)) for name in MailText.WORDS}
        changes = Fact.objects.filter(kind=MAIL_TEXT_CHANGED, details__mail=self.kind).select_related("by")
        return super().get_context_data(
            form=self.form,
            standard=standard,
            drawn=in_words_of(MailText(kind=self.kind, **fields), standard) if is_readable else None,
            files=FILES.get(self.kind, ()),
            reply_to=reply_to_example(self.kind),
            around=around_introduction(standard),
            places=[(f"{{{name}}}", PLACES[name]) for name in KINDS[self.kind].places],
            is_own=any(getattr(self.text, name) for name in ("subject", "introduction", "closing")),
            changes=[(danish_moment(fact.at), done_by(fact)) for fact in changes[:CHANGES]],
            back_url=reverse("mail-texts:index"),
            **kwargs,
        )

    def get_breadcrumbs_items(self):
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.get_page_subtitle()}]


def around_introduction(letter: Letter) -> tuple[str, str]:
    """The fixed words that stand before an introduction, where there are any, and the first that stand after it."""
    marked = replace(letter, context=letter.context | {"introduction": _MARK}).text()
    before, after = marked.split(_MARK)
    return before.strip(), after.strip().partition("\n\n")[0]


class ForThoseWhoKeepTexts(MenuItem):
    def is_shown(self, request):
        return policy_registry.get_by_type(MailText).user_has_permission(request.user, "change")


class MailTextViewSet(ViewSet):
    name = "mail-texts"
    icon = "edit"
    menu_label = gettext_lazy("Texts of mails")
    menu_item_class = ForThoseWhoKeepTexts

    def get_urlpatterns(self):
        return [
            path("", MailTextIndexView.as_view(), name="index"),
            path("<slug:kind>/", MailTextEditView.as_view(), name="edit"),
        ]
