"""Estimators: networks that take a table as it is."""

from chainrule.estimators.tabular import TabularModel, load, train

__all__ = ["TabularModel", "load", "train"]
