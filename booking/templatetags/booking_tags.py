"""What templates say of money, dates and sign-up. One filter each, so that an amount looks the same everywhere."""

import re

from django import template
from django.utils import timezone
from django.utils.html import format_html

from booking import dates, money
from booking.pricing import rules
from booking.sessions.programme import labelled_inputs
from booking.signup import sentences
from booking.signup.kept import kept_for
from booking.signup.panel import Panel
from booking.signup.panel import form_address as address_of_form

register = template.Library()

_COMPOUND = re.compile(r"\w{20,}")
_JOINT = re.compile(r"(kommunal|bestyrelses)(?=\w{4})", re.IGNORECASE)

#: Decimal kroner: "8.800,00 kr."
register.filter("kroner", money.kroner)
#: A rate such as 0.25: "25 %"
register.filter("percent", money.danish_percent)
#: A booking.money.Price: "8.800,00 kr. ekskl. moms, 11.000,00 kr. inkl. moms"
register.filter("both_amounts", sentences.both_amounts)
#: A time: "12.00"
register.filter("clock", dates.danish_time)
#: A date: "mandag den 5. december 2022"
register.filter("day", dates.danish_day)
#: An aware moment: "5. december 2022 kl. 12.00"
register.filter("moment", dates.danish_moment)
#: The same of a moment to keep, with its weekday
register.filter("deadline", dates.danish_deadline)
#: An item of a programme: its inputs, each with what it is called
register.filter("labelled_inputs", labelled_inputs)


@register.filter
def on_one_line(text) -> str:
    """A date with its "kl." and its hours in one piece, however narrow the page is."""
    days, clock, rest = str(text).partition("kl. ")
    if not clock:
        return days
    hours, space, rest = rest.partition(" ")
    return format_html('{}<span class="whole">kl. {}</span>{}{}', days, hours, space, rest)


@register.filter
def in_parts(text) -> str:
    """The longest compounds with soft hyphens: on a phone they fill the line, and few browsers can divide Danish."""
    return _COMPOUND.sub(lambda compound: _JOINT.sub("\\1\N{SOFT HYPHEN}", compound[0]), str(text))


@register.filter
def in_a_sentence(audience) -> str:
    """An audience's name as it stands in the middle of a sentence; an abbreviation keeps its capitals."""
    return rules.in_a_sentence(str(audience))


@register.simple_tag(takes_context=True)
def booking_panel(context, page) -> Panel:
    """What the page says of sign-up to this visitor; the one the form's own view made, if that is where we are."""
    if "panel" in context:
        return context["panel"]
    request = context["request"]
    kept = kept_for(request, page) if request.user.is_authenticated else {}
    return Panel(page, user=request.user, now=timezone.now(), kept=kept)


@register.simple_tag(takes_context=True)
def form_address(context, page) -> str:
    """Where a visitor comes back to the form after signing in."""
    return address_of_form(page, context["request"])
