"""Neural networks you can see through, at native speed.

The public names below load when they are first used, so that ``import chainrule`` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from chainrule import (
        activations,
        analysis,
        callbacks,
        constraints,
        engine,
        errors,
        initializers,
        layers,
        losses,
        metrics,
        models,
        optimizers,
        regularizers,
        tables,
    )
    from chainrule.autodiff import ops
    from chainrule.autodiff.gradient_check import gradient_check
    from chainrule.autodiff.tape import GradientTape, gradient, value_and_gradient
    from chainrule.autodiff.tensor import Tensor
    from chainrule.autodiff.variable import Variable
    from chainrule.estimators import TabularClassifier, TabularRegressor
    from chainrule.estimators.tabular import load, train
    from chainrule.models.perceptron import Perceptron
    from chainrule.models.sequential import Sequential
    from chainrule.training.gradient_descent import gradient_descent

_HOMES = {
    "GradientTape": "autodiff.tape",
    "Perceptron": "models.perceptron",
    "Sequential": "models.sequential",
    "TabularClassifier": "estimators",
    "TabularRegressor": "estimators",
    "Tensor": "autodiff.tensor",
    "Variable": "autodiff.variable",
    "gradient": "autodiff.tape",
    "gradient_check": "autodiff.gradient_check",
    "gradient_descent": "training.gradient_descent",
    "load": "estimators.tabular",
    "ops": "autodiff",
    "train": "estimators.tabular",
    "value_and_gradient": "autodiff.tape",
}
_MODULES = {
    "activations", "analysis", "callbacks", "constraints", "engine", "errors", "initializers", "layers", "losses",
    "metrics", "models", "optimizers", "regularizers", "tables",
}  # fmt: skip

__all__ = [
    "GradientTape",
    "Perceptron",
    "Sequential",
    "TabularClassifier",
    "TabularRegressor",
    "Tensor",
    "Variable",
    "activations",
    "analysis",
    "callbacks",
    "constraints",
    "engine",
    "errors",
    "gradient",
    "gradient_check",
    "gradient_descent",
    "initializers",
    "layers",
    "load",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "regularizers",
    "tables",
    "train",
    "value_and_gradient",
]


def __getattr__(name: str) -> Any:
    """Load a public name the first time it is used."""
    if name in _MODULES:
        value: Any = import_module(f"chainrule.{name}")
    elif name in _HOMES:
        home = import_module(f"chainrule.{_HOMES[name]}")
        value = import_module("chainrule.autodiff.ops") if name == "ops" else getattr(home, name)
    else:
        from chainrule.errors import did_you_mean

        raise AttributeError(f"chainrule has no name {name!r}{did_you_mean(name, __all__)}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
