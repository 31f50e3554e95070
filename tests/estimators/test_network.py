from typing import Any

import numpy as np
import pytest

from chainrule import initializers
from chainrule.errors import ChainruleError
from chainrule.estimators.network import Options, build_network, network_shape
from chainrule.layers import Dense, Dropout
from chainrule.tables import ClassTarget, Encoder, NumberTarget, read_table


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": (0,)}, "units"),
        ({"hidden": (2.5,)}, "units"),
        ({"activation": "rleu"}, "did you mean 'relu'"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
        ({"learning_rate": 0.0}, "learning_rate must be a number > 0"),
        ({"learning_rate": -1.0}, "learning_rate must be a number > 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be a number > 0"),
        ({"learning_rate": float("inf")}, "learning_rate must be a number > 0"),
        ({"dropout": 1.0}, r"rate must be in \[0, 1\)"),
        ({"dropout": -0.1}, r"rate must be in \[0, 1\)"),
        ({"dropout": float("nan")}, r"rate must be in \[0, 1\)"),
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
    ],
)
def test_settings_are_checked_when_they_are_made(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ChainruleError, match=message):
        Options(**settings)


@pytest.mark.parametrize(("rows", "size"), [(1, 32), (220, 32), (2300, 64), (4480, 128), (34_522, 256), (10**6, 256)])
def test_the_batch_grows_with_the_table(rows: int, size: int) -> None:
    assert Options().batch(rows) == size
    assert Options(batch_size=7).batch(rows) == 7


TABLE = read_table({"x": [1, 2, 3, 4], "club": ["a", "b", "a", "b"], "y": ["p", "q", "p", "r"]})


def test_the_network_of_a_classification() -> None:
    encoder, target = Encoder.fit(TABLE, "y"), ClassTarget.fit(TABLE.column("y"))
    network = build_network(encoder, target, Options(hidden=(5, 4), dropout=0.5, activation="tanh"), 4)
    assert network_shape(network) == "4-5-4-3"
    assert [type(layer) for layer in network.layers] == [Dense, Dropout, Dense, Dropout, Dense]
    assert isinstance(network.layers[0].kernel_initializer, initializers.HeNormal)
    assert encoder.unknown_slots == (3,)
    assert (network.layers[0].kernel.numpy()[3] == 0).all()
    assert (network.layers[0].kernel.numpy()[:3] != 0).all()


def test_a_linear_network() -> None:
    encoder, target = Encoder.fit(TABLE.drop("y"), "x"), NumberTarget.fit(TABLE.column("x"))
    network = build_network(encoder, target, Options(hidden=(), learning_rate=0.5, optimizer="sgd"), 4)
    assert network_shape(network) == "3-1"
    assert network.optimizer.learning_rate(np.arange(40)).max() == 0.5
    assert np.shape(network.predict(encoder.encode(TABLE))) == (4, 1)
