"""Who may sign in, and with which address: the register decides for persons, the user itself for staff.

Everybody signs in by a code sent to their address; nobody has a password. A user's name is opaque and its password
unusable, so that neither can be guessed or asked for.
"""

from collections.abc import Iterable
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, Group, User
from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_delete

from booking.people.models import Person


def user_with(email: str) -> User | None:
    """The user who signs in with this address right now, or None.

    The register is asked each time, so an address that was changed there works, and the old one fails, at once.
    """
    email = email.strip().lower()
    if not email:
        return None
    person = Person.objects.filter(email=email).first()
    user = give_sign_in(person) if person else staff_with(email)
    if user is None or not user.is_active:
        return None
    if user.has_usable_password():
        # The console gives a technician one. No page here asks for it, but allauth would look for such a page.
        sign_out_everywhere(user)
    return user


def staff_with(email: str) -> User | None:
    """Whoever of the house signs in with this address without being in the register, or None."""
    return next((user for user in _outside_the_register(email) if is_staff(user)), None)


def staff_addresses() -> set[str]:
    """The addresses for which ``staff_with`` has an answer."""
    users = User.objects.filter(person=None).exclude(email="")
    staff = users.filter(Q(is_superuser=True) | Q(groups__isnull=False) | Q(user_permissions__isnull=False))
    return {email.lower() for email in staff.values_list("email", flat=True)}


@transaction.atomic
def give_sign_in(person: Person) -> User | None:
    """Let ``person`` sign in with the address in the register, and with no other; None if there is none.

    Call it whenever the address may have changed: whoever is signed in with the old one is signed out everywhere.
    """
    registered = Person.objects.select_for_update(of=("self",)).select_related("user").get(pk=person.pk)
    user, email = registered.user, registered.email
    if user and user.email != email and is_staff(user):
        # Or else whoever keeps the register could hand an editor's rights to any address.
        user = None
    staff = staff_with(email) if email else None
    if staff and not (user and is_staff(user)):
        # Or else a code sent to the address would open no desk any more.
        if user:
            end_sign_in(user)
        user = staff
    if email:
        user = user or next(iter(_outside_the_register(email)), None) or _new_user()
        _write_address(user, email, name=registered.name)
    elif user:
        _write_address(user, "", name=registered.name)
        user = None
    if registered.user != user:
        registered.user = user
        registered.save(update_fields=["user"])
    person.user = user
    return user


@transaction.atomic
def give_staff_sign_in(email: str, name: str, groups: Iterable[Group]) -> User:
    """Let somebody of the house sign in with ``email`` and work in these groups. Doing it again changes nothing."""
    email = email.strip().lower()
    user = User.objects.filter(email__iexact=email).order_by("pk").first() or _new_user()
    _write_address(user, email, name=name)
    user.groups.set(groups)
    return user


@transaction.atomic
def change_staff(user: User, *, email: str, name: str, groups: Iterable[Group], is_active: bool) -> None:
    """Write what is kept of somebody of the house; a new address, or being shut out, signs them out everywhere."""
    if user.is_active and not is_active:
        _end_sessions(user)  # and let none of them wake up, should the user be let in again
    user.is_active = is_active
    _write_address(user, email.strip().lower(), name=name)
    user.groups.set(groups)


def sign_out_everywhere(user: User) -> None:
    """Whoever is signed in as ``user``, on whatever machine, is out at their next request."""
    _end_sessions(user)
    user.save(update_fields=["password"])


def end_sign_in(user: User) -> None:
    """No address and no name, and whoever is signed in is signed out. Staff keep what is theirs as staff."""
    if is_staff(user):
        return
    user.last_login = None
    _write_address(user, "", name="")


def forget_sign_in(instance: Person, **_kwargs) -> None:
    """Whoever is deleted in the register signs in no more; a user's row stays, because the journal points at it."""
    user = User.objects.filter(pk=instance.user_id).first()
    if user:
        end_sign_in(user)


def connect() -> None:
    post_delete.connect(forget_sign_in, sender=Person, dispatch_uid="booking.forget_sign_in")


def _outside_the_register(email: str) -> list[User]:
    """Users with this address whom no person has. The database takes "ı" for an i, and its answer is looked over."""
    alike = User.objects.filter(email__iexact=email, person=None).order_by("pk")
    return [user for user in alike if user.email.lower() == email]


def _new_user() -> User:
    return User(username=uuid4().hex)


def is_staff(user: User) -> bool:
    return user.is_superuser or user.groups.exists() or user.user_permissions.exists()


def _write_address(user: User, email: str, *, name: str) -> None:
    if user.pk is None or user.email != email:
        user.email = email
        _end_sessions(user)
    user.first_name = name[: User._meta.get_field("first_name").max_length]
    user.save()


def _end_sessions(user: AbstractBaseUser) -> None:
    """A new unusable password: Django lets every session that knew the old one go, once ``user`` is saved."""
    user.set_unusable_password()
