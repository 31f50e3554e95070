"""activation_maps: where in a plane each neuron is active, layer by layer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.analysis.drawing.figures import INK, new_figure, plain
from chainrule.analysis.drawing.layout import shown_units
from chainrule.analysis.networks import network_of
from chainrule.analysis.surfaces.looks import diverging
from chainrule.analysis.surfaces.plane import plane_of
from chainrule.arrays import Array, whole_number
from chainrule.configurable import named_arguments
from chainrule.errors import ArgumentError
from chainrule.layers import Dropout, Flatten
from chainrule.models.sequential import Sequential
from chainrule.models.summary import layer_kind

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@named_arguments
def activation_maps(
    model: Any,
    X: Any,
    *,
    features: Sequence[Any] | None = None,
    held: Mapping[Any, Any] | None = None,
    feature_names: Sequence[str] | None = None,
    most_units: int = 8,
    resolution: int = 60,
) -> "Figure":
    """Return a small map of each neuron's activation over two inputs, a row for each layer.

    Blue is above 0, orange below, on one scale for a layer; the line is where the activation is 0.

    Parameters
    ----------
    model : Sequential, TabularModel or fitted network
    X : array-like (rows, features); for a TabularModel a path, data frame or Table
        It gives the range of the axes, and what the other inputs are held at.
    features, held, feature_names
        As of `decision_boundary`.
    most_units : int >= 1
        Of a layer; of a larger one those that vary most over the plane.
    resolution : int >= 2
        Points of the grid on each axis.

    Raises
    ------
    ArgumentError, DataError, ShapeError
        The features are not two of the model's, or the data don't fit it.
    DependencyError
        matplotlib is not installed.

    Examples
    --------
    >>> from chainrule.layers import Dense, Input
    >>> model = Sequential([Input((2,)), Dense(3, activation="tanh"), Dense(1)], seed=0)
    >>> figure = activation_maps(model, [[-1.0, -1.0], [1.0, 1.0]])
    >>> [axes.get_title() for axes in figure.axes if axes.get_title()]
    ['unit 0', 'unit 1', 'unit 2', 'unit 0']
    """
    found = network_of(model, "activation_maps")
    most = whole_number("most_units", most_units, least=1)
    plane = plane_of(model, X, features, held, feature_names, whole_number("resolution", resolution, least=2))
    inputs = plane.rows if found.encoder is None else found.encoder.encode(plane.rows)
    layers = list(_activations(found.network, np.asarray(inputs)))
    if not layers:
        raise ArgumentError("the model has no layer of units to map")
    columns = min(most, max(values.shape[1] for _, _, values in layers))
    figure, axes = new_figure(
        len(layers), columns, 1.5 * columns + 1.8, 1.65 * len(layers) + 0.7, squeeze=False, sharex=True, sharey=True
    )
    for line, (name, kind, values) in zip(axes, layers, strict=True):
        units = shown_units(values.shape[1], np.argsort(-values.std(axis=0), kind="stable").tolist(), most, 1)
        largest = float(np.abs(values).max()) or 1.0
        for tile in line:
            tile.set(xticks=[], yticks=[])
            tile.grid(False)
            tile.spines[:].set_visible(False)
        for unit, tile in zip(units, line, strict=False):
            height = plane.image(values[:, unit])
            image = tile.imshow(
                height,
                cmap=diverging(),
                vmin=-largest,
                vmax=largest,
                origin="lower",
                extent=plane.extent,
                aspect="auto",
            )
            if height.min() < 0 < height.max():
                tile.contour(plane.across, plane.up, height, levels=[0.0], colors=[INK], linewidths=0.9)
            tile.set_title(f"unit {unit}", fontsize=9, pad=3)
        for tile in line[len(units) :]:
            tile.set_visible(False)
        hidden = values.shape[1] - len(units)
        more = f"\n{len(units)} of {values.shape[1]}" if hidden else ""
        line[0].set_ylabel(plain(f"{name}\n{kind}{more}"), fontsize=9, rotation=0, ha="right", va="center")
        figure.colorbar(image, ax=list(line), fraction=0.05, aspect=12, pad=0.01).ax.tick_params(labelsize=8)
    across, up = plane.names
    about = f"across: {across}, up: {up}" + (f"\n{plane.held_text}" if plane.held else "")
    figure.suptitle(plain(about), fontsize=9, x=0.01, ha="left")
    return figure


def _activations(network: Sequential, inputs: Array) -> Iterator[tuple[str, str, Array]]:
    """Give each layer's outputs (rows, units), layers that change nothing in prediction left out."""
    network.ensure_built(inputs)
    x: Any = inputs
    for layer in network.layers:
        x = layer(x)
        if not isinstance(layer, Dropout | Flatten) and x.ndim == 2:
            yield layer.name, layer_kind(layer), x.numpy().astype(np.float64)
