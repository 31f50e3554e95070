"""Replica: a network in float64 beside the model, so that explaining it rounds nothing and changes nothing."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable
from chainrule.errors import DTypeError
from chainrule.layers.layer import Layer


class Replica:
    """Copies of a model's layers, all in float64, with the same weights.

    Moving averages and random streams go on in the copies only: the model stays as it is. Every pass draws the same
    dropout masks, those of the model's next training step.

    Parameters
    ----------
    model : Model
        Built.
    training : bool
        Whether dropout and batch normalisation work as they do while training.
    """

    def __init__(self, model: Any, training: bool) -> None:
        self.training = training
        self.layers: list[Layer] = copy.deepcopy(model.layers, {id(model): None})  # without their owner
        for layer in self._walk():
            _to_float64(layer)
        step = model._position.step if getattr(model, "_task", None) is not None else None  # trained: the next step
        self._steps = [
            (layer.stream, layer.stream.step if step is None else step)
            for layer in self._walk()
            if layer.stream is not None
        ]

    def _walk(self) -> Iterator[Layer]:
        return (inner for layer in self.layers for inner in layer.walk())

    def rewind(self) -> None:
        """Draw the same random numbers again from here on."""
        for stream, step in self._steps:
            stream.step = step

    def named_weights(self) -> list[tuple[str, Variable]]:
        """All Variables of floating type with their names in the model."""
        return [pair for layer in self.layers for pair in layer.named_weights() if pair[1].dtype.kind == "f"]

    @contextmanager
    def changed(self, variable: Variable, index: tuple[int, ...], change: float) -> Iterator[None]:
        """Move one weight for a while."""
        before = variable.numpy()[index]
        variable.writable()[index] = before + change
        try:
            yield
        finally:
            variable.writable()[index] = before


def _to_float64(layer: Layer) -> None:
    """Turn a layer's Variables, and constants that it keeps in its attributes, into float64; the values stay."""
    layer._dtype = np.dtype(np.float64)
    for variable in layer.own:
        if variable.dtype.kind == "f":
            variable.renew(variable.numpy().astype(np.float64))
    for name, value in vars(layer).items():
        if isinstance(value, Variable):
            continue
        if isinstance(value, Tensor) and value.dtype == np.float32:
            vars(layer)[name] = Tensor(value.numpy().astype(np.float64))
        elif isinstance(value, np.ndarray) and value.dtype == np.float32:
            vars(layer)[name] = value.astype(np.float64)


@contextmanager
def explained_in_float64() -> Iterator[None]:
    """Say what to do where a part of one's own insists on float32."""
    try:
        with np.errstate(all="ignore"):  # what is not finite is said by name afterwards
            yield
    except DTypeError as error:
        raise DTypeError(
            f"explanations are computed in float64, and a part of this model mixes in another type ({error}); "
            "make its constants of its inputs' type: ops.cast(constant, inputs.dtype)"
        ) from error


def finite(values: Array) -> bool:
    """Whether all values are finite."""
    return bool(np.isfinite(values).all())
