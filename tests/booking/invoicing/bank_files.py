"""Files as banks write them: CAMT.053 and CAMT.054 of several versions, and tables."""

from datetime import date
from decimal import Decimal
from io import BytesIO

from openpyxl import Workbook

from booking.invoicing.numbers import slip_number

DAY = date(2027, 6, 1)
IBAN = "DK5012341234567890"


def slip(serial: int = 1) -> str:
    return slip_number(serial)


def entry(amount="6625.00", reference=None, *, day=DAY, details="", number="B1", **changes) -> str:
    """One entry of a statement; ``details`` in place of its own reference."""
    said = {"Ccy": "DKK", "CdtDbtInd": "CRDT", "Sts": "<Cd>BOOK</Cd>", "RvslInd": ""} | changes
    details = details or f"<TxDtls>{remittance(reference or slip())}</TxDtls>"
    reversal = f"<RvslInd>{said['RvslInd']}</RvslInd>" if said["RvslInd"] else ""
    return (
        f'<Ntry><Amt Ccy="{said["Ccy"]}">{amount}</Amt><CdtDbtInd>{said["CdtDbtInd"]}</CdtDbtInd>{reversal}'
        f"<Sts>{said['Sts']}</Sts><BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{number}</AcctSvcrRef>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def remittance(reference: str) -> str:
    return f"<RmtInf><Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd></RmtInf>"


def part(amount, reference, *, own_amount=True) -> str:
    """One of several payments that an entry gathers, as version 2 and later versions tell its amount."""
    told = f'<Amt Ccy="DKK">{amount}</Amt>'
    return (
        f"<TxDtls>{told if own_amount else f'<AmtDtls><TxAmt>{told}</TxAmt></AmtDtls>'}{remittance(reference)}</TxDtls>"
    )


def camt(*entries, kind="054", version="08", iban=IBAN) -> bytes:
    outer, inner = {"053": ("BkToCstmrStmt", "Stmt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}[kind]
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{namespace}">'
        f"<{outer}><GrpHdr><MsgId>1</MsgId></GrpHdr><{inner}><Id>1</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>"
        f"{''.join(entries)}</{inner}></{outer}></Document>"
    ).encode()


def table(*rows, header="Dato;Beløb;Reference") -> bytes:
    return "\r\n".join([header, *rows]).encode("utf-8-sig")


def workbook(*rows) -> bytes:
    book, file = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def row(amount="6.625,00", reference=None, *, day=DAY) -> str:
    return f"{day:%d-%m-%Y};{amount};{reference or slip()}"


AMOUNT = Decimal("6625.00")
