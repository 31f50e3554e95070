"""Random numbers: Philox4x64-10 as in NumPy, always from an explicit seed, never from a global state.

A stream is addressed, not advanced: the bits for (seed, step, layer, element) can be drawn again at any time
and by any engine, so a step can be replayed exactly and a dropout mask does not depend on what ran before.
"""

import secrets
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError

_WORD = 2**64
# Streams that must never share numbers; dropout masks (random_bits) have purpose 0.
PURPOSES = ("weights", "shuffle", "split", "sample", "check")


def check_seed(seed: int | None) -> int:
    """Return ``seed`` as an integer in [0, 2**64); ``None`` draws one from the operating system.

    Examples
    --------
    >>> check_seed(7)
    7
    """
    if seed is None:
        return secrets.randbits(32)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= int(seed) < _WORD:
        raise ArgumentError(f"seed must be an integer from 0 to 2**64 - 1, got {seed!r}")
    return int(seed)


def generator(seed: int, purpose: str, index: int = 0) -> np.random.Generator:
    """Return NumPy's generator on the Philox stream of one purpose; ``index`` numbers layers, epochs ...

    The key is ``(seed, index)``, the counter starts at ``(0, 0, purpose, 0)``: no two uses share numbers.

    Examples
    --------
    >>> bool(generator(1, "shuffle", 2).random() == generator(1, "shuffle", 2).random())
    True
    """
    key = np.array([seed, index], dtype=np.uint64)
    counter = np.array([0, 0, PURPOSES.index(purpose) + 1, 0], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def random_bits(seed: int, step: int, layer: int, count: int) -> Array:
    """Return ``count`` uniform 16-bit integers for elements 0 .. count - 1 of a layer at a step.

    Element ``e`` is the 16-bit word ``e % 16`` (least significant first) of the Philox4x64-10 block at
    counter ``(e // 16 + 1, step, 0, 0)`` under key ``(seed, layer)``; NumPy's generator increments its
    counter before the first block, hence the 1.

    Examples
    --------
    >>> random_bits(seed=0, step=3, layer=1, count=4).dtype
    dtype('uint16')
    """
    key = np.array([seed, layer], dtype=np.uint64)
    counter = np.array([0, step, 0, 0], dtype=np.uint64)
    words = np.random.Philox(key=key, counter=counter).random_raw((count + 3) // 4)
    return np.asarray(words, dtype="<u8").view("<u2")[:count]


@cache
def normal_quantiles(dtype: Any) -> Array:
    """Return 65,536 equally likely values of a normal variable of mean 0 and variance 1, by the 16 bits that draw them.

    They are the quantiles at ``(k + 1/2) / 65536``, divided by their standard deviation.

    Examples
    --------
    >>> q = normal_quantiles(np.dtype("float64"))
    >>> len(q), round(float(q.max()), 2), bool(abs(q.std() - 1) < 1e-12)
    (65536, 4.32, True)
    """
    upper = np.array([NormalDist().inv_cdf((k + 0.5) / 65536) for k in range(32768, 65536)])
    quantiles = np.concatenate([-upper[::-1], upper])
    quantiles = np.ascontiguousarray(quantiles / quantiles.std(), dtype)
    quantiles.setflags(write=False)
    return quantiles


class Stream:
    """The 16-bit stream of one layer, step by step; an engine sets ``step``, a hand-written loop lets it count.

    Parameters
    ----------
    seed, layer : int
        The key of the stream.

    Examples
    --------
    >>> stream = Stream(seed=0, layer=1)
    >>> first = stream.bits(3)
    >>> stream.step
    1
    """

    def __init__(self, seed: int, layer: int) -> None:
        self.seed, self.layer, self.step = seed, layer, 0

    def bits(self, count: int) -> Array:
        """Return the bits of this step, and go on to the next."""
        drawn = random_bits(self.seed, self.step, self.layer, count)
        self.step += 1
        return drawn


def weight_seed(seed: int, layer: int, weight: int) -> int:
    """Return the seed from which weight number ``weight`` of layer number ``layer`` is drawn.

    Examples
    --------
    >>> weight_seed(0, 1, 0) != weight_seed(0, 1, 1)
    True
    """
    return int(generator(seed, "weights", layer).integers(2**63, size=weight + 1)[weight])
