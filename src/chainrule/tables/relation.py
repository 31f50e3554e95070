"""Rows that DuckDB holds and that are to become a table: where they are, and what each column is called."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from chainrule.errors import DataError
from chainrule.tables.table import Kind, refuse_repeated

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


_NUMBER_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


def kind_of_type(sql_type: str) -> Kind | Literal["text"] | None:
    """Return what a column of a SQL type holds: text has no kind yet; ``None`` is what no network can learn from.

    Examples
    --------
    >>> [kind_of_type(name) for name in ("UBIGINT", "VARCHAR", "TIMESTAMP WITH TIME ZONE", "DOUBLE[]")]
    ['number', 'text', 'date', None]
    """
    if sql_type.endswith("]"):
        return None
    if sql_type in ("VARCHAR", "UUID", "JSON") or sql_type.startswith("ENUM"):
        return "text"
    if sql_type == "BOOLEAN":
        return "boolean"
    if sql_type.startswith(("DATE", "TIMESTAMP")):
        return "date"
    nothing = sql_type in ("NULL", '"NULL"')
    return "number" if nothing or sql_type.removeprefix("U").startswith(_NUMBER_TYPES) else None


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
        """Return the columns of a table under their names, but those of lists, bytes and the like, which notes name.

        Raises
        ------
        DataError
            No column is left.
        """
        columns = [(str(row[0]), str(row[1])) for row in connection.execute(f"DESCRIBE {table}").fetchall()]
        kept = [(name, sql_type) for name, sql_type in columns if kind_of_type(sql_type) is not None]
        notes = [
            f"column {name} is left out: it holds {sql_type[:60]} values, no numbers, text or dates"
            for name, sql_type in columns
            if kind_of_type(sql_type) is None
        ]
        if not kept:
            raise DataError(f"no column can be read: {'; '.join(notes)}")
        fields = tuple(f"({quoted(name)} ->> '$')" if sql_type == "JSON" else quoted(name) for name, sql_type in kept)
        types = tuple("VARCHAR" if sql_type == "JSON" else sql_type for _, sql_type in kept)
        return cls(table, fields, types, tuple(name for name, _ in kept), tuple(notes))

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
