"""What a new site's register begins with: the 98 municipalities, the 17 health councils and the election terms."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

from django.apps.registry import Apps

FOLDER = Path(__file__).parent / "data"

#: The election terms begin on 1 January of these years.
TERMS = (2018, 2022, 2026, 2030)


def lay_ground(apps: Apps) -> None:
    """Make what is missing, and leave alone what is there. ``apps`` are a migration's, or Django's own."""
    models = {name: apps.get_model("booking", name) for name in ("Municipality", "HealthCouncil", "ElectionTerm")}
    council_by_code: dict[str, Any] = {}
    for place, row in enumerate(_rows("health_councils.csv"), start=1):
        council, _made = models["HealthCouncil"].objects.get_or_create(
            name=row["name"], defaults={"region": row["region"], "sort_order": place}
        )
        council_by_code |= dict.fromkeys(row["municipalities"].split(), council)
    for row in _rows("municipalities.csv"):
        council = council_by_code[row["code"]]
        values = {"name": row["name"], "region": row["region"], "cvr": row["cvr"], "health_council": council}
        municipality, made = models["Municipality"].objects.get_or_create(code=row["code"], defaults=values)
        if not made and municipality.health_council_id is None:
            municipality.health_council = council
            municipality.save(update_fields=["health_council"])
    for year in TERMS:
        models["ElectionTerm"].objects.get_or_create(
            starts_on=date(year, 1, 1), defaults={"ends_on": date(year + 3, 12, 31)}
        )


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
