"""Input: the shape of one example, said before any data is seen."""

from collections.abc import Sequence

from chainrule.arrays import Shape
from chainrule.autodiff.tensor import Tensor
from chainrule.errors import ShapeError
from chainrule.layers.layer import Layer


class InputLayer(Layer):
    """The first entry of a Sequential model that tells the shape of one example; it passes its inputs on.

    Parameters
    ----------
    shape : sequence of int
        Without the batch axis.

    Examples
    --------
    >>> InputLayer((2,)).input_shape
    (None, 2)
    """

    def __init__(self, shape: Sequence[int], name: str | None = None) -> None:
        if not isinstance(shape, list | tuple) or any(not isinstance(n, int) or n < 1 for n in shape):
            raise ShapeError(f"Input expects the shape of one example, such as (4,), got {shape!r}")
        super().__init__(name=name, input_shape=shape)

    def call(self, inputs: Tensor) -> Tensor:
        """Return the inputs."""
        return inputs

    def output_shape(self, input_shape: Shape) -> Shape:
        """Outputs have the shape of the inputs."""
        return input_shape


def Input(shape: Sequence[int], name: str | None = None) -> InputLayer:
    """Return an `InputLayer`; Keras's spelling.

    Examples
    --------
    >>> Input(shape=(4,)).input_shape
    (None, 4)
    """
    return InputLayer(shape, name)
