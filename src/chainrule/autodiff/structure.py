"""Nested lists, tuples and dicts of Tensors: taken apart into a flat list, and put together again."""

from collections.abc import Iterator
from typing import Any


def flatten(structure: Any) -> list[Any]:
    """Return the leaves of nested lists, tuples and dicts, in their order.

    Examples
    --------
    >>> flatten({"a": 1, "b": [2, (3,)]})
    [1, 2, 3]
    """
    if isinstance(structure, dict):
        structure = list(structure.values())
    if not isinstance(structure, (list, tuple)):
        return [structure]
    leaves = []
    for value in structure:
        if isinstance(value, (list, tuple, dict)):
            leaves += flatten(value)
        else:
            leaves.append(value)
    return leaves


def restore(structure: Any, leaves: Iterator[Any]) -> Any:
    """Return ``structure`` with its leaves replaced by the next ones of ``leaves``.

    Examples
    --------
    >>> restore({"a": 1, "b": [2, (3,)]}, iter("xyz"))
    {'a': 'x', 'b': ['y', ('z',)]}
    """
    if isinstance(structure, dict):
        return {key: restore(value, leaves) for key, value in structure.items()}
    if not isinstance(structure, (list, tuple)):
        return next(leaves)
    values = [restore(v, leaves) if isinstance(v, (list, tuple, dict)) else next(leaves) for v in structure]
    return type(structure)(*values) if hasattr(structure, "_fields") else type(structure)(values)
