"""The networks that the benchmarks train: their sizes, arithmetic, data and initial weights."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Network:
    """A multilayer perceptron (ReLU between its layers, logits out) and how it is trained.

    Attributes
    ----------
    widths : inputs, hidden units ..., classes
    batch : rows of a step
    steps : steps of an epoch, at most; whoever needs long for a step gets shorter epochs
    """

    widths: tuple[int, ...]
    batch: int
    steps: int

    @property
    def name(self) -> str:
        """Widths and batch, as in the table of results."""
        return f"{'-'.join(map(str, self.widths))}, {self.batch}"

    @property
    def layers(self) -> list[tuple[int, int]]:
        """Inputs and units of each layer."""
        return list(zip(self.widths, self.widths[1:], strict=False))

    @property
    def operations(self) -> int:
        """Floating-point operations of a step's products; the first layer needs no gradient of its inputs."""
        return self.batch * sum((4 if i == 0 else 6) * a * b for i, (a, b) in enumerate(self.layers))

    @cached_property
    def data(self) -> tuple[Array, Array]:
        """Inputs and class codes of an epoch: noise, so that no network ever knows them all."""
        rng = np.random.default_rng(0)
        rows = self.batch * self.steps
        x = rng.standard_normal((rows, self.widths[0]), dtype=np.float32)
        return x, rng.integers(0, self.widths[-1], rows)

    @cached_property
    def weights(self) -> list[tuple[Array, Array]]:
        """Kernel and bias of each layer, drawn as He et al. do."""
        rng = np.random.default_rng(1)
        return [
            ((rng.standard_normal((a, b)) * np.sqrt(2 / a)).astype(np.float32), np.zeros(b, np.float32))
            for a, b in self.layers
        ]


TABLE = (
    Network((2, 8, 2), 1, 50_000),
    Network((2, 8, 2), 32, 2_000),
    Network((20, 64, 64, 2), 32, 2_000),
    Network((54, 256, 256, 7), 256, 120),
    Network((784, 512, 512, 10), 128, 60),
    Network((784, 2048, 2048, 10), 512, 8),
)


def nearby(network: Network, rng: np.random.Generator) -> Network:
    """Return a network whose every width and batch is up to a third more or less, at random."""

    def vary(size: int) -> int:
        return round(size * rng.uniform(0.75, 1.35))

    inputs, *hidden, classes = network.widths
    return Network((vary(inputs), *map(vary, hidden), classes), vary(network.batch), network.steps)
