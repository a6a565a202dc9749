"""Unsurprising objects for tests: say in the test what matters, leave the rest to these."""

from datetime import date, time
from decimal import Decimal

import factory
from django.contrib.auth import get_user_model
from django.utils import timezone
from factory.django import DjangoModelFactory
from wagtail.models import Page, Site

from booking.models import (
    Audience,
    Conditions,
    ConditionsVersion,
    Contact,
    ElectionTerm,
    Municipality,
    Office,
    Person,
    PriceList,
    PriceRow,
    Secretary,
    Seller,
    SessionPage,
    Venue,
)
from booking.people.models import OfficeKind
from home.models import CataloguePage, FrontPage, HeadingPage, OfferPage


class PageFactory(DjangoModelFactory):
    """A page below ``parent``, published the way an editor does it."""

    class Meta:
        abstract = True

    title = factory.Sequence("Side {}".format)

    @classmethod
    def _create(cls, model_class, *args, parent=None, published=True, **kwargs):
        page = model_class(*args, live=False, **kwargs)
        (parent or cls.default_parent()).add_child(instance=page)
        if published:
            page.save_revision().publish()
            page.refresh_from_db()
        return page

    @classmethod
    def default_parent(cls) -> Page:
        return front_page()


def front_page() -> FrontPage:
    """The site's front page, made on first use."""
    page = FrontPage.objects.first()
    if page is None:
        page = FrontPage(title="Tilbud til borgmestre", slug="forside")
        Page.get_first_root_node().add_child(instance=page)
        Site.objects.update_or_create(
            is_default_site=True, defaults={"hostname": "localhost", "port": 80, "root_page": page}
        )
    return page


class CataloguePageFactory(PageFactory):
    class Meta:
        model = CataloguePage

    title = "Tilbud"
    slug = "tilbud"


class HeadingPageFactory(PageFactory):
    class Meta:
        model = HeadingPage

    title = "Det personlige lederskab"

    @classmethod
    def default_parent(cls) -> Page:
        return CataloguePage.objects.first() or CataloguePageFactory()


class OfferPageFactory(PageFactory):
    class Meta:
        model = OfferPage

    title = factory.Sequence("Tilbud {}".format)
    intro = "Et tilbud til borgmestre."

    @classmethod
    def default_parent(cls) -> Page:
        return HeadingPage.objects.first() or HeadingPageFactory()


#: Codes of municipalities, without the two whose names have forms of their own: København and Bornholm.
CODES = [str(number) for number in range(102, 1000) if number != 400]


class MunicipalityFactory(DjangoModelFactory):
    class Meta:
        model = Municipality
        django_get_or_create = ("name",)

    code = factory.Sequence(lambda number: CODES[number % len(CODES)])
    name = "Fanø"
    region = "Region Syddanmark"
    cvr = "31210917"


class ElectionTermFactory(DjangoModelFactory):
    class Meta:
        model = ElectionTerm
        django_get_or_create = ("starts_on",)

    starts_on = date(2026, 1, 1)
    ends_on = date(2029, 12, 31)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = get_user_model()

    username = factory.Sequence("bruger{}".format)
    email = factory.Sequence("bruger{}@example.org".format)


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person

    name = factory.Sequence("Person {}".format)
    email = factory.Sequence("person{}@example.org".format)
    user = factory.SubFactory(UserFactory, email=factory.SelfAttribute("..email"))


class OfficeFactory(DjangoModelFactory):
    class Meta:
        model = Office

    person = factory.SubFactory(PersonFactory)
    kind = OfficeKind.MAYOR
    municipality = factory.SubFactory(MunicipalityFactory)
    starts_on = date(2022, 1, 1)


def mayor_of(name: str, **office) -> Person:
    """The sitting mayor of a municipality, since 2022 unless said otherwise."""
    municipality = MunicipalityFactory(name=name)
    return OfficeFactory(municipality=municipality, **{"person__name": f"Borgmesteren i {name}"} | office).person


def secretary_of(*principals: Person, **person) -> Person:
    """Somebody who acts for these principals."""
    secretary = PersonFactory(**person)
    for principal in principals:
        Secretary.objects.create(secretary=secretary, principal=principal, starts_on=date(2022, 1, 1))
    return secretary


class AudienceFactory(DjangoModelFactory):
    class Meta:
        model = Audience
        django_get_or_create = ("name",)

    name = "Borgmestre"
    offices = factory.LazyFunction(lambda: [OfficeKind.MAYOR.value])


class SellerFactory(DjangoModelFactory):
    class Meta:
        model = Seller
        django_get_or_create = ("name",)

    name = "KL"
    cvr = factory.LazyAttribute(lambda seller: "12345674" if seller.name == "KL" else "99999926")


class PriceListFactory(DjangoModelFactory):
    """The mayors' course: 5.300 kr. a day session, 8.800 kr. an overnight one, online not decided."""

    class Meta:
        model = PriceList
        skip_postgeneration_save = True
        django_get_or_create = ("name",)

    name = "Borgmesterforløb"
    seller = factory.SubFactory(SellerFactory)

    @factory.post_generation
    def rows(self, create, extracted, **kwargs):
        prices = {"day": Decimal(5300), "overnight": Decimal(8800)}
        for kind, net in prices.items():
            PriceRow.objects.get_or_create(
                price_list=self,
                kind=kind,
                valid_from=date(2022, 1, 1),
                defaults={"net": net, "includes": "Inkl. forplejning, ekskl. transport."},
            )


class ConditionsFactory(DjangoModelFactory):
    """Binding at once, unless ``free_days`` says otherwise."""

    class Meta:
        model = Conditions
        skip_postgeneration_save = True

    name = factory.Sequence("Betingelser {}".format)

    @factory.post_generation
    def free_days(self, create, extracted, **kwargs):
        ConditionsVersion.objects.create(
            conditions=self,
            number=1,
            text="Tilmeldingen er bindende.",
            free_days=extracted,
            created_at=timezone.now(),
        )


class VenueFactory(DjangoModelFactory):
    class Meta:
        model = Venue

    name = "Campus Carlsberg"
    street = "Humletorvet 3"
    postcode = "1799"
    city = "København V"


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact

    name = "Borgmestertilbud i KL"
    email = "borgmestertilbud@example.org"


class SessionPageFactory(PageFactory):
    """A day session for mayors on 5 May 2027 at 10-18, at the list price, without a limit on seats."""

    class Meta:
        model = SessionPage

    title = factory.Sequence("Afholdelse {}".format)
    kind = "day"
    starts_on = date(2027, 5, 5)
    ends_on = factory.SelfAttribute("starts_on")
    starts_time = time(10)
    ends_time = time(18)
    audience = factory.SubFactory(AudienceFactory)
    price_list = factory.SubFactory(PriceListFactory)
    conditions = factory.SubFactory(ConditionsFactory)
    contact = factory.SubFactory(ContactFactory)

    @classmethod
    def default_parent(cls) -> Page:
        return OfferPage.objects.first() or OfferPageFactory()
