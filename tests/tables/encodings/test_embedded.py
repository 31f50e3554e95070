import json

from chainrule.tables.encodings import CategoryEncoding, EmbeddedEncoding, fit_encoding
from chainrule.tables.state import StateReader
from tests.tables.encodings.columns import column, encoded

NAMES = [f"n{i:02d}" for i in range(11)]


def test_more_than_ten_names_become_codes_where_vectors_are_learned() -> None:
    encoding = fit_encoding(column(NAMES * 3), embed=True)
    assert isinstance(encoding, EmbeddedEncoding)
    assert (encoding.codes, encoding.untrained, encoding.column_kind) == (12, (0,), "category")
    assert encoded(encoding, ["n00", "n10", "new", None]) == [[1], [11], [0], [0]]
    assert isinstance(fit_encoding(column(NAMES * 3)), CategoryEncoding)
    assert isinstance(fit_encoding(column(NAMES[:10] * 3), embed=True), CategoryEncoding)


def test_missing_values_have_a_code_and_rare_names_share_code_0() -> None:
    encoding = fit_encoding(column([*NAMES * 20, "rare", None]), embed=True)
    assert isinstance(encoding, EmbeddedEncoding)
    assert (encoding.codes, encoding.untrained) == (13, ())
    assert encoded(encoding, ["n00", "rare", None]) == [[1], [0], [12]]
    assert encoding.describe() == "learned vectors of 11; missing: own code; rare and unknown: code 0"


def test_numbers_may_be_categories() -> None:
    encoding = fit_encoding(column([float(i) for i in range(11)] * 3), role="categorical", embed=True)
    assert isinstance(encoding, EmbeddedEncoding)
    assert encoding.categories[:3] == ("0", "1", "2")
    assert encoded(encoding, ["3", 3, 99]) == [[4], [4], [0]]


def test_state() -> None:
    encoding = fit_encoding(column([*NAMES * 20, "rare", None]), embed=True)
    state = json.loads(json.dumps(encoding.state()))
    assert EmbeddedEncoding.from_state("x", StateReader(state, "x")) == encoding


def test_notes() -> None:
    encoding = fit_encoding(column(NAMES * 3), embed=True)
    assert encoding.notes(column(["n00", "new", None])) == [
        "x: the unknown code is used in 1 row: 'new'",
        "x: 1 missing, none in training: the unknown code is used",
    ]
