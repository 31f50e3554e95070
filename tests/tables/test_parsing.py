import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import DataError
from chainrule.tables import read_table
from chainrule.tables.parsing import MISSING_WORDS, parse_numbers, parse_texts


def objects(*values: str | None) -> np.ndarray:
    return np.array(values, dtype=object)


@pytest.mark.parametrize("word", [*MISSING_WORDS, "  NA\t", "\u00a0"])
def test_missing_words_do_not_make_a_number_column_text(word: str) -> None:
    column = parse_texts({"x": objects("1", word, " 2.5 ", None)})[0]
    assert column.kind == "number"
    np.testing.assert_array_equal(column.values, [1.0, np.nan, 2.5, np.nan])


def test_missing_words_in_text() -> None:
    column = parse_texts({"x": objects(" a ", "?", "null", "Nan", "au00")})[0]
    assert column.kind == "category"
    assert column.values.tolist() == ["a", None, None, "Nan", "au00"]


@pytest.mark.parametrize("text", ["1_000", "1,5", "12kg", "0x10", "$5", "50%", "1e", "true"])
def test_what_is_no_number_keeps_a_column_text(text: str) -> None:
    assert parse_texts({"x": objects("1", text)})[0].kind == "category"
    np.testing.assert_array_equal(parse_numbers(objects("1", text)), [1.0, np.nan])


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e999"])
def test_infinity_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="column 'x' holds an infinite number in row 3"):
        parse_texts({"x": objects("1", None, text)})


def test_booleans_whatever_their_case() -> None:
    column = parse_texts({"x": objects("True", "FALSE", "false", "?")})[0]
    assert column.kind == "boolean"
    np.testing.assert_array_equal(column.values, [1, 0, 0, np.nan])
    assert column.as_text().tolist() == ["true", "false", "false", None]


def test_truth_values_among_other_text_are_written_alike() -> None:
    column = parse_texts({"x": objects("True", "perhaps", "false")})[0]
    assert (column.kind, column.values.tolist()) == ("category", ["true", "perhaps", "false"])


def test_dates_are_days_since_1970() -> None:
    column = parse_texts({"x": objects("1970-01-02", "NA", "1971/1/1", "1970-01-01T12:00:00")})[0]
    assert column.kind == "date"
    np.testing.assert_array_equal(column.values, [1, np.nan, 365, 0.5])


@pytest.mark.parametrize("text", ["epoch", "infinity 1", "10:00", "2021-13-05", "5.1.2021"])
def test_what_is_no_date_keeps_a_column_text(text: str) -> None:
    assert parse_texts({"x": objects("2021-01-05", text)})[0].kind == "category"


def test_a_column_without_values_is_a_number_column() -> None:
    column = parse_texts({"x": objects(None, "NA")})[0]
    assert column.kind == "number"
    assert np.isnan(column.values).all()


def test_names_that_sql_would_misread() -> None:
    names = ['the "best"', "a", "A", "select", "t0; drop", ""]
    columns = parse_texts({name: objects(str(index)) for index, name in enumerate(names)})
    assert [(column.name, column.values[0]) for column in columns] == [(n, float(i)) for i, n in enumerate(names)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_written_as_text_come_back_exactly(values: list[float]) -> None:
    np.testing.assert_array_equal(read_table({"x": [repr(value) for value in values]}).column("x").values, values)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1), min_size=1))
def test_text_comes_back_as_it_was(values: list[str]) -> None:
    kept = [f"w{value}" for value in values]
    assert read_table({"x": kept}).column("x").values.tolist() == kept


def test_long_columns_keep_their_order() -> None:
    rows = 300_000  # more than DuckDB gives to one thread
    texts = np.array([f"v{i}" for i in range(rows)], dtype=object)
    numbers = np.array([str(i) for i in range(rows)], dtype=object)
    text_column, number_column = parse_texts({"t": texts, "n": numbers})
    assert text_column.values.tolist() == texts.tolist()
    np.testing.assert_array_equal(number_column.values, np.arange(rows))
    np.testing.assert_array_equal(parse_numbers(numbers), np.arange(rows))
