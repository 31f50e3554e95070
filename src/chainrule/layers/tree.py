"""LayerTree: a layer with the layers inside it, and the weights of all of them."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable
from chainrule.errors import ArgumentError, ShapeError

if TYPE_CHECKING:
    from chainrule.layers.layer import Layer


class LayerTree:
    """What a `Layer` is as a tree: it stands at the root, and the layers in its attributes are its branches.

    Parameters
    ----------
    trainable : bool

    Examples
    --------
    >>> from chainrule.layers import Dense, Layer
    >>> class Block(Layer):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.inner = Dense(2)
    ...     def call(self, inputs):
    ...         return self.inner(inputs)
    >>> block = Block()
    >>> block([[1.0, 2.0, 3.0]]).shape
    (1, 2)
    >>> [name for name, _ in block.named_weights()], block.count_params()
    (['block/inner/kernel', 'block/inner/bias'], 8)
    """

    name: str

    def __init__(self, trainable: bool) -> None:
        self._variables: list[Variable] = []
        self._regularizers: list[tuple[Variable, Any]] = []
        self._children: dict[str, Layer] | None = None
        self.trainable = trainable

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; setting it sets it for the layers inside too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for child in self._sublayers.values():
            child.trainable = value

    @property
    def _sublayers(self) -> "dict[str, Layer]":
        """The layers in this layer's attributes - alone, or in lists, tuples and dicts - by where they stand."""
        if self._children is not None:
            return self._children
        return _layers_in({name: value for name, value in vars(self).items() if name not in ("owner", "_arguments")})

    def walk(self) -> "Iterator[Layer]":
        """Give this layer and the layers inside it."""
        return (layer for _, layer in self._places())

    def _places(self, path: str = "") -> "Iterator[tuple[str, Layer]]":
        yield path, cast("Layer", self)  # nothing else is a tree
        for name, child in self._sublayers.items():
            yield from child._places(f"{path}{name}/")

    def named_weights(self) -> list[tuple[str, Variable]]:
        """All Variables with the names they have in a model: dense_1/kernel, my_block_1/inner/kernel ..."""
        named: dict[int, tuple[str, Variable]] = {}  # a Variable that stands in several places counts once
        for path, layer in self._places():
            for v in sorted(layer.own, key=lambda v: not v.trainable):
                named.setdefault(id(v), (f"{self.name}/{path}{v.name}", v))
        return list(named.values())

    @property
    def weights(self) -> list[Variable]:
        """All Variables: of each layer the trainable ones first, then its state."""
        return [v for _, v in self.named_weights()]

    @property
    def trainable_weights(self) -> list[Variable]:
        """The Variables that training changes."""
        return [v for layer in self.walk() if layer.trainable and self.trainable for v in layer.own if v.trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """State, and the weights of layers that are frozen."""
        trained = {id(v) for v in self.trainable_weights}
        return [v for v in self.weights if id(v) not in trained]

    trainable_variables = trainable_weights
    variables = weights
    non_trainable_variables = non_trainable_weights

    @property
    def own(self) -> list[Variable]:
        """The Variables of this layer itself, in the order they were made."""
        return self._variables

    @property
    def penalties(self) -> list[tuple[Variable, Any]]:
        """The weights that have a regularizer, each with it; those that are frozen left out."""
        return [
            (variable, penalty)
            for layer in self.walk()
            for variable, penalty in layer._regularizers
            if self.trainable and layer.trainable and variable.trainable
        ]

    @property
    def losses(self) -> list[Tensor]:
        """The penalties on this layer's weights, each a single number."""
        return [penalty(variable) for variable, penalty in self.penalties]

    def get_weights(self) -> list[Array]:
        """Return copies of all weights, trainable first."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all weights, in the order of `get_weights`."""
        assign_all(self.name, self.named_weights(), weights)
        for layer in self.walk():
            layer.weights_were_set()

    def count_params(self) -> int:
        """Return the number of weights, state included."""
        return sum(v.size for v in self.weights)


def _layers_in(attributes: dict[str, Any]) -> dict[str, Any]:
    """Find layers in attributes, each once, by the path to it."""
    found: dict[str, Any] = {}

    def search(path: str, value: Any) -> None:
        if isinstance(value, LayerTree):
            if all(value is not other for other in found.values()):
                found[path] = value
        elif isinstance(value, list | tuple | dict):
            for key, part in value.items() if isinstance(value, dict) else enumerate(value):
                search(f"{path}_{key}", part)

    for name, value in attributes.items():
        search(name, value)
    return found


def assign_all(owner: str, named: Sequence[tuple[str, Variable]], weights: Sequence[Any]) -> None:
    """Assign values to all of these Variables, or, if some don't fit, to none."""
    if len(weights) != len(named):
        raise ArgumentError(f"{owner} has {len(named)} weights, got {len(weights)}")
    new = [np.asarray(values, v.dtype) for (_, v), values in zip(named, weights, strict=True)]
    for (name, variable), values in zip(named, new, strict=True):
        if values.shape != variable.shape:
            raise ShapeError(f"{name} has shape {variable.shape}, got values of shape {values.shape}")
    for (_, variable), values in zip(named, new, strict=True):
        variable.assign(values)
