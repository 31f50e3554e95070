"""What MLPClassifier and MLPRegressor share: scikit-learn's estimator around a Sequential."""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from chainrule.arrays import Array
from chainrule.engine.data import Rows
from chainrule.errors import ArgumentError, DataError, warn
from chainrule.estimators.architecture import build_network, dense_layers
from chainrule.estimators.convergence import Convergence, Course
from chainrule.estimators.estimator import Estimator
from chainrule.estimators.goal import Goal
from chainrule.estimators.lbfgs import minimize_lbfgs
from chainrule.estimators.parameters import LBFGS, RATE_RULES, check_parameters
from chainrule.estimators.rows import evaluation_parts, hold_out, in_blocks, shuffled
from chainrule.estimators.solvers import follows_rule, make_optimizer
from chainrule.models.sequential import Sequential
from chainrule.optimizers import SGD, Optimizer
from chainrule.regularizers import L2
from chainrule.training.batches import steps
from chainrule.training.callbacks import listed
from chainrule.training.divergence import TerminateOnNaN
from chainrule.training.history import History

AUTO_BATCH = 200
SPARSE = ["csr", "csc"]
FLOATS = (np.float64, np.float32)
NETWORK = ("hidden_layer_sizes", "activation", "loss", "dropout", "normalization", "dtype")  # what makes the network


def is_stochastic(estimator: Any) -> bool:
    """Whether an estimator can be trained epoch by epoch; if not, it has no partial_fit."""
    if estimator.solver == LBFGS:
        raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs is not stochastic.")
    return True


class MultilayerPerceptron(Estimator, ABC):
    """Base of the two estimators; they say what rows, targets and predictions are, training is here."""

    activation: Any
    solver: Any
    batch_size: Any
    max_iter: int
    shuffle: bool
    random_state: Any
    warm_start: bool
    early_stopping: bool
    validation_fraction: float
    loss: Any
    class_weight: Any
    network_: Sequential
    history_: History
    n_outputs_: int
    _goal: Goal
    _described: dict[str, str]
    _optimizer: Optimizer | None
    _course: Course

    @abstractmethod
    def _read(self, X: Any, y: Any, sample_weight: Any, incremental: bool, reset: bool) -> Rows:
        """Check data for training; return dense inputs, targets as the loss takes them, and weights."""

    @abstractmethod
    def _read_more(self, X: Any, y: Any, sample_weight: Any) -> Rows:
        """Check data for validation, and return them likewise."""

    @abstractmethod
    def _score_of(self, rows: Rows) -> float:
        """Return the score of the network as it is: accuracy, or R2."""

    def _weighed(self, rows: Rows, incremental: bool) -> Rows:
        """Return the rows to train on with the weights of their classes, where there are some."""
        return rows

    _stratified = False

    def fit(self, X: Any, y: Any, sample_weight: Any = None, eval_set: Any = None) -> Self:
        """Train on rows X and targets y.

        Parameters
        ----------
        X : array-like or sparse matrix (rows, features)
        y : array-like (rows,) or (rows, outputs)
        sample_weight : array-like (rows,), optional
        eval_set : (X, y) or (X, y, sample_weight), optional
            Rows to validate on after every epoch, instead of a held-out share: ``validation_scores_`` and ``history_``
            then have their curves, and ``early_stopping`` goes by them.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, eval_set, incremental=False)

    def _fit(self, X: Any, y: Any, sample_weight: Any, eval_set: Any, incremental: bool) -> Self:
        parameters = self.get_params(deep=False)
        check_parameters(parameters)
        first = not hasattr(self, "network_") or not (self.warm_start or incremental)
        network = {name: repr(parameters[name]) for name in NETWORK}
        if not first:
            _need_same(self._described, network)
        self._described = network
        rows = self._read(X, y, sample_weight, incremental, reset=first)
        draws = check_random_state(self.random_state)
        if first:
            self._begin(parameters, rows, draws)
        if self.solver == LBFGS:
            self._fit_lbfgs(rows, parameters, eval_set)
        else:
            self._fit_stochastic(rows, parameters, eval_set, draws, incremental)
        return self

    def _begin(self, parameters: dict[str, Any], rows: Rows, draws: Any) -> None:
        """Make the network, with its first weights."""
        goal = self._goal
        dtype = rows.x.dtype if parameters["dtype"] is None else np.dtype(parameters["dtype"])
        self._penalty = L2(0.0)
        self.network_ = build_network(
            parameters, rows.x.shape[1], self.n_outputs_, goal.activation, dtype, self._penalty, draws
        )
        self.out_activation_ = goal.name
        self.n_layers_ = len(self.coefs_) + 1
        self._course, self._optimizer = Course(), None
        self._split_seed = int(self.network_.seed)

    def _prepare(self, parameters: dict[str, Any], rows: Rows, batch_size: int) -> None:
        """Set what depends on the rows: scikit-learn adds alpha / 2 ||W||^2 / (weight of the batch) to J."""
        weight = 1.0 if rows.weight is None else float(rows.weight.mean())
        self._penalty.l2 = parameters["alpha"] / (2 * batch_size * (weight or 1.0))

    def _compile(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer
        factor = None if self._goal.factor == 1 else self._goal.factor
        self.network_.compile(optimizer, self._goal.loss, loss_weights=factor)

    def _fit_lbfgs(self, rows: Rows, parameters: dict[str, Any], eval_set: Any) -> None:
        random = parameters["normalization"] == "batch" or np.any(np.asarray(parameters["dropout"], np.float64) > 0)
        if random or parameters["callbacks"] or eval_set is not None:
            raise ArgumentError(
                "the solver lbfgs goes without dropout, batch normalization, callbacks and eval_set: it has no epochs, "
                "and needs the same J at every call; take another solver, adam say"
            )
        if parameters["learning_rate"] not in RATE_RULES:  # those are scikit-learn's, which says nothing of them either
            raise ArgumentError(
                "the solver lbfgs finds the length of its steps itself, and goes without a schedule, got "
                f"learning_rate={parameters['learning_rate']!r}; leave it out, or take another solver, adam say"
            )
        rows = self._weighed(rows, incremental=False)
        self._prepare(parameters, rows, len(rows))
        self._compile(SGD())
        network, options = self.network_, {name: parameters[name] for name in ("max_iter", "max_fun", "tol", "verbose")}
        found = minimize_lbfgs(
            network.objective(rows.x, rows.y, rows.weight), network.parameters.values.astype(np.float64), **options
        )
        network.parameters.writable()[...] = found.weights
        constant = self._goal.constant(rows)
        self.loss_, self.n_iter_, self.t_, self._optimizer = found.loss + constant, found.iterations, 0, None
        self.history_ = History({"epochs": self.max_iter, "rows": len(rows), "batch_size": len(rows)})
        for iteration, loss in enumerate(found.losses):
            self.history_.append(iteration, {"loss": loss})
        self.converged_ = not found.complaint
        self.history_.stopped_by = found.complaint or "the gradient is small enough"
        if not np.isfinite(found.weights).all():
            raise DataError(_NOT_FINITE)
        if found.complaint:
            warn(
                f"lbfgs failed to converge after {self.n_iter_} iteration(s): {found.complaint}. Increase max_iter or "
                "scale the data to mean 0 and deviation 1",
                ConvergenceWarning,
            )

    def _fit_stochastic(
        self, rows: Rows, parameters: dict[str, Any], eval_set: Any, draws: Any, incremental: bool
    ) -> None:
        rows, held = self._validation(rows, eval_set, draws, incremental)
        rows = self._weighed(rows, incremental)
        size = self._batch_size(len(rows))
        self._prepare(parameters, rows, size)
        optimizer = make_optimizer(parameters, None if incremental else self.max_iter * steps(len(rows), size))
        if self._optimizer is None or not incremental:
            self._compile(optimizer)
        network = self.network_
        score = None if held is None else lambda: self._score_of(held)
        rule = parameters["learning_rate"]
        convergence = Convergence(
            self._course,
            parameters,
            rule if self.solver == "sgd" and follows_rule(rule) else "constant",
            self._goal.constant(rows),
            score,
            once=incremental,
        )
        own = listed(parameters["callbacks"])
        try:
            network.fit(
                rows.x,
                rows.y,
                sample_weight=rows.weight,
                batch_size=size,
                epochs=1 if incremental else self.max_iter,
                shuffle=shuffled(len(rows), draws) if self.shuffle else False,
                validation_data=None if held is None else (held.x, held.y, held.weight),
                callbacks=[convergence, TerminateOnNaN(), *own],
                verbose=0,
            )
        except KeyboardInterrupt:
            warn("Training interrupted by user.")
        self._finish(incremental)

    def _validation(self, rows: Rows, eval_set: Any, draws: Any, incremental: bool) -> tuple[Rows, Rows | None]:
        """Return the rows to train on, and those to validate on."""
        if eval_set is not None:
            return rows, self._read_more(*evaluation_parts(eval_set))
        if not self.early_stopping:
            return rows, None
        if incremental:  # of the same rows the same share must be held out at every call
            draws = check_random_state(self._split_seed)
        return hold_out(rows, self.validation_fraction, self._stratified and self.n_outputs_ == 1, draws)

    def _batch_size(self, rows: int) -> int:
        if isinstance(self.batch_size, str):
            return min(AUTO_BATCH, rows)
        if self.batch_size > rows:
            warn("Got `batch_size` less than 1 or larger than sample size. It is going to be clipped")
        return min(int(self.batch_size), rows)

    def _finish(self, incremental: bool) -> None:
        """Say on the estimator what the training gave."""
        course, history = self._course, self.network_.history
        assert history is not None  # fit has set it
        self.history_ = history
        self.n_iter_, self.t_, self.converged_ = course.epochs, course.rows, course.converged
        self.loss_curve_ = course.losses
        self.validation_scores_ = course.scores
        self.best_validation_score_ = None if course.scores is None else course.best_score
        self.best_loss_ = None if self.early_stopping else course.best_loss
        if course.losses:
            self.loss_ = course.losses[-1]
        if history.diverged:
            raise DataError(f"{_NOT_FINITE} {history.stopped_by[0].upper()}{history.stopped_by[1:]}.")
        if not incremental and history.stopped_by == "all epochs done":
            warn(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't "
                "converged yet.",
                ConvergenceWarning,
            )

    def _outputs(self, X: Any) -> Array:
        """Return the outputs of the network for rows as a user gives them."""
        check_is_fitted(self)
        return in_blocks(validate_data(self, X, accept_sparse=SPARSE, reset=False), self.network_.predict)

    @property
    def coefs_(self) -> list[Array]:
        """The weights W of each dense layer, (in, out): views, so that what is written into them counts."""
        return [layer.kernel.writable() for layer in dense_layers(self._fitted("coefs_"))]

    @coefs_.setter
    def coefs_(self, values: Any) -> None:
        for view, given in zip(self.coefs_, values, strict=True):
            view[...] = given

    @property
    def intercepts_(self) -> list[Array]:
        """The biases b of each dense layer, (out,): views, so that what is written into them counts."""
        return [layer.bias.writable() for layer in dense_layers(self._fitted("intercepts_"))]

    @intercepts_.setter
    def intercepts_(self, values: Any) -> None:
        for view, given in zip(self.intercepts_, values, strict=True):
            view[...] = given

    def _fitted(self, name: str) -> Sequential:
        if "network_" not in vars(self):
            raise AttributeError(f"{type(self).__name__} has no {name} before it is fitted")
        return self.network_

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn's tools may do: sparse inputs are taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _need_same(before: dict[str, str], now: dict[str, str]) -> None:
    """Refuse to go on with another network than the one there is."""
    for name, value in now.items():
        if value != before[name]:
            raise ArgumentError(
                f"{name} was {before[name]} when the network was made, got {value}: partial_fit and warm starts go on "
                "with the same network; fit with warm_start=False, or a clone"
            )


_NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be preprocessed."
)
