import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import DataError, FileError, UnknownNameError
from chainrule.layers import CategoryEmbedding
from chainrule.tables import Encoder, Table, read_table
from chainrule.tables.samples import penguins


def training() -> Table:
    return read_table(
        {
            "age": [20, 30, 40, 50, None],
            "city": ["Rome", "Oslo", "Rome", "Oslo", "Rome"],
            "year": [2024] * 5,
            "y": ["a", "b", "a", "b", "a"],
        }
    )


def test_columns_are_found_by_name_in_any_order() -> None:
    table, encoder = training(), Encoder.fit(training(), "y")
    shuffled = Table(table.columns[::-1])
    np.testing.assert_array_equal(encoder.encode(shuffled), encoder.encode(table))
    assert encoder.encode(table.drop(["y", "year"])).shape == (5, 5)


def test_the_matrix_is_float32_and_finite() -> None:
    table = penguins()
    encoder = Encoder.fit(table, "species")
    matrix = encoder.encode(table)
    assert matrix.dtype == np.float32
    assert matrix.shape == (344, len(encoder.feature_names)) == (344, 16)
    assert np.isfinite(matrix).all()


def test_fitting_looks_only_at_the_table_it_is_given() -> None:
    encoder = Encoder.fit(training().take(np.array([0, 1])), "y")
    assert encoder.feature_names == ("age", "city=Oslo", "city=Rome", "city=(unknown)")
    matrix = encoder.encode(training())
    assert matrix[4].tolist() == [0.0, 0.0, 1.0, 0.0]


def test_missing_columns_are_all_listed() -> None:
    encoder = Encoder.fit(training(), "y")
    table = read_table({"Age": [1], "zip": [2]})
    assert encoder.missing_columns(table) == ["age", "city"]
    assert encoder.extra_columns(table) == ["Age", "zip"]
    with pytest.raises(DataError, match=r"lacks the columns 'age', 'city' of the training table; .* 'Age', 'zip'"):
        encoder.encode(table)
    with pytest.raises(DataError, match="lacks the columns 'city' of the training table; columns are found by their"):
        encoder.encode(read_table({"age": [1]}))


def test_the_target_and_left_out_columns_are_not_extra() -> None:
    assert Encoder.fit(training(), "y").extra_columns(training()) == []


def test_notes_on_what_training_had_nothing_of() -> None:
    encoder = Encoder.fit(training(), "y")
    assert encoder.notes(training()) == []
    new = read_table({"age": [1, None], "city": ["Bonn", None]})
    assert encoder.notes(new) == [
        "city: the unknown slot is used in 1 row: 'Bonn'",
        "city: 1 missing, none in training: the unknown slot is used",
    ]


def test_unknown_slots_are_those_no_training_row_sets() -> None:
    many = [f"c{i}" for i in range(300)] * 2
    table = read_table({"many": many, "few": ["a", "b"] * 300, "n": list(range(600))})
    encoder = Encoder.fit(table)
    used = np.flatnonzero((encoder.encode(table) == 0).all(axis=0))
    assert encoder.unknown_slots == tuple(used) == (encoder.feature_names.index("few=(unknown)"),)


def test_describe() -> None:
    treatments = Encoder.fit(training(), "y").describe()
    assert [(t.column, t.kind, t.features) for t in treatments] == [
        ("age", "number", 2),
        ("city", "category", 3),
        ("year", "left out", 0),
    ]
    bent = "(x - 35) / 11.1193, bent to stay within 3; missing: median + flag"  # quartiles 27.5 and 42.5
    assert treatments[0].text == bent
    assert treatments[1].text == "one-hot of 2; unknown: own slot"
    assert treatments[2].text == "always 2024"


def test_nothing_to_learn_from() -> None:
    with pytest.raises(DataError, match=r"no column to learn from \('x': always 1\); add one that varies"):
        Encoder.fit(read_table({"x": [1, 1], "y": [0, 1]}), "y")
    with pytest.raises(DataError, match=r"no column to learn from \(it has only the target\)"):
        Encoder.fit(read_table({"y": [0, 1]}), "y")
    with pytest.raises(UnknownNameError, match="no column 'cty'; did you mean 'city'"):
        Encoder.fit(training(), "cty")


cells = st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from(["a", "b", "NA", "true"]))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=2, max_size=30))
def test_state_survives_json_exactly(rows: list[tuple[Any, Any]]) -> None:
    columns = {"u": [row[0] for row in rows], "v": [row[1] for row in rows], "w": list(range(len(rows)))}
    table = read_table(columns)
    encoder = Encoder.fit(table)
    again = Encoder.from_state(json.loads(json.dumps(encoder.state(), allow_nan=False)))
    assert again == encoder
    np.testing.assert_array_equal(again.encode(table), encoder.encode(table))
    assert np.isfinite(encoder.encode(table)).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=2, max_size=30), st.text(min_size=1, max_size=3))
def test_every_row_sets_one_slot_of_a_category(values: list[str | None], new: str) -> None:
    varied = [*values, "a", "b"]
    encoder = Encoder.fit(read_table({"c": varied}))
    matrix = encoder.encode(read_table({"c": [*varied, "x" + new, None]}))
    np.testing.assert_array_equal(matrix.sum(axis=1), 1.0)
    assert set(np.unique(matrix)) == {0.0, 1.0}


def corrupted(*path: Any, value: Any) -> Any:
    state: Any = json.loads(json.dumps(Encoder.fit(training(), "y").state()))
    item = state
    for key in path[:-1]:
        item = item[key]
    item[path[-1]] = value
    return state


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([], "the encoder must be a JSON object, got list"),
        ({}, "the encoder needs text in 'target', got nothing"),
        ({"target": None}, "the encoder needs a list in 'columns', got nothing"),
        ({"target": None, "columns": []}, "the encoder has no columns"),
        (corrupted("columns", 0, value=3), "column 1 of the encoder must be a JSON object"),
        (
            corrupted("columns", 0, "treatment", value="os.system"),
            "one of number, boolean, category, embedding, date, left out in 'treatment'",
        ),
        (corrupted("columns", 0, "scale", value=0), "needs a positive finite number 'scale', got 0"),
        (corrupted("columns", 0, "median", value=float("nan")), "needs a finite number 'median', got nan"),
        (corrupted("columns", 0, "flagged", value=1), "needs true or false in 'flagged'"),
        (corrupted("columns", 0, "kind", value="x"), "needs one of number, date in 'kind'"),
        (corrupted("columns", 1, "categories", value=["a", 3]), "different names in 'categories'"),
        (corrupted("columns", 1, "name", value="age"), "several columns of the same name"),
        (corrupted("target", value="age"), "several columns of the same name"),
    ],
)
def test_bad_state_is_a_file_error(state: Any, message: str) -> None:
    with pytest.raises(FileError, match=message):
        Encoder.from_state(state)


def test_codes_of_many_names_are_what_the_embedding_layer_takes() -> None:
    names = [f"n{i}" for i in range(12)]
    columns = {"city": names * 2, "kind": ["a", "b"] * 12, "town": [*names[:11], None] * 2}
    table = read_table({"x": list(range(24)), **columns})
    encoder = Encoder.fit(table, roles={"x": "numeric"}, embed=True)
    assert encoder.feature_names == ("x", "city", "kind=a", "kind=b", "kind=(unknown)", "town")
    assert encoder.embedded == ((1, 13), (5, 13))
    assert encoder.embedded_unknown == (1, 5)
    assert encoder.unknown_slots == (4,)
    matrix = encoder.encode(read_table({"x": [1, 2], "city": ["n3", "new"], "kind": ["a", "b"], "town": [None, "n0"]}))
    assert matrix[:, [1, 5]].tolist() == [[sorted(names).index("n3") + 1, 12], [0, 1]]
    layer = CategoryEmbedding(dict(encoder.embedded))
    assert layer(matrix).shape[1] == layer.output_shape((None, 6))[1]
    assert Encoder.from_state(json.loads(json.dumps(encoder.state()))) == encoder


def test_roles_and_columns_left_out() -> None:
    encoder = Encoder.fit(training(), "y", roles={"age": "categorical"}, without={"city": "as asked"})
    assert encoder.feature_names[:4] == ("age=20", "age=30", "age=40", "age=50")
    assert [t.text for t in encoder.describe() if t.column == "city"] == ["as asked"]
    assert encoder.extra_columns(training()) == []


def test_numbers_that_count_the_rows_are_better_than_nothing() -> None:
    assert Encoder.fit(read_table({"t": list(range(30)), "y": [0, 1] * 15}), "y").feature_names == ("t",)
    table = read_table({"t": list(range(30)), "x": [0.5, 1] * 15, "y": [0, 1] * 15})
    assert Encoder.fit(table, "y").feature_names == ("x",)
