from pathlib import Path

import numpy as np
import pytest

from chainrule.tables import Table, read_table


def read(tmp_path: Path, text: str) -> Table:
    (tmp_path / "x.csv").write_text(text)
    return read_table(tmp_path / "x.csv")


def test_decimal_commas_of_files_with_semicolons(tmp_path: Path) -> None:
    table = read(tmp_path, "name;price;size\na;1.234,50;3\nb; 7,25 ;4\nc;?;5,5e1\n")
    np.testing.assert_array_equal(table.column("price").values, [1234.5, 7.25, np.nan])
    np.testing.assert_array_equal(table.column("size").values, [3, 4, 55])
    assert table.notes == ("x.csv: decimal commas in price, size",)


def test_decimal_commas_without_a_header(tmp_path: Path) -> None:
    table = read(tmp_path, "1,5\t2\n2,5\t3\n3\t4\n")
    np.testing.assert_array_equal(table.columns[0].values, [1.5, 2.5, 3])
    assert table.columns[1].kind == "number"


@pytest.mark.parametrize("cell", ["1,5kg", "1.23,5", "1,5,6", "12.3456,7", "a,b"])
def test_what_is_no_decimal_comma(tmp_path: Path, cell: str) -> None:
    table = read(tmp_path, f"x;y\n1,5;2\n{cell};3\n")
    assert table.column("x").kind == "category"
    assert table.notes == ()


def test_commas_that_separate_are_no_decimal_commas(tmp_path: Path) -> None:
    table = read(tmp_path, 'x,y\n"1,234",2\n"5,678",3\n')
    assert table.column("x").kind == "category"
    assert table.column("x").values.tolist() == ["1,234", "5,678"]
