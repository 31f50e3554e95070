"""The exceptions: each also is the built-in one, so that code which catches that keeps working."""

import pytest

from chainrule import errors
from chainrule.errors import did_you_mean

BUILT_IN = {
    "ArgumentError": ValueError,
    "UnknownArgumentError": TypeError,
    "UnknownNameError": ValueError,
    "ShapeError": ValueError,
    "DTypeError": TypeError,
    "DataError": ValueError,
    "FileError": OSError,
    "StateError": RuntimeError,
    "DependencyError": ImportError,
    "GradientError": RuntimeError,
}


def test_every_error_is_chainrules_and_a_built_in_one():
    found = {name for name, cls in vars(errors).items() if isinstance(cls, type) and issubclass(cls, Exception)}
    found -= {"EngineWarning"}  # no error
    assert found == {*BUILT_IN, "ChainruleError"}
    for name, built_in in BUILT_IN.items():
        assert issubclass(getattr(errors, name), (built_in,))
        assert issubclass(getattr(errors, name), errors.ChainruleError)


@pytest.mark.parametrize(
    ("name", "choices", "expected"),
    [
        ("Rleu", ["relu", "tanh"], "; did you mean 'relu'?"),
        ("MeanSquaredEror", ["mean_squared_error", "huber"], "; did you mean 'mean_squared_error'?"),
        ("adam_w", ["Adam", "AdamW"], "; did you mean 'AdamW'?"),
        ("zzz", ["tanh", "relu"], "; expected one of relu, tanh"),
        ("zzz", [], ""),
        ("", ["relu"], "; expected one of relu"),
    ],
)
def test_did_you_mean(name, choices, expected):
    assert did_you_mean(name, choices) == expected
