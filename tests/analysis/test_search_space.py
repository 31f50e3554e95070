"""What is tried: ranges, lists and alternatives, in Python and as text."""

import pytest

from chainrule.analysis import Range, SearchSpace
from chainrule.analysis.search_space import label, read_entry
from chainrule.errors import ArgumentError, UnknownNameError


@pytest.mark.parametrize(
    ("name", "text", "entry"),
    [
        ("learning_rate", "1e-4..1", Range(1e-4, 1.0, log=True)),
        ("learning_rate", "0.01", [0.01]),
        ("learning_rate", "0.01,0.1", [0.01, 0.1]),
        ("dropout", "0..0.5", Range(0.0, 0.5)),
        ("batch_size", "16..256", Range(16, 256, log=True, whole=True)),
        ("epochs", "5..20", Range(5, 20, whole=True)),
        ("hidden", "32,64|128|none", [(32, 64), (128,), ()]),
        ("optimizer", "sgd, adam", ["sgd", "adam"]),
        ("activation", "relu", ["relu"]),
    ],
)
def test_text_is_read(name, text, entry):
    assert read_entry(name, text) == entry


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("learning_rate", "1..1e-4", "a range goes from a number to a larger one"),
        ("learning_rate", "1..", "such as 1e-4..1"),
        ("learning_rate", "1..2..3", "such as 1e-4..1"),
        ("learning_rate", "0..1", "starts above 0"),
        ("learning_rate", "nan..1", "a range goes from"),
        ("learning_rate", "-0.1", "above 0"),
        ("dropout", "0..1.5", "in \\[0, 1\\)"),
        ("batch_size", "1.5..3", "such as 16..256"),
        ("batch_size", "0", "at least 1"),
        ("epochs", "0..3", "at least 1"),
        ("hidden", "32,x|64", "alternatives such as"),
        ("hidden", "8|8", "twice"),
        ("optimizer", "sgd,sgd", "twice"),
    ],
)
def test_text_that_means_nothing_is_refused(name, text, message):
    with pytest.raises(ArgumentError, match=message):
        read_entry(name, text)


@pytest.mark.parametrize(
    ("name", "text", "nearest"), [("optimizer", "sdg,adam", "sgd"), ("activation", "rleu", "relu")]
)
def test_a_misspelt_name_is_answered_with_the_nearest(name, text, nearest):
    with pytest.raises(UnknownNameError, match=f"did you mean '{nearest}'"):
        read_entry(name, text)


def test_python_and_text_mean_the_same():
    python = SearchSpace({"learning_rate": (1e-4, 1.0), "hidden": [(32, 64), 128], "batch_size": (16, 64)})
    text = SearchSpace({"learning_rate": "1e-4..1", "hidden": "32,64|128", "batch_size": "16..64"})
    assert python.entries == text.entries
    assert python.describe() == {"learning_rate": "0.0001..1", "hidden": "32,64|128", "batch_size": "16..64"}


def test_what_has_one_value_is_fixed_and_nothing_to_try_is_an_error():
    space = SearchSpace({"optimizer": "adam", "hidden": (64, 64), "dropout": [0.0, 0.2], "units": 3})
    assert space.fixed == {"optimizer": "adam", "hidden": (64, 64), "units": 3}
    assert space.settings({"dropout": "0.2"}) == {**space.fixed, "dropout": 0.2}
    with pytest.raises(ArgumentError, match="nothing to try"):
        SearchSpace({"hidden": (64, 64)})
    with pytest.raises(ArgumentError, match="no choices"):
        SearchSpace({"hidden": []})
    with pytest.raises(ArgumentError, match="a dict"):
        SearchSpace([("dropout", 1)])


def test_settings_of_a_range_have_few_digits_and_stay_in_it():
    space = SearchSpace({"learning_rate": (1.2345e-4, 1.0), "batch_size": (8, 64)})
    assert space.settings({"learning_rate": 0.0123456, "batch_size": 9}) == {"learning_rate": 0.0123, "batch_size": 9}
    assert space.settings({"learning_rate": 1.2345e-4, "batch_size": 64})["learning_rate"] == 1.2345e-4


def test_a_grid_has_every_combination_once_and_fits_the_trials():
    space = SearchSpace({"learning_rate": (1e-4, 1.0), "hidden": [(8,), (16,)], "optimizer": ["sgd", "adam"]})
    points = space.grid(20)
    assert len(points) == 20 == len({tuple(point.items()) for point in points})
    assert sorted({point["learning_rate"] for point in points}) == [0.0001, 0.001, 0.01, 0.1, 1.0]
    assert len(SearchSpace({"dropout": (0.0, 0.5), "learning_rate": (0.01, 1.0)}).grid(10)) == 9
    assert len(SearchSpace({"hidden": [(8,), (16,), (32,)]}).grid(2)) == 3
    assert len(SearchSpace({"epochs": (1, 3)}).grid(50)) == 3  # whole numbers come once


def test_a_list_of_two_numbers_is_no_range():
    assert SearchSpace({"learning_rate": read_entry("learning_rate", "0.1,0.2")}).entries["learning_rate"] == (0.1, 0.2)


def test_labels_are_what_people_type():
    assert [label(value) for value in [(64, 64), (), 0.1, 7, "adam"]] == ["64,64", "none", "0.1", "7", "adam"]
