"""diagnose: run all checks on a network, and leave it as it was."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.analysis.diagnosis.checks import CHECKS
from chainrule.analysis.diagnosis.diagnosis import Diagnosis
from chainrule.analysis.diagnosis.evidence import Evidence
from chainrule.analysis.diagnosis.tabular import evidence_of_table
from chainrule.configurable import named_arguments
from chainrule.engine.data import as_array, check_inputs, check_weights
from chainrule.errors import ArgumentError, ShapeError, StateError
from chainrule.estimators.tabular import TabularModel
from chainrule.models.sequential import Sequential
from chainrule.random import check_seed
from chainrule.training.finding import Finding


@named_arguments
def diagnose(
    model: Any,
    X: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    feature_names: Sequence[str] | None = None,
    batch_size: int | None = None,
    seed: int = 0,
) -> Diagnosis:
    """Find out what is wrong with a network, its data or its training.

    Before training it judges data, loss, start and rate; after it also what was learned, from ``model.history``. The
    evidence comes from statistics of the layers and from short trainings of copies at other rates and batch sizes: the
    model, its optimiser and its position stay as they are, bit for bit. Each function in the files of
    ``chainrule.analysis.diagnosis`` says which statistic decides, its limit and where that comes from.

    Parameters
    ----------
    model : Sequential or TabularModel
        Compiled; trained or not. Where `fit` has been called, the start is drawn again from the model's seed.
    X : array-like (rows, features), or of a TabularModel a table
        The training rows.
    y : array-like (rows, ...)
        Their targets; a table has its own.
    sample_weight : array-like (rows,), optional
    feature_names : sequence of str, optional
        What findings call the features.
    batch_size : int, optional
        Default: that of the last `fit`, or 32.
    seed : int
        Of the rows that are looked at, where there are many.

    Returns
    -------
    Diagnosis

    Raises
    ------
    StateError
        The model is not compiled.
    ArgumentError, ShapeError, DataError
        The arguments don't fit each other or the model.

    Examples
    --------
    >>> from chainrule.layers import Dense
    >>> from chainrule.tables import samples
    >>> data = samples.moons()
    >>> model = Sequential([Dense(16, activation="relu"), Dense(2, activation="softmax")], seed=0)
    >>> model.compile("adam", loss="sparse_categorical_crossentropy")
    >>> diagnose(model, 1000 * data.X, data.y).names
    ('unscaled-inputs',)
    """
    check_seed(seed)
    if isinstance(model, TabularModel):
        given = {"y": y, "sample_weight": sample_weight, "feature_names": feature_names}
        extra = [name for name, value in given.items() if value is not None]
        if extra:
            raise ArgumentError(f"a TabularModel finds its target in the table; leave out {', '.join(extra)}")
        return _run(evidence_of_table(model, X, batch_size, seed))
    if not isinstance(model, Sequential):
        raise ArgumentError(f"diagnose expects a Sequential or a TabularModel, got {type(model).__name__}")
    if not model._compiled:
        raise StateError("diagnose before compile; call model.compile(optimizer=..., loss=...) first")
    if y is None:
        raise ArgumentError("diagnose needs targets y as well as inputs X")
    inputs, targets = check_inputs(X, "X"), as_array(y, "y")
    if targets.ndim == 0 or len(targets) != len(inputs):
        raise ShapeError(f"X and y must have the same number of rows, got {inputs.shape} and {targets.shape}")
    if feature_names is not None and len(feature_names) != inputs.shape[-1]:
        raise ShapeError(f"feature_names expects {inputs.shape[-1]} names, got {len(feature_names)}")
    weight = None if sample_weight is None else check_weights(sample_weight, len(inputs))
    copied = copy.deepcopy(model)
    return _run(Evidence(copied, inputs, targets, weight, feature_names, batch_size=batch_size, seed=seed))


def _run(evidence: Evidence) -> Diagnosis:
    """Run the checks, and tell a finding that another explains only there."""
    found: dict[str, Finding] = {}
    explained: dict[str, str] = {}
    with np.errstate(all="ignore"):
        for check in CHECKS:
            if evidence.refused and check.name != "activation-before-logits-loss":
                continue  # the model can't run before that is mended
            finding = check.find(evidence)
            if finding is None:
                continue
            found[check.name] = finding
            for name in check.explains:
                explained.setdefault(name, check.name)
        told = [
            replace(finding, explains=tuple(other for other in found if explained.get(other) == name))
            for name, finding in found.items()
            if name not in explained
        ]
        if evidence.refused:
            return Diagnosis(told, [], [])
        return Diagnosis(told, evidence.now.layers, evidence.start.layers)
