"""Estimators: networks that take a table as it is, and scikit-learn's MLPClassifier and MLPRegressor on this engine.

Those of scikit-learn's kind load when they are first used: the others work without scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chainrule.errors import DependencyError, did_you_mean
from chainrule.estimators.tabular import TabularModel, load, train

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
_EXTRA = ("sklearn", "scipy", "joblib", "threadpoolctl")


def __getattr__(name: str) -> Any:
    """Load an estimator that needs scikit-learn, or say how to install it."""
    if name not in _HOMES:
        raise AttributeError(f"chainrule.estimators has no name {name!r}{did_you_mean(name, __all__)}")
    try:
        estimator = getattr(import_module(f"chainrule.estimators.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in _EXTRA:
            raise
        fix = "install it with: pip install 'chainrule[sklearn]'"
        raise DependencyError(f"{name} needs scikit-learn; {fix}") from error
    globals()[name] = estimator
    return estimator


def __dir__() -> list[str]:
    return __all__
