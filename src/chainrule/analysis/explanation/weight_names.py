"""Names of single weights: ``dense_1/kernel[0, 2]`` is row 0, column 2 of the matrix ``dense_1/kernel``."""

import re
from collections.abc import Sequence

from chainrule.autodiff.variable import Variable
from chainrule.errors import ArgumentError, UnknownNameError, did_you_mean

_FORM = re.compile(r"\s*(?P<name>[^\[\]]+?)\s*(?:\[(?P<index>[^\[\]]*)\])?\s*")


def find_weight(name: str, weights: Sequence[tuple[str, Variable]]) -> tuple[str, Variable, tuple[int, ...]]:
    """Return a weight's name in full, the Variable that holds it and its place there.

    Parameters
    ----------
    name : str
        Such as ``dense_1/bias[3]``; places count from 0, those below 0 from the end. A Variable that is a single number
        needs none.
    weights : sequence of (name, Variable)

    Raises
    ------
    UnknownNameError
        No Variable has that name.
    ArgumentError
        The place is missing, or outside of the Variable.

    Examples
    --------
    >>> import numpy as np
    >>> kernel = Variable(np.zeros((2, 3)))
    >>> find_weight("dense_1/kernel[0, -1]", [("dense_1/kernel", kernel)])[::2]
    ('dense_1/kernel[0, 2]', (0, 2))
    """
    match = _FORM.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        raise ArgumentError(f"a weight is named like 'dense_1/kernel[0, 2]', got {name!r}")
    known = dict(weights)
    if match["name"] not in known:
        raise UnknownNameError(f"the model has no weight {match['name']!r}{did_you_mean(match['name'], known)}")
    variable = known[match["name"]]
    given = [part.strip() for part in (match["index"] or "").split(",") if part.strip()]
    ranges = ", ".join(f"0 to {length - 1}" for length in variable.shape)
    expected = (
        f"{match['name']} has shape {variable.shape}; name one weight of it, such as {_first(match['name'], variable)}"
    )
    if len(given) != variable.ndim or not all(re.fullmatch(r"-?\d+", part) for part in given):
        raise ArgumentError(f"{expected}; got {name.strip()!r}")
    index = [int(part) + (length if int(part) < 0 else 0) for part, length in zip(given, variable.shape, strict=True)]
    if not all(0 <= i < length for i, length in zip(index, variable.shape, strict=True)):
        raise ArgumentError(f"{name.strip()!r} is outside of {match['name']}, whose places are {ranges}")
    return weight_name(match["name"], index), variable, tuple(index)


def weight_name(variable: str, index: Sequence[int]) -> str:
    """Return the name of one weight.

    Examples
    --------
    >>> weight_name("dense_1/kernel", (0, 2)), weight_name("scale_1/factor", ())
    ('dense_1/kernel[0, 2]', 'scale_1/factor')
    """
    return f"{variable}[{', '.join(str(int(i)) for i in index)}]" if len(index) else variable


def _first(name: str, variable: Variable) -> str:
    return weight_name(name, [0] * variable.ndim)
