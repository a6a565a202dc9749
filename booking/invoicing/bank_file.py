"""What a bank says has come in: CAMT.053 or CAMT.054 (ISO 20022), or a table with date, amount and reference.

A file is read whole or not at all. What can't be read says why, in a sentence for whoever brought it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from lxml import etree

from booking.money import ORE
from booking.people.rows import date_from, shown, spaced
from booking.people.tables import MAX_BYTES, MEGABYTE, Table, Unreadable, plain, read_table

#: Far more than a month of ours brings.
MAX_PAYMENTS = 5000
#: What is kept of a reference: more than any bank gives.
REFERENCE = 200
#: Kroner are kept with ten figures before the comma; whatever is greater is a number of something else.
TOO_MUCH = Decimal(10) ** 10

CAMT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.05[34]\.001\.\d\d\}Document")
#: What a bank has booked; what is pending or told beforehand may still not come.
BOOKED = {"BOOK", ""}

#: A column and what banks call it. Of several with a day the first named here counts; references are read together.
COLUMNS = {
    "paid_on": (
        "bogføringsdato", "bogført", "bogført dato", "posteringsdato", "indbetalingsdato", "betalingsdato", "dato",
        "date", "booking date", "valørdato",
    ),
    "amount": ("beløb", "indbetalt", "indbetalt beløb", "beløb dkk", "beløb i dkk", "beløb kr", "amount"),
    "reference": (
        "reference", "betalings-id", "betalingsidentifikation", "betalings-identifikation", "fik", "fik-nummer",
        "fi-nummer", "ocr", "ocr-reference", "ocr-linje", "kodelinje", "kreditornummer", "tekst", "posteringstekst",
        "meddelelse", "besked", "message",
    ),
    "currency": ("valuta", "currency"),
}  # fmt: skip
KNOWN = {plain(name): column for column, names in COLUMNS.items() for name in names}

DANISH_AMOUNT = re.compile(r"-?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d{1,2})?")
ENGLISH_AMOUNT = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)\.\d{1,2}")


@dataclass(frozen=True, slots=True)
class Incoming:
    """Money that came in, as the bank tells it. ``bank_id`` is the bank's own number for it, where it gives one."""

    paid_on: date
    amount: Decimal
    reference: str
    currency: str = "DKK"
    bank_id: str = ""


@dataclass(slots=True)
class BankFile:
    """A file as it was read. ``accounts`` are the last 14 digits (registration and account) of those it is of."""

    incoming: list[Incoming] = field(default_factory=list)
    skipped: int = 0
    accounts: set[str] = field(default_factory=set)


def read_bank_file(content: bytes) -> BankFile:
    """Raises Unreadable."""
    if len(content) > MAX_BYTES:
        raise Unreadable(
            _("The file is too large: %(size)d MB. It may be %(most)d MB.")
            % {"size": -(-len(content) // MEGABYTE), "most": MAX_BYTES // MEGABYTE}
        )
    begins = content[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    file = _camt(content) if begins.startswith(b"<") else _table(content)
    if len(file.incoming) > MAX_PAYMENTS:
        raise Unreadable(
            _("The file has more than %(most)d payments. Fetch a shorter period.") % {"most": MAX_PAYMENTS}
        )
    return file


# CAMT


def _camt(content: bytes) -> BankFile:
    own_type = _("The file has a document type of its own, which no bank writes. It was not read.")
    if b"<!DOCTYPE" in content.replace(b"\0", b"").upper():
        raise Unreadable(own_type)
    # Without comments: an amount goes on after one.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        tree = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(_("The file is not whole, or is damaged. Fetch it from the bank again.")) from error
    if tree.getroottree().docinfo.internalDTD is not None:  # in UTF-7, say, where no byte of it is plain
        raise Unreadable(own_type)
    if not CAMT.fullmatch(tree.tag):
        raise Unreadable(_("The file is XML, but neither CAMT.053 nor CAMT.054."))
    file = BankFile()
    for path in ("{*}BkToCstmrStmt/{*}Stmt", "{*}BkToCstmrDbtCdtNtfctn/{*}Ntfctn"):
        for report in tree.iterfind(path):
            account = _said(report, "Acct/Id/IBAN") or _said(report, "Acct/Id/Othr/Id")
            if account:
                file.accounts.add("".join(filter(str.isdigit, account))[-14:])
            for entry in report.iterfind("{*}Ntry"):
                found = list(_of_entry(entry)) if _has_come(entry) else []
                file.incoming += found
                file.skipped += not found
    return file


def _said(element: etree._Element, path: str) -> str:
    return spaced(element.findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or "")


def _has_come(entry: etree._Element) -> bool:
    """Booked to our good; neither pending nor the undoing of something else."""
    status = _said(entry, "Sts/Cd") or _said(entry, "Sts")
    is_undoing = _said(entry, "RvslInd") in {"true", "1"}
    return _said(entry, "CdtDbtInd") == "CRDT" and status in BOOKED and not is_undoing


def _of_entry(entry: etree._Element) -> Iterator[Incoming]:
    """Each payment of an entry; banks gather slips of one day in one entry, with the payments as its details."""
    paid_on, (amount, currency) = _day_of(entry), _amount_of(entry, "Amt")
    bank_id = _said(entry, "AcctSvcrRef")
    details = entry.findall("{*}NtryDtls/{*}TxDtls")
    amounts = [_amount_of(one, "Amt") or _amount_of(one, "AmtDtls/TxAmt/Amt") for one in details]
    if len(details) < 2 or None in amounts:
        if amount:
            reference = " ".join(_reference_of(one) for one in details) or _said(entry, "AddtlNtryInf")
            own = _said(details[0], "Refs/AcctSvcrRef") if len(details) == 1 else ""
            yield Incoming(paid_on, amount, reference[:REFERENCE], currency, own or bank_id)
        return
    signed = [
        -one[0] if _said(part, "CdtDbtInd") == "DBIT" else one[0] for part, one in zip(details, amounts, strict=True)
    ]
    if sum(signed) != amount:
        raise Unreadable(
            _("The payments of %(date)s do not add up to the sum that the file gives. Fetch it from the bank again.")
            % {"date": f"{paid_on:%d-%m-%Y}"}
        )
    for part, part_amount, one in zip(details, signed, amounts, strict=True):
        if part_amount > 0:
            own = _said(part, "Refs/AcctSvcrRef") or bank_id
            yield Incoming(paid_on, part_amount, _reference_of(part)[:REFERENCE], one[1], own)


def _day_of(entry: etree._Element) -> date:
    for path in ("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"):
        if text := _said(entry, path):
            try:
                return date.fromisoformat(text[:10])
            except ValueError as error:
                raise Unreadable(_("“%(value)s” in the file is not a date.") % {"value": shown(text)}) from error
    raise Unreadable(_("A payment in the file has no date."))


def _amount_of(element: etree._Element, path: str) -> tuple[Decimal, str] | None:
    found = element.find("/".join(f"{{*}}{name}" for name in path.split("/")))
    if found is None:
        if path == "Amt" and element.tag.endswith("}Ntry"):
            raise Unreadable(_("A payment in the file has no amount."))
        return None
    text = (found.text or "").strip()
    try:
        amount = Decimal(text)
        whole = amount.quantize(ORE)
    except InvalidOperation:
        amount, whole = Decimal(-1), Decimal(0)
    if amount != whole or not 0 <= amount < TOO_MUCH:
        raise Unreadable(_("“%(value)s” in the file is not an amount.") % {"value": shown(text)})
    return whole, found.get("Ccy", "")


def _reference_of(details: etree._Element) -> str:
    """What the payer gave as reference: the slip's number, the invoice's, or words."""
    paths = ("Strd/CdtrRefInf/Ref", "Strd/RfrdDocInf/Nb", "Ustrd")
    remittance = details.findall("{*}RmtInf")
    found = [
        spaced(one.text or "")
        for information in remittance
        for path in paths
        for one in information.iterfind("/".join(f"{{*}}{name}" for name in path.split("/")))
    ]
    return " ".join(dict.fromkeys(filter(None, found)))


# Tables


def _table(content: bytes) -> BankFile:
    table = read_table(content, known=KNOWN)
    places = _places(table)
    file = BankFile()
    for line, cells in table.rows:
        values = [_bare(cell) for cell in cells] + [None] * len(table.header)
        amount = amount_from(values[places["amount"][0]])
        if amount is None:
            raise Unreadable(
                _("Line %(line)d: “%(value)s” is not an amount. Write it as 6.625,00.")
                % {"line": line, "value": shown(values[places["amount"][0]] or "")}
            )
        if amount <= 0:
            file.skipped += 1
            continue
        file.incoming.append(
            Incoming(
                paid_on=_day(table, line, values[places["paid_on"][0]]),
                amount=amount,
                reference=spaced(" ".join(str(values[place]) for place in places["reference"] if values[place]))[
                    :REFERENCE
                ],
                currency=str(values[places["currency"][0]] or "DKK").upper() if "currency" in places else "DKK",
            )
        )
    return file


def _places(table: Table) -> dict[str, list[int]]:
    """Where each column stands, those first that count most."""
    headers = [plain(header) for header in table.header]
    places = {
        column: [headers.index(plain(name)) for name in names if plain(name) in headers]
        for column, names in COLUMNS.items()
    }
    if len(places["amount"]) > 1:
        first, second, *_more = places["amount"]
        raise Unreadable(
            _("Two columns mean the same: “%(first)s” and “%(second)s”. Remove one of them.")
            % {"first": table.header[first], "second": table.header[second]}
        )
    if not (places["paid_on"] and places["amount"] and places["reference"]):
        raise Unreadable(
            _("The file must be CAMT, or have the columns Dato, Beløb and Reference, named in the first row.")
        )
    return {column: sorted(found) if column == "reference" else found for column, found in places.items() if found}


def _bare(cell):
    """A cell's value; ``="0001"`` is how spreadsheets keep noughts in front, and an apostrophe how they keep signs."""
    if not isinstance(cell, str):
        return cell
    text = spaced(cell)
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.removeprefix("'") or None


def amount_from(value) -> Decimal | None:
    """An amount as Danes write it, or as a spreadsheet keeps it; None if it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _kroner(str(value))
    text = str(value).casefold().replace("−", "-").removesuffix("kr.").removesuffix("kr").removeprefix("dkk")
    text = "".join(text.removesuffix("dkk").split()).removeprefix("+")
    if text.endswith("-"):
        text = f"-{text[:-1]}"
    if DANISH_AMOUNT.fullmatch(text):
        return _kroner(text.replace(".", "").replace(",", "."))
    return _kroner(text.replace(",", "")) if ENGLISH_AMOUNT.fullmatch(text) else None


def _kroner(number: str) -> Decimal | None:
    """None for what is too much to be a sum of money, such as an account's number."""
    amount = Decimal(number)
    return amount.quantize(ORE) if abs(amount) < TOO_MUCH else None


def _day(table: Table, line: int, value) -> date:
    if isinstance(value, str) and re.fullmatch(r"20\d{6}", value):
        value = f"{value[:4]}-{value[4:6]}-{value[6:]}"
    try:
        day = date_from(value, table.day_zero)
    except ValueError:
        day = None
    if day is None:
        raise Unreadable(
            _("Line %(line)d: “%(value)s” is not a date. Write it as 5-5-2027.")
            % {"line": line, "value": shown(value or "")}
        )
    return day.date() if isinstance(day, datetime) else day
