"""A rule that the database itself keeps: what a row says is written once, and the row stays."""

from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.ddl_references import Statement, Table


class WrittenOnce(models.BaseConstraint):
    """No row is changed or removed, whoever asks and however.

    ``but`` names the fields that may change, and ``when`` what must hold of OLD and NEW then, in SQL that both
    databases read. It is a trigger on either: SQLite has no other means, and PostgreSQL no better one. It names its own
    table alone, or it would stand in the way when SQLite remakes another.

    A migration that adds a column takes the rule away before and puts it back after, so that it knows the column.
    """

    def __init__(self, *, but=(), when="TRUE", name, violation_error_code=None, violation_error_message=None):
        super().__init__(
            name=name,
            violation_error_code=violation_error_code,
            violation_error_message=violation_error_message,
        )
        self.but = tuple(but)
        self.when = when

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        return path, args, kwargs | {"but": self.but, "when": self.when}

    def __eq__(self, other):
        if isinstance(other, WrittenOnce):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self):
        return hash(self.name)

    def validate(self, model, instance, exclude=None, using=DEFAULT_DB_ALIAS):
        """No form changes such a row, so there is nothing to say to one."""

    # What the database is told

    def constraint_sql(self, model, schema_editor):
        """Nothing stands in CREATE TABLE; the trigger waits until the table is there under its own name."""
        schema_editor.deferred_sql.extend(self._statements(model, schema_editor))

    def create_sql(self, model, schema_editor):
        *before, last = self._statements(model, schema_editor)
        for statement in before:
            schema_editor.execute(statement)
        return last

    def remove_sql(self, model, schema_editor):
        # On SQLite the table is remade instead. Here the function takes its trigger with it.
        return Statement("DROP FUNCTION %(name)s CASCADE", name=schema_editor.quote_name(self.name))

    def _statements(self, model, schema_editor) -> list[Statement]:
        quote = schema_editor.quote_name
        kept = [quote(field.column) for field in model._meta.local_concrete_fields if field.name not in self.but]
        parts = {
            "table": Table(model._meta.db_table, quote),
            "name": quote(self.name),
            "may_be": " AND ".join([f"({self.when})", *(f"NEW.{one} IS NOT DISTINCT FROM OLD.{one}" for one in kept)])
            if self.but
            else "FALSE",
            "message": schema_editor.quote_value(self.name),
        }
        if schema_editor.connection.vendor == "postgresql":
            function = (
                "CREATE OR REPLACE FUNCTION %(name)s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "IF TG_OP = 'UPDATE' THEN IF (%(may_be)s) THEN RETURN NEW; END IF; END IF; "
                "RAISE EXCEPTION USING MESSAGE = %(message)s, ERRCODE = 'check_violation', CONSTRAINT = %(message)s; "
                "END $$"
            )
            trigger = (
                "CREATE TRIGGER %(name)s BEFORE UPDATE OR DELETE ON %(table)s FOR EACH ROW EXECUTE FUNCTION %(name)s()"
            )
            return [Statement(function, **parts), Statement(trigger, **parts)]
        refuse = "BEGIN SELECT RAISE(ABORT, %(message)s); END"
        return [
            Statement(
                f"CREATE TRIGGER %(name)s BEFORE UPDATE ON %(table)s WHEN (%(may_be)s) IS NOT TRUE {refuse}", **parts
            ),
            Statement(
                f"CREATE TRIGGER {quote(self.name + '_delete')} BEFORE DELETE ON %(table)s {refuse}",
                **parts,
            ),
        ]
