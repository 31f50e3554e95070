"""draw: a network or a neuron as a picture."""

from collections.abc import Sequence
from typing import Any

from chainrule.analysis.drawing.drawing import Drawing
from chainrule.analysis.drawing.network import draw_network
from chainrule.analysis.drawing.neuron import draw_neuron
from chainrule.analysis.drawing.structure import network_columns
from chainrule.analysis.networks import network_of
from chainrule.arrays import whole_number
from chainrule.configurable import named_arguments
from chainrule.errors import ArgumentError
from chainrule.models.perceptron import Perceptron

MOST_UNITS = 60


@named_arguments
def draw(
    model: Any,
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    most_units: int = MOST_UNITS,
    title: str | None = None,
) -> Drawing:
    """Draw a network with its weights, or a perceptron with all its parts named.

    Parameters
    ----------
    model : Sequential, TabularModel, Perceptron or fitted estimator
    input_names, output_names : sequence of str, optional
        Default: a TabularModel's features and classes. A Perceptron's one output has no name.
    most_units : int >= 1
        Layers of up to so many units are drawn unit by unit, each weight an edge: blue and solid above 0, orange and
        dashed below, the wider the larger. Larger layers are blocks that say their units, activation and weights.
    title : str, optional

    Returns
    -------
    Drawing
        ``.svg``, ``.save("network.svg")``; a notebook shows it.

    Raises
    ------
    StateError
        The model is not built, so has no weights yet.
    ArgumentError
        It is no model, or there are more or fewer names than units.

    Notes
    -----
    Layers that change every unit by itself (activations, dropout, normalisation) are named above the column that they
    follow. A bias is told where the pointer rests on its unit.

    Examples
    --------
    >>> from chainrule import Sequential
    >>> from chainrule.layers import Dense, Input
    >>> model = Sequential([Input((2,)), Dense(3, activation="tanh"), Dense(1)], seed=0)
    >>> "height" in draw(model, input_names=["height", "width"]).svg
    True
    """
    most = whole_number("most_units", most_units, least=1)
    if isinstance(model, Perceptron):
        if output_names is not None:
            raise ArgumentError("a perceptron has one output, which is called y: leave output_names out")
        return draw_neuron(model, input_names, title)
    found = network_of(model, "draw")
    network = found.network
    columns = network_columns(network, input_names or found.input_names, output_names or found.output_names)
    return draw_network(columns, title or network.name, most)
