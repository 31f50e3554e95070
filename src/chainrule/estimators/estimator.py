"""Estimator: what scikit-learn asks of a constructor, said once for all four estimators."""

from typing import Any

from sklearn.base import BaseEstimator


class Estimator(BaseEstimator):
    """scikit-learn's kind of estimator, whose constructor keeps its arguments as they are.

    Each of them stands in the signature, as ``get_params`` and ``clone`` need it.

    Examples
    --------
    >>> class Constant(Estimator):
    ...     def __init__(self, value=0.0):
    ...         self.keep(locals())
    >>> Constant(2.0).get_params()
    {'value': 2.0}
    """

    def keep(self, arguments: dict[str, Any]) -> None:
        """Keep the arguments of the constructor, under their names and as they are."""
        for name in self._get_param_names():
            setattr(self, name, arguments[name])
