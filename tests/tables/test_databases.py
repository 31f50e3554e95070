import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import numpy as np
import pytest

from chainrule.errors import FileError, UnknownNameError
from chainrule.tables import read_table


@pytest.fixture
def lite(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE orders (amount INTEGER, city TEXT, mixed)")
        rows = [(1, "Rome", 0.5), (2, None, None), (3, "Oslo", "x")]
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
        connection.commit()
    return path


@pytest.fixture
def duck(tmp_path: Path) -> Path:
    path = tmp_path / "shop.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("CREATE TABLE orders AS SELECT range AS amount, '?' AS city FROM range(3)")
    return path


def test_sqlite(lite: Path) -> None:
    table = read_table(lite)
    assert [(column.name, column.kind) for column in table] == [
        ("amount", "number"),
        ("city", "category"),
        ("mixed", "category"),
    ]
    assert table.column("city").values.tolist() == ["Rome", None, "Oslo"]
    assert table.column("mixed").values.tolist() == ["0.5", None, "x"]


def test_duckdb(duck: Path) -> None:
    table = read_table(duck)
    np.testing.assert_array_equal(table.column("amount").values, [0, 1, 2])
    assert table.column("city").missing.all()


def test_the_only_table_needs_no_name_one_of_several_does(lite: Path, duck: Path) -> None:
    with closing(sqlite3.connect(lite)) as connection:
        connection.execute('CREATE TABLE "two words" (x)')
        connection.execute('INSERT INTO "two words" VALUES (7)')
        connection.commit()
    with closing(duckdb.connect(str(duck))) as connection:
        connection.execute('CREATE VIEW "two words" AS SELECT 7 AS x')
    for path in (lite, duck):
        with pytest.raises(UnknownNameError, match=r"has 2 tables: orders, two words; name one, such as shop\.\w+::or"):
            read_table(path)
        with pytest.raises(UnknownNameError, match=r"shop\.\w+ has no table 'order'; did you mean 'orders'\?"):
            read_table(path, table="order")
        assert read_table(path, table="two words").column("x").values.tolist() == [7]
        assert read_table(f"{path}::orders").rows == 3


def test_reading_changes_nothing(lite: Path, duck: Path) -> None:
    for path in (lite, duck):
        before = path.read_bytes()
        read_table(path)
        assert path.read_bytes() == before


def test_empty_and_damaged_databases(tmp_path: Path, lite: Path) -> None:
    with closing(duckdb.connect(str(tmp_path / "empty.db"))):
        pass
    with pytest.raises(FileError, match=r"empty\.db has no table"):
        read_table(tmp_path / "empty.db")
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(lite.read_bytes()[:200])
    with pytest.raises(FileError, match=r"damaged\.sqlite can't be read: .*; expected an SQLite database"):
        read_table(damaged)
    damaged.write_bytes(bytes(8) + b"DUCK" + bytes(100))
    with pytest.raises(FileError, match=r"damaged\.sqlite can't be read"):
        read_table(damaged)


def test_other_files_have_no_tables(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(FileError, match=r"x\.csv is no database, so it has no table 't'"):
        read_table(f"{path}::t")
