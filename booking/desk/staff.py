"""Those who work here: who they are, in which groups, and whether they may come in. Kept by superusers.

Everybody in the register has a user too; they are no staff, and this list leaves them out.
"""

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn, TitleColumn
from wagtail.admin.views.generic import HistoryView
from wagtail.admin.widgets.button import HeaderButton
from wagtail.users.views.users import CreateView, DeleteView, EditView, UserViewSet

from booking.journal import kinds
from booking.journal.record import record
from booking.people.models import Person
from booking.people.second_factor import FACTORS, reset_second_factor
from booking.people.signin import change_staff, give_staff_sign_in
from booking.registers import NamedActionView, RegisterIndexView, RowsField

NAME_LENGTH = User._meta.get_field("first_name").max_length


class StaffForm(forms.ModelForm):
    """A name, an address and the groups. Nobody has a password."""

    first_name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("Sign-in codes are sent here. There is no password."),
    )
    groups = RowsField(
        label=gettext_lazy("Groups"),
        queryset=Group.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What they may see and do is the sum of their groups."),
        error_messages={"required": gettext_lazy("Choose a group, or there is nothing for them to do here.")},
    )

    class Meta:
        model = User
        fields = ["first_name", "email", "groups"]

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        others = User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk)
        if others.filter(Q(groups__isnull=False) | Q(is_superuser=True)).exists():
            raise forms.ValidationError(_("Somebody who works here signs in with this address already."))
        return email

    def save(self, commit=True):
        cleaned = self.cleaned_data
        self.instance = give_staff_sign_in(cleaned["email"], cleaned["first_name"], cleaned["groups"])
        return self.instance


class StaffEditForm(StaffForm):
    is_active = forms.BooleanField(
        label=gettext_lazy("May sign in"),
        required=False,
        help_text=gettext_lazy("Without the tick they are out at once, wherever they are signed in."),
    )

    class Meta(StaffForm.Meta):
        fields = ["first_name", "email", "groups", "is_active"]

    def __init__(self, *args, editing_self: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if editing_self:
            # Nobody shuts themselves out, or gives away the keys by a slip.
            del self.fields["is_active"], self.fields["groups"]
        if Person.objects.filter(user=self.instance).exists():
            for name in ("first_name", "email"):
                self.fields[name].disabled = True
                self.fields[name].help_text = _("This stands in the register, and is changed there.")

    def clean_email(self) -> str:
        email = super().clean_email()
        if email != self.instance.email.lower():
            taken = Person.objects.filter(email=email).exists()
            if taken or User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
                raise forms.ValidationError(_("Somebody in the register signs in with this address already."))
        return email

    def save(self, commit=True):
        user, cleaned = User.objects.get(pk=self.instance.pk), self.cleaned_data
        change_staff(
            user,
            email=cleaned["email"],
            name=cleaned["first_name"],
            groups=cleaned.get("groups", user.groups.all()),
            is_active=cleaned.get("is_active", user.is_active),
        )
        self.instance = user
        return user


class StaffFilterSet(WagtailFilterSet):
    class Meta:
        model = User
        fields = ["groups", "is_active"]


class StaffIndexView(RegisterIndexView):
    search_fields = ["first_name", "email"]
    page_title = gettext_lazy("Staff")
    add_item_label = gettext_lazy("Add a member of staff")

    def get_base_queryset(self):
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
        in_a_group = User.groups.through.objects.filter(user=OuterRef("pk"))
        return (
            User.objects.filter(Q(Exists(in_a_group)) | Q(is_superuser=True))
            .annotate(has_factor=Exists(factors))
            .prefetch_related("groups")
        )

    def order_queryset(self, queryset):
        return super().order_queryset(queryset).order_by("first_name", "pk")

    def get_edit_url(self, instance):
        return super().get_edit_url(instance) if _may_be_kept_by(self.request.user, instance) else None

    def get_delete_url(self, instance):
        return None

    @cached_property
    def columns(self):
        return [
            TitleColumn(
                "first_name",
                label=gettext_lazy("Name"),
                accessor=lambda user: user.get_full_name() or user.get_username(),
                get_url=self.get_edit_url,
            ),
            Column("email", label=gettext_lazy("E-mail")),
            Column("groups", label=gettext_lazy("Groups"), accessor=_groups_of),
            BooleanColumn("has_factor", label=gettext_lazy("Two-step sign-in")),
            BooleanColumn("is_active", label=gettext_lazy("May sign in")),
            DateColumn("last_login", label=gettext_lazy("Last signed in")),
        ]


def _groups_of(user: User) -> str:
    names = [group.name for group in user.groups.all()]
    return ", ".join([*names, _("the site's technicians")] if user.is_superuser else names)


def _may_be_kept_by(keeper: User, user: User) -> bool:
    """Only a technician touches a technician's user."""
    return keeper.is_superuser or not user.is_superuser


class KeepsTheirOwn:
    """Staff alone: whoever is only in the register is kept there, and technicians by technicians."""

    def dispatch(self, request, *args, **kwargs):
        is_staff = self.object.is_superuser or self.object.groups.exists()
        if not is_staff or not _may_be_kept_by(request.user, self.object):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class StaffCreateView(CreateView):
    page_title = gettext_lazy("Add a member of staff")
    success_message = gettext_lazy("“%(object)s” is added, and can sign in with a code sent to their address.")

    def get_success_message(self, instance):
        return self.success_message % {"object": instance.get_full_name()}

    def save_instance(self):
        user = super().save_instance()
        record(kinds.STAFF_ADDED, user, by=self.request.user, groups=_group_names(user))
        return user


class StaffEditView(KeepsTheirOwn, EditView):
    success_message = gettext_lazy("“%(object)s” is saved.")

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.can_delete = False

    def get_success_message(self):
        return self.success_message % {"object": self.object.get_full_name()}

    def save_instance(self):
        user = super().save_instance()
        record(kinds.STAFF_CHANGED, user, by=self.request.user, groups=_group_names(user), may_sign_in=user.is_active)
        return user

    @property
    def header_buttons(self):
        if not Authenticator.objects.filter(user=self.object).exists():
            return []
        url = reverse("wagtailusers_users:reset_second_factor", args=[self.object.pk])
        return [HeaderButton(_("Reset two-step sign-in"), url=url, icon_name="rotate")]


def _group_names(user: User) -> list[str]:
    return sorted(user.groups.values_list("name", flat=True))


class StaffDeleteView(DeleteView):
    """Nobody is deleted, for the journal says who did what. Who leaves may no longer sign in."""

    def dispatch(self, request, *args, **kwargs):
        raise PermissionDenied


class StaffHistoryView(HistoryView):
    def get_page_subtitle(self):
        return self.object.get_full_name()


class ResetSecondFactorView(NamedActionView):
    """For the colleague whose telephone is gone."""

    model = User
    permission_required = "change"
    template_name = "booking/admin/reset_second_factor.html"
    page_title = gettext_lazy("Reset two-step sign-in")
    header_icon = "rotate"

    def dispatch(self, request, *args, **kwargs):
        if not _may_be_kept_by(request.user, self.object):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_back_url(self):
        return reverse("wagtailusers_users:edit", args=[self.object.pk])

    def act(self):
        name = self.object.get_full_name()
        if reset_second_factor(self.object, by=self.request.user):
            text = _("%(name)s is signed out everywhere, and sets up two-step sign-in anew at the next sign-in.")
            messages.success(self.request, text % {"name": name})
        else:
            messages.info(self.request, _("%(name)s has not set up two-step sign-in yet.") % {"name": name})


class StaffViewSet(UserViewSet):
    """In place of Wagtail's list of all users, with fields for passwords and a tick for everything."""

    menu_label = gettext_lazy("Staff")
    ordering = "first_name"
    template_prefix = ""
    filterset_class = StaffFilterSet
    index_view_class = StaffIndexView
    add_view_class = StaffCreateView
    edit_view_class = StaffEditView
    delete_view_class = StaffDeleteView
    history_view_class = StaffHistoryView
    copy_view_enabled = False

    def get_form_class(self, for_update=False):
        return StaffEditForm if for_update else StaffForm

    def get_urlpatterns(self):
        reset = self.construct_view(ResetSecondFactorView)
        return [*super().get_urlpatterns(), path("two-step/<id:pk>/reset/", reset, name="reset_second_factor")]


def refuse_many_users_at_once(request, action_type, objects, action):
    """Users are kept one at a time, where the journal follows and nobody in the register is caught up in it."""
    if any(isinstance(thing, User) for thing in objects):
        messages.error(request, _("Staff are changed one at a time."))
        return redirect("wagtailusers_users:index")
    return None


def two_step_menu_item(request):
    """On the page where staff keep their own settings."""
    return {
        "url": reverse("mfa_index"),
        "label": _("Two-step sign-in"),
        "help_text": _("The app, passkeys and recovery codes that you sign in with."),
    }
