"""``read_table`` and ``read_query``: the entrance for data, whatever they come in."""

from collections.abc import Collection, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.tables.files import query_table, read_file
from chainrule.tables.frames import table_from_array, table_from_frame, table_from_mapping, table_from_rows
from chainrule.tables.table import Table


def read_query(query: str, columns: Collection[str] | None = None) -> Table:
    """Return the table that a SQL query gives, in DuckDB's dialect; files are named in it as tables are.

    Parameters
    ----------
    query : str
    columns : collection of str, optional
        As for `read_table`.

    Raises
    ------
    DataError
        The query is no SELECT, fails, or gives no rows.

    Examples
    --------
    >>> read_query("select x, x % 2 = 0 as even from range(1, 4) numbers(x)").column("even").as_text().tolist()
    ['false', 'true', 'false']
    """
    try:
        return query_table(query, columns)
    except RuntimeError as error:
        _ctrl_c(error)
        raise


def read_table(source: Any, table: str | None = None, columns: Collection[str] | None = None) -> Table:
    """Read a table and find the kind of each of its columns; rows keep their order.

    Text is cleaned in the same way wherever it comes from: white space around a value does not count, and the
    words (nothing), ``NA``, ``N/A``, ``NaN``, ``nan``, ``null``, ``None`` and ``?`` stand for a missing value.
    A text column whose every present value reads as a number is a number column; one of ``YYYY-MM-DD`` (with or
    without a time) is a date column, held as days since 1970; one of true and false a boolean column; any other
    holds categories. To keep numbers as categories, give the column the data frame's own type for categories, or
    train with ``categorical``.

    Parameters
    ----------
    source : path, data frame, array, list of rows, dictionary of columns, or Table
        A path names a CSV, TSV, JSON (a list of objects, or one a line) or Parquet file, text also compressed with
        gzip; several files by a pattern such as ``"data/*.csv"``, columns matched by name; ``"FILE::TABLE"`` a table
        of a DuckDB or SQLite database; ``"-"`` standard input. Data frames: pandas, Polars, PyArrow and others that
        narwhals knows, lazy ones too. Columns of a two-dimensional array and of a list of rows are named
        ``column_1``, ``column_2`` ...; structured arrays and lists of dictionaries have names. A Table is returned
        as it is.
    table : str, optional
        A table of a database; the only one needs no name.
    columns : collection of str, optional
        Only these are read, as far as they are there; the others are named in ``unread``. Of a wide file that takes a
        fraction of the time. Where none of them is there, all are read.

    Returns
    -------
    Table

    Raises
    ------
    FileError
        No such file, or a file that holds no table.
    UnknownNameError
        A database has several tables and none is named, or not the one that is.
    DataError
        No columns, no rows, two columns of one name, infinite numbers, or values such as lists.
    DTypeError
        ``source`` is of no known type.
    ArgumentError
        ``columns`` is no collection of names.

    Examples
    --------
    >>> table = read_table({"age": ["31", "?", "40"], "city": ["Rome", "Oslo", "Rome"]})
    >>> [(column.name, column.kind) for column in table]
    [('age', 'number'), ('city', 'category')]
    >>> table.column("age").values
    array([31., nan, 40.])
    """
    if isinstance(columns, str) or not isinstance(columns, Collection | None):
        raise ArgumentError(f"columns must be a list of names, got {columns!r}")
    try:
        if isinstance(source, str | PathLike):
            return read_file(Path(source), table, columns)
        found = _read_object(source)
    except RuntimeError as error:
        _ctrl_c(error)
        raise
    return found if columns is None else found.only(columns)


def _read_object(source: Any) -> Table:
    if isinstance(source, Table):
        return source
    if isinstance(source, Mapping):
        return table_from_mapping(source)
    if isinstance(source, np.ndarray):
        return table_from_array(source)
    return table_from_rows(source) if isinstance(source, list | tuple) else table_from_frame(source)


def _ctrl_c(error: RuntimeError) -> None:
    """Raise Ctrl-C again where it is what DuckDB made an error of."""
    if str(error) == "Query interrupted":
        raise KeyboardInterrupt from None
