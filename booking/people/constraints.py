"""A rule about time that the database itself keeps: on any day, no more than so many rows of a kind."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.ddl_references import Statement, Table
from django.db.models import Q


class AtMostOnAnyDay(models.BaseConstraint):
    """On any day, at most ``limit`` rows are in force among those that are alike in ``per``.

    A row is in force from ``starts_on`` to ``ends_on``, both included; without an ``ends_on``, for ever. ``kind`` keeps
    the rule to the rows of one kind. It holds however rows are written, and whoever writes beside them:

    - On PostgreSQL one row a day, alike in foreign keys, is an exclusion constraint. Keys stand in it as ranges of one
      number, which GiST compares without the btree_gist extension.
    - Every other rule on PostgreSQL is a trigger. It locks the row that the first key in ``per`` points at before it
      counts, so that of two writers the second counts what the first has committed (READ COMMITTED, our isolation).
    - SQLite has one writer at a time; there a trigger counts.

    A trigger of SQLite's may name no table but its own: it would stand in the way when the other table is remade.
    """

    def __init__(self, *, per=(), limit=1, kind=None, name, violation_error_code=None, violation_error_message=None):
        super().__init__(
            name=name,
            violation_error_code=violation_error_code or name,
            violation_error_message=violation_error_message,
        )
        self.per = tuple(per)
        self.limit = limit
        self.kind = kind

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        if self.violation_error_code == self.name:
            kwargs.pop("violation_error_code", None)
        kwargs |= {"per": self.per, "limit": self.limit}
        if self.kind is not None:
            kwargs["kind"] = str(self.kind)
        return path, args, kwargs

    def __eq__(self, other):
        if isinstance(other, AtMostOnAnyDay):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self):
        return hash(self.name)

    # The answer to a form

    def validate(self, model, instance, exclude=None, using=DEFAULT_DB_ALIAS):
        """Say it before the database does. What a form has found fault with already is not judged again."""
        fields = {*self.per, "starts_on", "ends_on"} | ({"kind"} if self.kind is not None else set())
        if exclude and fields & set(exclude):
            return
        if self.kind is not None and instance.kind != self.kind:
            return
        alike = {field: getattr(instance, model._meta.get_field(field).attname) for field in self.per}
        if instance.starts_on is None or None in alike.values():
            return
        spans = (
            model._default_manager.using(using)
            .filter(Q(ends_on=None) | Q(ends_on__gte=instance.starts_on), **alike)
            .filter(starts_on__lte=instance.ends_on or date.max)
            .exclude(pk=instance.pk)
        )
        if self.kind is not None:
            spans = spans.filter(kind=self.kind)
        if not self.holds([*spans.values_list("starts_on", "ends_on"), (instance.starts_on, instance.ends_on)]):
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def holds(self, spans: list[tuple[date, date | None]]) -> bool:
        """Whether these spans, all alike, may stand beside one another. The most are in force where one begins."""
        return all(
            sum(first <= day and (last is None or day <= last) for first, last in spans) <= self.limit
            for day, _last in spans
        )

    # What the database is told

    def constraint_sql(self, model, schema_editor):
        """The part that stands in CREATE TABLE; a trigger waits until the table is there under its own name."""
        if self._is_exclusion(model, schema_editor):
            return f"CONSTRAINT {schema_editor.quote_name(self.name)} {self._exclusion_sql(model, schema_editor)}"
        schema_editor.deferred_sql.extend(self._trigger_statements(model, schema_editor))
        return None

    def create_sql(self, model, schema_editor):
        table = Table(model._meta.db_table, schema_editor.quote_name)
        if self._is_exclusion(model, schema_editor):
            return Statement(
                "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s %(rule)s",
                table=table,
                name=schema_editor.quote_name(self.name),
                rule=self._exclusion_sql(model, schema_editor),
            )
        *before, last = self._trigger_statements(model, schema_editor)
        for statement in before:
            schema_editor.execute(statement)
        return last

    def remove_sql(self, model, schema_editor):
        table = Table(model._meta.db_table, schema_editor.quote_name)
        name = schema_editor.quote_name(self.name)
        if self._is_exclusion(model, schema_editor):
            return Statement("ALTER TABLE %(table)s DROP CONSTRAINT %(name)s", table=table, name=name)
        # On SQLite the table is remade instead. Here the function takes its trigger with it.
        return Statement("DROP FUNCTION %(name)s CASCADE", name=name)

    def _is_exclusion(self, model, schema_editor) -> bool:
        alike_in_keys = all(model._meta.get_field(field).is_relation for field in self.per)
        return schema_editor.connection.vendor == "postgresql" and self.limit == 1 and alike_in_keys

    def _exclusion_sql(self, model, schema_editor) -> str:
        columns = [schema_editor.quote_name(model._meta.get_field(field).column) for field in self.per]
        parts = [f"int8range({column}, {column}, '[]') WITH =" for column in columns]
        parts.append("daterange(starts_on, ends_on, '[]') WITH &&")
        where = f" WHERE (kind = {schema_editor.quote_value(str(self.kind))})" if self.kind is not None else ""
        return f"EXCLUDE USING gist ({', '.join(parts)}){where}"

    def _trigger_statements(self, model, schema_editor) -> list[Statement]:
        quote = schema_editor.quote_name
        columns = [quote(model._meta.get_field(field).column) for field in self.per]
        kind = schema_editor.quote_value(str(self.kind)) if self.kind is not None else None
        parts = {
            "table": Table(model._meta.db_table, quote),
            "name": quote(self.name),
            "when": f"NEW.kind = {kind}" if kind else "TRUE",
            "alike": "".join(f" AND other.{column} = NEW.{column}" for column in columns)
            + (f" AND other.kind = {kind}" if kind else ""),
            "and_alike": "".join(f" AND beside.{column} = NEW.{column}" for column in columns)
            + (f" AND beside.kind = {kind}" if kind else ""),
            "limit": self.limit,
            "message": schema_editor.quote_value(self.name),
        }
        # The days on which the most are in force are those on which a row begins: the new one, or one within its span.
        is_broken = (
            "SELECT 1 FROM %(table)s other"
            " WHERE other.starts_on >= NEW.starts_on"
            " AND (NEW.ends_on IS NULL OR other.starts_on <= NEW.ends_on)%(alike)s"
            " AND (SELECT count(*) FROM %(table)s beside"
            " WHERE beside.starts_on <= other.starts_on"
            " AND (beside.ends_on IS NULL OR beside.ends_on >= other.starts_on)%(and_alike)s) > %(limit)s"
        )
        if schema_editor.connection.vendor == "postgresql":
            return self._postgresql_trigger(model, quote, is_broken, parts)
        return [
            Statement(
                f"CREATE TRIGGER {quote(self.name + suffix)} AFTER {event} ON %(table)s WHEN %(when)s"
                f" BEGIN SELECT RAISE(ABORT, %(message)s) WHERE EXISTS ({is_broken}); END",
                **parts,
            )
            for suffix, event in (("", "INSERT"), ("_update", "UPDATE"))
        ]

    def _postgresql_trigger(self, model, quote, is_broken: str, parts: dict) -> list[Statement]:
        key = model._meta.get_field(self.per[0])
        lock = (
            f"PERFORM 1 FROM {quote(key.related_model._meta.db_table)} locked"
            f" WHERE locked.{quote(key.target_field.column)} = NEW.{quote(key.column)} FOR NO KEY UPDATE;"
        )
        function = (
            "CREATE OR REPLACE FUNCTION %(name)s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF %(when)s THEN {lock} IF EXISTS ({is_broken}) THEN RAISE EXCEPTION USING MESSAGE = %(message)s,"
            " ERRCODE = 'check_violation', CONSTRAINT = %(message)s; END IF; END IF; RETURN NULL; END $$"
        )
        # No WHEN here: a column that stands in a trigger's own definition can't be altered.
        trigger = "CREATE TRIGGER %(name)s AFTER INSERT OR UPDATE ON %(table)s FOR EACH ROW EXECUTE FUNCTION %(name)s()"
        return [Statement(function, **parts), Statement(trigger, **parts)]
