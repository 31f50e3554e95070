"""Reading files with DuckDB: what a file holds is seen from how it begins, not from its name."""

import glob
import gzip
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from chainrule.errors import DataError, FileError
from chainrule.tables.databases import DUCKDB, DUCKDB_AT, SQLITE, load_duckdb, read_sqlite
from chainrule.tables.frames import table_from_mapping
from chainrule.tables.parsing import connect, read_columns
from chainrule.tables.relation import Relation
from chainrule.tables.table import Table, refuse_repeated
from chainrule.tables.text_files import load_text, why_no_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_GZIP, _PARQUET, _ZIP, _UTF_16 = b"\x1f\x8b", b"PAR1", b"PK\x03\x04", (b"\xff\xfe", b"\xfe\xff")
_EXPECTED = "expected CSV, TSV, Parquet, JSON, or a DuckDB or SQLite database"
_READ_JSON = "read_json(?, sample_size = -1, map_inference_threshold = -1, hive_partitioning = false, compression = ?)"
STANDARD_INPUT = "-"


def read_file(path: Path, table: str | None = None, columns: Collection[str] | None = None) -> Table:
    """Read a table from a file, from several files together, or from standard input.

    Parameters
    ----------
    path : Path
        A CSV, TSV, JSON or Parquet file (text also compressed with gzip), a DuckDB or SQLite database, a pattern of
        file names with ``*``, ``?`` or ``[...]`` whose rows are put together, columns matched by name, or ``-``.
        ``FILE::TABLE`` names a table of a database.
    table : str, optional
        A table of a database; the only one needs no name.
    columns : collection of str, optional
        Only these are read, as far as they are there.

    Raises
    ------
    FileError
        There is no such file, or it holds no table.
    UnknownNameError
        A database has several tables and none is named, or not the one that is.
    DataError
        The table has no rows, columns of the same name, or infinite numbers.
    """
    with connect() as connection:
        return _table_of(connection, load_file(connection, path, table), columns)


def load_file(connection: "DuckDBPyConnection", path: Path, table: str | None = None) -> Relation | Table:
    """Load a file, several, or standard input into DuckDB; arguments and errors as those of `read_file`.

    A SQLite database is not read by DuckDB: it gives the table itself.
    """
    before, separator, after = str(path).rpartition("::")
    if separator and not path.exists() and table is None:
        path, table = Path(before), after
    if str(path) == STANDARD_INPUT:
        if sys.stdin is None or sys.stdin.isatty():
            raise FileError("nothing comes from standard input; pipe a table into the command, or name a file")
        with _copied(sys.stdin.buffer) as copy:
            return _load_all(connection, [copy], table, "standard input")
    if path.is_fifo():  # what a shell makes of <(command)
        with path.open("rb") as stream, _copied(stream) as copy:
            return _load_all(connection, [copy], table, path.name)
    if path.exists() or not glob.has_magic(str(path)):
        return _load_all(connection, [path], table, None)
    matches = sorted(glob.glob(str(path)))  # noqa: PTH207  (Path.glob takes no absolute pattern)
    if not matches:
        raise FileError(f"no file matches {path}")
    return _load_all(connection, [Path(match) for match in matches], table, None)


def query_table(query: str, columns: Collection[str] | None = None) -> Table:
    """Return what a SQL query in DuckDB's dialect gives, only these columns of it; files are named in it as tables are.

    Raises
    ------
    DataError
        The query is no SELECT, or fails.
    """
    with connect() as connection:
        return _table_of(connection, load_query(connection, query), columns)


def _table_of(connection: "DuckDBPyConnection", found: Relation | Table, columns: Collection[str] | None) -> Table:
    """Return what was loaded as a table of these columns; of all, where none of them is there."""
    if isinstance(found, Table):
        return found if columns is None else found.only(columns)
    refuse_repeated(found.names)
    kept = found if columns is None else found.only(columns)
    kept = kept if kept.names else found
    unread = tuple(name for name in found.names if name not in kept.names)
    return Table(read_columns(connection, kept), found.notes, unread)


def load_query(connection: "DuckDBPyConnection", query: str) -> Relation:
    """Load what a SQL query gives into a table of DuckDB; errors as those of `query_table`."""
    from duckdb import Error

    try:
        connection.execute(f"CREATE TEMP TABLE content AS (\n{query.strip().rstrip(';')}\n)").fetchall()
        return Relation.of(connection, "content")
    except Error as error:
        reason = str(error).partition("\nLINE ")[0]  # where DuckDB shows the query again
        raise DataError(f"the SQL query failed: {' '.join(reason.split())}") from None


def _load_all(
    connection: "DuckDBPyConnection", paths: list[Path], table: str | None, name: str | None
) -> Relation | Table:
    """Load files of any kinds, one below the other; ``name`` is what people call a single one."""
    from duckdb import Error

    starts = [_first_bytes(path, name or path.name) for path in paths]
    if len(paths) == 1 and starts[0].startswith(SQLITE):
        return table_from_mapping(read_sqlite(paths[0], table))
    parts = []
    for index, (path, start) in enumerate(zip(paths, starts, strict=True)):
        label = name or path.name
        try:
            parts.append(_load(connection, path, start, label, table, f"content{index}"))
        except Error as error:
            text = not start.startswith(_PARQUET) and not _is_database(start) and not _is_json(path, start)
            reason = _why_no_csv(path) if text else str(error).splitlines()[0].rstrip(" .")
            raise FileError(f"{label} can't be read: {reason}; {_EXPECTED}") from None
    whole = Relation.union(connection, parts)
    several = (f"{len(paths)} files, from {paths[0]} to {paths[-1]}",) if len(paths) > 1 else ()
    return replace(whole, notes=(*whole.notes, *several))


def _load(
    connection: "DuckDBPyConnection", path: Path, start: bytes, label: str, table: str | None, into: str
) -> Relation:
    """Load one file into a table of DuckDB."""
    if _is_database(start):
        if into != "content0" or start.startswith(SQLITE):
            raise FileError(f"{label} is a database; databases are read one at a time")
        return load_duckdb(connection, str(path.absolute()), label, table)
    if table is not None:
        raise FileError(f"{label} is no database, so it has no table {table!r}; leave the table's name out")
    compression = "gzip" if _is_gzip(path) else "none"
    if start.startswith(_PARQUET):
        _create(connection, into, "read_parquet(?, hive_partitioning = false)", [_exact(path)])
        return Relation.of(connection, into)
    if _is_json(path, start):
        _create(connection, into, _READ_JSON, [_exact(path), compression])
        return Relation.of(connection, into)
    relation = load_text(connection, _exact(path), label, compression, start, into)
    if len(relation.names) == 1:  # DuckDB takes lines of different lengths for a table of one column
        with _open(path) as file:
            reason = why_no_table(file)
        if reason:
            raise FileError(f"{label} is not a table: {reason}; {_EXPECTED}")
    return relation


def _create(connection: "DuckDBPyConnection", table: str, function: str, parameters: list[str]) -> None:
    connection.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM {function}", parameters).fetchall()


def _is_database(start: bytes) -> bool:
    return start.startswith(SQLITE) or start[DUCKDB_AT : DUCKDB_AT + len(DUCKDB)] == DUCKDB


def _is_json(path: Path, start: bytes) -> bool:
    """Whether text is JSON: an object, or a list of some, or called so and one of both."""
    text = b"".join(start.removeprefix(b"\xef\xbb\xbf").split())
    named = {".json", ".jsonl", ".ndjson"} & {suffix.lower() for suffix in path.suffixes}
    return text.startswith((b'{"', b'[{"')) or (bool(named) and text.startswith((b"{", b"[")))


@contextmanager
def _copied(stream: IO[bytes]) -> Iterator[Path]:
    """Give a temporary file with what comes in, since it is looked at more than once."""
    with tempfile.TemporaryDirectory(prefix="chainrule-") as folder:
        copy = Path(folder) / "input"
        with copy.open("wb") as file:
            shutil.copyfileobj(stream, file)
        yield copy


def _first_bytes(path: Path, label: str) -> bytes:
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
        raise FileError(f"{label} is empty; {_EXPECTED}")
    if start.startswith(_UTF_16):
        raise FileError(f"{label} is text in UTF-16; save it as UTF-8")
    if start.startswith(_ZIP):
        raise FileError(f"{label} is an Excel workbook or a zip archive; save its table as CSV")
    if b"\0" in start and not start.startswith(_PARQUET) and not _is_database(start):
        raise FileError(f"{label} holds binary data, not a table; {_EXPECTED}")
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


def _why_no_csv(path: Path) -> str:
    with _open(path) as file:
        return why_no_table(file) or "no separator (comma, semicolon, tab or bar) gives lines of one length"
