"""The official rules, in a process of their own: ``python -m tests.booking.invoicing.rule_runner RULES``.

Reads one path a line, and answers each with a line of JSON: what the schema and the rules find wrong. A processor for
XSLT ends a process that has several of it, so there is one process, with one processor, for all tests.
"""

import json
import sys
from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor

SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def is_peppol(tree: etree._ElementTree) -> bool:
    return "peppol" in tree.findtext("{*}CustomizationID", "")


class Rules:
    def __init__(self, folder: Path, saxon: PySaxonProcessor):
        self.folder, self.saxon = folder, saxon
        self.schemas: dict[str, etree.XMLSchema] = {}
        self.sheets: dict[Path, object] = {}
        # With its optimizations, Saxon 13.1 does not get through OIOUBL's rules.
        saxon.set_configuration_property("http://saxon.sf.net/feature/optimizationLevel", "0")

    def broken(self, path: Path) -> list[str]:
        tree = etree.parse(path)
        kind = etree.QName(tree.getroot()).localname
        if kind not in self.schemas:
            self.schemas[kind] = etree.XMLSchema(file=self.folder / f"ubl21/maindoc/UBL-{kind}-2.1.xsd")
        schema = self.schemas[kind]
        if not schema.validate(tree):
            return [f"schema: {error.message}" for error in schema.error_log]
        if is_peppol(tree):
            sheets = ["peppol-bis-3.0.21/CEN-EN16931-UBL.xslt", "peppol-bis-3.0.21/PEPPOL-EN16931-UBL.xslt"]
        else:
            sheets = [f"oioubl-2.1-1.17.2/OIOUBL_{kind}_Schematron.xslt"]
        return [fault for sheet in sheets for fault in self._run(self.folder / sheet, path)]

    def _run(self, sheet: Path, path: Path) -> list[str]:
        if sheet not in self.sheets:
            compiler = self.saxon.new_xslt30_processor()
            self.sheets[sheet] = compiler.compile_stylesheet(stylesheet_file=str(sheet))
        report = etree.fromstring(self.sheets[sheet].transform_to_string(source_file=str(path)).encode())
        assert report.tag == f"{SVRL}schematron-output"
        assert report.find(f"{SVRL}fired-rule") is not None
        found = report.iter(f"{SVRL}failed-assert", f"{SVRL}successful-report")
        return [" ".join("".join(one.itertext()).split()) for one in found]


if __name__ == "__main__":
    with PySaxonProcessor(license=False) as saxon:
        rules = Rules(Path(sys.argv[1]), saxon)
        for line in sys.stdin:
            print(json.dumps(rules.broken(Path(line.strip()))), flush=True)  # noqa: T201
