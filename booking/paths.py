"""What a number in an address may be."""

from django.urls import register_converter
from django.urls.converters import IntConverter


class IdConverter(IntConverter):
    """The number of a row. ``<int:...>`` takes numbers of any length, and SQLite fails on those that it can't hold."""

    regex = "[0-9]{1,18}"


register_converter(IdConverter, "id")
