"""Estimators: networks that take a table as it is, and scikit-learn's MLPClassifier and MLPRegressor on this engine.

Those of scikit-learn's kind load when they are first used: the others work without scikit-learn.
"""

from typing import TYPE_CHECKING

from chainrule.estimators.tabular import TabularModel, load, train
from chainrule.lazy import loader

if TYPE_CHECKING:
    from chainrule.estimators.classifier import MLPClassifier
    from chainrule.estimators.regressor import MLPRegressor
    from chainrule.estimators.tabular_classifier import TabularClassifier
    from chainrule.estimators.tabular_regressor import TabularRegressor

__all__ = [
    "MLPClassifier",
    "MLPRegressor",
    "TabularClassifier",
    "TabularModel",
    "TabularRegressor",
    "load",
    "train",
]

_HOMES = {
    "MLPClassifier": "classifier",
    "MLPRegressor": "regressor",
    "TabularClassifier": "tabular_classifier",
    "TabularRegressor": "tabular_regressor",
}
_NEEDS = dict.fromkeys(("sklearn", "scipy", "joblib", "threadpoolctl"), ("scikit-learn", "sklearn"))
__getattr__ = loader(__name__, _HOMES, _NEEDS)


def __dir__() -> list[str]:
    return __all__
