"""Layers that draw random numbers in training: what they share."""

from typing import Any, Unpack

from chainrule.arrays import Array, Shape
from chainrule.layers.layer import Layer, LayerOptions
from chainrule.random import Stream, check_seed


class Noise(Layer):
    """Base of layers that draw 16 random bits for each of their elements at each step of training.

    Parameters
    ----------
    seed : int, optional
        Default: the model's seed. What is drawn depends on the seed, the step and the layer only.
    """

    def __init__(self, seed: int | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.seed = None if seed is None else check_seed(seed)
        if self.seed is not None:
            self.stream = Stream(self.seed, 0)

    def _make_stream(self, seed: int, index: int) -> Stream:
        return Stream(seed if self.seed is None else self.seed, index)

    def bits(self, count: int) -> Array:
        """Return the random bits of this step, integers in [0, 65536)."""
        if self.stream is None:
            self.stream = self._make_stream(self._seed, 0)
        return self.stream.bits(count)

    def output_shape(self, input_shape: Shape) -> Any:
        """Outputs have the shape of the inputs."""
        return input_shape
