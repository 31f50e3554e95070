from chainrule.tables import Column, read_table
from chainrule.tables.labels import codes_of, sorted_names, unseen


def column(values: list[object]) -> Column:
    return read_table({"x": values}).column("x")


def test_names_are_sorted_by_size_or_by_letters() -> None:
    assert sorted_names(column([10, 9, None, 9.5])) == ("9", "9.5", "10")
    assert sorted_names(column(["b", None, "a", "B"])) == ("B", "a", "b")
    assert sorted_names(column([True, False])) == ("false", "true")


def test_numbers_match_names_that_read_as_the_same_number() -> None:
    assert codes_of(column([3.0, 4, None, 5]), ["03", "3", "4.0", "x"]).tolist() == [1, 2, -1, -2]
    assert codes_of(column([3]), ["03", "x", "inf"]).tolist() == [0]


def test_truth_values_match_their_numbers_and_numbers_theirs() -> None:
    assert codes_of(column([True, False, None]), ["0", "1"]).tolist() == [1, 0, -1]
    assert codes_of(column([1.0, 0, 2]), ["false", "true"]).tolist() == [1, 0, -2]


def test_text_matches_only_itself() -> None:
    values = column(["3", "x", "03", None])
    assert codes_of(values, ["3", "x"]).tolist() == [0, 1, -2, -1]
    assert unseen(values, codes_of(values, ["3", "x"])) == ["03"]
