"""What the admin's own pages ask of the desk."""

from django import template

from booking.desk.pages import signed_up

register = template.Library()

#: How many are signed up on a page and below it.
register.simple_tag(signed_up)
