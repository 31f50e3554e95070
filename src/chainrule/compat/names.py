"""How the modules of this package answer for a name they don't have: the nearest one, or where to find the thing."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from chainrule.errors import did_you_mean

FEW = 30  # so many names an error lists, if none is near


def namespace(
    module: str, label: str, hints: Mapping[str, str] | None = None
) -> tuple[Callable[[str], NoReturn], Callable[[], Sequence[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a module with an ``__all__``.

    Parameters
    ----------
    module : str
        Its ``__name__``.
    label : str
        What its users call it: ``tf.keras``.
    hints : mapping from name to sentence, optional
        What to say about names that people look for and chainrule has not.

    Examples
    --------
    >>> from chainrule.compat import nn
    >>> nn.sigmiod(0.0)
    Traceback (most recent call last):
    AttributeError: tf.nn has no 'sigmiod'; did you mean 'sigmoid'?
    """
    sentences = hints or {}

    def names() -> Sequence[str]:
        known: Sequence[str] = sys.modules[module].__all__
        return known

    def refuse(name: str) -> NoReturn:
        if name in sentences:
            raise AttributeError(f"{label} has no {name!r}: {sentences[name]}")
        plural = f"{name}s"  # keras.optimizer means keras.optimizers rather than keras.Optimizer
        nearest = did_you_mean(name, [plural] if plural in names() else names())
        if len(names()) > FEW and "did you mean" not in nearest:
            nearest = f"; dir({label}) lists what it has"
        raise AttributeError(f"{label} has no {name!r}{nearest}")

    return refuse, names
