"""Clipping: gradients that are too long, or have too large elements, are cut before the step."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError
from chainrule.optimizers.ranges import positive
from chainrule.optimizers.segments import Segment, blocks


def shrink_factor(gradients: Iterable[Array], limit: float) -> float:
    """Return limit / norm where the norm of all ``gradients`` together is above ``limit``, else 1.

    The squares are summed in float64, where those of any float32 numbers fit. A norm that is not finite
    gives NaN, so that a bad gradient shows instead of looking like a short one.

    Examples
    --------
    >>> shrink_factor([np.array([3.0]), np.array([4.0])], limit=1.0)
    0.2
    """
    squares = 0.0
    for gradient in gradients:
        wide = gradient.astype(np.float64, copy=False)
        squares += float(np.dot(wide, wide))
    norm = math.sqrt(squares)
    if norm <= limit:
        return 1.0
    return limit / norm if norm < math.inf else math.nan


class Clipping(NamedTuple):
    """What an optimiser does to a gradient before it uses it.

    Parameters
    ----------
    kind : what is limited: "clipvalue" each element's size; "clipnorm" the norm of each weight's gradient;
        "global_clipnorm" the norm of the whole gradient (or of each clip group)
    limit : float > 0
    """

    kind: Literal["clipnorm", "clipvalue", "global_clipnorm"]
    limit: float

    @classmethod
    def of(cls, owner: str, clipnorm: Any, clipvalue: Any, global_clipnorm: Any) -> Self | None:
        """Read an optimiser's three arguments, of which one at most may be given."""
        given = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        chosen = [(kind, limit) for kind, limit in given.items() if limit is not None]
        if len(chosen) > 1:
            both = " and ".join(f"{kind}={limit!r}" for kind, limit in chosen)
            raise ArgumentError(
                f"{owner}: only one of clipnorm, clipvalue and global_clipnorm can be given, got {both}; "
                "keep the one you mean"
            )
        for kind, limit in chosen:
            return cls(kind, positive(owner, kind, limit, usual=1.0))  # type: ignore[arg-type]
        return None

    def vector(self, gradient: Array, segments: Sequence[Segment]) -> Array:
        """Return the clipped gradient of one vector; ``gradient`` itself stays as it is."""
        if self.kind == "clipvalue":
            return np.clip(gradient, -self.limit, self.limit)
        groups: dict[int, list[slice]] = {}
        for index, segment in enumerate(segments):
            if segment.trainable:
                group = index if self.kind == "clipnorm" else segment.clip_group
                groups.setdefault(group, []).extend(blocks(segment.where))
        clipped = gradient
        for slices in groups.values():
            factor = shrink_factor((gradient[where] for where in slices), self.limit)
            if factor != 1:
                clipped = gradient.copy() if clipped is gradient else clipped
                for where in slices:
                    clipped[where] *= factor
        return clipped

    def arrays(self, gradients: Sequence[Array]) -> list[Array]:
        """Return the clipped gradients of variables, each a flat array; the arrays given stay as they are."""
        if self.kind == "clipvalue":
            return [np.clip(gradient, -self.limit, self.limit) for gradient in gradients]
        if self.kind == "clipnorm":
            return [gradient * shrink_factor([gradient], self.limit) for gradient in gradients]
        factor = shrink_factor(gradients, self.limit)
        return [gradient * factor for gradient in gradients]
