"""sweep: try many settings of a network, on all cores, and keep the best."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.analysis.search import Search, Watch
from chainrule.analysis.search_space import SearchSpace
from chainrule.analysis.sweep_problem import ModelProblem, Problem, TableProblem
from chainrule.analysis.sweep_result import SweepResult
from chainrule.errors import ArgumentError, UnknownArgumentError, did_you_mean
from chainrule.estimators.network import Options
from chainrule.random import check_seed
from chainrule.tables import DataOptions, read_table


def sweep(
    source: Any,
    space: Mapping[str, Any],
    target: str | None = None,
    *,
    build: Callable[..., Any] | None = None,
    task: str | None = None,
    trials: int | None = None,
    jobs: int | None = None,
    executor: Executor | None = None,
    sampler: str = "tpe",
    pruner: str = "median",
    metric: str | None = None,
    folds: int | None = None,
    storage: str | os.PathLike[str] | None = None,
    resume: bool = False,
    timeout: float | None = None,
    seed: int = 0,
    data: DataOptions | None = None,
    watch: Watch | None = None,
    **settings: Any,
) -> SweepResult:
    """Try settings on the rows of training and validation, and train a model with the best ones.

    The test rows are used once, for the score of that model.

    Parameters
    ----------
    source : path, data frame, dict of columns or Table; or (X, y)
        A table is read, split and encoded as `chainrule.train` does.
    space : mapping from a setting's name to what is tried
        A tuple of two numbers is a range: of learning_rate, weight_decay and batch_size on a logarithmic scale. A list
        is tried one by one. See `SearchSpace`.
    target : str, optional
        The column to predict; not for (X, y).
    build : function, optional
        For (X, y): takes the settings, but ``epochs`` and ``batch_size``, as keywords, and returns a compiled model.
        Without it the network is that of `chainrule.train`.
    task : {"classification", "regression"}, optional
    trials : int, optional
        Of the whole study, whoever does them. Default: 32, or all points of a grid.
    jobs : int, optional
        How many at once; default: one a core.
    executor : concurrent.futures.Executor, optional
        Where trials run instead: other processes, or other machines. What is not a pool of threads gets pickles, and
        prunes only where a ``storage`` is given that its workers can open.
    sampler : {"tpe", "random", "grid"}
    pruner : {"median", "hyperband", "none"}
        Which trials end early, by their curve on the validation rows.
    metric : str, optional
        The score; default: the validation loss at the end of training. Of a table, see `chainrule.train`: then the best
        epoch of each trial counts.
    folds : int, optional
        Of a table: the score is the mean of a cross-validation.
    storage : path or URL, optional
        A journal file, or a database such as "sqlite:///sweep.db", that several processes may share.
    resume : bool
        Whether to go on with the study in the storage.
    timeout : float, optional
        Seconds after which no trial is begun.
    seed : int
        Of the sampler, and of split, weights and orders in every trial.
    data : DataOptions, optional
    watch : function of a list of `Trial`, optional
        Is told the trials whenever one has begun or ended.
    **settings
        Settings that are fixed, such as ``epochs=20``.

    Returns
    -------
    SweepResult

    Raises
    ------
    ArgumentError, UnknownNameError
        A setting, range or name that makes no sense.
    FileError
        The storage can't be used, or holds a study and ``resume`` is False.
    DataError
        The table can't be learned from.
    DependencyError
        Optuna is not installed.

    Notes
    -----
    One job and one process give the same trials each time. With more, what is tried depends on which trials have ended.

    References
    ----------
    Akiba et al., Optuna: A Next-generation Hyperparameter Optimization Framework, KDD 2019.
    Bergstra & Bengio, Random Search for Hyper-Parameter Optimization, JMLR 13, 2012.

    Examples
    --------
    >>> data = {"hours": [1.0, 2.0, 8.0, 9.0] * 10, "passed": ["no", "no", "yes", "yes"] * 10}
    >>> result = sweep(data, {"learning_rate": (1e-4, 0.1), "hidden": [(4,), (8,)]}, "passed", trials=4, epochs=5)
    >>> len(result.trials), result.best.settings["hidden"] in [(4,), (8,)], result.model.predict({"hours": [9.0]}).shape
    (4, True, (1,))
    """
    entries = SearchSpace({**_single(settings), **space}) if isinstance(space, Mapping) else SearchSpace(space)
    problem: Problem
    if build is not None:
        problem = _model_problem(source, build, metric, seed, entries, task, folds, data)
    else:
        problem = _table_problem(source, target, task, entries, metric, seed, data, folds)
    search = Search(problem, entries, trials, sampler, pruner, storage, resume, seed)
    search.run(jobs, executor, timeout, watch)
    return search.result()


def _single(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return fixed settings, each as the one choice that there is."""
    return {name: value if name == "hidden" else [value] for name, value in settings.items()}


def _model_problem(
    source: Any, build: Any, metric: str | None, seed: int, space: SearchSpace, *of_tables: Any
) -> ModelProblem:
    if not callable(build):
        raise ArgumentError(f"build must be a function that returns a compiled model, got {build!r}")
    if not isinstance(source, tuple) or len(source) != 2:
        raise ArgumentError("with build, the source is a pair of arrays (X, y)")
    if any(given is not None for given in of_tables):
        raise ArgumentError("task, folds and data are for tables; build makes the model for arrays")
    return ModelProblem(build, *source, metric, check_seed(seed), space.settings(space.grid(1)[0]))


def _table_problem(
    source: Any,
    target: str | None,
    task: str | None,
    space: SearchSpace,
    metric: str | None,
    seed: int,
    data: DataOptions | None,
    folds: int | None,
) -> TableProblem:
    if isinstance(source, tuple) and len(source) == 2:
        source, target = _columns(*source), "y"
    elif target is None:
        raise ArgumentError("target names the column of the table to predict; it is missing")
    options = [f.name for f in fields(Options)]
    for name in space.entries:
        if name not in options:
            raise UnknownArgumentError(f"a network for a table has no setting {name!r}{did_you_mean(name, options)}")
    base = Options(**{"metric": metric, "seed": check_seed(seed), **space.fixed})
    name = Path(source).name if isinstance(source, str | os.PathLike) else "table"
    return TableProblem(read_table(source), target, task, base, data, folds, name)


def _columns(X: Any, y: Any) -> dict[str, Any]:
    inputs, targets = np.asarray(X), np.asarray(y)
    if inputs.ndim != 2 or targets.shape != (len(inputs),):
        raise ArgumentError(
            f"(X, y) expects (rows, features) and (rows,), got {inputs.shape} and {targets.shape}; "
            "for other shapes give a function as build"
        )
    return {**{f"x{i}": inputs[:, i] for i in range(inputs.shape[1])}, "y": targets}
