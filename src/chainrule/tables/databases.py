"""A table of a database file: DuckDB's by DuckDB, SQLite's by Python's own module."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.errors import FileError, UnknownNameError, did_you_mean
from chainrule.tables.relation import Relation, literal, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SQLITE, DUCKDB, DUCKDB_AT = b"SQLite format 3\0", b"DUCK", 8  # how the files begin; DuckDB's after a checksum

_SQLITE_TABLES = """SELECT name FROM sqlite_master
    WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY 1"""


def load_duckdb(connection: "DuckDBPyConnection", path: str, name: str, table: str | None) -> Relation:
    """Open a DuckDB file for reading, and return one of its tables; the only one needs no name."""
    connection.execute(f"ATTACH {literal(path)} AS opened (READ_ONLY)").fetchall()
    query = """SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'opened'
        UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'opened' AND NOT internal
        ORDER BY ALL"""
    found = connection.execute(query).fetchall()
    tables = {label if schema == "main" else f"{schema}.{label}": (schema, label) for schema, label in found}
    schema, label = tables[_chosen(list(tables), table, name)]
    place = f"opened.{quoted(schema)}.{quoted(label)}"
    connection.execute(f"CREATE TEMP TABLE content AS SELECT * FROM {place}").fetchall()
    return Relation.of(connection, "content")


def read_sqlite(path: Path, table: str | None) -> dict[str, list[Any]]:
    """Return the columns of a table of an SQLite file.

    Raises
    ------
    FileError
        The file is damaged, or has no table.
    UnknownNameError
        It has several tables and none is named, or not the one that is.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            tables = [str(row[0]) for row in connection.execute(_SQLITE_TABLES)]
            cursor = connection.execute(f"SELECT * FROM {quoted(_chosen(tables, table, path.name))}")
            rows = cursor.fetchall()
    except sqlite3.Error as error:
        raise FileError(f"{path.name} can't be read: {error}; expected an SQLite database") from None
    return {column[0]: [row[index] for row in rows] for index, column in enumerate(cursor.description)}


def _chosen(tables: list[str], table: str | None, name: str) -> str:
    if not tables:
        raise FileError(f"{name} has no table")
    if table is None and len(tables) == 1:
        return tables[0]
    if table is None:
        raise UnknownNameError(
            f"{name} has {len(tables)} tables: {', '.join(tables)}; name one, such as {name}::{tables[0]}"
        )
    if table not in tables:
        raise UnknownNameError(f"{name} has no table {table!r}{did_you_mean(table, tables)}")
    return table
