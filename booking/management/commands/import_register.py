"""``manage.py import_register FILE``: bring office holders in from a CSV file or an Excel workbook."""

from collections.abc import Iterable
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.people.importing import RegisterChanged, carry_out, plan_import
from booking.people.plan import Plan, danish_date
from booking.people.tables import MAX_BYTES, Unreadable


class Command(BaseCommand):
    """Says what the file would do; does it with ``--apply``, all of it or nothing."""

    help = "Brings office holders in from CSV or XLSX. Without --apply it only says what would happen."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--apply", action="store_true", help="do it, if no row is wrong")

    def handle(self, *args, file: Path, apply: bool = False, **options):
        now = timezone.now()
        try:
            with file.open("rb") as opened:
                content = opened.read(MAX_BYTES + 1)
            plan = plan_import(content, now=now)
        except OSError as error:
            raise CommandError(_("The file can't be opened: %(reason)s.") % {"reason": error.strerror}) from error
        except Unreadable as error:
            raise CommandError(str(error)) from error
        for line in said(plan):
            self.stdout.write(line)
        if plan.bad:
            raise CommandError(_("Nothing has been changed. Correct the rows above, and try again."))
        if not apply:
            self.stdout.write(_("Nothing has been changed. Run again with --apply to do it."))
            return
        try:
            carry_out(plan, by=None, now=now)
        except RegisterChanged as error:
            raise CommandError(_("The register was changed at the same time. Nothing was done; try again.")) from error
        self.stdout.write(self.style.SUCCESS(_("It is done.")))


def said(plan: Plan) -> Iterable[str]:
    """The plan, line by line."""
    yield plan.reading.how
    if plan.reading.ignored:
        yield _("Columns that are not used: %(columns)s.") % {"columns": ", ".join(plan.reading.ignored)}
    if plan.bad:
        yield ngettext("%(count)d row is wrong:", "%(count)d rows are wrong:", len(plan.bad)) % {"count": len(plan.bad)}
        for bad in plan.bad:
            yield "  " + _("Line %(line)d: %(reason)s") % {"line": bad.line, "reason": bad.reason}
    count = len(plan.added)
    yield ngettext("%(count)d office begins", "%(count)d offices begin", count) % {"count": count}
    for held in plan.added:
        yield "  " + _("%(office)s, from %(day)s") % {"office": held, "day": danish_date(held.starts_on)}
    count = len(plan.ended)
    yield ngettext("%(count)d office ends", "%(count)d offices end", count) % {"count": count}
    for held in plan.ended:
        yield "  " + _("%(office)s, on %(day)s") % {"office": held, "day": danish_date(held.ends_on)}
    count = len(plan.changed) + len(plan.persons_changed)
    yield ngettext("%(count)d thing is changed", "%(count)d things are changed", count) % {"count": count}
    for held in plan.changed:
        yield "  " + held.change_in_words()
    for holder in plan.persons_changed:
        yield "  " + holder.change_in_words()
    count = len(plan.unchanged)
    yield ngettext("%(count)d office runs on unchanged", "%(count)d offices run on unchanged", count) % {"count": count}
