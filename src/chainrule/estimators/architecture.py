"""The network that scikit-learn's constructor arguments describe, with the initial weights that it draws."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule import activations
from chainrule.estimators.parameters import hidden_units, per_layer
from chainrule.layers import Activation, BatchNormalization, Dense, Dropout, Input, Layer, LayerNormalization
from chainrule.models.sequential import Sequential
from chainrule.regularizers import L2


def build_network(
    parameters: Mapping[str, Any],
    features: int,
    outputs: int,
    output_activation: str,
    dtype: Any,
    penalty: L2,
    draws: np.random.RandomState,
) -> Sequential:
    """Return the network: for each hidden layer product, normalisation, activation, dropout; then the output layer.

    Parameters
    ----------
    parameters : mapping with ``hidden_layer_sizes``, ``activation``, ``dropout``, ``normalization``
    features, outputs : int
    output_activation : str
    dtype : float32 or float64
    penalty : L2
        On the weights of all dense layers, but not on biases.
    draws : RandomState
        The initial weights come from it, in scikit-learn's order.
    """
    units = hidden_units(parameters["hidden_layer_sizes"])
    functions = [activations.get(a) for a in per_layer("activation", parameters["activation"], len(units))]
    rates = per_layer("dropout", parameters["dropout"], len(units))
    layers: list[Layer] = []
    for width, function, rate in zip(units, functions, rates, strict=True):
        layers += _hidden(width, function, parameters["normalization"], penalty)
        if rate:
            layers.append(Dropout(rate))
    layers.append(Dense(outputs, activation=output_activation, kernel_regularizer=penalty))
    network = Sequential([Input((features,)), *layers], name="mlp", dtype=dtype, seed=_seed(draws))
    _draw_weights(dense_layers(network), functions, draws)
    return network


def _hidden(width: int, function: Any, normalization: str | None, penalty: L2) -> list[Layer]:
    if normalization is None:
        return [Dense(width, activation=function, kernel_regularizer=penalty)]
    between = BatchNormalization() if normalization == "batch" else LayerNormalization()
    return [Dense(width, kernel_regularizer=penalty), between, Activation(function)]


def dense_layers(network: Sequential) -> list[Dense]:
    """Return the layers that ``coefs_`` and ``intercepts_`` are of."""
    return [layer for layer in network.layers if isinstance(layer, Dense)]


def _seed(draws: np.random.RandomState) -> int:
    """Return a seed for dropout; the draws that scikit-learn makes are not disturbed."""
    apart = np.random.RandomState()
    apart.set_state(draws.get_state())
    return int(apart.randint(2**31))


def _draw_weights(layers: Sequence[Dense], functions: Sequence[Any], draws: np.random.RandomState) -> None:
    """Draw W and b uniformly in +-sqrt(6 / (in + out)), with logistic units +-sqrt(2 / (in + out)) (Glorot & Bengio).

    The output layer goes by the activation of the last hidden one, as in scikit-learn.
    """
    if not functions:
        functions = [activations.linear]
    for layer, function in zip(layers, [*functions[: len(layers) - 1], functions[-1]], strict=True):
        rows, columns = layer.kernel.shape
        bound = np.sqrt((2.0 if function is activations.sigmoid else 6.0) / (rows + columns))
        kernel = draws.uniform(-bound, bound, (rows, columns))
        layer.set_weights([kernel, draws.uniform(-bound, bound, columns)])
