"""People and bookings to try a new site with: offices instead of names, reserved addresses instead of real ones.

The bookings are made by the same function as the site's, at moments in the past few weeks. What follows from them
follows here too: the confirmations are written, and sent to whatever takes mail.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.text import slugify
from stdnum import ean

from booking.calendars.renew import take_in
from booking.dates import today
from booking.models import Municipality, Office, OutsideCalendar, Person, Secretary, Seller, SessionPage
from booking.people.models import OfficeKind
from booking.people.signin import give_sign_in, give_staff_sign_in
from booking.signup.cancel import cancel_booking
from booking.signup.reserve import Purchase, Seat, place_order
from home.models import LoadedThing

TERM_BEFORE = (date(2022, 1, 1), date(2025, 12, 31))
TERM = date(2026, 1, 1)

#: So many of the mayors took office in 2026.
NEWLY_ELECTED = 40

#: Whose secretaries sign in. The last one acts for two mayors, an old hand and a new one.
SECRETARIES = {
    "Fanø": ["Fanø"],
    "Aarhus": ["Aarhus"],
    "Bornholm": ["Bornholm"],
    "Lejre": ["Lejre"],
    "Ærø": ["Ærø", "Langeland"],
}
DIRECTORS = ["Fanø", "Gentofte", "Horsens", "Odense", "Viborg"]
COUNCIL_MEMBERS = ["Esbjerg", "Randers", "Slagelse"]
#: Whose council chooses between two runs of its own course; so many of its members are new, and one is not.
BALLERUP = "Ballerup"
NEW_MEMBERS = 3
#: Mayors who sit on a health council themselves.
COUNCIL_MAYORS = ["Holbæk", "Varde"]

STAFF = {
    "redaktoer@example.org": ("Demo-redaktør", "Redaktør"),
    "kursus@example.org": ("Demo-kursusadministrator", "Kursusadministrator"),
    "oekonomi@example.org": ("Demo-økonomi", "Økonomi"),
    "superbruger@example.org": ("Demo-superbruger", "Superbruger"),
}

#: The sessions with bookings, by the keys of course.toml and municipal.toml. 20 seats leave two.
JUST_HELD = "2026-dilemmaer"
NEARLY_FULL = "2026-svaere-loesninger"
FREE_OF_CHARGE = "2026-teknologi-og-data"
FOR_NEW_MAYORS = "2026-nyvalgte"
OVERNIGHT = "2026-samspil-med-forvaltningen"
ONE_OF_TWO_RUNS = "ballerup-2026-kattegat-1"
SEATS_LEFT = 2

#: What the sellers lack to issue invoices: right check digits, and words that say that it is made up.
SELLERS = {
    "KL": {
        "cvr": "99999918",
        "street": "Demovej 1 (opdigtet adresse)",
        "postcode": "0999",
        "city": "Demoby",
        "bank_registration": "0000",
        "bank_account": "0000000000",
    },
    "Komponent": {
        "cvr": "99999926",
        "street": "Demovej 2 (opdigtet adresse)",
        "postcode": "0999",
        "city": "Demoby",
        "fik_creditor": "00000000",
    },
}

#: A calendar from elsewhere: what stands in it, when on the day, and how many days ahead, moved on to a Thursday.
EXAMPLE_CALENDAR = "Politisk kalender (eksempel)"
MEETINGS = (
    ("B98-møde (eksempel)", {"DTSTART": "100000", "DTEND": "130000"}, (25, 115, 205)),
    ("KKR-møde (eksempel)", {"DTSTART": "130000", "DTEND": "160000"}, (40, 130, 220)),
    ("KL’s topmøde (eksempel)", {}, (110,)),
)
THURSDAY = 3

MARK = "person:demo"


class NoCatalogue(Exception):
    """There is nothing yet that somebody could be signed up for."""


@transaction.atomic
def load_demo(*, now: datetime, tell: Callable[[str], None] = lambda line: None) -> None:
    """Make the demo's people and bookings, once. A second run changes nothing. Raises NoCatalogue."""
    if LoadedThing.objects.filter(key=MARK).exists():
        tell("The demo is there already")
        return
    if not LoadedThing.objects.filter(key__startswith="sessionpage:").exists():
        raise NoCatalogue
    municipalities = {municipality.name: municipality for municipality in Municipality.objects.order_by("name")}
    tell("Mayors, secretaries, directors and members of health councils")
    mayors = make_mayors(municipalities)
    make_secretaries(mayors)
    make_others(municipalities, mayors)
    council = make_council(municipalities[BALLERUP])
    for mayor in mayors.values():  # who book below, and stand in the journal by name
        give_sign_in(mayor)
    for person in Person.objects.filter(user=None).exclude(email=None):
        give_sign_in(person)
    tell("Staff")
    for email, (name, group) in STAFF.items():
        give_staff_sign_in(email, name, [Group.objects.get_or_create(name=group)[0]])
    give_sellers_an_account()
    tell("A calendar from elsewhere")
    follow_a_calendar(now=now)
    tell("Bookings")
    make_bookings(mayors, now=now)
    one_of_two = the_session(ONE_OF_TWO_RUNS)
    if one_of_two:
        book(one_of_two, council[0], now=now - timedelta(days=5))
    LoadedThing.objects.create(key=MARK, made_id=mayors["Fanø"].pk)


def make_mayors(municipalities: dict[str, Municipality]) -> dict[str, Person]:
    """The sitting mayor of every municipality; those who were newly elected took over from somebody."""
    mayors = {}
    for name, municipality in municipalities.items():
        mayor = Person.objects.create(name=f"Borgmesteren i {name}", email=address("borgmester", name))
        starts_on, ends_on = TERM_BEFORE
        if name in newly_elected(municipalities):
            predecessor = Person.objects.create(name=f"Tidligere borgmester i {name}")
            Office.objects.create(
                person=predecessor,
                kind=OfficeKind.MAYOR,
                municipality=municipality,
                starts_on=starts_on,
                ends_on=ends_on,
            )
            starts_on = TERM
        Office.objects.create(person=mayor, kind=OfficeKind.MAYOR, municipality=municipality, starts_on=starts_on)
        mayors[name] = mayor
    return mayors


def newly_elected(names: Iterable[str]) -> set[str]:
    """Forty of the municipalities, Langeland among them and none of the other secretaries' old hands."""
    settled = {"Fanø", "Ærø", "Langeland", *COUNCIL_MAYORS}
    others = [name for name in sorted(names) if name not in settled]
    return {"Langeland", *others[:: len(others) // NEWLY_ELECTED][: NEWLY_ELECTED - 1]}


def make_secretaries(mayors: dict[str, Person]) -> None:
    for home, principals in SECRETARIES.items():
        secretary = Person.objects.create(
            name=f"Sekretæren i {home}", email=address("sekretaer", home), phone="12 34 56 78"
        )
        for name in principals:
            Secretary.objects.create(secretary=secretary, principal=mayors[name], starts_on=TERM)


def make_others(municipalities: dict[str, Municipality], mayors: dict[str, Person]) -> None:
    for name in DIRECTORS:
        director = Person.objects.create(name=f"Kommunaldirektøren i {name}", email=address("kommunaldirektoer", name))
        hold(director, OfficeKind.MUNICIPAL_DIRECTOR, municipalities[name])
    for name in COUNCIL_MEMBERS:
        chair = Person.objects.create(name=f"Udvalgsformanden i {name}", email=address("udvalgsformand", name))
        hold(chair, OfficeKind.COMMITTEE_CHAIR, municipalities[name])
        hold(chair, OfficeKind.HEALTH_COUNCIL_MEMBER, municipalities[name])
    for name in COUNCIL_MAYORS:
        hold(mayors[name], OfficeKind.HEALTH_COUNCIL_MEMBER, municipalities[name])


def make_council(municipality: Municipality) -> list[Person]:
    """The new members of one council, whose secretary acts for them all; and one who has sat there before."""
    secretary = Person.objects.create(
        name=f"Sekretæren i {municipality}", email=address("sekretaer", municipality.name), phone="12 34 56 78"
    )
    members = []
    for number in range(1, NEW_MEMBERS + 2):
        member = Person.objects.create(
            name=f"Kommunalbestyrelsesmedlem {number} i {municipality}",
            email=address(f"medlem{number}", municipality.name),
        )
        starts_on = TERM if number <= NEW_MEMBERS else TERM_BEFORE[0]
        hold(member, OfficeKind.COUNCIL_MEMBER, municipality, starts_on=starts_on)
        Secretary.objects.create(secretary=secretary, principal=member, starts_on=TERM)
        members.append(member)
    return members


def hold(person: Person, kind: str, municipality: Municipality, *, starts_on: date = TERM) -> None:
    office = Office(person=person, kind=kind, municipality=municipality, starts_on=starts_on)
    office.full_clean()  # it finds the municipality's health council
    office.save()


def give_sellers_an_account() -> None:
    """Let the demo issue invoices. What somebody has written about a seller stays."""
    for name, details in SELLERS.items():
        Seller.objects.filter(name=name, **dict.fromkeys(details, "")).update(**details)


def follow_a_calendar(*, now: datetime) -> None:
    """A political calendar that is plainly made up: three kinds of meetings in the year to come."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Eksempel//Politisk kalender//DA"]
    for title, hours, days_ahead in MEETINGS:
        for number, ahead in enumerate(days_ahead, start=1):
            day = today(now) + timedelta(days=ahead)
            day += timedelta(days=(THURSDAY - day.weekday()) % 7)
            lines += [
                "BEGIN:VEVENT",
                f"UID:{slugify(title)}-{number}@example.org",
                f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
                *(f"{name};TZID=Europe/Copenhagen:{day:%Y%m%d}T{clock}" for name, clock in hours.items()),
                *([] if hours else [f"DTSTART;VALUE=DATE:{day:%Y%m%d}", "DURATION:P2D"]),
                f"SUMMARY:{title}",
                "DESCRIPTION:Opdigtet\\, så man kan se\\, hvordan en kalender udefra tager sig ud.",
                "END:VEVENT",
            ]
    lines += ["END:VCALENDAR", ""]
    calendar, is_new = OutsideCalendar.objects.get_or_create(name=EXAMPLE_CALENDAR)
    if is_new:
        take_in(calendar, "\r\n".join(lines).encode(), now=now)


def make_bookings(mayors: dict[str, Person], *, now: datetime) -> None:
    """A session just held, one with two seats left, a few elsewhere, and one booking taken back."""
    new = newly_elected(mayors)
    old_hands = [name for name in mayors if name not in new and name not in {"Fanø", "Ærø"}]

    held = the_session(JUST_HELD)
    if held:
        before = held.when.starts_at - timedelta(days=20)
        for hour, name in enumerate(["Fanø", *old_hands[:7]]):
            book(held, mayors[name], now=before + timedelta(hours=hour))
    nearly_full = the_session(NEARLY_FULL)
    if nearly_full:
        names = old_hands[: nearly_full.capacity - SEATS_LEFT]
        for hour, name in enumerate(names):
            book(nearly_full, mayors[name], now=now - timedelta(days=9) + timedelta(hours=7 * hour))
    free = the_session(FREE_OF_CHARGE)
    if free:
        for hour, name in enumerate(old_hands[18:22]):
            book(free, mayors[name], now=now - timedelta(days=4) + timedelta(hours=hour))
    for_new = the_session(FOR_NEW_MAYORS)
    if for_new:
        for hour, name in enumerate(sorted(new - {"Langeland"})[:3]):
            book(for_new, mayors[name], now=now - timedelta(days=3) + timedelta(hours=hour))
    overnight = the_session(OVERNIGHT)
    if overnight:
        for hour, name in enumerate(old_hands[22:25]):
            diet = "Vegetar" if hour == 1 else ""
            book(overnight, mayors[name], diet=diet, now=now - timedelta(days=6) + timedelta(hours=hour))
        order = book(overnight, mayors[old_hands[25]], now=now - timedelta(days=6))
        cancel_booking(order.bookings.get(), by=order.booker.user, now=now - timedelta(days=2))


def the_session(key: str) -> SessionPage | None:
    """A session of the catalogue, wherever it is now; None if an editor has deleted or hidden it."""
    made = LoadedThing.objects.filter(key=f"sessionpage:{key}").values("made_id")
    return SessionPage.objects.live().filter(pk__in=made).first()


def book(session: SessionPage, participant: Person, *, now: datetime, diet: str = ""):
    """A seat for an office holder, ordered by the secretary where there is one."""
    acting = participant.secretaries.select_related("secretary").first()
    booker = acting.secretary if acting else participant
    municipality = participant.municipality_on(session.starts_on)
    quote = session.quote(now=now)
    return place_order(
        session,
        seats=[Seat(participant=participant, diet=diet)],
        purchase=Purchase(
            contact_name=booker.name,
            contact_email=booker.email,
            contact_phone=booker.phone,
            gln="" if quote.is_free else ean_number(municipality),
            person_reference="" if quote.is_free else "Borgmestersekretariatet",
        ),
        booker=booker,
        shown=quote.shown,
        shown_conditions=session.conditions.current().pk,
        submission=uuid4(),
        now=now,
    )


def ean_number(municipality: Municipality) -> str:
    """An EAN number that looks right and belongs to nobody we know."""
    digits = f"579999900{municipality.code}"
    return digits + ean.calc_check_digit(digits)


def address(office: str, name: str) -> str:
    """``borgmester.fanoe@example.org``."""
    for danish, plain in {"æ": "ae", "ø": "oe", "å": "aa", " ": "-"}.items():
        name = name.lower().replace(danish, plain)
    return f"{office}.{name}@example.org"
