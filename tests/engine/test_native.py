"""The C++ module behind the native engine, and what the engine keeps between calls."""

import gc
import weakref

import numpy as np
import pytest

from chainrule import Sequential, engine
from chainrule.engine import blocks, description, native
from chainrule.engine.blocks import converted, is_readable, rows_together
from chainrule.engine.data import Rows
from chainrule.engine.native import MOST_IDLE, NativeEngine
from chainrule.errors import ArgumentError
from chainrule.layers import Dense, Dropout

pytestmark = pytest.mark.skipif(not native.available(), reason="the native engine was not built")
X = np.random.default_rng(0).normal(size=(40, 3))
Y = X @ np.ones((3, 2))


def model(**options):
    made = Sequential([Dense(4, activation="tanh"), Dense(2)], **{"dtype": "float64", "seed": 0, **options})
    made.compile("adam", "mse", engine="native")
    return made


READABLE = {
    "float32": np.zeros((4, 3), np.float32),
    "bool": np.zeros((4, 3), bool),
    "read backwards": np.zeros((4, 3))[::-1, ::-1],
    "broadcast": np.broadcast_to(1.0, (4, 3)),
    "axes that flatten": np.zeros((8, 3, 5))[::2],
}
CONVERTED = {
    "float16": np.ones((4, 3), np.float16),
    "byte order": np.ones((4, 3), ">i4"),
    "long double": np.ones((4, 3), np.longdouble),
    "axes that don't flatten": np.ones((4, 5, 3)).swapaxes(1, 2),
}


@pytest.mark.parametrize("name", READABLE)
def test_arrays_that_are_read_where_they_are(name):
    x = READABLE[name]
    assert is_readable(Rows(x))
    assert blocks.blocks(Rows(x))[0][0] == x.ctypes.data


@pytest.mark.parametrize("name", CONVERTED)
def test_arrays_that_are_converted(name):
    x = CONVERTED[name]
    if x.dtype == np.float64 and name == "long double":
        pytest.skip("a long double is a double here")
    assert not is_readable(Rows(x))
    rows = converted(Rows(x, x, None))
    assert is_readable(rows)
    assert np.array_equal(rows.x, x)
    assert np.array_equal(rows.y, x)
    assert rows.weight is None
    assert rows.x.dtype.kind == x.dtype.kind


def test_what_is_absent_is_no_block():
    assert blocks.blocks(Rows(X))[1:] == [(0, 0, 0, 0)] * 2


def test_rows_are_converted_in_whole_batches():
    wide = Rows(np.zeros((1000, 5000), np.float16))
    assert rows_together(wide, 32) % 32 == 0
    assert 32 <= rows_together(wide, 32) <= 2**20 // 5000
    assert rows_together(wide, 10**6) == 10**6


def test_sessions_are_made_once_for_a_size():
    trained = model()
    trained.fit(X, Y, batch_size=8, verbose=0)
    (session,) = trained._engine._training.idle.values()
    trained.fit(X, Y, batch_size=8, epochs=3, verbose=0)
    assert list(trained._engine._training.idle.values()) == [session]


def test_sessions_of_few_sizes_are_kept():
    trained = model()
    for size in range(1, 20):
        trained.train_on_batch(X[:size], Y[:size])
    assert len(trained._engine._training.idle) <= MOST_IDLE + 1


def test_large_buffers_of_other_sizes_are_let_go(monkeypatch):
    trained = model()
    idle = lambda: [key[0] for key in trained._engine._training.idle]  # noqa: E731
    for size in (10, 20):
        trained.train_on_batch(X[:size], Y[:size])
    assert idle() == [10, 20]
    assert all(session.bytes > 10 * 8 * (3 + 4 + 2) for session in trained._engine._training.idle.values())
    monkeypatch.setattr(native, "MOST_IDLE_BYTES", 1)
    trained.train_on_batch(X[:30], Y[:30])
    assert idle() == [30]


def test_a_session_comes_back_after_an_error():
    trained = model()
    trained.fit(X, Y, batch_size=8, verbose=0)
    sessions = trained._engine._training
    with pytest.raises(ZeroDivisionError), sessions.borrow(np.dtype("float64"), 8):
        assert not sessions.idle
        raise ZeroDivisionError
    assert len(sessions.idle) == 1


def test_two_borrowers_get_two_sessions():
    trained = model()
    trained.fit(X, Y, batch_size=8, verbose=0)
    borrow = trained._engine._training.borrow
    with borrow(np.dtype("float64"), 8) as one, borrow(np.dtype("float64"), 8) as other:
        assert one is not other


def test_data_are_let_go_after_fit():
    trained, x = model(), X.copy()
    trained.fit(x, Y, verbose=0)
    gone = weakref.ref(x)
    del x
    gc.collect()
    assert gone() is None


def test_a_model_and_its_buffers_are_let_go():
    trained = model()
    trained.fit(X, Y, verbose=0)
    gone = weakref.ref(trained._engine)
    del trained
    gc.collect()
    assert gone() is None


def test_a_new_seed_makes_a_new_plan():
    trained = Sequential([Dense(4), Dropout(0.5), Dense(2)], seed=0)
    trained.compile("sgd", "mse", engine="native")
    trained.fit(X, Y, verbose=0)
    first = trained._engine._training
    trained.fit(X, Y, verbose=0)
    assert trained._engine._training is first
    trained.fit(X, Y, verbose=0, seed=5)
    assert trained._engine._training is not first


def test_a_session_refuses_plans_that_it_can_not_read():
    described = description.describe_plan(native.lower(model_task()))
    described["instructions"] = []
    with pytest.raises(ValueError, match="a plan needs an instruction"):
        native._native.Session64(described, 4, 1)


def model_task():
    trained = model()
    return trained._rows(X, Y, None, "fit")[0]


def test_the_names_are_in_the_order_of_the_enumerations():
    """A plan says numbers: the C++ enumerations, read from their headers, name the same things in the same order."""
    from pathlib import Path

    headers = "".join(
        (Path(__file__).parents[2] / "native" / name).read_text() for name in ("plan.hpp", "kernel_table.hpp")
    )

    def enumerators(name):
        body = headers.partition(f"enum class {name} {{")[2].partition("}")[0]
        lines = (line.partition("//")[0] for line in body.splitlines())
        words = [word.strip() for word in " ".join(lines).split(",")]
        return [word for word in words if word not in ("", "count")]

    assert enumerators("Operation") == list(description.OPERATIONS)
    assert enumerators("Activation") == list(description.ACTIVATIONS)
    assert enumerators("Loss") == list(description.LOSSES)
    assert enumerators("Optimizer") == list(description.RULES)
    assert enumerators("Number") == list(blocks.NUMBERS)
    assert enumerators("Accuracy") == list(description.ACCURACIES)
    assert enumerators("Reduction") == list(description.REDUCTIONS)
    assert len(enumerators("Clipping")) == len(description.CLIPPINGS)


def test_without_the_library(monkeypatch):
    """As after an install without a compiler: Python runs everything, and says so where "native" is asked for."""
    monkeypatch.setattr(native, "_native", None)
    assert engine.describe().startswith("Python engine (no compiler at install")
    assert engine.steps_made() == 0
    with pytest.raises(ArgumentError, match="the native engine was not built"):
        model()
    trained = Sequential([Dense(2)], seed=0)
    trained.compile("sgd", "mse")
    assert trained.fit(X, Y, verbose=0).params["engine"] == "Python"
    trained.predict(X)


def test_engines_of_two_models_are_apart():
    one, other = model(), model()
    one.fit(X, Y, verbose=0)
    other.fit(X, Y, verbose=0)
    assert isinstance(one._engine, NativeEngine)
    assert one._engine is not other._engine
