"""Somebody to sign in as: one of each role, and those who have no business at the desk."""

from datetime import datetime

import pytest
import time_machine

from booking.dates import COPENHAGEN
from booking.desk.roles import ADMINISTRATORS, EDITORS, FINANCE, SUPERUSERS, make_roles
from home.roles import give_providers
from tests.factories import UserFactory, mayor_of

#: A working day before the sessions that factories make.
NOW = datetime(2026, 12, 1, 9, tzinfo=COPENHAGEN)


@pytest.fixture(autouse=True)
def december():
    """Whatever day it is, the desk is open on this one."""
    with time_machine.travel(NOW):
        yield


def _staff(role: str):
    from django.contrib.auth.models import Group

    make_roles()
    give_providers()
    user = UserFactory()
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def editor(client, db):
    """Signed in as an editor."""
    user = _staff(EDITORS)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


@pytest.fixture
def administrator(client, db):
    """Signed in as a course administrator."""
    user = _staff(ADMINISTRATORS)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


@pytest.fixture
def finance(client, db):
    """Signed in as somebody who writes invoices."""
    user = _staff(FINANCE)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


@pytest.fixture
def superuser(client, db):
    """Signed in as a superuser: the group of that name, not Django's tick."""
    user = _staff(SUPERUSERS)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


@pytest.fixture
def mayor(client, db):
    """Signed in as the mayor of Læsø, who has no desk here."""
    person = mayor_of("Læsø")
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    return person
