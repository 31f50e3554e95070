"""Reading a CSV, TSV or Parquet file with DuckDB, and saying in one sentence why a file can't be read."""

import csv
import gzip
import io
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from chainrule.errors import FileError
from chainrule.tables.parsing import connect, kinds_of_text, quoted, read_columns, select_row
from chainrule.tables.table import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_GZIP, _PARQUET, _ZIP, _UTF_16 = b"\x1f\x8b", b"PAR1", b"PK\x03\x04", (b"\xff\xfe", b"\xfe\xff")
_SEPARATORS = ",;\t|"
_EXPECTED = "expected a CSV, TSV or Parquet file"
# Everything is read as text and nothing is skipped: the kinds are decided by parsing.py, the header below.
_READ_CSV = """read_csv(?, all_varchar = true, header = false, skip = 0, comment = '', quote = '"', escape = '"',
    hive_partitioning = false, sample_size = -1, compression = ?{})"""


def read_file(path: Path) -> Table:
    """Read a table from a CSV, TSV or Parquet file (CSV and TSV also compressed with gzip).

    The first line of a text file is its header when none of its cells is a number, or when some column holds
    only numbers below a first cell that is not one; else columns are named ``column_1``, ``column_2`` ...
    and ``Table.notes`` says so. The separator (comma, semicolon, tab or bar) is found by DuckDB.

    Raises
    ------
    FileError
        There is no such file, or it holds no table.
    DataError
        The table has no rows, columns of the same name, or infinite numbers.
    """
    with connect() as connection:
        content = load_file(connection, path)
        return Table(read_columns(connection, "content", content.names, start=content.start), content.notes)


class Content(NamedTuple):
    """What is in DuckDB's table ``content``: the columns' names, the first row of data, what had to be decided."""

    names: tuple[str, ...]
    start: int
    notes: tuple[str, ...]


def load_file(connection: "DuckDBPyConnection", path: Path) -> Content:
    """Load a file into the table ``content`` of DuckDB, text as text; raises as `read_file` does."""
    from duckdb import Error

    start = _first_bytes(path)
    try:
        return _load_parquet(connection, path) if start.startswith(_PARQUET) else _load_csv(connection, path)
    except Error as error:
        reason = str(error).splitlines()[0] if start.startswith(_PARQUET) else _why_not_csv(path)
        raise FileError(f"{path.name} can't be read: {reason}; {_EXPECTED}") from None


def _first_bytes(path: Path) -> bytes:
    """Return the start of the file's (decompressed) content, refusing what can't be a table."""
    try:
        if path.is_dir():
            raise FileError(f"{path} is a folder; {_EXPECTED}")
        with _open(path) as file:
            start = bytes(file.read(65536))
    except FileNotFoundError:
        raise FileError(f"no such file: {path}") from None
    except (OSError, EOFError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None
    if not start.strip():
        raise FileError(f"{path.name} is empty; {_EXPECTED}")
    if start.startswith(_UTF_16):
        raise FileError(f"{path.name} is text in UTF-16; save it as UTF-8")
    if start.startswith(_ZIP):
        raise FileError(f"{path.name} is an Excel workbook or a zip archive; save its table as CSV")
    if b"\0" in start and not start.startswith(_PARQUET):
        raise FileError(f"{path.name} holds binary data, not a table; {_EXPECTED}")
    return start


def _exact(path: Path) -> str:
    """Return the path for DuckDB, which reads paths as UTF-8, so that ``* ? [`` in it are taken literally."""
    try:
        name = os.fsencode(path.absolute()).decode("utf-8")
    except UnicodeDecodeError:
        raise FileError(f"the name of {path} is not UTF-8 text; rename the file") from None
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == _GZIP


def _open(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if _is_gzip(path) else path.open("rb")


def _load_parquet(connection: "DuckDBPyConnection", path: Path) -> Content:
    relation = "read_parquet(?, hive_partitioning = false)"
    connection.execute(f"CREATE TEMP TABLE content AS SELECT * FROM {relation}", [_exact(path)]).fetchall()
    return Content(tuple(str(row[0]) for row in connection.execute("DESCRIBE content").fetchall()), 0, ())


def _load_csv(connection: "DuckDBPyConnection", path: Path) -> Content:
    from duckdb import InvalidInputException

    compression = "gzip" if _is_gzip(path) else "none"
    create, parameters = f"CREATE TEMP TABLE content AS SELECT * FROM {_READ_CSV}", [_exact(path), compression]
    try:
        connection.execute(create.format(""), parameters).fetchall()
    except InvalidInputException:  # a line end within quotes, of another kind than those of the lines, misleads DuckDB
        connection.execute(create.format(r", new_line = '\r\n'"), parameters).fetchall()
    first = [
        cell and cell.strip() for cell in connection.execute("SELECT * FROM content WHERE rowid = 0").fetchall()[0]
    ]
    if len(first) == 1:  # DuckDB takes lines of different lengths for a table of one column
        reason = _irregular_line(path)
        if reason:
            raise FileError(f"{path.name} is not a table: {reason}; {_EXPECTED}")
    if not _has_header(connection):
        names = [f"column_{index + 1}" for index in range(len(first))]
        note = f"{path.name} has no header line: its columns are named column_1 to column_{len(first)}"
        return Content(tuple(names), 0, (note,))
    names = [name or f"column_{index + 1}" for index, name in enumerate(first)]
    unnamed = [name for name, cell in zip(names, first, strict=True) if not cell]
    notes = (f"columns of {path.name} without a name are called {', '.join(unnamed)}",) if unnamed else ()
    return Content(tuple(names), 1, notes)


def _has_header(connection: "DuckDBPyConnection") -> bool:
    fields = [str(row[0]) for row in connection.execute("DESCRIBE content").fetchall()]
    first = [f"cleaned({x}), no_number({x})" for x in map(quoted, fields)]
    row = select_row(connection, first, "content WHERE rowid = 0")
    cells, texts = row[::2], row[1::2]
    if not any(cell is not None and text is None for cell, text in zip(cells, texts, strict=True)):
        return True
    named = [field for field, text in zip(fields, texts, strict=True) if text is not None]
    numeric = [field for field, kind in kinds_of_text(connection, "content", named, 1).items() if kind == "number"]
    counts = [f"count(as_number({quoted(field)}))" for field in numeric]
    return any(select_row(connection, counts, "content WHERE rowid > 0"))


def _why_not_csv(path: Path) -> str:
    return _irregular_line(path) or "no separator (comma, semicolon, tab or bar) gives lines of one length"


def _irregular_line(path: Path) -> str | None:
    """Say what is wrong with the first line that does not fit the others; ``None`` if all fit."""
    with _open(path) as file:
        raw = bytes(file.read())
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return f"line {line} is not UTF-8 text (save the file as UTF-8)"
    separator = max(_SEPARATORS, key=text.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        expected = len(next(lines))
        for values in lines:
            if values and len(values) != expected:
                return f"line {lines.line_num} has {len(values)} values, the first line {expected}"
    except csv.Error as error:
        return f"line {lines.line_num}: {error}"
    return None
