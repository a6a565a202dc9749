"""What the database itself refuses, in whatever words one asks it, on SQLite and PostgreSQL."""

from datetime import date

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.writer import MigrationWriter

from booking.invoicing.final import WrittenOnce
from booking.invoicing.issue import credit
from booking.invoicing.models import Charge, HandOver, Invoice, Settlement
from booking.invoicing.run import issue_due
from booking.invoicing.settle import mark_paid
from tests.booking.invoicing.test_issue import AFTER
from tests.booking.signup.test_reserve import order
from tests.factories import SessionPageFactory, mayor_of

RULES = {
    model: next(rule for rule in model._meta.constraints if isinstance(rule, WrittenOnce))
    for model in (Invoice, Charge)
}


@pytest.fixture
def invoice(seller) -> Invoice:
    order(SessionPageFactory(), mayor_of("Fanø"))
    return issue_due(AFTER).issued[0]


def run(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def refused(sql: str, *, by: str) -> None:
    with pytest.raises(IntegrityError, match=by):
        run(sql)


def columns(model, *, but=()) -> list[str]:
    return [field.column for field in model._meta.local_concrete_fields if field.name not in but]


@pytest.mark.parametrize("column", columns(Invoice))
def test_nothing_that_a_document_says_can_be_changed(invoice, column):
    kept = Invoice.objects.values().get()

    refused(f'UPDATE booking_invoice SET "{column}" = "{column}"', by="documents_are_final")

    assert Invoice.objects.values().get() == kept


@pytest.mark.parametrize("column", columns(Charge, but=RULES[Charge].but))
def test_nothing_that_binds_a_booking_to_its_line_can_be_changed(invoice, column):
    note = credit(invoice, reason="Forkert.", now=AFTER)
    Charge.objects.create(invoice=note, booking=invoice.charges.get().booking, lines=[0], net=1, vat=0)
    other = {"lines": "'[7]'", "invoice_id": str(invoice.pk)}

    refused(
        f"UPDATE booking_charge SET {column} = {other.get(column, '7')}, credited_by_id = {note.pk} "
        "WHERE credited_by_id IS NULL",
        by="charges_are_final",
    )


@pytest.mark.parametrize(
    ("table", "rule"), [("booking_invoice", "documents_are_final"), ("booking_charge", "charges_are_final")]
)
def test_no_document_and_no_line_of_one_can_be_removed(invoice, table, rule):
    refused(f"DELETE FROM {table}", by=rule)


def test_a_row_cannot_be_replaced_either(invoice):
    names = ", ".join(columns(Invoice))
    if connection.vendor == "sqlite":
        refused(f"INSERT OR REPLACE INTO booking_invoice SELECT {names} FROM booking_invoice", by="documents_are_final")
    else:
        refused(
            f"INSERT INTO booking_invoice SELECT {names} FROM booking_invoice ON CONFLICT (id) DO UPDATE SET total = 1",
            by="documents_are_final",
        )


def test_a_charge_is_credited_once_and_for_good(invoice):
    credit(invoice, reason="Forkert.", now=AFTER)

    refused("UPDATE booking_charge SET credited_by_id = NULL, stands = TRUE", by="charges_are_final")
    refused("UPDATE booking_charge SET stands = TRUE", by="charges_are_final")


def test_how_it_left_the_house_and_was_paid_changes_all_the_same(invoice):
    HandOver.objects.update(state="handed_over")
    mark_paid(invoice, paid_on=AFTER.date(), by=None, now=AFTER)

    assert (invoice.hand_over.__class__.objects.get().state, Settlement.objects.count()) == ("handed_over", 1)


@pytest.mark.parametrize(
    "change",
    [
        "content = '{}', xml = '', emptied_in = 2032",
        "content = '{}', xml = ''",
        "content = '{}', emptied_in = 2033",
        "xml = '', emptied_in = 2033",
        "content = '{}', xml = '', emptied_in = 2033, number = 'F9'",
        "content = '{\"a\": 1}', xml = '', emptied_in = 2033",
    ],
    ids=["too early", "in no year", "half", "the other half", "and something more", "with other words"],
)
def test_a_document_is_emptied_only_when_bookkeeping_no_longer_asks_for_it(invoice, change):
    refused(f"UPDATE booking_invoice SET {change}", by="documents_are_final")


def test_an_emptied_document_stays_empty(invoice):
    assert Invoice.objects.empty_before(date(2028, 1, 1), on=date(2033, 1, 1)) == 1
    assert Invoice.objects.empty_before(date(2028, 1, 1), on=date(2034, 1, 1)) == 0

    refused("UPDATE booking_invoice SET content = '{\"a\": 1}'", by="documents_are_final")


def triggers() -> list:
    names = {"sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
             "postgresql": "SELECT tgname, tgrelid FROM pg_trigger WHERE NOT tgisinternal"}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(names[connection.vendor])
        return sorted(cursor.fetchall())


def test_a_database_can_be_emptied_and_the_rule_is_there_again(transactional_db, seller):
    before = triggers()
    assert before
    order(SessionPageFactory(), mayor_of("Fanø"))
    issue_due(AFTER)

    call_command("flush", interactive=False, verbosity=0)

    assert not Invoice.objects.exists()
    assert triggers() == before


@pytest.mark.parametrize("model", RULES)
def test_the_rule_can_be_taken_away_and_put_back(transactional_db, seller, model):
    rule = RULES[model]
    with_all, model._meta.constraints = model._meta.constraints, [
        one for one in model._meta.constraints if one != rule
    ]  # fmt: skip
    try:
        with connection.schema_editor() as editor:
            editor.remove_constraint(model, rule)
        order(SessionPageFactory(), mayor_of("Fanø"))
        issue_due(AFTER)
        run(f"UPDATE {model._meta.db_table} SET net = net")
    finally:
        model._meta.constraints = with_all
        with connection.schema_editor() as editor:
            editor.add_constraint(model, rule)

    refused(f"UPDATE {model._meta.db_table} SET net = net", by=rule.name)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_the_rule_can_be_written_into_a_migration(rule):
    path, args, kwargs = rule.deconstruct()

    assert path == "booking.invoicing.final.WrittenOnce"
    assert WrittenOnce(*args, **kwargs) == rule == rule.clone()
    assert MigrationWriter.serialize(rule)[0].startswith(path)
