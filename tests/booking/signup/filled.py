"""The form as a browser would send it: what the page holds, and what the booker writes over it."""

from html.parser import HTMLParser

from django.urls import reverse

#: A valid EAN number: its check digit fits.
EAN = "5798009811578"

WRITTEN = {
    "ean": EAN,
    "person_reference": "Anna Lund",
    "requisition": "4500012345",
    "contact_name": "Sekretariatet",
    "contact_email": "sekretariatet@example.org",
    "contact_phone": "+45 76 66 06 60",
    "accepted": "on",
}


class _Fields(HTMLParser):
    """The values that the sign-up form on a page would send if nobody touched it."""

    def __init__(self, action: str):
        super().__init__()
        self.action = action
        self.is_inside = False
        self.values: dict[str, str | list[str]] = {}

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.is_inside = attributes.get("action") == self.action
        kind = attributes.get("type", "")
        is_off = kind in {"radio", "checkbox"} and "checked" not in attributes
        if self.is_inside and tag == "input" and attributes.get("name") and not is_off:
            value = attributes.get("value", "on" if kind == "checkbox" else "")
            if kind == "checkbox" and attributes["name"] in self.values:  # several boxes of a name are ticked
                ticked = self.values[attributes["name"]]
                value = [*ticked, value] if isinstance(ticked, list) else [ticked, value]
            self.values[attributes["name"]] = value

    def handle_endtag(self, tag):
        if tag == "form":
            self.is_inside = False


def fields_on(page, session) -> dict[str, str | list[str]]:
    """What the form on this page holds as it stands."""
    parser = _Fields(reverse("booking:sign_up", args=[session.pk]))
    parser.feed(page.content.decode())
    return parser.values


#: What is asked about each seat.
OF_A_SEAT = {"diet", "room", "may_be_listed", "add_ons"}


def filled(client, session, **changes) -> dict[str, str | list[str]]:
    """The form of the session's page, filled in; a change to None leaves a field out.

    What is said of a seat without saying whose is said of the one participant.
    """
    values = fields_on(client.get(session.get_url()), session) | WRITTEN | changes
    for name in OF_A_SEAT & changes.keys():
        values[f"{values['participant']}-{name}"] = values.pop(name)
    return {name: value for name, value in values.items() if value is not None}


def send(client, session, values):
    return client.post(reverse("booking:sign_up", args=[session.pk]), values)
