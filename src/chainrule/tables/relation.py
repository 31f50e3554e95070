"""Rows that DuckDB holds and that are to become a table: where they are, and what each column is called."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chainrule.tables.table import refuse_repeated

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def quoted(identifier: str) -> str:
    """Return a column's name as SQL writes it.

    Examples
    --------
    >>> quoted('5" pipe')
    '"5"" pipe"'
    """
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return text as SQL writes it.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Relation:
    """Columns of a table in DuckDB, under their own names.

    Parameters
    ----------
    source : str
        What stands after FROM: a table, perhaps with a WHERE.
    fields, types, names : tuple of str
        For each column the SQL expression, its SQL type, and its name, which need not be what DuckDB calls it.
    notes : tuple of str
        What the reader had to decide.
    """

    source: str
    fields: tuple[str, ...]
    types: tuple[str, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, connection: "DuckDBPyConnection", table: str) -> Self:
        """Return all columns of a table, under the names that it has."""
        described = connection.execute(f"DESCRIBE {table}").fetchall()
        names = tuple(str(row[0]) for row in described)
        return cls(table, tuple(map(quoted, names)), tuple(str(row[1]) for row in described), names)

    def only(self, names: Collection[str]) -> Self:
        """Return the relation with only the named columns of it."""
        kept = [index for index, name in enumerate(self.names) if name in names]
        fields, types, found = (
            tuple(values[index] for index in kept) for values in (self.fields, self.types, self.names)
        )
        return type(self)(self.source, fields, types, found, self.notes)

    @classmethod
    def union(cls, connection: "DuckDBPyConnection", parts: Sequence[Self]) -> Self:
        """Return the rows of several relations one after another, columns matched by name.

        A column that a part lacks is missing there; types that differ become one that holds both.
        """
        if len(parts) == 1:
            return parts[0]
        for part in parts:
            refuse_repeated(part.names)
        names = tuple(dict.fromkeys(name for part in parts for name in part.names))
        selects = []
        for part in parts:
            field_of = dict(zip(part.names, part.fields, strict=True))
            chosen = ", ".join(f"{field_of.get(name, 'NULL')} AS u{index}" for index, name in enumerate(names))
            selects.append(f"SELECT {chosen} FROM {part.source}")
        connection.execute(f"CREATE TEMP TABLE united AS {' UNION ALL '.join(selects)}").fetchall()
        whole = cls.of(connection, "united")
        notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
        return cls(whole.source, whole.fields, whole.types, names, notes)
