"""The network inside whatever a person calls a model, with the names of its inputs and outputs."""

from typing import Any, NamedTuple

from chainrule.errors import ArgumentError
from chainrule.estimators.core import TabularNetwork
from chainrule.models.sequential import Sequential
from chainrule.tables import ClassTarget, Encoder, LabelsTarget


class Found(NamedTuple):
    """A network, the encoder before it where there is one, and names where they are known."""

    network: Sequential
    encoder: Encoder | None = None
    input_names: tuple[str, ...] | None = None
    output_names: tuple[str, ...] | None = None


def network_of(model: Any, where: str) -> Found:
    """Return the network of a Sequential, a TabularModel or a fitted estimator.

    Raises
    ------
    ArgumentError
        There is none.

    Examples
    --------
    >>> from chainrule.layers import Dense
    >>> network_of(Sequential([Dense(1)], seed=0), "draw").encoder is None
    True
    >>> network_of(3, "draw")
    Traceback (most recent call last):
    chainrule.errors.ArgumentError: draw expects a Sequential, a TabularModel or a fitted estimator, got int
    """
    if isinstance(model, Sequential):
        return Found(model)
    if isinstance(model, TabularNetwork):
        target = model.target
        names = target.classes if isinstance(target, ClassTarget) else None
        names = target.labels if isinstance(target, LabelsTarget) else names
        return Found(model.network, model.encoder, model.encoder.feature_names, names)
    network = getattr(model, "network_", None)
    if isinstance(network, Sequential):
        names = tuple(map(str, getattr(model, "classes_", ())))
        units = network.output_shape[-1]
        return Found(network, output_names=names if len(names) == units else None)
    raise ArgumentError(
        f"{where} expects a Sequential, a TabularModel or a fitted estimator, got {type(model).__name__}"
    )
