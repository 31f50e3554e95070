import pytest

from chainrule import Sequential
from chainrule.layers import Dense, Input


@pytest.fixture
def small(tmp_path):
    """A small model, and the file it is saved in."""
    model = Sequential([Input((3,)), Dense(2, activation="tanh"), Dense(1)], seed=0)
    model.save(tmp_path / "small.safetensors")
    return model, tmp_path / "small.safetensors"
