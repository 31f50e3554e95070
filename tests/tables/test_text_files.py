import io
from pathlib import Path

import numpy as np
import pytest

from chainrule.tables import Table, read_table, text_files
from chainrule.tables.text_files import why_no_table


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


ROWS = "".join(f"name{i},{i}\n" for i in range(200))


@pytest.mark.parametrize(
    ("last", "header"), [("Oslo,7", True), ("Oslo,?", True), ("Oslo,nan", True), ("Oslo,x", False)]
)
def test_a_header_stands_above_a_whole_column_of_numbers(tmp_path: Path, last: str, header: bool) -> None:
    """The first line has a number, so that only numbers everywhere below "age" make it a header."""
    table = read(tmp_path, f"2024,age\n{ROWS}{last}\n")
    assert table.names == (("2024", "age") if header else ("column_1", "column_2"))
    assert table.rows == 201 + (not header)


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a;b\n1;é\n", None),
        ("\ufeffa,b\n1,2\n", None),
        ("a,b\n1,é\n1\n", "line 3 has 1 value, the first line 2"),
        (b"a,b\n1,\xc3\xa9\n1,\xe9\n", "line 3 is not UTF-8 text (save the file as UTF-8)"),
        (b"a,b\n1,2\n1,\xc3", "line 3 is not UTF-8 text (save the file as UTF-8)"),
        ('a,b\n1,"2\n', "line 2: unexpected end of data"),
    ],
)
def test_why_no_table_reads_in_blocks(
    monkeypatch: pytest.MonkeyPatch, size: int, content: str | bytes, reason: str | None
) -> None:
    monkeypatch.setattr(text_files, "_BLOCK", size)
    raw = content.encode() if isinstance(content, str) else content
    assert why_no_table(io.BytesIO(raw)) == reason


def test_lines_without_an_end_are_named_and_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_no_table(io.BytesIO(b"a,b\n1," + b"x" * 200_000)) == (
        "line 2: a value of more than 131,072 characters; a quote may not be closed"
    )
    monkeypatch.setattr(text_files, "_LONGEST", 100)
    endless = io.BytesIO(b"a,b\n" + b"1," * 200)
    assert why_no_table(endless) == "line 2 has more than 100 characters"
