"""Embedding: a learned vector for every category."""

from typing import Any, Unpack

import numpy as np

from chainrule import constraints, initializers, regularizers
from chainrule.arrays import Array, Shape, whole_number
from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor, TensorLike, as_tensor
from chainrule.errors import DataError
from chainrule.layers.layer import Layer, LayerOptions


class Embedding(Layer):
    """Codes 0 .. input_dim - 1 to rows of a matrix E (input_dim, output_dim): ``y = E[code]``.

    Parameters
    ----------
    input_dim : int >= 1
        Number of categories.
    output_dim : int >= 1
        Length of each vector.
    embeddings_initializer : str, Initializer or callable
    embeddings_regularizer : str or callable, optional
    embeddings_constraint : str or callable, optional

    Notes
    -----
    Codes of shape (batch, ...) give outputs (batch, ..., output_dim).

    Examples
    --------
    >>> Embedding(3, 2, embeddings_initializer="ones")([[0, 2]]).shape
    (1, 2, 2)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "random_uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.input_dim = whole_number("input_dim", input_dim, least=1)
        self.output_dim = whole_number("output_dim", output_dim, least=1)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)

    def build(self, input_shape: Shape) -> None:
        """Make E (input_dim, output_dim)."""
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            name="embeddings",
            constraint=self.embeddings_constraint,
        )

    def _receive(self, inputs: TensorLike) -> Tensor:
        return Tensor.wrap(self.codes(as_tensor(inputs).numpy()))

    def codes(self, x: Array) -> Array:
        """Return inputs as integers, all of them codes of categories."""
        return whole_codes(x, self.input_dim, self.name)

    def call(self, inputs: Tensor) -> Tensor:
        """Return the rows of E that the codes name."""
        return ops.take(self.embeddings, inputs, axis=0)

    def output_shape(self, input_shape: Shape) -> Shape:
        """(batch, ...) -> (batch, ..., output_dim)."""
        return (*input_shape, self.output_dim)


def whole_codes(x: Array, categories: int, where: str) -> Array:
    """Return ``x`` as integers; DataError, which says where, unless all are codes of so many categories."""
    with np.errstate(invalid="ignore"):  # NaN is refused below
        codes = x.astype(np.int64)
    if codes.size and (not np.array_equal(codes, x) or codes.min() < 0 or codes.max() >= categories):
        raise DataError(
            f"{where} expects whole codes from 0 to {categories - 1}, got values from {x.min()} to {x.max()}"
        )
    return codes
