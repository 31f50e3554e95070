from chainrule.tables import Encoder, overview, read_table
from chainrule.tables.samples import penguins


def test_penguins() -> None:
    table = penguins()
    assert overview(Encoder.fit(table, "species"), table) == [
        "4 numbers    bill_length_mm ... body_mass_g  (8 missing: median + flag)",
        "2 categories island, sex                     (11 missing: own slot)",
    ]


def test_missing_values_by_treatment_and_columns_left_out() -> None:
    train = read_table({"a": [1, None], "b": [1, 2], "d": ["2021-01-05", "2021-01-06"], "c": ["x", "y"], "k": [7, 7]})
    table = read_table({"a": [1, None], "b": [None, None], "d": [None, "2021-01-06"], "c": ["x", None], "k": [7, 7]})
    assert overview(Encoder.fit(train), table) == [
        "2 numbers    a, b  (1 missing: median + flag; 2 missing: median)",
        "1 date       d     (as time, weekday; 1 missing: 0)",
        "1 category   c     (1 missing: unknown slot)",
        "left out     k     (always 7)",
    ]


def test_columns_left_out_for_the_same_reason_share_a_line() -> None:
    table = read_table(
        {"x": [1, 2], "a": [1, 1], "b": [1, 1], "c": [None, None], **{f"empty_{i}": [None, None] for i in range(9)}}
    )
    assert overview(Encoder.fit(table), table) == [
        "1 number     x",
        "left out     a, b           (always 1)",
        "left out     c ... empty_8  (10 columns: no values)",
    ]


def test_booleans_and_learned_vectors() -> None:
    names = [f"n{i}" for i in range(12)] * 2
    table = read_table({"city": names, "open": [True, False, None] * 8, "kind": ["a", "b"] * 12})
    assert overview(Encoder.fit(table, embed=True), table) == [
        "1 boolean    open        (8 missing: 0 + flag)",
        "2 categories city, kind  (learned vectors: city)",
    ]
