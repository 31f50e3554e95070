"""Text becomes numbers, dates or categories: the one rule for files, data frames and dictionaries, in DuckDB.

- White space around a value does not count. ``true`` and ``false`` are written so, whatever their case was.
- ``MISSING_WORDS`` stand for a missing value.
- A column whose every present value reads as a number is a number column (also one with no present value);
  else, when every present value reads as ``YYYY-MM-DD``, with or without a time, a date column;
  else a category column.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.tables.table import Column, Kind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MISSING_WORDS = ("", "NA", "N/A", "NaN", "nan", "null", "None", "?")

# DuckDB turns a long IN list into a join, which is slow and loses the order of the rows.
_IS_MISSING = " OR ".join(f"trimmed(x) = '{word}'" for word in MISSING_WORDS)
_SETUP = (
    "SET enable_progress_bar = false",
    "SET preserve_insertion_order = true",
    "CREATE MACRO trimmed(x) AS trim(x, ' \t\r\n\u00a0')",
    f"""CREATE MACRO cleaned(x) AS CASE
        WHEN {_IS_MISSING} THEN NULL
        WHEN lower(trimmed(x)) = 'true' OR lower(trimmed(x)) = 'false' THEN lower(trimmed(x))
        ELSE trimmed(x) END""",
    # DuckDB would read 1_2 as 12, and 'epoch' and 'infinity' as dates.
    """CREATE MACRO as_number(x) AS CASE WHEN contains(x, '_') THEN NULL
        ELSE coalesce(TRY_CAST(x AS DOUBLE), TRY_CAST(trimmed(x) AS DOUBLE)) END""",
    r"""CREATE MACRO as_days(x) AS CASE WHEN regexp_matches(trimmed(x), '^\d{4}[-/]\d')
        THEN epoch(TRY_CAST(trimmed(x) AS TIMESTAMP)) / 86400 END""",
    "CREATE MACRO no_number(x) AS CASE WHEN as_number(x) IS NULL THEN cleaned(x) END",
    "CREATE MACRO no_date(x) AS CASE WHEN as_days(x) IS NULL THEN cleaned(x) END",
)
_GROUP = 20  # expressions in one query: DuckDB's time to plan them grows with the square of their number
_GLANCE = 2000  # rows that are looked at first: most text columns show there that they are no numbers
_NUMBER_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


def connect(spill_to: Path | None = None) -> "DuckDBPyConnection":
    """Open an in-memory DuckDB of our own that fetches no extensions and prints no progress bar.

    With a folder ``spill_to`` it takes 200 MB of memory at most, and keeps there what is more.
    """
    import duckdb

    spilling = {"memory_limit": "200MB", "temp_directory": str(spill_to)} if spill_to else {}
    connection = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", **spilling},
    )
    for statement in _SETUP:
        connection.execute(statement).fetchall()
    return connection


def quoted(identifier: str) -> str:
    """Return a column's name as SQL writes it.

    Examples
    --------
    >>> quoted('5" pipe')
    '"5"" pipe"'
    """
    return '"' + identifier.replace('"', '""') + '"'


def read_columns(
    connection: "DuckDBPyConnection",
    table: str,
    names: Sequence[str] | None = None,
    as_category: frozenset[str] = frozenset(),
    start: int = 0,
) -> tuple[Column, ...]:
    """Return every column of a DuckDB table, its kind decided by the rule of this module.

    ``names`` replace the table's own; text columns of a name in ``as_category`` stay categories even where
    every value reads as a number; rows before ``start`` are left out.
    """
    return fetch_columns(connection, table, plan_columns(connection, table, names, as_category, start), start)


class Planned(NamedTuple):
    """How a column is fetched: its name, its kind, and the SQL that gives its values."""

    name: str
    kind: Kind
    expression: str


def plan_columns(
    connection: "DuckDBPyConnection",
    table: str,
    names: Sequence[str] | None = None,
    as_category: frozenset[str] = frozenset(),
    start: int = 0,
) -> tuple[Planned, ...]:
    """Decide the kinds of all columns of a DuckDB table, by all of its rows; arguments as for `read_columns`."""
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    fields = [str(row[0]) for row in described]
    types = [str(row[1]) for row in described]
    names = fields if names is None else names
    open_fields = [
        field
        for field, sql_type, name in zip(fields, types, names, strict=True)
        if _is_text(sql_type) and name not in as_category
    ]
    text_kinds = kinds_of_text(connection, table, open_fields, start)
    planned = []
    for field, sql_type, name in zip(fields, types, names, strict=True):
        kind = text_kinds.get(field) or _kind_of_type(name, sql_type)
        planned.append(Planned(name, kind, _conversion(field, sql_type, kind)))
    return tuple(planned)


def fetch_columns(
    connection: "DuckDBPyConnection", table: str, planned: Sequence[Planned], start: int = 0, stop: int | None = None
) -> tuple[Column, ...]:
    """Return the planned columns of the rows from ``start`` to before ``stop``."""
    where = f"rowid >= {start}" + ("" if stop is None else f" AND rowid < {stop}")
    arrays: dict[str, Array] = {}
    for group in groups([f"{column.expression} AS c{index}" for index, column in enumerate(planned)]):
        query = f"SELECT {', '.join(group)} FROM {table} WHERE {where} ORDER BY rowid"
        arrays |= connection.execute(query).fetchnumpy()
    return tuple(
        Column(column.name, column.kind, _plain(arrays[f"c{index}"], column.kind))
        for index, column in enumerate(planned)
    )


def kinds_of_text(
    connection: "DuckDBPyConnection", table: str, fields: Sequence[str], start: int = 0
) -> dict[str, Kind]:
    """Return the kind of each of the text columns ``fields`` of a DuckDB table, by the rule of this module."""
    kinds: dict[str, Kind] = {}
    undecided = list(fields)
    for rows in (f"rowid >= {start} AND rowid < {start + _GLANCE}", f"rowid >= {start}"):
        if not undecided:
            break
        counts = [f"count(no_number({x})), count(no_date({x}))" for x in map(_as_text, undecided)]
        row = select_row(connection, counts, f"{table} WHERE {rows}")
        for field, no_numbers, no_dates in zip(undecided, row[::2], row[1::2], strict=True):
            kinds[field] = "number" if no_numbers == 0 else "date" if no_dates == 0 else "category"
        undecided = [field for field in undecided if kinds[field] != "category"]
    return kinds


def groups(items: Sequence[str]) -> Iterator[Sequence[str]]:
    """Return the items in groups that are small enough for one query."""
    return (items[first : first + _GROUP] for first in range(0, len(items), _GROUP))


def select_row(connection: "DuckDBPyConnection", expressions: Sequence[str], source: str) -> list[Any]:
    """Return the one row that selecting the expressions from a source gives."""
    values: list[Any] = []
    for group in groups(expressions):
        values += connection.execute(f"SELECT {', '.join(group)} FROM {source}").fetchall()[0]
    return values


def parse_texts(texts: dict[str, Array], as_category: frozenset[str] = frozenset()) -> tuple[Column, ...]:
    """Return columns from object arrays of ``str`` and ``None``; the arrays must have the same length."""
    with connect() as connection:
        _load(connection, list(texts.values()))
        return read_columns(connection, "content", list(texts), as_category)


def parse_numbers(texts: Array) -> Array:
    """Return a float64 array from an object array of ``str`` and ``None``: NaN where no number can be read."""
    with connect() as connection:
        _load(connection, [texts])
        query = "SELECT as_number(t0) AS t0 FROM content ORDER BY rowid"
        return _plain(connection.execute(query).fetchnumpy()["t0"], "number")


def _load(connection: "DuckDBPyConnection", texts: Sequence[Array]) -> None:
    """Make the table ``content`` of text columns t0, t1 ..."""
    arrays = {f"t{index}": array for index, array in enumerate(texts)}
    connection.register("arrays", arrays)
    selected = ", ".join(f"CAST({field} AS VARCHAR) AS {field}" for field in arrays)
    connection.execute(f"CREATE TEMP TABLE content AS SELECT {selected} FROM arrays").fetchall()


def _is_text(sql_type: str) -> bool:
    return sql_type in ("VARCHAR", "UUID") or sql_type.startswith("ENUM")


def _as_text(name: str) -> str:
    return f"CAST({quoted(name)} AS VARCHAR)"


def _kind_of_type(name: str, sql_type: str) -> Kind:
    if _is_text(sql_type) or sql_type == "BOOLEAN":
        return "category"
    if sql_type.startswith(("DATE", "TIMESTAMP")):
        return "date"
    if sql_type.removeprefix("U").startswith(_NUMBER_TYPES) and not sql_type.endswith("]"):
        return "number"
    raise DataError(f"column {name!r} holds {sql_type} values; expected numbers, text or dates: leave it out")


def _conversion(field: str, sql_type: str, kind: Kind) -> str:
    if _is_text(sql_type):
        macro = {"number": "as_number", "date": "as_days", "category": "cleaned"}[kind]
        return f"{macro}({_as_text(field)})"
    if kind == "category":
        return _as_text(field)
    return f"epoch({quoted(field)}) / 86400" if kind == "date" else f"CAST({quoted(field)} AS DOUBLE)"


def _plain(array: Array, kind: Kind) -> Array:
    missing = np.ma.getmaskarray(array)
    plain = np.ma.getdata(array).astype(object if kind == "category" else np.float64)
    plain[missing] = None if kind == "category" else np.nan
    return np.asarray(plain)
