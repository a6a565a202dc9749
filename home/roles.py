"""What staff's roles may do with what home keeps; the roles themselves are booking's."""

from django.apps import apps as installed

from booking.desk.roles import KEEP, grant


def give_providers(apps=installed) -> None:
    """Let all who keep the pages keep the providers. Doing it again changes nothing."""
    grant(apps, {"home.provider": KEEP})
