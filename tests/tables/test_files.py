import datetime as dt
import gzip
import io
import json
import os
import threading
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chainrule.errors import DataError, FileError
from chainrule.tables import Table, read_query, read_table


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def content(table: Table) -> dict[str, list[object]]:
    return {column.name: column.values.tolist() for column in table}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_separators_newlines_and_byte_order_mark(tmp_path: Path, separator: str, newline: str, mark: str) -> None:
    lines = [("n", "t"), ("1", "a"), ("2.5", '"b, ""c"""'), ("", '"two\nlines"')]
    text = mark + newline.join(separator.join(line) for line in lines) + newline
    table = read_table(write(tmp_path / "x.csv", text))
    assert table.names == ("n", "t")
    np.testing.assert_array_equal(table.column("n").values, [1, 2.5, np.nan])
    assert table.column("t").values.tolist() == ["a", 'b, "c"', "two\nlines"]
    assert table.notes == ()


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "x.data"
    path.write_bytes(gzip.compress(b"a,b\n1,x\n2,y\n", mtime=0))
    assert content(read_table(str(path))) == {"a": [1.0, 2.0], "b": ["x", "y"]}


def test_parquet(tmp_path: Path) -> None:
    import datetime as dt

    path = tmp_path / "x.dat"
    columns = {
        "i": pa.array([1, None, 3], pa.uint8()),
        "f": [0.5, float("nan"), None],
        "b": [True, None, False],
        "d": [dt.date(1970, 1, 2), None, dt.date(1971, 1, 1)],
        "t": ["a", "NA", " b"],
        "c": pa.array(["x", "y", None]).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), path)
    table = read_table(path)
    assert [column.kind for column in table] == ["number", "number", "boolean", "date", "category", "category"]
    np.testing.assert_array_equal(table.column("i").values, [1, np.nan, 3])
    np.testing.assert_array_equal(table.column("d").values, [1, np.nan, 365])
    np.testing.assert_array_equal(table.column("b").values, [1, np.nan, 0])
    assert table.column("t").values.tolist() == ["a", None, "b"]
    assert table.column("c").values.tolist() == ["x", "y", None]


def test_columns_that_hold_no_values_of_a_table_are_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    columns = {"a": [1], "l": [[1, 2]], "s": [{"q": 1}], "b": [b"\xff"], "none": pa.nulls(1)}
    pq.write_table(pa.table(columns), path)
    table = read_table(path)
    assert table.names == ("a", "none")
    assert table.column("none").missing.all()
    assert table.notes == tuple(
        f"column {name} is left out: it holds {sql_type} values, no numbers, text or dates"
        for name, sql_type in [("l", "BIGINT[]"), ("s", "STRUCT(q BIGINT)"), ("b", "BLOB")]
    )


def test_moments_with_a_zone_and_decimals(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    zone = dt.timezone(dt.timedelta(hours=2))
    columns = {"at": [dt.datetime(1970, 1, 2, 2, tzinfo=zone)], "price": [Decimal("3.25")]}
    pq.write_table(pa.table(columns), path)
    assert [(column.kind, column.values.tolist()) for column in read_table(path)] == [
        ("date", [1.0]),
        ("number", [3.25]),
    ]


def test_damaged_parquet(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1 and then nothing of use")
    with pytest.raises(
        FileError,
        match=r"^x\.parquet can't be read: .*; expected CSV, TSV, Parquet, JSON, .*$",
    ):
        read_table(path)


def test_rows_keep_their_order_and_late_values_count(tmp_path: Path) -> None:
    rows = 300_000  # more than DuckDB samples, and than it gives to one thread
    late = ["" if i < 30_000 else f"{i}.5" for i in range(rows)]
    text = [str(i) for i in range(rows - 1)] + ["seven"]
    lines = "\n".join(f"{i},{late[i]},{text[i]}" for i in range(rows))
    table = read_table(write(tmp_path / "x.csv", f"i,late,text\n{lines}\n"))
    np.testing.assert_array_equal(table.column("i").values, np.arange(rows))
    assert table.column("late").missing.sum() == 30_000
    np.testing.assert_array_equal(table.column("late").values[30_000:], np.arange(30_000, rows) + 0.5)
    assert table.column("text").kind == "category"
    assert table.column("text").values.tolist() == text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b\n1,2\n", ("a", "b")),
        ("name,city\njoe,rome\n", ("name", "city")),
        ("id,2019,2020\n1,2,3\n", ("id", "2019", "2020")),
        (",a\n1,2\n", ("column_1", "a")),
        ('"a","NA"\n1,2\n', ("a", "NA")),
    ],
)
def test_a_header_is_found(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    table = read_table(write(tmp_path / "x.csv", text))
    assert table.names == names
    assert table.rows == 1


@pytest.mark.parametrize("text", ["1,a\n2,b\n", "5.1,NA\nNA,3\n", "1,2\n3,4\n", "NA,1\nx,2\n"])
def test_a_file_without_header_gets_names_and_a_note(tmp_path: Path, text: str) -> None:
    table = read_table(write(tmp_path / "x.csv", text))
    assert (table.names, table.rows) == (("column_1", "column_2"), 2)
    assert table.notes == ("x.csv has no header line: its columns are named column_1 to column_2",)


def test_a_column_without_name_gets_one_and_a_note(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "x.csv", "a,,b\n1,2,3\n"))
    assert table.names == ("a", "column_2", "b")
    assert table.notes == ("columns of x.csv without a name are called column_2",)


@pytest.mark.parametrize(
    "name", ["we[ir]d.csv", "st*r?.csv", 'it\'s "x".csv', "n[x].csv", "a{b,c}.csv", "year=2020.csv"]
)
def test_names_with_special_characters_mean_themselves(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "key=value"
    folder.mkdir()
    for other in ("weid.csv", "starr.csv", "nx.csv", "ab.csv"):
        write(folder / other, "a\n0\n")
    assert content(read_table(write(folder / name, "a\n1\n"))) == {"a": [1.0]}


def test_path_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "x.csv", "a\n1\n")
    monkeypatch.chdir(tmp_path)
    assert read_table("x.csv").rows == 1


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "x.csv is empty; expected CSV, TSV, Parquet"),
        (b" \n\n", "x.csv is empty"),
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            "x.csv holds binary data, not a table; expected CSV, TSV, Parquet",
        ),
        (gzip.compress(b"\0\0\x08\x03", mtime=0), "x.csv holds binary data"),
        (gzip.compress(b"a,b\n1,2\n" * 100, mtime=0)[:-30], "x.csv can't be read: Compressed file ended"),
        (b"PK\x03\x04xl/workbook.xml", "x.csv is an Excel workbook or a zip archive; save its table as CSV"),
        ("a,b\n1,2\n".encode("utf-16"), "x.csv is text in UTF-16; save it as UTF-8"),
        ("a,b\n1,x\n1,café\n".encode("latin-1"), "x.csv can't be read: line 3 is not UTF-8 text"),
        (b"a,b,c\n1,2,3\n4,5,6\n7,8\n9,10,11\n", "line 4 has 2 values, the first line 3"),
        (b"a,b\n1,2,3\n2,4,5\n", "line 2 has 3 values, the first line 2"),
        (b"made by me\na,b,c\n1,2,3\n4,5,6\n", "line 2 has 3 values, the first line 1"),
        (b"# remark\na,b\n1,2\n#3,4\n", "line 2 has 2 values, the first line 1"),
        (
            b"Hello, this is text.\nNo table at all.\n\nWith, some, commas\n",
            "x.csv is not a table: line 2 has 1 value,",
        ),
        (b'a,b\n1,"2\n2,3\n', "line 3: unexpected end of data"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(raw)
    with pytest.raises(FileError) as caught:
        read_table(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_absent_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no such file: .*none\.csv"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(FileError, match="is a folder; expected CSV, TSV, Parquet"):
        read_table(tmp_path)
    with pytest.raises(FileError, match="can't be read"):
        read_table("a\0b.csv")


def test_header_only_and_repeated_names(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no rows"):
        read_table(write(tmp_path / "x.csv", "a,b\n"))
    with pytest.raises(DataError, match="several columns named 'a'; rename all but one"):
        read_table(write(tmp_path / "x.csv", "a,a,b\n1,2,3\n"))


def test_infinity_in_a_file_names_column_and_row(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="column 'b' holds an infinite number in row 2"):
        read_table(write(tmp_path / "x.csv", "a,b\n1,2\n3,inf\n"))


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    read_table(write(tmp_path / "x.csv", "a,b\n1,2\n"))
    assert capfd.readouterr() == ("", "")


def test_line_ends_within_quotes_may_differ_from_those_of_the_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "mixed.csv", '"two\nlines",y\r\n1,"x\ny"\r\n2,z\r\n')
    assert content(read_table(path)) == {"two\nlines": [1.0, 2.0], "y": ["x\ny", "z"]}


def test_a_file_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv"))
    path.write_text("x,y\n1,a\n")
    with pytest.raises(FileError, match="is not UTF-8 text; rename the file"):
        read_table(path)


def test_many_columns_are_read_in_their_order(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(95)]
    path = write(tmp_path / "wide.csv", "\n".join([",".join(names), ",".join(map(str, range(95))), ",".join("x" * 95)]))
    table = read_table(path)
    assert table.names == tuple(names)
    assert [column.values[0] for column in table] == [str(i) for i in range(95)]


def test_json(tmp_path: Path) -> None:
    rows = [{"x": i, "s": "ab"[i % 2], "d": f"2024-01-0{i + 1}", "b": bool(i % 2)} for i in range(4)]
    lines = "\n".join(json.dumps(row) for row in rows)
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    for path in (
        write(tmp_path / "lines.jsonl", lines),
        write(tmp_path / "list.json", json.dumps(rows, indent=1)),
        tmp_path / "x.jsonl.gz",
    ):
        table = read_table(path)
        assert [(column.name, column.kind) for column in table] == [
            ("x", "number"),
            ("s", "category"),
            ("d", "date"),
            ("b", "boolean"),
        ]
        assert table.column("x").values.tolist() == [0, 1, 2, 3]


def test_json_that_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"^no column can be read: column s is left out: it holds STRUCT.* values, no nu"
    ):
        read_table(write(tmp_path / "x.json", '[{"s": {"q": 1}}, {"s": {"q": 2}}]'))
    with pytest.raises(FileError, match=r"x\.json can't be read: .*Malformed JSON"):
        read_table(write(tmp_path / "x.json", '{"a": 1}\n{"a": '))


def test_json_of_numbers_and_words_is_text(tmp_path: Path) -> None:
    lines = '{"x": 1}\n{"x": "one"}\n{"x": null}\n{"x": 2.5}\n'
    assert read_table(write(tmp_path / "x.jsonl", lines)).column("x").values.tolist() == ["1", "one", None, "2.5"]


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("a,b\n1,x\n2,y\n",))
    writer.start()
    table = read_table(pipe)
    writer.join()
    assert table.column("b").values.tolist() == ["x", "y"]


def test_several_files_are_put_together_by_the_names_of_their_columns(tmp_path: Path) -> None:
    write(tmp_path / "1.csv", "a,b\n1,x\n2,y\n")
    write(tmp_path / "2.csv", "b,a\nz,3\n")
    pq.write_table(pa.table({"a": [4], "b": ["w"]}), tmp_path / "3.parquet")
    table = read_table(tmp_path / "*.csv")
    assert (table.column("a").values.tolist(), table.column("b").values.tolist()) == ([1, 2, 3], ["x", "y", "z"])
    assert table.notes == (f"2 files, from {tmp_path / '1.csv'} to {tmp_path / '2.csv'}",)
    everything = read_table(str(tmp_path / "[0-9].*"))
    assert everything.column("a").values.tolist() == [1, 2, 3, 4]
    with pytest.raises(FileError, match=r"no file matches .*\*\.tsv"):
        read_table(tmp_path / "*.tsv")


def test_a_file_whose_name_is_a_pattern_is_read_itself(tmp_path: Path) -> None:
    write(tmp_path / "a1.csv", "x,y\n1,1\n")
    write(tmp_path / "a[1].csv", "x,y\n2,2\n")
    assert read_table(tmp_path / "a[1].csv").column("x").values.tolist() == [2]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        def __init__(self, text: str) -> None:
            self.buffer = io.BytesIO(text.encode())

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr("sys.stdin", Input("x,y\n1,a\n2,b\n"))
    assert read_table("-").column("y").values.tolist() == ["a", "b"]
    monkeypatch.setattr("sys.stdin", Input(""))
    with pytest.raises(FileError, match="standard input is empty"):
        read_table("-")
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(FileError, match="nothing comes from standard input"):
        read_table("-")


def test_a_query_over_files(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "id,x\n1,10\n2,20\n")
    pq.write_table(pa.table({"id": [2, 1], "y": ["b", "?"]}), tmp_path / "b.parquet")
    files = f"'{tmp_path / 'a.csv'}' JOIN '{tmp_path / 'b.parquet'}' USING (id)"
    table = read_query(f"SELECT x, y FROM {files} ORDER BY x -- the end")
    assert table.column("x").values.tolist() == [10, 20]
    assert table.column("y").values.tolist() == [None, "b"]
    with pytest.raises(DataError, match=r'the SQL query failed: Binder Error: .*"z" not found'):
        read_query(f"SELECT z FROM {files}")
    with pytest.raises(DataError, match="the SQL query failed: Parser Error"):
        read_query("SELECT 1; DROP TABLE x")
