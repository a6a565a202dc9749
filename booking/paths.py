"""What a number or a reference in an address may be."""

from django.urls import register_converter
from django.urls.converters import IntConverter, StringConverter


class IdConverter(IntConverter):
    """The number of a row. ``<int:...>`` takes numbers of any length, and SQLite fails on those that it can't hold."""

    regex = "[0-9]{1,18}"


class ReferenceConverter(StringConverter):
    """The reference of an order. ``<str:...>`` takes a NUL too, and PostgreSQL fails on it."""

    regex = "[0-9A-Z-]{1,20}"


class FeedConverter(StringConverter):
    """The name of a public feed (booking/sessions/feeds.py), and whether it leaves out what is over."""

    regex = "(?:kommende/)?(?:alle|online|forventet|(?:tilbud|maalgruppe)/[1-9][0-9]{0,17})"


class KeyConverter(StringConverter):
    """The key to a personal calendar: 256 bits, in the form that cms.logs knows never to write down."""

    regex = "[0-9a-f]{64}"


register_converter(FeedConverter, "feed")
register_converter(IdConverter, "id")
register_converter(KeyConverter, "key")
register_converter(ReferenceConverter, "reference")
