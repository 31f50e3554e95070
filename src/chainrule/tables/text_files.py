"""CSV and its relatives: the separator, the header line, decimal commas, and why a text is no table."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from chainrule.tables.parsing import BLANKS, MISSING_WORDS, cleaned, has_only_numbers, parse_numbers
from chainrule.tables.relation import Relation, literal
from chainrule.tables.table import counted, refuse_repeated

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SEPARATORS = ",;\t|"
_GLANCE = 100  # rows in which a comma must show before a whole column is searched for decimal commas
_BLOCK, _LONGEST = 1 << 20, 2_000_000  # bytes that are read at once; characters of a line, as DuckDB has it
# Everything is read as text and nothing is skipped: the kinds are decided by parsing.py, the header below.
_READ_CSV = """read_csv(?, all_varchar = true, header = false, skip = 0, comment = '', quote = '"', escape = '"',
    hive_partitioning = false, sample_size = -1, compression = ?{})"""
_DECIMAL_COMMA = r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?([eE][+-]?\d+)?"


def load_text(
    connection: "DuckDBPyConnection", path: str, name: str, compression: str, start: bytes, table: str
) -> Relation:
    """Load a CSV file into a table of DuckDB and say what its columns are called.

    The first line is the header when none of its cells is a number, or when some column holds only numbers below a
    first cell that is not one; else columns are named ``column_1``, ``column_2`` ... The separator (comma,
    semicolon, tab or bar) is found by DuckDB. Where it is not a comma, columns of numbers with decimal commas, and
    perhaps points between thousands, are numbers.

    Parameters
    ----------
    connection : DuckDBPyConnection
    path : str
        As DuckDB takes it.
    name : str
        Of the file, for people.
    compression : "none" or "gzip"
    start : bytes
        Of the decompressed content.
    table : str
        The name that the new table gets.
    """
    from duckdb import InvalidInputException

    create, parameters = f"CREATE TEMP TABLE {table} AS SELECT * FROM {_READ_CSV}", [path, compression]
    try:
        connection.execute(create.format(""), parameters).fetchall()
    except InvalidInputException:  # a line end within quotes, of another kind than those of the lines, misleads DuckDB
        connection.execute(create.format(r", new_line = '\r\n'"), parameters).fetchall()
    glance = connection.execute(f"SELECT * FROM {table} LIMIT {_GLANCE}").fetchall()
    first = list(glance[0]) if glance else []
    whole = Relation.of(connection, table)
    cells = [cell and cell.strip() for cell in first]
    if _has_header(connection, whole, glance):
        source, names = f"{table} WHERE rowid >= 1", [cell or f"column_{i + 1}" for i, cell in enumerate(cells)]
        unnamed = [name for name, cell in zip(names, cells, strict=True) if not cell]
        notes = [f"columns of {name} without a name are called {', '.join(unnamed)}"] if unnamed else []
    else:
        source, names = table, [f"column_{index + 1}" for index in range(len(first))]
        notes = [f"{name} has no header line: its columns are named column_1 to column_{len(first)}"]
    refuse_repeated(names)
    fields = list(whole.fields)
    line = start.decode("utf-8", "replace").lstrip("\ufeff").partition("\n")[0]
    commas = _decimal_commas(connection, source, fields, glance, line)
    if commas:
        for index in commas:
            fields[index] = f"replace(replace({fields[index]}, '.', ''), ',', '.')"
        listed = ", ".join(names[index] for index in commas[:5])
        notes.append(f"{name}: decimal commas in {listed}{f' ... ({len(commas)} in all)' if len(commas) > 5 else ''}")
    return Relation(source, tuple(fields), whole.types, tuple(names), tuple(notes))


def _has_header(connection: "DuckDBPyConnection", whole: Relation, glance: Sequence[Sequence[str | None]]) -> bool:
    """Whether no cell of the first line is a number, or one that is none stands above only numbers."""
    first = glance[0]
    present = [cleaned(cell) is not None for cell in first]
    numbers = ~np.isnan(parse_numbers(np.array(first, dtype=object), connection)) & present
    if not numbers.any():
        return True
    for index, field in enumerate(whole.fields):
        if present[index] and not numbers[index]:
            cells = np.array([row[index] for row in glance[1:]], dtype=object)
            if not any(map(cleaned, cells)) or has_only_numbers(connection, cells):
                value = f"as_number({field})"
                query = f"""SELECT count(*) > 0 AND bool_and({value} IS NOT NULL AND NOT isnan({value}))
                    FROM {whole.source} WHERE rowid >= 1 AND {_is_present(field)}"""
                if connection.execute(query).fetchall()[0][0]:
                    return True
    return False


def _decimal_commas(
    connection: "DuckDBPyConnection", source: str, fields: list[str], glance: list[Any], first_line: str
) -> list[int]:
    """Return the columns in which every present value is a number with, somewhere, a decimal comma."""
    likely = [index for index in range(len(fields)) if any("," in (row[index] or "") for row in glance[1:])]
    if not likely or _cut_by_commas(first_line, glance[0]):
        return []
    found = []
    for index in likely:
        value = f"trim({fields[index]}, {literal(BLANKS)})"
        query = f"""SELECT count(*) = count(CASE WHEN regexp_full_match({value}, {literal(_DECIMAL_COMMA)}) THEN 1 END)
            FROM {source} {"AND" if "WHERE" in source else "WHERE"} {_is_present(fields[index])}"""
        if connection.execute(query).fetchall()[0][0]:
            found.append(index)
    return found


def _is_present(field: str) -> str:
    """Return the SQL condition that a cell is not missing."""
    return f"trim({field}, {literal(BLANKS)}) NOT IN ({', '.join(map(literal, MISSING_WORDS))})"


def _cut_by_commas(line: str, cells: Sequence[str | None]) -> bool:
    """Whether commas cut the first line of a file into the cells that it has."""
    return [cell.strip() for cell in next(csv.reader([line.rstrip("\r")]), [])] == [(c or "").strip() for c in cells]


def why_no_table(file: IO[bytes]) -> str | None:
    """Say what is wrong with the first line that does not fit the others; ``None`` if all fit.

    The file, open at its start, is read twice, in little memory, and closed.
    """
    counts: Counter[str] = Counter()
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    try:
        while block := file.read(_BLOCK):
            text = decoder.decode(block)
            line += block.count(b"\n")
            counts.update({separator: text.count(separator) for separator in SEPARATORS})
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += error.object.count(b"\n", 0, error.start)
        return f"line {line} is not UTF-8 text (save the file as UTF-8)"
    file.seek(0)
    separator = max(SEPARATORS, key=lambda character: counts[character])
    with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as content:
        return _why_no_rows(csv.reader(_lines(content), delimiter=separator, strict=True))


def _why_no_rows(rows: Any) -> str | None:
    """Say what is wrong with the first row, from a ``csv.reader``, that does not fit the others."""
    try:
        expected = len(next(rows))
        for values in rows:
            if values and len(values) != expected:
                return f"line {rows.line_num} has {counted(len(values), 'value')}, the first line {expected}"
    except csv.Error as error:
        reason, long = str(error), f"a value of more than {csv.field_size_limit():,} characters"
        if "field larger" in reason:
            reason = f"{long}; a quote may not be closed"
        return reason if reason.startswith("line") else f"line {rows.line_num}: {reason}"
    return None


def _lines(content: IO[str]) -> Iterator[str]:
    """Give the lines of a text, none of which may be endless."""
    number = 1
    while line := content.readline(_LONGEST + 1):
        if len(line) > _LONGEST:
            raise csv.Error(f"line {number} has more than {_LONGEST:,} characters")
        yield line
        number += 1
