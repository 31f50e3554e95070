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
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.arrays import Array
from chainrule.tables.relation import Relation, kind_of_type
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
_STARTS = frozenset("0123456789+-.iInN")  # of numbers, infinite ones and such as are none too, and of dates
_GLANCE = 100  # values that are looked at first: most texts show there that they are no numbers


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
    connection: "DuckDBPyConnection", relation: Relation, as_category: frozenset[str] = frozenset()
) -> tuple[Column, ...]:
    """Return every column of a relation, its kind decided by the rule of this module.

    Text columns of a name in ``as_category`` stay categories even where every value reads as a number.
    """
    texts, expressions = [], {}
    kinds: dict[int, Kind] = {}
    for index, (field, sql_type) in enumerate(zip(relation.fields, relation.types, strict=True)):
        kind = kind_of_type(sql_type)
        assert kind is not None  # a relation has no others
        if kind == "text":
            texts.append(index)
            expressions[index] = f"CAST({field} AS VARCHAR)"
        else:
            kinds[index] = kind
            expressions[index] = _conversion(field, kind)
    fixed = {index for index in texts if relation.names[index] in as_category}
    tried = {index: expressions[index] for index in texts if index not in fixed}
    numbers = _columns_of_numbers(connection, relation.source, tried)
    rest = {index: text for index, text in expressions.items() if index not in numbers}
    values = _fetch(connection, relation.source, rest)
    columns = []
    for index, name in enumerate(relation.names):
        if index in kinds:
            columns.append(Column(name, kinds[index], _plain(values[index])))
        elif index in numbers:
            columns.append(Column(name, "number", numbers[index]))
        else:
            cells = np.ma.filled(values[index], None)
            columns.append(column_of_texts(connection, name, cells, as_category=index in fixed))
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


def parse_numbers(texts: Array, connection: "DuckDBPyConnection | None" = None) -> Array:
    """Return a float64 array from an object array of ``str`` and ``None``: NaN where no number can be read."""
    if connection is None:
        with connect() as own:
            return parse_numbers(texts, own)
    distinct = [text for text in set(texts.tolist()) if text is not None]
    values = dict(zip(distinct, _converted(connection, "as_number", distinct).tolist(), strict=True))
    return _mapped(texts, {**values, None: np.nan}, np.float64)


def _columns_of_numbers(connection: "DuckDBPyConnection", source: str, texts: dict[int, str]) -> dict[int, Array]:
    """Return the values of those text columns in which every cell that is not empty reads as a number.

    It is the quick way, whole columns at once; missing words and all else are left to `column_of_texts`.
    """
    numbers = {index: f"as_number({text})" for index, text in texts.items()}
    glance = _fetch(connection, f"{source} LIMIT {_GLANCE}", numbers)
    likely = [index for index in texts if np.ma.count(glance[index]) > 0]
    values = _fetch(connection, source, {index: numbers[index] for index in likely})
    counts: list[int] = []
    for group in _groups(likely):
        counted = ", ".join(f"count({texts[index]})" for index in group)
        counts += connection.execute(f"SELECT {counted} FROM {source}").fetchall()[0]
    complete = [index for index, count in zip(likely, counts, strict=True) if np.ma.count(values[index]) == count]
    return {index: _plain(values[index]) for index in complete}


def _all_converted(connection: "DuckDBPyConnection", macro: str, texts: Sequence[str]) -> Array | None:
    """Return the values of texts if a macro converts all of them; a few are tried before the rest."""
    if not all(text[0] in _STARTS for text in texts):
        return None
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


def _fetch(connection: "DuckDBPyConnection", source: str, expressions: dict[int, str]) -> dict[int, Array]:
    """Return one array for each expression, by its number, in the order of the rows."""
    arrays: dict[int, Array] = {}
    for group in _groups(list(expressions)):
        selected = ", ".join(f"{expressions[index]} AS c{index}" for index in group)
        fetched = connection.execute(f"SELECT {selected} FROM {source}").fetchnumpy()
        arrays |= {index: fetched[f"c{index}"] for index in group}
    return arrays


def _groups(items: Sequence[int]) -> Iterator[Sequence[int]]:
    """Return the items in groups that are small enough for one query."""
    return (items[first : first + _GROUP] for first in range(0, len(items), _GROUP))


def _conversion(field: str, kind: Kind) -> str:
    return f"epoch({field}) / 86400" if kind == "date" else f"CAST({field} AS DOUBLE)"


def _plain(array: Array) -> Array:
    """Return float64 numbers, NaN where masked."""
    return np.asarray(np.ma.filled(np.ma.asarray(array, dtype=np.float64), np.nan))
