"""Layer: what every layer has in common - its weights, when it builds, how it is called."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from chainrule import changes, initializers
from chainrule.arrays import Array, Shape, float_dtype
from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor, TensorLike, as_tensor
from chainrule.autodiff.variable import Variable
from chainrule.configurable import Configurable, snake_case
from chainrule.errors import DTypeError, ShapeError, StateError
from chainrule.layers.tree import LayerTree
from chainrule.random import Stream, check_seed, weight_seed


class LayerOptions(TypedDict, total=False):
    """Arguments that every layer takes, after its own."""

    name: str | None
    dtype: Any
    trainable: bool
    input_shape: Sequence[int] | None


class Layer(Configurable, LayerTree, ABC):
    """Base of all layers: subclass it, make weights with `add_weight`, compute in `call`.

    Parameters
    ----------
    name : str, optional
        A model names its layers dense_1, dense_2 ... where they have no name.
    dtype : {"float32", "float64"}, optional
        Of weights and outputs; default: the model's, or float32.
    trainable : bool
        Whether training changes the weights.
    input_shape : sequence of int, optional
        Shape of one example, so that a model can build before it has seen data.

    Notes
    -----
    ``build(input_shape)`` runs once, at the first call, with the batch axis as None; ``call(inputs)`` or
    ``call(inputs, training)`` does the work. Weights can be made in either ``__init__`` or ``build``.

    Examples
    --------
    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight([input_shape[-1]], initializer="ones")
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> Scale()([[1.0, 2.0]])
    Tensor([[1. 2.]], shape=(1, 2), dtype=float32)
    """

    def __init__(
        self,
        name: str | None = None,
        dtype: Any = None,
        trainable: bool = True,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(trainable)
        self.name = name or snake_case(type(self).__name__)
        self._named = name is not None
        self.input_shape: Shape | None = None if input_shape is None else (None, *input_shape)
        self.built = False
        self.owner: Any = None  # the model it belongs to
        self.stream: Stream | None = None
        self._dtype = None if dtype is None else float_dtype(dtype)
        self._seed = check_seed(None)
        self._initializers: list[Any] = []  # one for each Variable

    def __setattr__(self, name: str, value: Any) -> None:
        """Keep track of Variables that a subclass assigns to its attributes, and note the change."""
        if isinstance(value, Layer | Variable):
            self._need_init(f"before it sets {name!r}")
        if isinstance(value, Variable) and not any(value is v for v in self._variables):
            replaced = self.__dict__.get(name)
            if isinstance(replaced, Variable):
                self._forget(replaced)
            self._track(value, None)
        super().__setattr__(name, value)
        changes.note()

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        changes.note()

    def _need_init(self, when: str = "first") -> None:
        if "_variables" not in self.__dict__:
            raise StateError(f"{type(self).__name__}.__init__ must call super().__init__() {when}")

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of weights and outputs."""
        return self._dtype if self._dtype is not None else np.dtype(np.float32)

    def build(self, input_shape: Shape) -> None:  # empty is right for layers without weights
        """Make the weights for inputs of this shape (batch axis None)."""

    @abstractmethod
    def call(self, inputs: Any) -> Any:
        """Compute the outputs. A second argument ``training`` is given to layers that name it."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the outputs; the default tries ``call`` on zeros."""
        probe = np.zeros([2 if n is None else n for n in input_shape], self.dtype)
        shape: tuple[int, ...] = self(probe).shape
        return (input_shape[0] if input_shape[0] is None else shape[0], *shape[1:])

    def add_weight(
        self,
        shape: Sequence[int] = (),
        initializer: Any = "glorot_uniform",
        dtype: Any = None,
        trainable: bool = True,
        regularizer: Any = None,
        name: str | None = None,
        constraint: Any = None,
    ) -> Variable:
        """Make a Variable of this layer.

        Parameters
        ----------
        shape : sequence of int
        initializer : str, Initializer or callable
        dtype : optional, default the layer's
        trainable : bool
            False for state that training does not descend on, such as moving averages.
        regularizer : callable, optional
            Its value is added to the loss as written.
        name : str, optional
        constraint : str or callable, optional
            Where the weight is put back to after every step, such as MaxNorm(2).
        """
        from chainrule import constraints, regularizers

        if not isinstance(shape, list | tuple) or any(not isinstance(n, int | np.integer) or n < 1 for n in shape):
            raise ShapeError(f"add_weight expects a shape such as [in, out] with lengths >= 1, got {shape!r}")
        self._need_init()
        make = initializers.get(initializer)
        values = self._draw(make, shape, len(self._variables), dtype or self.dtype)
        label = name or ("kernel" if len(shape) > 1 else "bias")
        variable = Variable(values, trainable, label, constraint=constraints.get(constraint))
        self._track(variable, make)
        penalty = regularizers.get(regularizer)
        if penalty is not None:
            self._regularizers.append((variable, penalty))
        return variable

    def _track(self, variable: Variable, initializer: Any) -> None:
        taken = {v.name for v in self._variables}
        base, count = variable.name, 1
        while variable.name in taken:
            count += 1
            variable.name = f"{base}_{count}"
        self._variables.append(variable)
        self._initializers.append(initializer)

    def _forget(self, variable: Variable) -> None:
        kept = [number for number, known in enumerate(self._variables) if known is not variable]
        self._variables = [self._variables[number] for number in kept]
        self._initializers = [self._initializers[number] for number in kept]
        self._regularizers = [pair for pair in self._regularizers if pair[0] is not variable]

    def _draw(self, initializer: Any, shape: Sequence[int], index: int, dtype: Any) -> Array:
        source = getattr(self.owner, "weight_source", None)
        if source is not None:  # the model is read from a file: its weights come from there
            return np.asarray(source(self.name, tuple(shape), dtype))
        layer = self.stream.layer if self.stream else 0
        seed = weight_seed(self._seed, layer, index)
        return np.asarray(initializer(tuple(shape), dtype, seed=seed))

    def join(self, owner: Any, name: str, seed: int, index: int, dtype: Any) -> None:
        """Become layer number ``index`` of a model: its name, its type, its random stream.

        Weights made in ``__init__`` are drawn again from the model's seed, as if made now.
        """
        self._need_init()
        if self.owner is not None:
            raise StateError(
                f"{self.name} belongs to a model already; make a new layer, and copy its weights with get_weights"
            )
        self.owner = owner
        self.name = self.name if self._named else name
        self._dtype = dtype if self._dtype is None else self._dtype
        self._seed, self.stream = seed, self._make_stream(seed, index)
        for number, (variable, initializer) in enumerate(zip(self._variables, self._initializers, strict=True)):
            if initializer is not None and not self.built:
                variable.renew(self._draw(initializer, variable.shape, number, self.dtype))
            elif variable.dtype != self.dtype and np.can_cast(variable.dtype, self.dtype):
                variable.renew(variable.numpy().astype(self.dtype))  # to more digits: nothing is lost
        for number, child in enumerate(self._sublayers.values()):
            self._adopt(child, number)

    def _adopt(self, child: "Layer", number: int) -> None:
        """Let a layer inside this one join its model."""
        index = self.stream.layer if self.stream is not None else 0
        child.join(self.owner, child.name, self._seed, 1000 * (index + 1) + number, self.dtype)

    def _make_stream(self, seed: int, index: int) -> Stream:
        return Stream(seed, index)

    def __call__(self, inputs: TensorLike, training: bool = False) -> Tensor:
        """Build if needed, then compute the outputs for a batch."""
        self._need_init()
        x = self._receive(inputs)
        if not self.built:
            self.ensure_built((None, *x.shape[1:]))
        self.check_input((None, *x.shape[1:]))
        call: Any = self.call  # with or without ``training``, as the subclass wrote it
        result = call(x, training=training) if self._takes_training else call(x)
        if result is None:
            raise DTypeError(f"{type(self).__name__}.call returned None; is its `return` inside the method?")
        return result if isinstance(result, Tensor) else as_tensor(result)

    @property
    def _takes_training(self) -> bool:
        cls = type(self)
        if "_call_takes_training" not in vars(cls):
            cls._call_takes_training = "training" in inspect.signature(cls.call).parameters
        return cls._call_takes_training

    _call_takes_training: bool

    def _receive(self, inputs: TensorLike) -> Tensor:
        """Return the inputs as a Tensor of the layer's type."""
        x = as_tensor(inputs)
        return x if x.dtype == self.dtype else ops.cast(x, self.dtype)

    def ensure_built(self, input_shape: Shape) -> None:
        """Build for this input shape, once."""
        if self.built:
            return
        if self.input_shape is not None and input_shape != self.input_shape:
            raise self._wrong_input(input_shape)
        self.build(input_shape)
        self.input_shape = input_shape
        self._children = self._sublayers  # from now on there are no others
        if self.owner is not None:
            for number, child in enumerate(self._children.values()):
                if child.owner is None:  # made by `build`
                    self._adopt(child, number)
        if not self.trainable:
            self.trainable = False  # for the layers inside too
        self.built = True

    def draw_again(self) -> None:
        """Give the weights that are trained the values they began with; those that no initializer made stay."""
        for number, (variable, make) in enumerate(zip(self._variables, self._initializers, strict=True)):
            if make is not None and variable.trainable:
                variable.assign(self._draw(make, variable.shape, number, variable.dtype))

    def check_input(self, shape: Shape) -> None:
        """Refuse inputs of another shape than the layer was built for."""
        if self.input_shape is not None and self._variables and shape != self.input_shape:
            raise self._wrong_input(shape)

    def weights_were_set(self) -> None:  # most layers have nothing to do
        """Hear that `set_weights` or a model file has given all weights."""

    def _wrong_input(self, shape: Shape) -> ShapeError:
        expected = show(self.input_shape or ())
        hint = self.owner.explain_input(self, shape) if self.owner is not None else ""
        return ShapeError(f"{self.name} expects inputs of shape {expected}, got {show(shape)}{hint}")


def show(shape: Shape) -> str:
    """Return a shape with its batch axis named.

    Examples
    --------
    >>> show((None, 64))
    '(batch, 64)'
    """
    return f"({', '.join('batch' if n is None else str(n) for n in shape)})"
