"""plot_weights: histograms of weights and gradients, layer by layer."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.analysis.drawing.figures import INK, SERIES, histogram, new_figure, plain
from chainrule.analysis.networks import Found, network_of
from chainrule.arrays import Array
from chainrule.errors import ArgumentError, StateError
from chainrule.estimators.core import TabularNetwork
from chainrule.estimators.wording import short_number, shorten
from chainrule.models.sequential import Sequential
from chainrule.tables import ClassTarget, NumberTarget, read_table, with_known_target

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS = 40
NAME = 26  # characters


def plot_weights(model: Any, X: Any = None, y: Any = None) -> "Figure":
    """Return histograms of each layer's trained weights, and, with data, of the gradient of the loss by each of them.

    Parameters
    ----------
    model : Sequential, TabularModel or fitted estimator
    X : array-like (rows, features); for a TabularModel a path, data frame or Table, optional
    y : array-like (rows,), optional
        As for `fit`; a TabularModel finds it in the table.

    Raises
    ------
    StateError
        The model is not built, has no trained weights, or, for gradients, is not compiled.
    ArgumentError
        X without y, or y without X.
    DependencyError
        matplotlib is not installed.

    Examples
    --------
    >>> from chainrule.layers import Dense, Input
    >>> model = Sequential([Input((2,)), Dense(3), Dense(1)], seed=0)
    >>> [axes.get_title() for axes in plot_weights(model).axes]
    ['dense_1/kernel', 'dense_1/bias', 'dense_2/kernel', 'dense_2/bias']
    """
    found = network_of(model, "plot_weights")
    network = found.network
    if not network.built:
        raise StateError("the model is not built yet, so it has no weights; start with Input((features,)) or fit it")
    named = _named(network)
    if not named:
        raise StateError("the model has no trained weights")
    gradients = _gradients(model, found, X, y)
    parts = [("weight", {name: values for name, (values, _) in named.items()}, SERIES[0])]
    if gradients is not None:
        parts.append(("gradient", {name: gradients[place] for name, (_, place) in named.items()}, SERIES[3]))
    columns = min(4, len(named))
    lines = -(-len(named) // columns)
    rows = lines * len(parts)
    figure, grid = new_figure(rows, columns, 3.1 * columns, 2.5 * rows, squeeze=False)
    for number, name in enumerate(named):
        line, column = divmod(number, columns)
        for part, (what, values, colour) in enumerate(parts):
            _histogram(grid[line * len(parts) + part, column], name, what, values[name], colour)
            if column == 0:
                grid[line * len(parts) + part, 0].set_ylabel("how many")
    for axes in grid.flat:
        if not axes.has_data():
            axes.remove()
    return figure


def _histogram(axes: Any, name: str, what: str, values: Array, colour: str) -> None:
    flat = values.reshape(-1).astype(np.float64)
    finite = flat[np.isfinite(flat)]
    if len(finite):
        histogram(axes, finite, BINS, colour)
    axes.axvline(0, color=INK, linewidth=0.9)
    if what == "weight":
        axes.set_title(plain(shorten(name, NAME)), fontsize=10)
    spread = short_number(float(finite.std())) if len(finite) else "none finite"
    axes.set_xlabel(f"{what}, std {spread}", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.locator_params(axis="x", nbins=5)


def _named(network: Sequential) -> dict[str, tuple[Array, slice]]:
    """Return each trained weight matrix or vector with its place in the one vector of parameters."""
    names = {id(variable): name for layer in network.layers for name, variable in layer.named_weights()}
    found, start = {}, 0
    for variable in network.parameters.variables:
        found[names[id(variable)]] = variable.numpy(), slice(start, start + variable.size)
        start += variable.size
    return found


def _gradients(model: Any, found: Found, X: Any, y: Any) -> Array | None:
    """Return dJ/dW as one vector, None without data."""
    if isinstance(model, TabularNetwork):
        if X is None:
            return None
        if not isinstance(model.target, ClassTarget | NumberTarget):
            raise ArgumentError("the model has several targets; give plot_weights its network, with encoded rows")
        table, _ = with_known_target(read_table(X), model.target.name)
        inputs, answers = model.encoder.encode(table), model.target.encode(table.column(model.target.name))
    elif X is None and y is None:
        return None
    elif X is None or y is None:
        raise ArgumentError("gradients need X and y; give both, or none to see the weights alone")
    else:
        inputs, answers = X, y
    network = found.network
    before = network.parameters.values.copy()
    _, gradient = network.objective(inputs, answers)(before)
    return np.asarray(gradient)
