"""A stamp that every change of a layer, or of the seed of its stream, renews: what is made of layers is good till then.

It is one for all layers, for nobody knows who holds a layer. Weights may change without it: they change in place.
Stamps are compared by identity, so that none ever comes back.

Examples
--------
>>> from chainrule.layers import Dense
>>> layer, before = Dense(2), stamp()
>>> before is stamp()
True
>>> layer.activation = None
>>> before is stamp()
False
"""

_latest = object()


def stamp() -> object:
    """Return the stamp of the latest change."""
    return _latest


def note() -> None:
    """Note a change: whoever makes one does so after it."""
    global _latest  # noqa: PLW0603  # layers may be shared, so it is the process's
    _latest = object()
