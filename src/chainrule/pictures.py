"""Pictures: how models and histories show themselves, though what draws them stands above them.

Imports run only downward, so what is drawn doesn't know who draws it: ``chainrule/__init__`` says so, once for all.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from chainrule.errors import StateError

Drawer: TypeAlias = Callable[[Any], Any]
_drawers: dict[str, Drawer] = {}


def draw_with(**drawers: Drawer) -> None:
    """Say which function draws what: ``network`` a model, ``curves`` a history."""
    _drawers.update(drawers)


def picture(kind: str, thing: Any) -> Any:
    """Return the picture of a thing.

    Examples
    --------
    >>> from chainrule import Perceptron
    >>> picture("network", Perceptron([3.0, -2.0], bias=1.0)).svg[:4]
    '<svg'
    """
    return _drawers[kind](thing)


class Pictured:
    """Base of models that notebooks show as a drawing.

    Examples
    --------
    >>> from chainrule import Perceptron, Sequential
    >>> "non-linearity" in Perceptron([3.0, -2.0])._repr_html_(), Sequential()._repr_html_()
    (True, None)
    """

    def _repr_html_(self) -> str | None:
        try:
            return str(picture("network", self))
        except StateError:  # not built yet, so without weights: the notebook shows its text
            return None
