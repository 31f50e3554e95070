"""Sequential: layers applied one after the other, over one vector of parameters."""

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import Any

import numpy as np

from chainrule import changes
from chainrule.arrays import Array, Shape, float_dtype
from chainrule.autodiff.tensor import Tensor, TensorLike
from chainrule.autodiff.variable import Variable
from chainrule.configurable import snake_case
from chainrule.engine.parameters import ParameterVector
from chainrule.errors import ArgumentError, ShapeError, StateError, UnknownNameError, did_you_mean
from chainrule.layers.input import InputLayer
from chainrule.layers.layer import Layer, show
from chainrule.layers.tree import assign_all
from chainrule.models.model import Model
from chainrule.models.turns import Turns
from chainrule.pictures import Pictured
from chainrule.random import Stream, check_seed


class Sequential(Pictured, Model):
    """``f(x; W) = layer_n(... layer_2(layer_1(x)))``.

    Parameters
    ----------
    layers : iterable of Layer, optional
        An `Input` first, or an ``input_shape`` on the first layer, lets the model build before it sees data.
    name : str, optional
    dtype : {"float32", "float64"}
        Of all weights and computations.
    seed : int, optional
        Of initial weights, orders, splits and dropout; without one the operating system gives one, which
        ``model.seed`` then holds. The same seed gives the same numbers.

    Examples
    --------
    >>> from chainrule.layers import Dense, Input
    >>> model = Sequential([Input((2,)), Dense(3, activation="tanh"), Dense(1)], seed=0)
    >>> model.count_params()
    13
    >>> model.predict([[4.0, 5.0]]).shape
    (1, 1)
    """

    def __init__(
        self,
        layers: Iterable[Layer] | None = None,
        name: str | None = None,
        dtype: Any = "float32",
        seed: int | None = None,
    ) -> None:
        self.name = name or "sequential"
        self.dtype = float_dtype(dtype)
        self.seed = check_seed(seed)
        self.built = False
        self.turns = Turns()
        self.parameters = ParameterVector([], self.dtype)
        self.state = ParameterVector([], self.dtype)
        self.weight_source: Callable[[str, tuple[int, ...], Any], Array] | None = None  # while a file is read
        self.trained_by: dict[str, Any] | None = None  # what a file said of its training
        self._layers: list[Layer] = []
        self._input: InputLayer | None = None
        self._streams: tuple[object, list[Stream]] = (None, [])  # of the layers, and the stamp they are good for
        if isinstance(layers, Layer):
            raise ArgumentError(f"Sequential expects a list of layers, got one; write Sequential([{layers!r}])")
        if not isinstance(layers, Iterable | None):
            raise ArgumentError(f"Sequential expects a list of layers, got {layers!r}")
        for layer in layers or []:
            self.add(layer)

    @property
    def layers(self) -> list[Layer]:
        """The layers, `Input` left out."""
        return list(self._layers)

    def add(self, layer: Layer) -> None:
        """Append a layer.

        Raises
        ------
        StateError
            If the layer belongs to a model, or the model was compiled and trained already.
        """
        if not isinstance(layer, Layer):
            hint = f"; write {layer.__name__}(...)" if isinstance(layer, type) else ""
            if isinstance(layer, Model):
                raise ArgumentError("a model can't be a layer of another; call what comes next on its outputs")
            raise ArgumentError(f"add expects a layer, got {layer!r}{hint}")
        if isinstance(layer, InputLayer):
            if self._layers or self._input:
                raise StateError("Input must be the first entry of a Sequential model")
            self._input = layer
            return
        if self._task_exists():
            raise StateError("a model that was trained can't grow; make a new Sequential from its layers' weights")
        self._join(layer)
        self._layers.append(layer)
        try:
            if self.built:  # the layers before it are: go on from there
                self._build_from(len(self._layers) - 1)
            elif (shape := self._known_input_shape()) is not None:
                self.build(shape)
        except Exception:
            self._layers.pop()  # the model stays as it was
            raise

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self.built:  # a copy's Variables become views of its own vectors
            self.arrange()

    def _task_exists(self) -> bool:
        return getattr(self, "_task", None) is not None

    def _join(self, layer: Layer) -> None:
        taken = {other.name for other in self._layers}
        layer._need_init()
        if layer.owner is None and layer._named and layer.name in taken:
            raise ArgumentError(f"two layers are named {layer.name!r}; give one of them another name")
        base = snake_case(type(layer).__name__)
        number = sum(type(other) is type(layer) for other in self._layers) + 1
        while f"{base}_{number}" in taken:
            number += 1
        layer.join(self, f"{base}_{number}", self.seed, len(self._layers), self.dtype)

    def _known_input_shape(self) -> Shape | None:
        if self._input is not None:
            return self._input.input_shape
        return self._layers[0].input_shape if self._layers else None

    def build(self, input_shape: Shape) -> None:
        """Make all weights for inputs of this shape, the batch axis first: (None, 4)."""
        if not isinstance(input_shape, list | tuple) or not input_shape:
            raise ShapeError(f"build expects a shape with the batch axis first, such as (None, 4), got {input_shape!r}")
        shape: Shape = (None, *input_shape[1:])
        with self.turns.building:
            if self.built:
                if shape != self._input_shape:
                    built_for = show(self._input_shape)
                    raise ShapeError(f"the model is built for inputs of shape {built_for}, got {show(shape)}")
                return
            if not self._layers:
                raise StateError("the model has no layers; add one first: model.add(Dense(1))")
            self._input_shape: Shape = shape
            self._shapes: list[Shape] = []
            self._build_from(0)
            self.built = True

    def _build_from(self, first: int) -> None:
        shape = self._shapes[-1] if first else self._input_shape
        for layer in self._layers[first:]:
            layer.ensure_built(shape)
            layer.check_input(shape)
            if any(not inner.built for inner in layer.walk()):  # layers inside it build when they are called
                layer(np.zeros([1 if n is None else n for n in shape], self.dtype))
            shape = layer.output_shape(shape)
            self._shapes.append(shape)
        self.arrange()

    def ensure_built(self, x: Any) -> None:
        """Build for inputs like these, once; later inputs must have the same shape."""
        shape = (None, *np.shape(x)[1:])
        if not self.built:
            if len(shape) < 2:
                raise ShapeError(f"inputs must be rows of features, (batch, features), got shape {np.shape(x)}")
            self.build(shape)
        elif shape != self._input_shape:
            raise ShapeError(f"the model expects inputs of shape {show(self._input_shape)}, got {np.shape(x)}")

    def arrange(self) -> None:
        """Gather the Variables into the vectors ``parameters`` and ``state``, where they don't lie there already."""
        named = [pair for layer in self._layers for pair in layer.named_weights()]
        trained = {id(v) for v in self.trainable_weights}
        parameters = [pair for pair in named if id(pair[1]) in trained]
        state = [pair for pair in named if id(pair[1]) not in trained]
        if not (self.parameters.holds(parameters) and self.state.holds(state)):
            self.parameters = ParameterVector(parameters, self.dtype)
            self.state = ParameterVector(state, self.dtype)

    def explain_input(self, layer: Layer, shape: Shape) -> str:
        """Say what comes before a layer that got inputs of a wrong shape; the end of its error message."""
        place = next((i for i, other in enumerate(self._layers) if other is layer), 0)
        if place == 0 or layer.input_shape is None or layer.input_shape[:-1] != shape[:-1]:
            return ""
        before, wanted, got = self._layers[place - 1], layer.input_shape[-1], shape[-1]
        return f". {before.name} before it has {got} units; did you mean {type(before).__name__}({wanted})?"

    @property
    def input_shape(self) -> Shape:
        """Shape of the inputs, batch axis None."""
        self._need_built("input_shape")
        return self._input_shape

    @property
    def output_shape(self) -> Shape:
        """Shape of the outputs, batch axis None."""
        self._need_built("output_shape")
        return self._shapes[-1]

    def _need_built(self, what: str) -> None:
        if not self.built:
            raise StateError(f"{what} is not known before the model is built; start with Input((features,)) or fit it")

    def __call__(self, inputs: TensorLike, training: bool = False) -> Tensor:
        """Return the outputs for a batch as a Tensor; on an open tape this is recorded."""
        self.ensure_built(inputs)
        x: Any = inputs
        for layer in self._layers:
            x = layer(x, training)
        return x  # type: ignore[no-any-return]  # a model has at least one layer

    def seek(self, step: int) -> None:
        """Set the step from which the layers' next random numbers come."""
        known, streams = self._streams
        if known is not changes.stamp():  # as after every change of a layer; asked once an epoch, so worth keeping
            streams = [layer.stream for layer in self._walk() if layer.stream is not None]
            self._streams = changes.stamp(), streams
        for stream in streams:
            stream.step = step

    def reseed(self, seed: int) -> None:
        """Draw orders, splits and dropout masks from another seed from now on; layers with their own keep it."""
        self.seed = seed
        for layer in self._walk():
            if layer.stream is not None and getattr(layer, "seed", None) is None:
                layer.stream.seed = seed
        changes.note()

    def _walk(self) -> Iterable[Layer]:
        return (inner for layer in self._layers for inner in layer.walk())

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by its name or its place.

        Examples
        --------
        >>> from chainrule.layers import Dense
        >>> Sequential([Dense(2), Dense(3)]).get_layer("dense_2").units
        3
        """
        if index is not None:
            if not isinstance(index, int | np.integer) or not -len(self._layers) <= index < len(self._layers):
                raise ArgumentError(f"the model has {len(self._layers)} layers, got index {index!r}")
            return self._layers[index]
        names = {layer.name: layer for layer in self._layers}
        if name not in names:
            raise UnknownNameError(f"unknown layer {name!r}{did_you_mean(str(name), names)}")
        return names[name]

    @property
    def weights(self) -> list[Variable]:
        """All Variables, layer by layer."""
        return [v for layer in self._layers for v in layer.weights]

    @property
    def trainable_weights(self) -> list[Variable]:
        """The Variables that training changes."""
        return [v for layer in self._layers for v in layer.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """State such as moving averages, and the weights of frozen layers."""
        return [v for layer in self._layers for v in layer.non_trainable_weights]

    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    @property
    def losses(self) -> list[Tensor]:
        """The penalties of all layers; a hand-written loop adds them to its loss."""
        return [penalty for layer in self._layers for penalty in layer.losses]

    def get_weights(self) -> list[Array]:
        """Return copies of all weights, layer by layer."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Iterable[Any]) -> None:
        """Set all weights, in the order of `get_weights`."""
        self._need_built("the number of weights")
        if not isinstance(weights, Iterable):
            raise ArgumentError(f"set_weights expects a list of arrays, as get_weights gives it, got {weights!r}")
        assign_all("the model", [pair for layer in self._layers for pair in layer.named_weights()], list(weights))
        for layer in self._walk():
            layer.weights_were_set()

    def count_params(self) -> int:
        """Return the number of weights, state included."""
        self._need_built("the number of weights")
        return sum(v.size for v in self.weights)

    def summary(self) -> None:
        """Print a table of the layers with their output shapes and numbers of weights."""
        import sys

        from chainrule.models.summary import summarize

        sys.stdout.write(summarize(self))

    def save(self, filepath: str | PathLike[str], overwrite: bool = True) -> None:
        """Write the model to a safetensors file; `chainrule.load` reads it.

        Parameters
        ----------
        filepath : str or path
        overwrite : bool
            Whether an existing file is replaced.
        """
        from chainrule.models.model_file import save_model

        save_model(self, filepath, overwrite)

    def check_keepable(self) -> None:
        """Raise the error for a model that no checkpoint can hold, such as one with a function as activation."""
        from chainrule.models.checkpoint_file import check_keepable

        check_keepable(self)

    def save_checkpoint(self, filepath: str | PathLike[str], state: Mapping[str, Any]) -> None:
        """Write the model with the state of its training; `ModelCheckpoint` does it."""
        from chainrule.models.checkpoint_file import write_checkpoint

        write_checkpoint(self, filepath, state)
