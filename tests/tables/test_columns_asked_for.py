"""Reading only the columns that are needed."""

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from chainrule.errors import DataError, UnknownNameError
from chainrule.tables import parsing, read_query, read_table

FRAME = pd.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"], "c": [True, False], "d": [3, 4]})


def written(form: str, folder: Path) -> Any:
    path = folder / f"table.{form}"
    if form == "csv":
        FRAME.to_csv(path, index=False)
    elif form == "parquet":
        FRAME.to_parquet(path)
    elif form == "json":
        FRAME.to_json(path, orient="records")
    elif form == "sqlite":
        with sqlite3.connect(path) as connection:
            FRAME.to_sql("table_1", connection, index=False)
        connection.close()
    else:
        return FRAME
    return path


@pytest.mark.parametrize("form", ["csv", "parquet", "json", "sqlite", "frame"])
def test_only_those_are_read_in_their_order(form: str, tmp_path: Path) -> None:
    source = written(form, tmp_path)
    table = read_table(source, columns=["d", "b", "nowhere"])
    assert (table.names, table.unread) == (("b", "d"), ("a", "c"))
    whole = read_table(source)
    assert (whole.names, whole.unread) == (("a", "b", "c", "d"), ())
    for name in table.names:
        assert table.column(name).values.tolist() == whole.column(name).values.tolist()
    part = table.take(np.array([1])).drop("b")
    assert (part.names, part.unread) == (("d",), ("a", "c"))


def test_of_a_query() -> None:
    table = read_query("select 1 as a, 2 as b", columns={"b"})
    assert (table.names, table.unread) == (("b",), ("a",))


def test_where_none_is_there_all_are_read(tmp_path: Path) -> None:
    table = read_table(written("csv", tmp_path), columns=["e"])
    assert (table.names, table.unread) == (("a", "b", "c", "d"), ())


def test_errors_name_what_was_not_read_too(tmp_path: Path) -> None:
    table = read_table(written("csv", tmp_path), columns=["a"])
    with pytest.raises(UnknownNameError, match=r"no column 'e'; expected one of a, b, c, d$"):
        table.column("e")
    (tmp_path / "twice.csv").write_text("a,b,b\n1,2,3\n4,5,6\n")
    with pytest.raises(DataError, match="several columns named 'b'"):
        read_table(tmp_path / "twice.csv", columns=["a"])


def test_the_others_are_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, ...]] = []
    inside = parsing.read_columns

    def look(connection: Any, relation: Any, **options: Any) -> Any:
        seen.append(relation.names)
        return inside(connection, relation, **options)

    monkeypatch.setattr("chainrule.tables.files.read_columns", look)
    (tmp_path / "infinite.csv").write_text("a,b\n1,inf\n2,1\n")
    assert read_table(tmp_path / "infinite.csv", columns=["a"]).rows == 2
    assert seen == [("a",)]
    with pytest.raises(DataError, match="infinite"):
        read_table(tmp_path / "infinite.csv")
