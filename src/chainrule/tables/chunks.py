"""Reading a large file in chunks: as `read_table` reads it, in little memory.

DuckDB first loads the whole file into a table that it keeps on the disk, 200 MB in memory. So the kinds of the columns
are those of the whole file, as for `read_table`, and no chunk can change what a value means.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.errors import FileError
from chainrule.tables.files import load_file
from chainrule.tables.parsing import connect, fetch_columns, plan_columns
from chainrule.tables.table import Table, refuse_repeated

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STANDARD_INPUT = "-"
MOST_ROWS = 65_536
_MOST_CELLS = 4_000_000  # of a chunk


@contextmanager
def read_chunks(path: Path, cells_per_row: Callable[[tuple[str, ...]], int] = len) -> Iterator[Iterator[Table]]:
    r"""Give the tables that make up a file, in its order.

    Parameters
    ----------
    path : Path
        A CSV, TSV or Parquet file, or ``-`` for standard input.
    cells_per_row : callable(names) -> int, optional
        How many numbers a row will need, by the names of the columns: the more, the fewer rows are in a chunk.

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
    with tempfile.TemporaryDirectory(prefix="chainrule-") as name:
        folder = Path(name)
        if str(path) == STANDARD_INPUT:
            path = _copy_of_standard_input(folder)
        with connect(spill_to=folder) as connection, _one_error():
            yield _chunks(connection, path, cells_per_row)


def _chunks(
    connection: "DuckDBPyConnection", path: Path, cells_per_row: Callable[[tuple[str, ...]], int]
) -> Iterator[Table]:
    content = load_file(connection, path)
    refuse_repeated(content.names)
    planned = plan_columns(connection, "content", content.names, start=content.start)
    stop = int(connection.execute("SELECT count(*) FROM content").fetchall()[0][0])
    rows = max(1, min(MOST_ROWS, _MOST_CELLS // max(1, cells_per_row(content.names))))
    for first in range(content.start, max(stop, content.start + 1), rows):  # at least once: no rows are an error
        columns = fetch_columns(connection, "content", planned, first, min(first + rows, stop))
        yield Table(columns, content.notes)


def _copy_of_standard_input(folder: Path) -> Path:
    """Keep what comes in, since it is looked at more than once."""
    if sys.stdin is None or sys.stdin.isatty():
        raise FileError("nothing comes from standard input; pipe a table into the command, or name a file")
    with (folder / "standard_input").open("wb") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
    return folder / "standard_input"


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
