"""Chunks of a file together are the table that read_table reads."""

import sqlite3
from collections.abc import Collection
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from chainrule.errors import DataError, FileError
from chainrule.tables import Table, chunks, read_table
from chainrule.tables.chunks import read_chunks

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MOST_ROWS", 7)


def parts_of(path: Path, with_text: Collection[str] | None = None) -> list[Table]:
    with read_chunks(path, with_text=with_text) as parts:
        return list(parts)


def check(path: Path) -> None:
    whole, parts = read_table(path), parts_of(path)
    assert len(parts) > 1
    assert all(part.rows <= 7 and part.names == whole.names and part.notes == whole.notes for part in parts)
    for column in whole:
        pieces = [part.column(column.name) for part in parts]
        assert {piece.kind for piece in pieces if not piece.missing.all()} <= {column.kind}
        texts = np.concatenate([piece.as_text() for piece in pieces])
        assert texts.tolist() == column.as_text().tolist()


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz", "a.parquet", "a.jsonl"])
def test_files(tmp_path: Path, name: str) -> None:
    frame = pd.read_csv(PENGUINS).head(40)
    path = tmp_path / name
    if name.endswith("parquet"):
        frame.to_parquet(path)
    elif name.endswith("jsonl"):
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False, sep="\t" if name == "a.tsv" else ",")
    check(path)


def test_kinds_come_from_the_whole_file(tmp_path: Path) -> None:
    rows = [f"{i:02d},{i},2024-01-{i + 1:02d},{'true' if i % 2 else 'false'},{'' if i < 15 else i}" for i in range(20)]
    rows += ["x,1.5,2024-02-01,true,3", "y,NA,,maybe,4"]
    (tmp_path / "a.csv").write_text("mixed,number,date,word,late\n" + "\n".join(rows) + "\n")
    check(tmp_path / "a.csv")
    assert [part.column("mixed").values[0] for part in parts_of(tmp_path / "a.csv")][:2] == ["00", "07"]
    assert [part.column("mixed").kind for part in parts_of(tmp_path / "a.csv", with_text=["mixed"])] == ["category"] * 4
    assert parts_of(tmp_path / "a.csv", with_text=[])[0].column("mixed").kind == "number"


def test_several_files_databases_and_views(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": range(20), "y": ["a", "b"] * 10})
    for name in ("p1.csv", "p2.csv"):
        frame.to_csv(tmp_path / name, index=False)
    check(tmp_path / "p*.csv")
    with duckdb.connect(str(tmp_path / "shop.db")) as connection:
        connection.execute("CREATE TABLE t AS SELECT i AS x, i % 3 AS y FROM range(30) r(i)")
        connection.execute("DELETE FROM t WHERE x BETWEEN 5 AND 20")  # a gap in the numbers of the rows
        connection.execute("CREATE VIEW v AS SELECT x + 1 AS z FROM t")
    check(Path(f"{tmp_path / 'shop.db'}::t"))
    check(Path(f"{tmp_path / 'shop.db'}::v"))
    with sqlite3.connect(tmp_path / "lite.db") as lite:
        frame.to_sql("t", lite, index=False)
    lite.close()
    check(tmp_path / "lite.db")


def test_a_table_without_rows_and_what_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("x,y\n")
    with pytest.raises(DataError, match="the table has no rows"):
        parts_of(tmp_path / "none.csv")
    with pytest.raises(FileError, match="no such file"):
        parts_of(tmp_path / "no.csv")
    (tmp_path / "twice.csv").write_text("x,x\n1,2\n")
    with pytest.raises(DataError, match="several columns named 'x'"):
        parts_of(tmp_path / "twice.csv")


def test_nothing_is_left_in_the_folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with read_chunks(PENGUINS) as parts:
        next(parts)
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []
