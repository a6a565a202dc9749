"""The official rules of e-invoices, where they are at hand: run in one process for all tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import SellerFactory

ROOT = Path(__file__).parents[3]
RULES = Path(os.environ.get("EINVOICE_RULES") or ROOT / "../shared/data/einvoice-rules").resolve()
REQUIRED = os.environ.get("CI") == "true"
NO_RULES = f"the official e-invoice rules are not at {RULES} (set EINVOICE_RULES to their folder)"


def pytest_terminal_summary(terminalreporter):
    if not RULES.is_dir():
        terminalreporter.section("E-INVOICES WERE NOT HELD AGAINST THE OFFICIAL RULES", sep="!", red=True)
        terminalreporter.line(NO_RULES)


@pytest.fixture(scope="session")
def rule_process():
    if not RULES.is_dir():
        (pytest.fail if REQUIRED else pytest.skip)(NO_RULES)
    command = [sys.executable, "-m", "tests.booking.invoicing.rule_runner", str(RULES)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def broken_rules(rule_process, tmp_path):
    """Gives what the schema and the official rules find wrong with some XML."""

    def ask(xml: bytes) -> list[str]:
        path = tmp_path / "document.xml"
        path.write_bytes(xml)
        rule_process.stdin.write(f"{path}\n")
        rule_process.stdin.flush()
        return json.loads(rule_process.stdout.readline())

    return ask


@pytest.fixture
def seller(db):
    """KL with all that an invoice says of it."""
    return SellerFactory(
        name="KL",
        cvr="31210917",
        street="Weidekampsgade 10",
        postcode="2300",
        city="København S",
        bank_registration="1234",
        bank_account="1234567890",
    )
