"""What every metric is: a number kept up to date batch by batch."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeAlias

from chainrule.arrays import Array
from chainrule.configurable import Configurable, snake_case
from chainrule.errors import StateError

Result: TypeAlias = float | Array


class Metric(Configurable, ABC):
    """A measure of a model, gathered over batches; its value is that of all their examples together.

    Subclass it with three methods: ``reset_state`` makes the state empty (call it from ``__init__``),
    ``update_state`` takes one batch in, ``result`` gives the value over everything taken in since the reset.
    Predictions are what the model's last activation gives: probabilities for a classifier.

    Parameters
    ----------
    name : str, optional
        The key in the history; the class's name in snake case by default.

    Attributes
    ----------
    larger_is_better : bool or None
        What ``EarlyStopping`` takes "better" to mean; None where it is not known or there is no order.

    Examples
    --------
    >>> class Bias(Metric):
    ...     def __init__(self, name=None):
    ...         super().__init__(name)
    ...         self.reset_state()
    ...     def reset_state(self):
    ...         self.total, self.count = 0.0, 0
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.total += float(np.sum(np.subtract(y_pred, y_true)))
    ...         self.count += len(y_true)
    ...     def result(self):
    ...         return self.total / self.count
    >>> import numpy as np
    >>> bias = Bias()
    >>> bias([1.0, 2.0], [1.5, 2.5]), bias.name
    (0.5, 'bias')
    """

    larger_is_better: bool | None = None

    def __init__(self, name: str | None = None) -> None:
        self.name = name or snake_case(type(self).__name__)

    @abstractmethod
    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take one batch in: ``update_state(y_true, y_pred, sample_weight=None)``."""

    @abstractmethod
    def result(self) -> Result:
        """Return the value over all batches since the last reset."""

    @abstractmethod
    def reset_state(self) -> None:
        """Forget all batches."""

    def get_state(self) -> dict[str, Any]:
        """Return all that the metric keeps, for a checkpoint in the middle of an epoch.

        The attributes, functions among them left out. A metric that keeps something else than numbers, text, arrays,
        and lists and dicts of them overrides this and `set_state`.
        """
        return {
            name: value.get_state() if isinstance(value, Metric) else value
            for name, value in vars(self).items()
            if name != "_arguments" and not (callable(value) and not isinstance(value, Metric))
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `get_state` gave."""
        for name, value in state.items():
            part = vars(self).get(name)
            if isinstance(part, Metric):
                part.set_state(value)
            else:
                setattr(self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Result:
        """Take one batch in and return the value over all batches so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def _no_data(self) -> StateError:
        return StateError(
            f"{self.name} has no data yet (no examples, or only examples of weight 0); call update_state before result"
        )
