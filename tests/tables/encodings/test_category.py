from chainrule.tables.encodings import CategoryEncoding, fit_encoding
from tests.tables.encodings.columns import column, encoded


def test_categories_are_one_hot_in_sorted_order() -> None:
    encoding = fit_encoding(column(["b", "a", None, "b"]))
    assert encoding.feature_names == ("x=a", "x=b", "x=(missing)", "x=(unknown)")
    assert isinstance(encoding, CategoryEncoding)
    assert encoded(encoding, ["b", None, "a", "zzz"]) == [[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    assert encoding.notes(column(["b", "z", "y", "z"])) == ["x: the unknown slot is used in 3 rows: 'y', 'z'"]


def test_missing_categories_where_training_had_none() -> None:
    encoding = fit_encoding(column(["b", "a"]))
    assert isinstance(encoding, CategoryEncoding)
    assert encoded(encoding, ["a", None]) == [[1, 0, 0], [0, 0, 1]]
    assert encoding.notes(column(["a", None])) == ["x: 1 missing, none in training: the unknown slot is used"]


def test_a_category_may_arrive_as_a_number() -> None:
    encoding = fit_encoding(column(["3", "4", "x", "x"]))
    assert isinstance(encoding, CategoryEncoding)
    assert encoded(encoding, [4, 3]) == [[0, 1, 0, 0], [1, 0, 0, 0]]


def test_many_categories_keep_the_most_frequent() -> None:
    values = [f"often{i:03d}" for i in range(256)] * 3 + [f"rare{i}" for i in range(40)]
    encoding = fit_encoding(column(values))
    assert isinstance(encoding, CategoryEncoding)
    assert encoding.categories == tuple(sorted(f"often{i:03d}" for i in range(256)))
    assert encoding.shared_unknown
    assert encoding.describe() == "one-hot of 256; rare and unknown: one slot"
    assert encoded(encoding, ["rare7"])[0][-1] == 1.0


def test_rare_names_share_the_unknown_slot_so_that_it_trains() -> None:
    encoding = fit_encoding(column(["a"] * 100 + ["b"] * 50 + ["c"] * 3 + ["d"] * 2 + ["e"]))
    assert isinstance(encoding, CategoryEncoding)
    assert encoding.categories == ("a", "b", "c")
    assert (encoding.shared_unknown, encoding.untrained) == (True, ())
    assert encoded(encoding, ["d", "new"]) == [[0, 0, 0, 1], [0, 0, 0, 1]]


def test_in_a_small_table_single_rows_keep_their_names() -> None:
    encoding = fit_encoding(column(["a"] * 40 + ["b"]))
    assert isinstance(encoding, CategoryEncoding)
    assert (encoding.categories, encoding.untrained) == (("a", "b"), (2,))


def test_truth_values_and_numbers_find_each_other() -> None:
    assert encoded(CategoryEncoding("x", ("false", "true"), False, False), [1, 0]) == [[0, 1, 0], [1, 0, 0]]
    assert encoded(CategoryEncoding("x", ("0", "1"), False, False), [True, False]) == [[0, 1, 0], [1, 0, 0]]
