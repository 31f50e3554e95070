"""What fit and predict take as data: types, frames, strides; and that they leave it alone."""

import numpy as np
import pytest

from chainrule import ops
from tests.engine_parity.compare import run_python
from tests.training.networks import X, Y, network, noisy, same


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.int64, bool])
def test_inputs_of_other_types(kind):
    model = network(dtype="float32")
    x = (X > 0).astype(kind)
    np.testing.assert_array_equal(model.predict(x), model.predict((X > 0).astype(np.float64)))
    assert np.isfinite(model.fit(x, Y, verbose=0).history["loss"][0])


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames(library):
    module = pytest.importorskip(library)
    frame = module.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    model = network()
    np.testing.assert_array_equal(model.predict(frame), model.predict(X))
    model.fit(frame, module.Series(Y), epochs=1, verbose=0)


def test_inputs_are_left_alone():
    x, y = X.copy(), Y.copy()
    x.setflags(write=False)
    y.setflags(write=False)
    noisy().fit(x, y, epochs=2, verbose=0)
    np.testing.assert_array_equal(x, X)


def test_strides_mean_nothing():
    a, b = network(), network()
    a.fit(np.asfortranarray(X)[::-1], Y[::-1], verbose=0)
    b.fit(np.ascontiguousarray(X[::-1]), np.ascontiguousarray(Y[::-1]), verbose=0)
    assert same(a, b)


def test_a_loss_function_sees_float32_in_a_float32_model():
    kinds = set()

    def mine(y, f):
        kinds.add((y.dtype, f.dtype))
        return ops.square(y - f)

    model = network(dtype="float32", loss=mine)
    model.fit(X, Y, verbose=0)
    assert kinds == {(np.dtype("float32"), np.dtype("float32"))}


def test_masked_arrays_are_known_by_those_who_have_them():
    """Arrays and lists train without the import of numpy.ma, which takes milliseconds; masked values are refused."""
    program = """
import sys
import numpy as np
from chainrule import Sequential
from chainrule.layers import Dense

model = Sequential([Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((4, 2)), [[1.0]] * 4, verbose=0)
print("numpy.ma" in sys.modules)
try:
    model.fit(np.ma.masked_equal(np.eye(4, 2), 1), np.ones(4), verbose=0)
except Exception as error:
    print(type(error).__name__, "fill or drop" in str(error))
"""
    assert run_python(program).split() == ["False", "DataError", "True"]
