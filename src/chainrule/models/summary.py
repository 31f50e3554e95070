"""The summary of a model: layers, shapes, counts, and what the stack amounts to."""

import io
from typing import Any

from chainrule import activations
from chainrule.engine.python import output_activation
from chainrule.errors import StateError
from chainrule.layers import Activation, Dense, Dropout, Flatten
from chainrule.layers.layer import Layer, show

WIDTH = 78


def summarize(model: Any) -> str:
    """Return the summary as text.

    Examples
    --------
    >>> from chainrule import Sequential
    >>> from chainrule.layers import Dense, Input
    >>> print(summarize(Sequential([Input((3,)), Dense(4), Dense(2)], seed=0)).splitlines()[-1])
    Without an activation between them, 2 linear layers equal one linear layer, Dense(2).
    """
    if not model.built:
        raise StateError(
            "the model is not built yet; start with Input((features,)), call build((None, features)) or fit it"
        )
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, title=f"{model.name}, {model.dtype}, seed {model.seed}", title_justify="left")
    table.add_column("layer")
    table.add_column("kind")
    table.add_column("output", justify="right")
    table.add_column("weights", justify="right")
    shape = model.input_shape
    for layer in model.layers:
        shape = layer.output_shape(shape)
        table.add_row(layer.name, layer_kind(layer), show(shape), f"{layer.count_params():,}")
    out = io.StringIO()
    console = Console(file=out, width=WIDTH, force_terminal=False, highlight=False, markup=False)
    console.print(table)
    trained = sum(v.size for v in model.trainable_weights)
    fixed = model.count_params() - trained
    size = (trained + fixed) * model.dtype.itemsize
    console.print(f"{trained + fixed:,} weights ({_bytes(size)}): {trained:,} trained, {fixed:,} not")
    note = linear_note(model.layers)
    if note:
        console.print(note, soft_wrap=True)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def linear_note(layers: list[Layer]) -> str:
    """Return the remark that a stack of purely linear layers equals one, or nothing.

    Examples
    --------
    >>> linear_note([Dense(4, activation="relu"), Dense(2)])
    ''
    """
    dense = [layer for layer in layers if isinstance(layer, Dense)]
    others = [layer for layer in layers if not isinstance(layer, Dense | Dropout | Flatten)]
    linear = all(output_activation(layer) is activations.linear for layer in [*dense[:-1]])
    inert = all(isinstance(layer, Activation) and layer.activation is activations.linear for layer in others)
    if len(dense) < 2 or not linear or not inert:
        return ""
    last = output_activation(dense[-1])
    activation = "" if last is activations.linear else f", activation={_name(last)!r}"
    one = f"Dense({dense[-1].units}{activation})"
    return f"Without an activation between them, {len(dense)} linear layers equal one linear layer, {one}."


def layer_kind(layer: Layer) -> str:
    """Return what a layer is in a few words.

    Examples
    --------
    >>> layer_kind(Dense(4, activation="relu")), layer_kind(Dropout(0.2))
    ('Dense relu', 'Dropout 0.2')
    """
    activation = output_activation(layer)
    if isinstance(layer, Dropout):
        return f"Dropout {layer.rate:g}"
    if activation is None or isinstance(layer, Activation):
        return type(layer).__name__ if activation is None else f"Activation {_name(activation)}"
    return f"{type(layer).__name__} {_name(activation)}"


def _name(activation: Any) -> str:
    return getattr(activation, "name", getattr(activation, "__name__", "function"))


def _bytes(size: int) -> str:
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:.1f} KB" if size < 1 << 20 else f"{size / (1 << 20):.1f} MB"
