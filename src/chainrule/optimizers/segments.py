"""Segments: where each weight of a model lies in the one vector, and how it takes part in training."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from chainrule.errors import ArgumentError

# Elements in one go: temporary arrays of this length stay in a core's second-level cache.
BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Segment:
    """One weight's place in the vector of all parameters.

    Parameters
    ----------
    offset, length : int, in elements
    shape : the weight's own shape, of ``length`` elements
    name : str
    trainable : bool, False leaves the weight as it is
    rate_factor : float >= 0, multiplies the learning rate
    decay_factor : float >= 0, multiplies the weight decay (0 for biases, say)
    clip_group : int, ``global_clipnorm`` limits the norm of each group as a whole

    Examples
    --------
    >>> Segment(offset=6, length=3, shape=(3,), name="dense/bias", decay_factor=0.0).where
    slice(6, 9, None)
    """

    offset: int
    length: int
    shape: tuple[int, ...]
    name: str
    trainable: bool = True
    rate_factor: float = 1.0
    decay_factor: float = 1.0
    clip_group: int = 0

    def __post_init__(self) -> None:
        if self.offset < 0 or self.length != math.prod(self.shape):
            raise ArgumentError(
                f"segment {self.name!r} of shape {self.shape} must start at 0 or later and hold "
                f"{math.prod(self.shape)} elements, got offset {self.offset} and length {self.length}"
            )
        if self.rate_factor < 0 or self.decay_factor < 0:
            raise ArgumentError(
                f"segment {self.name!r}: factors must be >= 0, "
                f"got rate_factor {self.rate_factor} and decay_factor {self.decay_factor}"
            )

    @property
    def where(self) -> slice:
        """The slice of the vector that holds the weight."""
        return slice(self.offset, self.offset + self.length)


class Part(NamedTuple):
    """A stretch of the vector whose elements are all updated alike."""

    where: slice
    rate_factor: float
    decay_factor: float


def blocks(where: slice) -> list[slice]:
    """Cut a slice into slices of at most ``BLOCK`` elements."""
    return [slice(at, min(at + BLOCK, where.stop)) for at in range(where.start, where.stop, BLOCK)]


def parts(segments: Iterable[Segment]) -> tuple[Part, ...]:
    """Return the stretches to update: trainable neighbours with the same factors joined, then cut in blocks.

    Examples
    --------
    >>> kernel = Segment(0, 6, (2, 3), "kernel")
    >>> bias = Segment(6, 3, (3,), "bias")
    >>> parts([kernel, bias])
    (Part(where=slice(0, 9, None), rate_factor=1.0, decay_factor=1.0),)
    """
    ordered = sorted(segments, key=lambda segment: segment.offset)
    for left, right in pairwise(ordered):
        if left.where.stop > right.offset:
            raise ArgumentError(f"segments {left.name!r} and {right.name!r} overlap at {right.offset}")
    joined: list[Part] = []
    for segment in ordered:
        if not segment.trainable:
            continue
        part = Part(segment.where, segment.rate_factor, segment.decay_factor)
        if joined and joined[-1].where.stop == segment.offset and joined[-1][1:] == part[1:]:
            part = part._replace(where=slice(joined.pop().where.start, part.where.stop))
        joined.append(part)
    return tuple(part._replace(where=block) for part in joined for block in blocks(part.where))
