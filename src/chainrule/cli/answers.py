"""The answers of a model, chunk by chunk: their columns, and the three forms in which they are written."""

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, DataError

if TYPE_CHECKING:
    from chainrule.estimators.tabular import TabularModel
    from chainrule.tables import Table

Answers = dict[str, Array]  # name of a column -> its values
JSON_ENDINGS, PARQUET_ENDINGS = (".json", ".jsonl", ".ndjson"), (".parquet",)
OTHER_ENDINGS = (
    ".xlsx",
    ".xls",
    ".ods",
    ".gz",
    ".zip",
    ".feather",
    ".arrow",
    ".db",
    ".duckdb",
    ".sqlite",
    ".safetensors",
)


def answers_of(model: "TabularModel", table: "Table") -> Answers:
    """Return the columns of answers for the rows of a table: the target's, and the probabilities of the classes."""
    outputs = model.outputs(table)
    decided = model.decide(outputs).reshape(table.rows, -1)
    answers: Answers = dict(zip(model.answer_names, decided.T, strict=True))
    for index, name in enumerate(model.classes or ()):
        answers[f"probability_{name}"] = outputs[:, index]
    return answers


class Predictor:
    """Answers chunk after chunk, and gathers what there is to remark on.

    Parameters
    ----------
    model : TabularModel
    chunks : iterable of Table

    Attributes
    ----------
    rows : int
        Answered so far.
    notes : list of str
        What in the table is new to the model; of a table in several chunks, what was seen first in each column.
    """

    def __init__(self, model: "TabularModel", chunks: Iterable["Table"]) -> None:
        self.model, self._chunks = model, chunks
        self.rows = 0
        self._found: dict[str, tuple[list[str], int, int]] = {}  # column -> sentences, and the rows that they are about
        self._again: set[str] = set()
        self._about: list[str] = []

    def __iter__(self) -> Iterator[Answers]:
        for table in self._chunks:
            if not self.rows:
                extra = self.model.extra_columns(table)
                more = [f"not used, since training had no such columns: {', '.join(extra)}"] if extra else []
                self._about = [*table.notes, *more]
            try:
                answers = answers_of(self.model, table)
            except DataError as error:
                if not self.rows:
                    raise
                raise DataError(f"{error} (row 1 is here row {self.rows + 1:,} of the table)") from error
            self._remark(table)
            self.rows += table.rows
            yield answers

    def _remark(self, table: "Table") -> None:
        for encoding in self.model.encoder.used:
            sentences = encoding.notes(table.column(encoding.name))
            if sentences and encoding.name in self._found:
                self._again.add(encoding.name)
            elif sentences:
                self._found[encoding.name] = sentences, self.rows + 1, self.rows + table.rows

    @property
    def notes(self) -> list[str]:
        """What there is to remark on."""
        notes = list(self._about)
        for name, (sentences, first, last) in self._found.items():
            more = "; more in later ones" if name in self._again else ""
            whole = (first, last) == (1, self.rows)
            notes += [text if whole else f"{text} (in rows {first:,} to {last:,}{more})" for text in sentences]
        return notes


def write_csv(parts: Iterable[Answers], out: IO[bytes]) -> None:
    """Write answers as CSV in UTF-8, the names in the first line."""
    for index, answers in enumerate(parts):
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        if not index:
            writer.writerow(answers)
        writer.writerows(zip(*map(_texts, answers.values()), strict=True))
        out.write(text.getvalue().encode("utf-8"))
    out.flush()


def write_json(parts: Iterable[Answers], out: IO[bytes]) -> None:
    """Write answers as one JSON object a line."""
    for answers in parts:
        columns = [_plain(values).tolist() for values in answers.values()]
        lines = (
            json.dumps(dict(zip(answers, row, strict=True)), ensure_ascii=False) for row in zip(*columns, strict=True)
        )
        out.write("".join(f"{line}\n" for line in lines).encode("utf-8"))
    out.flush()


def write_parquet(parts: Iterable[Answers], out: IO[bytes]) -> None:
    """Write answers as Parquet."""
    from chainrule.tables.parsing import connect
    from chainrule.tables.relation import literal, quoted

    with tempfile.TemporaryDirectory(prefix="chainrule-") as name, connect(spill_to=Path(name)) as connection:
        for index, answers in enumerate(parts):
            connection.register("part", {f"c{i}": _plain(values) for i, values in enumerate(answers.values())})
            fields = ", ".join(
                f"{_as_sql(values)(f'c{i}')} AS {quoted(column)}" for i, (column, values) in enumerate(answers.items())
            )
            start = "INSERT INTO answers" if index else "CREATE TEMP TABLE answers AS"
            connection.execute(f"{start} SELECT {fields} FROM part").fetchall()
        target = Path(name) / "answers.parquet"
        connection.execute(f"COPY answers TO {literal(str(target))} (FORMAT parquet)").fetchall()
        with target.open("rb") as file:
            shutil.copyfileobj(file, out)


def writer_for(path: Path | None, as_json: bool) -> Any:
    """Return the function that writes answers in the form that a file's name tells.

    Raises
    ------
    ArgumentError
        The name promises a form that is not written.
    """
    ending = "" if path is None else path.suffix.lower()
    if ending in OTHER_ENDINGS:
        raise ArgumentError(f"answers are not written as {ending}; name a file that ends in .csv, .jsonl or .parquet")
    if as_json or ending in JSON_ENDINGS:
        return write_json
    return write_parquet if ending in PARQUET_ENDINGS else write_csv


def _texts(values: Array) -> list[str]:
    """Return answers as text: shares with six digits, numbers with seven, booleans as they are read."""
    if values.dtype == np.float32:
        return list(map("{:.6g}".format, values.tolist()))
    if values.dtype == np.float64:
        return list(map("{:.7g}".format, values.tolist()))
    return list(map(str.lower if values.dtype == bool else str, map(str, values.tolist())))


def _plain(values: Array) -> Array:
    """Return answers with the digits that mean something."""
    return np.array(_texts(values), np.float64) if values.dtype.kind == "f" else values


def _as_sql(values: Array) -> Any:
    return (lambda field: f"CAST({field} AS VARCHAR)") if values.dtype == object else str
