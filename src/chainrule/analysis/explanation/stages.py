"""Stages: a network as a chain of steps whose derivatives have a name, sum and activation apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, TypeGuard, TypeVar

from chainrule import activations
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable
from chainrule.engine.python import output_activation
from chainrule.layers import (
    Activation,
    BatchNormalization,
    CategoryEmbedding,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNormalization,
    Normalization,
)
from chainrule.layers.layer import Layer

L = TypeVar("L", bound=Layer)
Part: TypeAlias = Literal["sum", "activation", "layer"]
# Which outputs depend on which inputs: "matrix": those of the kernel, in each place alike; "elementwise"; "last axis":
# all of the last axis, each row by itself; "batch": the same unit of all examples; "example": anything of the example
# itself, or, as is found out, of others too; "codes": none, whole numbers have no derivative.
Structure: TypeAlias = Literal["matrix", "elementwise", "last axis", "batch", "example", "codes"]

LETTERS: dict[type[Layer], str] = {
    BatchNormalization: "n",
    CategoryEmbedding: "e",
    Dropout: "d",
    Embedding: "e",
    Flatten: "f",
    LayerNormalization: "n",
    Normalization: "n",
}
ROW_WISE = (activations.softmax, activations.log_softmax)


@dataclass(frozen=True, eq=False)
class Stage:
    """One step of the forward pass.

    Attributes
    ----------
    layer : Layer
        The layer, or the one whose sum or activation this is.
    part : {"sum", "activation", "layer"}
    function : callable
        From the Tensor of the stage before to this stage's.
    structure : str
    letter, number
        What its outputs are called.
    """

    layer: Layer
    part: Part
    function: Callable[[Tensor], Tensor]
    structure: Structure
    letter: str
    number: int | None

    @property
    def variables(self) -> list[Variable]:
        """The Variables of floating type that it may use."""
        if self.part == "activation":
            return []
        return [v for v in self.layer.weights if v.dtype.kind == "f"]

    @property
    def dense(self) -> Dense:
        """The layer whose sum this is."""
        assert isinstance(self.layer, Dense)
        return self.layer

    @property
    def activation_name(self) -> str:
        """What the activation of this stage is called."""
        return name_of(getattr(self.layer, "activation", None))


def name_of(function: Any) -> str:
    """Return the name of an activation or a plain function."""
    return str(getattr(function, "name", getattr(function, "__name__", "g")))


def is_standard(layer: Layer, *kinds: type[L]) -> TypeGuard[L]:
    """Whether a layer is of one of these kinds and computes as they do: a subclass may compute something else."""
    return any(isinstance(layer, kind) and type(layer).call is kind.call for kind in kinds)


def split(layers: Sequence[Layer], training: bool, to_logits: bool) -> list[Stage]:
    """Return the stages of a network, in their order.

    Parameters
    ----------
    layers : sequence of Layer
    training : bool
        Whether dropout and batch normalisation work as they do while training.
    to_logits : bool
        Whether the last activation is left out, since the loss takes it in.
    """
    stages: list[Stage] = []
    number = 0
    for place, layer in enumerate(layers):
        last = place + 1 == len(layers)
        activation = output_activation(layer)
        if activation is None:
            letter = LETTERS.get(type(layer), "h")
            stages.append(_whole(layer, training, letter, _free(stages, letter, number)))
            continue
        if isinstance(layer, Dense):
            number += 1
            stages.append(Stage(layer, "sum", layer.preactivation, "matrix", "z", number))
        if not (last and to_logits) and (isinstance(layer, Activation) or activation is not activations.linear):
            structure = _of_activation(activation)
            stages.append(Stage(layer, "activation", activation, structure, "a", _free(stages, "a", number)))
    if not to_logits:  # what the loss sees is the output
        stages[-1] = replace(stages[-1], letter="y", number=None)
    return stages


def _whole(layer: Layer, training: bool, letter: str, number: int) -> Stage:
    def run(x: Tensor) -> Tensor:
        return layer(x, training)

    return Stage(layer, "layer", run, _structure(layer, training), letter, number)


def _structure(layer: Layer, training: bool) -> Structure:
    if is_standard(layer, BatchNormalization):
        return "batch" if training and layer.trainable else "elementwise"
    if is_standard(layer, Dropout, Flatten, Normalization):
        return "elementwise"
    if is_standard(layer, LayerNormalization):
        return "last axis"
    return "codes" if is_standard(layer, Embedding) else "example"


def _of_activation(activation: Any) -> Structure:
    if activation in ROW_WISE:
        return "last axis"
    return "elementwise" if isinstance(activation, activations.Activation) else "example"


def _free(stages: list[Stage], letter: str, number: int) -> int:
    """Return the number of the dense layer before, or the next that this letter has not had."""
    return max(number, 1 + max((s.number or 0 for s in stages if s.letter == letter), default=0))
