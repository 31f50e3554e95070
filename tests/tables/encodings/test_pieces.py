import numpy as np
import pytest

from chainrule.errors import FileError
from chainrule.tables import Column, Encoder, read_table
from chainrule.tables.encodings import NumberEncoding
from chainrule.tables.encodings.pieces import MOST_PIECES, pieces_of, quantile_knots
from chainrule.tables.state import StateReader


def test_pieces_hold_the_same_number_of_values() -> None:
    values = np.random.Generator(np.random.Philox(0)).lognormal(size=5000)
    knots = quantile_knots(values)
    assert len(knots) == MOST_PIECES + 1
    counts, _ = np.histogram(values, knots)
    assert counts.min() >= 100
    assert counts.max() <= 110


@pytest.mark.parametrize(
    "values", [np.arange(99.0), np.arange(1000.0) % 15, np.repeat(3.0, 500)], ids=["few rows", "few values", "constant"]
)
def test_what_is_not_cut(values: np.ndarray) -> None:
    assert quantile_knots(values) == ()


def test_a_value_many_rows_have_ends_fewer_pieces() -> None:
    values = np.concatenate([np.zeros(900), np.arange(1.0, 101.0)])
    knots = quantile_knots(values)
    assert 2 < len(knots) < 6
    assert list(knots) == sorted(set(knots))


def test_each_piece_is_the_share_below() -> None:
    shares = pieces_of(np.array([-5.0, 0.0, 1.0, 3.0, 99.0]), (0.0, 2.0, 4.0))
    assert shares.tolist() == [[0, 0], [0, 0], [0.5, 0], [1, 0.5], [1, 1]]
    assert shares.dtype == np.float32


def test_a_number_in_pieces_has_features_between_itself_and_its_flag() -> None:
    values = np.append(np.arange(200.0), np.nan)
    encoding = NumberEncoding.fit(Column("x", "number", values), cut=True)
    assert encoding.feature_names == ("x", *(f"x (piece {i})" for i in (1, 2, 3, 4)), "x (missing)")
    assert "and in 4 pieces" in encoding.describe()
    block = np.zeros((3, 6), np.float32)
    encoding.encode(Column("x", "number", np.array([0.0, 199.0, np.nan])), block)
    assert block[0, 1:].tolist() == [0, 0, 0, 0, 0]
    assert block[1, 1:].tolist() == [1, 1, 1, 1, 0]
    assert block[2, 0] == 0
    assert block[2, 1:].tolist() == [1, 1, 0, 0, 1]  # the median, and the flag
    assert NumberEncoding.from_state("x", StateReader(encoding.state(), "x")) == encoding


def test_an_encoder_cuts_if_asked_to() -> None:
    table = read_table({"x": np.arange(120.0), "few": np.arange(120.0) % 3})
    cut = Encoder.fit(table, roles={"x": "numeric"}, cut=True)
    assert cut.feature_names == ("x", "x (piece 1)", "x (piece 2)", "few")


@pytest.mark.parametrize("knots", [[1.0, 1.0], [2.0, 1.0, 3.0], ["a"], 5, [0.0, float("inf")]])
def test_knots_that_do_not_increase_are_refused(knots: object) -> None:
    state = {"kind": "number", "median": 0.0, "scale": 1.0, "flagged": False, "knots": knots}
    with pytest.raises(FileError, match="bad model file: x needs"):
        NumberEncoding.from_state("x", StateReader(state, "x"))


@pytest.mark.parametrize("far", [1e39, 1e300, -1e39, -1e300])
def test_numbers_beyond_float32_are_at_an_end(far: float) -> None:
    assert pieces_of(np.array([far]), (0.0, 4.0, 8.0)).tolist() == [[float(far > 0)] * 2]
