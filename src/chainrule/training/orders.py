"""Orders: in which order an epoch takes the rows, drawn ahead where somebody has the time."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.engine.engine import Draw
from chainrule.engine.native import MOST_PERMUTED, permutations
from chainrule.errors import ArgumentError

WORTH_DRAWING_AHEAD = 10_000  # rows, whose order takes longer to draw than a thread to wake


class Orders:
    """The orders of one fit; the epochs count over all fits of a model.

    Parameters
    ----------
    rows : int
        How many there are.
    chosen : array of numbers of rows, or None
        Those of them that are trained on; None: all.
    shuffle : bool, or function of the epoch
        Whether rows are shuffled; a function says the order, by places among those that are trained on.
    seed : int

    Examples
    --------
    >>> Orders(4, None, shuffle=False, seed=0).of(7)
    array([0, 1, 2, 3])
    >>> sorted(Orders(4, np.array([1, 3]), shuffle=True, seed=0).of(7).tolist())
    [1, 3]
    """

    def __init__(self, rows: int, chosen: Array | None, shuffle: bool | Callable[[int], Array], seed: int) -> None:
        if not callable(shuffle) and not isinstance(shuffle, bool | np.bool_):
            raise ArgumentError(f"shuffle must be True, False or a function of the epoch, got {shuffle!r}")
        self.chosen, self.rows = chosen, rows if chosen is None else len(chosen)
        self.shuffle, self.seed = shuffle, seed
        self._known: dict[int, Array] = {}
        self._draw: Draw | None = None

    def of(self, epoch: int) -> Array:
        """Return the order of an epoch, which is forgotten then."""
        draw = self._draw
        if draw is not None and draw.drawn and draw.index == epoch:
            return self._among(draw.order)
        if callable(self.shuffle):
            return self._among(_own(self.shuffle(epoch), self.rows))
        if epoch not in self._known:
            self.ahead(epoch, 1)
        return self._known.pop(epoch)

    def ahead(self, first: int, epochs: int) -> Array:
        """Return the orders of some epochs from ``first`` on, one a row, and know them until they are taken."""
        if self.shuffle:
            orders = permutations(self.seed, "shuffle", first, epochs, self.rows)
        else:
            orders = np.tile(np.arange(self.rows), (epochs, 1))
        orders = self._among(orders)
        self._known = dict(enumerate(orders, first))
        return orders

    def draw(self, epoch: int) -> Draw | None:
        """Return what draws the order of an epoch while the one before it runs; None where that is not worth it."""
        worth = self.shuffle is True and epoch not in self._known and WORTH_DRAWING_AHEAD <= self.rows <= MOST_PERMUTED
        self._draw = Draw(self.seed, "shuffle", epoch, np.empty(self.rows, np.int64)) if worth else None
        return self._draw

    def _among(self, places: Array) -> Array:
        return places if self.chosen is None else self.chosen[places]


def _own(given: Any, rows: int) -> Array:
    order = np.asarray(given)
    if order.shape != (rows,) or order.dtype.kind not in "iu" or not (order.min() >= 0 and order.max() < rows):
        raise ArgumentError(
            f"the function given as shuffle must return {rows} numbers of rows, each from 0 to {rows - 1}, "
            f"got {order.dtype} of shape {order.shape}"
        )
    return order
