import numpy as np
import pytest

from chainrule.tables import Column
from chainrule.tables.encodings.identifiers import why_identifier
from tests.tables.encodings.columns import column


def numbers(name: str, values: object) -> Column:
    return Column(name, "number", np.asarray(values, dtype=float))


SHUFFLED = np.random.Generator(np.random.Philox(3)).permutation(1000) + 1
SOME = np.sort(SHUFFLED[:640])  # what a split leaves of a counter


@pytest.mark.parametrize("values", [np.arange(100), np.arange(1, 101)[::-1], SOME])
def test_numbers_that_count_the_rows(values: object) -> None:
    assert why_identifier(numbers("anything", values)) == "counts the rows"


@pytest.mark.parametrize("values", [SHUFFLED, SHUFFLED[:640], SHUFFLED[SHUFFLED <= 50], SHUFFLED + 7000])
def test_numbers_that_count_the_rows_in_another_order(values: object) -> None:
    assert why_identifier(numbers("anything", values)) == "counts the rows, in another order"


@pytest.mark.parametrize(
    "name", ["id", "ID", "Id", "user_id", "userId", "PassengerID", "customer id", "index", "Unnamed: 0"]
)
def test_different_numbers_with_the_name_of_an_identifier(name: str) -> None:
    assert why_identifier(numbers(name, SHUFFLED * 1001)) == "1,000 different numbers, by its name an identifier"


@pytest.mark.parametrize("name", ["paid", "grid", "valid", "width", "Bid", "idle", "price"])
def test_other_names_are_no_identifiers(name: str) -> None:
    assert why_identifier(numbers(name, SHUFFLED * 1001)) is None


@pytest.mark.parametrize(
    "values",
    [
        SHUFFLED[SHUFFLED < 50],  # in no order, and few
        np.sort(SHUFFLED) * 5,  # thin
        np.arange(100) / 2,  # no whole numbers
        np.arange(100) // 2,  # repeated
        np.arange(19),  # few
        np.where(np.arange(100) == 50, np.nan, np.arange(100)),  # missing
    ],
)
def test_numbers_that_count_nothing(values: object) -> None:
    assert why_identifier(numbers("x", values)) is None


def test_free_text() -> None:
    texts = [f"a longer sentence with the number {i} in it" for i in range(40)]
    assert why_identifier(column(texts * 3)) == "free text: 40 different in 120 values"
    assert why_identifier(column([f"n{i}" for i in range(40)] * 3)) is None
    assert why_identifier(column(texts[:20] * 3)) is None
