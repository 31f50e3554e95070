"""Predictions at once: which inputs may go the short way, and that it gives what the long one gives."""

import os
import threading

import numpy as np
import pandas as pd
import pytest

from chainrule import Sequential, Tensor, engine
from chainrule.errors import DataError, DTypeError, ShapeError, StateError
from chainrule.layers import Dense, Embedding, Flatten, LayerNormalization, Normalization
from tests.engine_parity.compare import DTYPES, needs_native, run_python

pytestmark = needs_native
rng = np.random.default_rng(4)
X = rng.normal(size=(500, 20)).astype(np.float32).astype(np.float64)  # both types hold it


def network(dtype="float32", width=64, extra=()):
    layers = [Dense(width, activation="gelu"), *extra, Dense(width, activation="relu"), Dense(3, activation="softmax")]
    model = Sequential(layers, dtype=dtype, seed=2)
    model.predict(X)
    return model


@pytest.fixture
def any_threads():
    yield engine.set_threads
    engine.set_threads(None)


WIDE = np.repeat(X, 2, axis=1)
FORMS = {
    "float64": lambda x: x,
    "float32": lambda x: x.astype(np.float32),
    "Fortran order": np.asfortranarray,
    "every other column": lambda x: WIDE[: len(x), ::2],
    "rows backwards": lambda x: x[::-1].copy()[::-1],
    "not aligned": lambda x: np.frombuffer(b" " + x.tobytes(), np.uint8)[1:].view(np.float64).reshape(x.shape),
    "read-only": lambda x: np.frombuffer(x.tobytes()).reshape(x.shape),
    "another byte order": lambda x: x.astype(">f8"),
    "a subclass": lambda x: x.view(np.recarray),
    "masked, nothing hidden": np.ma.masked_array,
    "lists": lambda x: x.tolist(),
    "frame": pd.DataFrame,
    "Tensor": lambda x: Tensor(x, "float64"),
    "objects": lambda x: x.astype(object),
}


@pytest.mark.parametrize("rows", [1, 3, 40])
@pytest.mark.parametrize("form", FORMS)
def test_inputs_of_every_form_give_the_same(form, rows):
    model = network("float64")
    x = FORMS[form](X[:rows])
    expected = model(X[:rows]).numpy()
    for outputs in (model.predict(x), model.predict_on_batch(x), model.predict(x, batch_size=7)):
        np.testing.assert_allclose(outputs, expected, atol=1e-12)
        assert outputs.dtype == np.float64
        assert outputs.flags.writeable


@pytest.mark.parametrize("number", ["float16", "int8", "int16", "int32", "int64", "uint8", "uint64", "bool"])
@pytest.mark.parametrize("rows", [1, 40])
def test_inputs_of_every_number_type(number, rows):
    model = network("float64")
    x = np.abs(3 * X[:rows]).astype(number)
    np.testing.assert_allclose(model.predict_on_batch(x), model(x.astype(np.float64)).numpy(), atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("extra", [(), (LayerNormalization,)], ids=["lines", "panels"])
def test_an_example_has_the_same_bits_in_any_company(extra, dtype, any_threads):
    model = network(dtype, extra=[layer() for layer in extra])
    together = model.predict(X)
    for size in (1, 2, 4, 5, 17, 33, 499):
        parts = [model.predict_on_batch(X[i : i + size]) for i in range(0, len(X), size)]
        assert np.concatenate(parts).tobytes() == together.tobytes(), f"{size} rows at a time"


@pytest.mark.parametrize(
    ("width", "rows"), [*[(width, rows) for width in (64, 600) for rows in (1, 3, 16, 500)], (2000, 300)]
)
def test_any_number_of_threads_gives_the_same_bits(width, rows, any_threads, monkeypatch):
    """Threads take chunks of rows; from many weights on they share out units, of some rows at a time."""
    monkeypatch.setattr(engine.threads, "WORTH_A_THREAD", 100.0)
    model, bits = network(width=width), set()
    for count in (1, 2, 3, 4):
        any_threads(count)
        bits.add(model.predict_on_batch(X[:rows]).tobytes())
    assert len(bits) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rows", [1, 4, 500])
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_not_finite_is_refused_wherever_it_is(rows, value, dtype):
    model, x = network(), X[:rows].astype(dtype)
    for row, column in ((0, 0), (rows - 1, 19), (rows // 2, 7)):
        spoiled = x.copy()
        spoiled[row, column] = value
        for ask in (model.predict, model.predict_on_batch):
            with pytest.raises(
                DataError, match=rf"x holds {value} \(first in row {row}, column {column}\); fill or drop"
            ):
                ask(spoiled)
    assert np.isfinite(model.predict(x)).all()


def test_numbers_that_only_float32_can_not_hold_are_no_error():
    model = network()
    for rows in (1, 500):
        outputs = model.predict(np.full((rows, 20), 1e300))
        assert outputs.shape == (rows, 3)
        assert np.isnan(outputs).all(), "infinity less infinity, in softmax"


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (np.zeros((2, 19)), ShapeError, r"the model expects inputs of shape \(batch, 20\), got \(2, 19\)"),
        (np.zeros((0, 20)), DataError, r"x has no rows \(shape \(0, 20\)\)"),
        (np.zeros(20), ShapeError, r"the model expects inputs of shape \(batch, 20\), got \(20,\)"),
        (np.zeros((2, 4, 5)), ShapeError, r"the model expects inputs of shape \(batch, 20\), got \(2, 4, 5\)"),
        (np.float32(3), ShapeError, "x expects one row per example, got a single number"),
        (None, DTypeError, "x expects an array or a list of rows, got None"),
        (np.full((1, 20), "a"), DTypeError, "x expects numbers"),
        (np.ones((1, 20), np.complex64), DTypeError, "x expects numbers, got complex64"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_as_before(x, error, words):
    model = network()
    for ask in (model.predict, model.predict_on_batch):
        with pytest.raises(error, match=words):
            ask(x)


def test_codes_are_looked_at_first():
    model = Sequential([Embedding(4, 2), Flatten(), Dense(1)], seed=0)
    codes = np.array([[0.0, 3.0], [2.0, 1.0]])
    expected = model.predict(codes)
    np.testing.assert_array_equal(model.predict_on_batch(codes), expected)
    for wrong in (4.0, -1.0, 0.5):
        with pytest.raises(DataError, match="expects whole codes from 0 to 3"):
            model.predict_on_batch(np.array([[0.0, wrong]]))


@pytest.mark.parametrize("chosen", ["auto", "python"])
def test_statistics_that_nobody_knows_yet_are_refused_on_both_engines(chosen):
    model = Sequential([Normalization(), Dense(1)], seed=0)
    model.compile("sgd", "mse", engine=chosen)
    for ask in (lambda: model.predict(X), lambda: model.fit(X, X[:, 0], verbose=0)):
        with pytest.raises(StateError, match="normalization_1 doesn't know its data yet; call adapt"):
            ask()
    model.layers[0].adapt(X)
    np.testing.assert_allclose(model.predict(X), model(X).numpy(), atol=1e-5)


def test_outputs_are_the_callers_own():
    model = network()
    first = model.predict_on_batch(X[:1])
    kept = first.copy()
    model.predict_on_batch(X[1:2])
    first_again = model.predict_on_batch(X[:1])
    np.testing.assert_array_equal(first, kept)
    first[...] = 5
    np.testing.assert_array_equal(first_again, kept)


def test_callers_at_once_while_layers_change():
    """A change elsewhere makes them lower again, in the middle of everything; nobody sees another's numbers."""
    model, other = network(), network()
    expected = model.predict(X)
    stop, wrong = threading.Event(), []

    def ask(first):
        while not stop.is_set():
            rows = slice(first, first + 1 + first % 300)
            if model.predict_on_batch(X[rows]).tobytes() != expected[rows].tobytes():
                wrong.append(first)
            first = (first + 41) % 200

    callers = [threading.Thread(target=ask, args=(first,)) for first in (0, 13, 57)]
    for caller in callers:
        caller.start()
    for _ in range(150):
        other.layers[0].trainable = True
        other.arrange()
        other.predict_on_batch(X[:3])
    stop.set()
    for caller in callers:
        caller.join(30)
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_after_a_fork():
    program = """
import os
import numpy as np
from chainrule import Sequential, engine
from chainrule.layers import Dense

engine.set_threads(2)
model = Sequential([Dense(64, activation="relu"), Dense(2)], seed=0)
x = np.random.default_rng(0).normal(size=(2000, 20))
expected = [model.predict(x).tobytes(), model.predict_on_batch(x[:1]).tobytes()]
child = os.fork()
same = [model.predict(x).tobytes(), model.predict_on_batch(x[:1]).tobytes()] == expected
if child == 0:
    os._exit(0 if same else 1)
print(same, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run_python(program, timeout=60).split() == ["True", "0"]
