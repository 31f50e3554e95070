"""Reading a large file in chunks: as `read_table` reads it, in little memory.

DuckDB first loads the whole file into a table that it keeps on the disk, 200 MB of it in memory. So the kinds of the
columns can be those of the whole file, as for `read_table`, and no chunk changes what a value means.
"""

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from chainrule.errors import FileError
from chainrule.tables.files import load_file, load_query
from chainrule.tables.parsing import connect, read_columns
from chainrule.tables.relation import Relation
from chainrule.tables.table import Table, refuse_repeated

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_ROWS = 65_536
_MOST_CELLS = 4_000_000  # of a chunk


@contextmanager
def read_chunks(
    path: Path | None,
    cells_per_row: Callable[[tuple[str, ...]], int] = len,
    with_text: Collection[str] | None = None,
    table: str | None = None,
    query: str = "",
) -> Iterator[Iterator[Table]]:
    r"""Give the tables that make up a file, or what a query gives, in its order.

    Parameters
    ----------
    path : Path or None
        What `read_table` takes: also several files, a database, or ``-`` for standard input. None for a query.
    cells_per_row : callable(names) -> int, optional
        How many numbers a row will need, by the names of the columns: the more, the fewer rows are in a chunk.
    with_text : collection of str, optional
        The columns in which it matters whether values are text or numbers; default: all. Their kinds are decided by
        the whole file, which takes a pass over them; the kinds of others may change from chunk to chunk.
    table : str, optional
        A table of a database; the only one needs no name.
    query : str
        In SQL: see `read_query`.

    Raises
    ------
    FileError, DataError
        As `read_table` does, and where the disk has no room for the copy.

    Examples
    --------
    >>> file = Path(tempfile.mkdtemp()) / "numbers.csv"
    >>> _ = file.write_text("x,y\n1,a\n2,b\n3,c\n")
    >>> with read_chunks(file, lambda names: _MOST_CELLS // 2) as chunks:
    ...     [chunk.rows for chunk in chunks]
    [2, 1]
    """
    with (
        tempfile.TemporaryDirectory(prefix="chainrule-") as name,
        connect(spill_to=Path(name)) as connection,
        _one_error(),
    ):
        found = load_query(connection, query) if path is None else load_file(connection, path, table)
        yield _chunks(connection, found, cells_per_row, with_text)


def _chunks(
    connection: "DuckDBPyConnection",
    found: Relation | Table,
    cells_per_row: Callable[[tuple[str, ...]], int],
    with_text: Collection[str] | None,
) -> Iterator[Table]:
    refuse_repeated(found.names)
    rows = max(1, min(MOST_ROWS, _MOST_CELLS // max(1, cells_per_row(found.names))))
    if isinstance(found, Table):
        for first in range(0, found.rows, rows):
            yield found.take(np.arange(first, min(first + rows, found.rows)))
        return
    relation = _with_rowids(connection, found)
    limits = f"SELECT coalesce(min(rowid), 0), coalesce(max(rowid) + 1, 1) FROM {relation.source}"
    start, stop = connection.execute(limits).fetchall()[0]
    parts = [
        replace(relation, source=f"{relation.source} {_and(relation)} rowid >= {first} AND rowid < {first + rows}")
        for first in range(start, stop, rows)
    ]
    mixed = _mixed(connection, parts, set(relation.names if with_text is None else with_text)) if len(parts) > 1 else ()
    empty = True
    for part in parts:
        columns = read_columns(connection, part, as_category=frozenset(mixed))
        if len(columns[0].values) or (part is parts[-1] and empty):  # a table without rows is an error, a part is none
            empty = False
            yield Table(columns, relation.notes)


def _mixed(connection: "DuckDBPyConnection", parts: Sequence[Relation], names: Collection[str]) -> set[str]:
    """Return the columns whose parts differ in kind: taken together they are categories."""
    kinds: dict[str, set[str]] = {}
    for part in parts:
        for column in read_columns(connection, part.only(names)):
            if not column.missing.all():
                kinds.setdefault(column.name, set()).add(column.kind)
    return {name for name, found in kinds.items() if len(found) > 1}


def _with_rowids(connection: "DuckDBPyConnection", relation: Relation) -> Relation:
    """Return a relation whose rows have numbers; a view in a database has none, and is copied."""
    from duckdb import BinderException

    try:
        connection.execute(f"SELECT rowid FROM {relation.source} LIMIT 1").fetchall()
    except BinderException:
        fields = ", ".join(f"{field} AS u{index}" for index, field in enumerate(relation.fields))
        connection.execute(f"CREATE TEMP TABLE copied AS SELECT {fields} FROM {relation.source}").fetchall()
        copy = Relation.of(connection, "copied")
        return replace(copy, names=relation.names, notes=relation.notes)
    return relation


def _and(relation: Relation) -> str:
    return "AND" if "WHERE" in relation.source else "WHERE"


@contextmanager
def _one_error() -> Iterator[None]:
    """Say in one line what DuckDB says of a full disk or of too little memory, and let Ctrl-C be Ctrl-C."""
    from duckdb import Error

    try:
        yield
    except Error as error:
        raise FileError(f"the table can't be read in parts: {str(error).splitlines()[0]}") from None
    except RuntimeError as error:
        if str(error) == "Query interrupted":  # what DuckDB makes of Ctrl-C
            raise KeyboardInterrupt from None
        raise
