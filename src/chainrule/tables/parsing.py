"""Text becomes numbers, dates, booleans or categories: the one rule for files, data frames and dictionaries.

- White space around a value does not count. ``true`` and ``false`` are written so, whatever their case was.
- ``MISSING_WORDS`` stand for a missing value.
- A column whose every present value reads as a number is a number column (also one with no present value);
  else, when every present value reads as ``YYYY-MM-DD``, with or without a time, a date column;
  else, when every present value is ``true`` or ``false``, a boolean column;
  else a category column.

What reads as a number or a date is DuckDB's to say; which words are no values is said here.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.tables.table import Column, Kind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MISSING_WORDS = ("", "NA", "N/A", "NaN", "nan", "null", "None", "?")
BLANKS = " \t\r\n\u00a0"

_SETUP = (
    "SET enable_progress_bar = false",
    "SET preserve_insertion_order = true",
    # DuckDB would read 1_2 as 12, and 'epoch' and 'infinity' as dates.
    f"""CREATE MACRO as_number(x) AS CASE WHEN contains(x, '_') THEN NULL
        ELSE coalesce(TRY_CAST(x AS DOUBLE), TRY_CAST(trim(x, '{BLANKS}') AS DOUBLE)) END""",
    rf"""CREATE MACRO as_days(x) AS CASE WHEN regexp_matches(trim(x, '{BLANKS}'), '^\d{{4}}[-/]\d')
        THEN epoch(TRY_CAST(trim(x, '{BLANKS}') AS TIMESTAMP)) / 86400 END""",
)
_GROUP = 20  # expressions in one query: DuckDB's time to plan them grows with the square of their number
_GLANCE = 100  # values that are looked at first: most texts show there that they are no numbers
_NUMBER_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


def connect() -> "DuckDBPyConnection":
    """Open an in-memory DuckDB of our own that fetches no extensions and prints no progress bar."""
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
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


def cleaned(text: str | None) -> str | None:
    """Return a cell's text without what does not count, ``None`` where it stands for a missing value.

    Examples
    --------
    >>> cleaned(" TRUE "), cleaned("?"), cleaned(" Oslo")
    ('true', None, 'Oslo')
    """
    text = text and text.strip(BLANKS)
    if text is None or text in MISSING_WORDS:
        return None
    return text.lower() if len(text) <= 5 and text.lower() in ("true", "false") else text


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
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    fields, types = [str(row[0]) for row in described], [str(row[1]) for row in described]
    names = fields if names is None else names
    source = f"{table} WHERE rowid >= {start}" if start else table
    texts = [field for field, sql_type in zip(fields, types, strict=True) if _is_text(sql_type)]
    fixed = {field for field, name in zip(fields, names, strict=True) if name in as_category}
    numbers = _columns_of_numbers(connection, source, [field for field in texts if field not in fixed])
    raw = _fetch(connection, source, {f: _as_text(f) for f in texts if f not in numbers})
    kinds = {
        field: _kind_of_type(name, sql_type)
        for field, name, sql_type in zip(fields, names, types, strict=True)
        if not _is_text(sql_type)
    }
    values = _fetch(connection, source, {field: _conversion(field, kind) for field, kind in kinds.items()})
    columns = []
    for field, name in zip(fields, names, strict=True):
        if field in numbers:
            columns.append(Column(name, "number", numbers[field]))
        elif field in raw:
            columns.append(column_of_texts(connection, name, np.ma.filled(raw[field], None), field in fixed))
        else:
            columns.append(Column(name, kinds[field], _plain(values[field])))
    return tuple(columns)


def column_of_texts(connection: "DuckDBPyConnection", name: str, texts: Array, as_category: bool = False) -> Column:
    """Return the column of an object array of ``str`` and ``None``, by the rule of this module."""
    known = {text: cleaned(text) for text in set(texts.tolist())}
    present = sorted({text for text in known.values() if text is not None})
    if not as_category:
        for kind, macro in (("number", "as_number"), ("date", "as_days")):
            values = _all_converted(connection, macro, present)
            if values is not None:
                value_of = dict(zip(present, values.tolist(), strict=True))
                found = {text: np.nan if word is None else value_of[word] for text, word in known.items()}
                return Column(name, "date" if kind == "date" else "number", _mapped(texts, found, np.float64))
        if set(present) <= {"false", "true"}:
            truth = {text: np.nan if word is None else float(word == "true") for text, word in known.items()}
            return Column(name, "boolean", _mapped(texts, truth, np.float64))
    return Column(name, "category", _mapped(texts, known, object))


def has_only_numbers(connection: "DuckDBPyConnection", texts: Array) -> bool:
    """Whether every present value of an object array of texts reads as a number, and there is one."""
    present = [text for text in map(cleaned, set(texts.tolist())) if text is not None]
    return bool(present) and _all_converted(connection, "as_number", present) is not None


def parse_texts(texts: dict[str, Array], as_category: frozenset[str] = frozenset()) -> tuple[Column, ...]:
    """Return columns from object arrays of ``str`` and ``None``."""
    with connect() as connection:
        return tuple(column_of_texts(connection, name, values, name in as_category) for name, values in texts.items())


def parse_numbers(texts: Array) -> Array:
    """Return a float64 array from an object array of ``str`` and ``None``: NaN where no number can be read."""
    distinct = [text for text in set(texts.tolist()) if text is not None]
    with connect() as connection:
        values = dict(zip(distinct, _converted(connection, "as_number", distinct).tolist(), strict=True))
    return _mapped(texts, {**values, None: np.nan}, np.float64)


def _columns_of_numbers(connection: "DuckDBPyConnection", source: str, fields: Sequence[str]) -> dict[str, Array]:
    """Return the values of those text columns in which every cell that is not empty reads as a number.

    It is the quick way, whole columns at once; missing words and all else are left to `column_of_texts`.
    """
    glance = _fetch(connection, f"{source} LIMIT {_GLANCE}", {f: f"as_number({_as_text(f)})" for f in fields})
    likely = [field for field in fields if np.ma.count(glance[field]) > 0]
    values = _fetch(connection, source, {field: f"as_number({_as_text(field)})" for field in likely})
    counts: list[int] = []
    for group in _groups(likely):
        counted = ", ".join(f"count({quoted(field)})" for field in group)
        counts += connection.execute(f"SELECT {counted} FROM {source}").fetchall()[0]
    return {
        field: _plain(values[field])
        for field, count in zip(likely, counts, strict=True)
        if np.ma.count(values[field]) == count
    }


def _all_converted(connection: "DuckDBPyConnection", macro: str, texts: Sequence[str]) -> Array | None:
    """Return the values of texts if a macro converts all of them; a few are tried before the rest."""
    if len(texts) > _GLANCE and np.isnan(_converted(connection, macro, texts[:_GLANCE])).any():
        return None
    values = _converted(connection, macro, texts)
    return None if np.isnan(values).any() else values


def _converted(connection: "DuckDBPyConnection", macro: str, texts: Sequence[str]) -> Array:
    """Return what a macro makes of each text, NaN where nothing."""
    if not texts:
        return np.empty(0)
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    connection.register("texts", {"x": array})
    query = f"SELECT {macro}(CAST(x AS VARCHAR)) AS x FROM texts"
    return _plain(connection.execute(query).fetchnumpy()["x"])


def _mapped(texts: Array, known: dict[Any, Any], dtype: type) -> Array:
    result: Array = np.empty(len(texts), dtype=dtype)
    result[:] = [known[text] for text in texts.tolist()]
    return result


def _fetch(connection: "DuckDBPyConnection", source: str, expressions: dict[str, str]) -> dict[str, Array]:
    """Return one array for each named expression, in the order of the rows."""
    arrays: dict[str, Array] = {}
    for group in _groups(list(expressions)):
        selected = ", ".join(f"{expressions[name]} AS c{index}" for index, name in enumerate(group))
        fetched = connection.execute(f"SELECT {selected} FROM {source}").fetchnumpy()
        arrays |= {name: fetched[f"c{index}"] for index, name in enumerate(group)}
    return arrays


def _groups(items: Sequence[str]) -> Iterator[Sequence[str]]:
    """Return the items in groups that are small enough for one query."""
    return (items[first : first + _GROUP] for first in range(0, len(items), _GROUP))


def _is_text(sql_type: str) -> bool:
    return sql_type in ("VARCHAR", "UUID") or sql_type.startswith("ENUM")


def _as_text(name: str) -> str:
    return f"CAST({quoted(name)} AS VARCHAR)"


def _kind_of_type(name: str, sql_type: str) -> Kind:
    if sql_type == "BOOLEAN":
        return "boolean"
    if sql_type.startswith(("DATE", "TIMESTAMP")):
        return "date"
    if sql_type.removeprefix("U").startswith(_NUMBER_TYPES) and not sql_type.endswith("]"):
        return "number"
    raise DataError(f"column {name!r} holds {sql_type} values; expected numbers, text or dates: leave it out")


def _conversion(field: str, kind: Kind) -> str:
    return f"epoch({quoted(field)}) / 86400" if kind == "date" else f"CAST({quoted(field)} AS DOUBLE)"


def _plain(array: Array) -> Array:
    """Return float64 numbers, NaN where masked."""
    return np.asarray(np.ma.filled(np.ma.asarray(array, dtype=np.float64), np.nan))
