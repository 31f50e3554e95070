"""MLPRegressor: scikit-learn's, on chainrule's engine."""

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from chainrule.arrays import Array
from chainrule.engine.data import Rows
from chainrule.estimators.goal import regression_goal
from chainrule.estimators.multilayer_perceptron import FLOATS, SPARSE, MultilayerPerceptron, is_stochastic
from chainrule.estimators.rows import dense, weights_of


class MLPRegressor(RegressorMixin, MultilayerPerceptron):
    """A multilayer perceptron for numbers: scikit-learn's MLPRegressor, trained by chainrule's engine.

        J(W) = sum_i w_i L(y_i, f(x_i; W)) / sum_i w_i + alpha / (2 B) sum ||W||^2,   L = 1/2 sum_k (y_k - f_k)^2

    Replace ``from sklearn.neural_network import MLPRegressor`` by ``from chainrule.estimators import MLPRegressor``:
    arguments, defaults, attributes and results stay.

    Parameters
    ----------
    loss : {"squared_error", "poisson"}, or str, Loss or function
        "poisson" is half the Poisson deviance of counts y >= 0, summed over the outputs; the network then gives the
        logarithm of the mean, and its output layer the exponential of that. Beyond scikit-learn: every loss of
        chainrule, as written: "huber", "mae", Quantile(0.9), a function of two Tensors.
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter
        As for `MLPClassifier`.
    shuffle, random_state, tol, verbose, warm_start, momentum, nesterovs_momentum, validation_fraction, beta_1, beta_2
        As for `MLPClassifier`.
    epsilon, n_iter_no_change, max_fun, dropout, normalization, dtype, restore_best_weights, callbacks
        As for `MLPClassifier`.
    early_stopping : bool
        Hold out ``validation_fraction`` of the rows, stop by R2 on them, and keep the weights of the best epoch.

    Attributes
    ----------
    coefs_, intercepts_, loss_, best_loss_, loss_curve_, n_iter_, t_, n_layers_, n_outputs_, n_features_in_
        As for `MLPClassifier`.
    validation_scores_, best_validation_score_
        R2 after each epoch on the held-out rows or ``eval_set``; None without.
    out_activation_ : {"identity", "exp"}
    feature_names_in_, network_, history_, converged_
        As for `MLPClassifier`.

    Notes
    -----
    With several outputs scikit-learn descends on the sum of the squared errors over the outputs, and reports their mean
    as its loss (with "lbfgs" the two contradict each other). Here the weights follow the same path, and ``loss_`` is
    the sum: what training descends on.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.linspace(-1, 1, 40)[:, None]
    >>> model = MLPRegressor(hidden_layer_sizes=[16], activation="tanh", solver="lbfgs", random_state=0)
    >>> print(f"{model.fit(X, X.ravel() ** 2).score(X, X.ravel() ** 2):.2f}")
    1.00
    """

    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = 10,
        max_fun: int = 15000,
        dropout: Any = 0.0,
        normalization: str | None = None,
        dtype: Any = None,
        restore_best_weights: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.keep(locals())

    @available_if(is_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, eval_set: Any = None) -> Self:
        """Train for one epoch on these rows, and go on from where earlier calls have led.

        Parameters
        ----------
        X : array-like or sparse matrix (rows, features)
        y : array-like (rows,) or (rows, outputs)
        sample_weight : array-like (rows,), optional
        eval_set : (X, y) or (X, y, sample_weight), optional
            As for `fit`.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, eval_set, incremental=True)

    def _read(self, X: Any, y: Any, sample_weight: Any, incremental: bool, reset: bool) -> Rows:
        rows = self._checked(X, y, sample_weight, reset)
        if reset and rows.y is not None:
            self.n_outputs_ = rows.y.shape[1]
            self._goal = regression_goal(self.loss, self.n_outputs_)
        return rows

    def _read_more(self, X: Any, y: Any, sample_weight: Any) -> Rows:
        return self._checked(X, y, sample_weight, reset=False)

    def _checked(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> Rows:
        X, y = validate_data(
            self, X, y, accept_sparse=SPARSE, multi_output=True, y_numeric=True, dtype=FLOATS, reset=reset
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return Rows(dense(X), y.reshape(len(y), -1), weights_of(sample_weight, len(y)))

    def _score_of(self, rows: Rows) -> float:
        outputs = self.network_.predict(rows.x)
        if not np.isfinite(outputs).all():
            return float("nan")
        return float(r2_score(rows.y, outputs, sample_weight=rows.weight))

    def predict(self, X: Any) -> Array:
        """Return the number for each row, (rows,), or with several outputs the numbers, (rows, outputs).

        Parameters
        ----------
        X : array-like or sparse matrix (rows, features)
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn's tools may do: y may have several columns."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
