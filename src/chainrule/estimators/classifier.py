"""MLPClassifier: scikit-learn's, on chainrule's engine."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import validate_data

from chainrule.arrays import Array
from chainrule.engine.data import Rows
from chainrule.errors import ArgumentError, DataError
from chainrule.estimators.goal import classification_goal
from chainrule.estimators.multilayer_perceptron import FLOATS, SPARSE, MultilayerPerceptron, is_stochastic
from chainrule.estimators.rows import dense, weights_of

HALF = 0.5


class MLPClassifier(ClassifierMixin, MultilayerPerceptron):
    """A multilayer perceptron for classes: scikit-learn's MLPClassifier, trained by chainrule's engine.

        J(W) = sum_i w_i L(y_i, f(x_i; W)) / sum_i w_i + alpha / (2 B) sum ||W||^2

    L is the cross-entropy: over a softmax for several classes, over a sigmoid for two, summed over sigmoids for labels
    of which several may hold. Replace ``from sklearn.neural_network import MLPClassifier`` by
    ``from chainrule.estimators import MLPClassifier``: arguments, defaults, attributes and results stay. The same
    ``random_state`` draws the same first weights, held-out rows and batches as scikit-learn does, so that the losses
    agree to rounding, epoch by epoch.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int
        **scikit-learn's own, the network.** Units of each hidden layer.
    activation : str, Activation or callable, or a list with one for each hidden layer
        "identity", "logistic", "tanh", "relu"; beyond scikit-learn every activation of chainrule ("gelu", "silu" ...),
        and functions of a Tensor (these run on the Python engine).
    solver : {"lbfgs", "sgd", "adam", "adamw", "rmsprop", "adagrad", "adadelta"} or Optimizer
        **Training.** "lbfgs" is SciPy's L-BFGS-B on all rows at once. The last four, and an Optimizer with settings of
        its own, go beyond scikit-learn.
    alpha : float >= 0
        Penalty alpha/2 ||W||^2, divided by the number of rows in a batch (by their weights, where rows have some); not
        on biases. scikit-learn divides by the rows of each batch itself: here a short last batch has the same penalty
        as the others, so that J is one function. The difference is ``alpha W (1/b - 1/B)`` in one step of an epoch.
    batch_size : "auto" or int >= 1
        B. "auto" is min(200, rows).
    learning_rate : {"constant", "invscaling", "adaptive"}, the name of a schedule, or Schedule
        The three rules count with the solver "sgd" only, as in scikit-learn: "invscaling" is
        ``learning_rate_init / (rows seen + 1)^power_t`` after each epoch, "adaptive" divides the rate by 5 where
        training would stop. Beyond scikit-learn, with every solver but "lbfgs": the names of ``chainrule train
        --schedule`` ("cosine", "linear", "one_cycle" ...) from the peak ``learning_rate_init``, or that of the
        Optimizer, over all ``max_iter`` epochs (``n_iter_no_change=np.inf`` runs them all; not for partial_fit), and a
        Schedule of the step.
    learning_rate_init : float > 0
    power_t : float >= 0
    max_iter : int >= 1
        Most epochs; for "lbfgs" iterations.
    shuffle : bool
        Whether every epoch has an order of its own.
    random_state : int, RandomState or None
    tol : float >= 0
    n_iter_no_change : int >= 1
        Training stops after more than so many epochs whose loss (with early stopping: score) is not better by tol.
    verbose : bool
        Print a line for each epoch.
    warm_start : bool
        Whether a further fit goes on from the weights that are there.
    momentum : float in [0, 1)
        Of "sgd". (scikit-learn lets 1 pass, with which nothing converges.)
    nesterovs_momentum : bool
    early_stopping : bool
        Hold out ``validation_fraction`` of the rows (stratified for two classes), stop by the accuracy on them, and
        keep the weights of the best epoch.
    validation_fraction : float in [0, 1)
    beta_1, beta_2 : float in [0, 1)
        Of "adam" and "adamw".
    epsilon : float > 0
        Of "adam" and "adamw".
    max_fun : int >= 1
        Of "lbfgs": most evaluations of J.
    loss : "log_loss", or str, Loss or function
        **Beyond scikit-learn, the network.** Any loss of chainrule, as written, on the probabilities: of class codes
        (SparseCategoricalCrossentropy) or rows of zeros and ones (the others).
    dropout : float in [0, 1), or a list with one for each hidden layer
        Share of each hidden layer's outputs that is left out in training.
    normalization : {None, "batch", "layer"}
        Of each hidden layer, between product and activation.
    dtype : {None, "float32", "float64"}
        Type of the weights; None is that of X, as in scikit-learn. "float32" trains about twice as fast.
    class_weight : dict from class to weight, "balanced" or None
        **Beyond scikit-learn, training.** Multiplies the weights of the rows; "balanced" weighs classes by one over
        their frequency. With several labels: a list of dicts.
    restore_best_weights : bool
        Keep the weights of the best epoch also without early stopping: by the score on ``eval_set`` where there is one,
        else by the training loss.
    callbacks : Callback or list of Callback, optional
        Of `chainrule.callbacks`; they are used as they are, not copied.

    Attributes
    ----------
    classes_ : array
    coefs_, intercepts_ : list of array
        W (in, out) and b (out,) of each dense layer; views of the network's.
    loss_, best_loss_ : float
    loss_curve_ : list of float
        J in each epoch; over all calls of partial_fit and of fits with a warm start.
    validation_scores_, best_validation_score_
        Accuracy after each epoch on the held-out rows or ``eval_set``; None without.
    n_iter_, t_, n_layers_, n_outputs_, n_features_in_ : int
    out_activation_ : {"softmax", "logistic"}
    feature_names_in_ : array of str
        Where X was a data frame.
    network_ : Sequential
        The network itself: ``network_.summary()``, ``network_.save(path)``.
    history_ : History
        Of the last fit: losses and validation losses by epoch, what ended it, ``history_.plot()``.
    converged_ : bool
        Whether the last fit ended because it had converged.

    Notes
    -----
    Sparse X is made dense for training; for predictions a block at a time. `partial_fit` goes with early stopping: the
    same share of each call's rows is held out (or give ``eval_set``), and when ``converged_`` becomes true the network
    has the best weights. Rows are weighed within each batch, as in scikit-learn; ``loss_curve_`` averages the batches
    by their weight, where scikit-learn averages by their size.

    References
    ----------
    Pedregosa et al., "Scikit-learn: machine learning in Python", JMLR 2011. Glorot & Bengio, "Understanding the
    difficulty of training deep feedforward neural networks", 2010.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier([16], "logistic", solver="lbfgs", alpha=1.0, max_iter=500, random_state=0).fit(X, y)
    >>> print(f"{model.score(X, y):.2f}")
    0.97
    """

    def __init__(
        self,
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
        loss: Any = "log_loss",
        dropout: Any = 0.0,
        normalization: str | None = None,
        dtype: Any = None,
        class_weight: Any = None,
        restore_best_weights: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.keep(locals())

    _stratified = True
    classes_: Array

    @available_if(is_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None, eval_set: Any = None) -> Self:
        """Train for one epoch on these rows, and go on from where earlier calls have led.

        Parameters
        ----------
        X : array-like or sparse matrix (rows, features)
        y : array-like (rows,) or (rows, outputs)
        sample_weight : array-like (rows,), optional
        classes : array-like
            All classes there will be; the first call needs it.
        eval_set : (X, y) or (X, y, sample_weight), optional
            As for `fit`.

        Returns
        -------
        self
        """
        if not hasattr(self, "classes_"):
            if classes is None:
                raise ArgumentError("classes must be passed on the first call to partial_fit.")
            self._learn_classes(y if type_of_target(y).startswith("multilabel") else classes)
        elif classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ArgumentError(
                f"`classes={classes}` is not the same as on last call to partial_fit, was: {self.classes_}"
            )
        return self._fit(X, y, sample_weight, eval_set, incremental=True)

    def _learn_classes(self, y: Any) -> None:
        self._label_binarizer = LabelBinarizer().fit(y)
        self.classes_ = self._label_binarizer.classes_
        self._labels = self._label_binarizer.y_type_

    def _read(self, X: Any, y: Any, sample_weight: Any, incremental: bool, reset: bool) -> Rows:
        X, y = self._checked(X, y, reset)
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._learn_classes(y)
        elif self.warm_start and set(unique_labels(y)) != set(self.classes_):
            raise DataError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously "
                f"got {self.classes_}, `y` has {unique_labels(y)}"
            )
        if reset:
            self.n_outputs_ = 1 if self._labels == "binary" else len(self.classes_)
            self._goal = classification_goal(self.loss, self._labels, self.n_outputs_)
        return Rows(dense(X), self._encode(y), weights_of(sample_weight, X.shape[0]))

    def _read_more(self, X: Any, y: Any, sample_weight: Any) -> Rows:
        X, y = self._checked(X, y, reset=False)
        return Rows(dense(X), self._encode(y), weights_of(sample_weight, X.shape[0]))

    def _checked(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        X, y = validate_data(self, X, y, accept_sparse=SPARSE, multi_output=True, dtype=FLOATS, reset=reset)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        return X, y

    def _encode(self, y: Any) -> Array:
        """Return labels as targets of the network: codes or one-hot rows of several classes, else zeros and ones."""
        unknown = np.setdiff1d(unique_labels(y), self.classes_)
        if len(unknown):
            raise DataError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {unknown}."
            )
        if self._labels == "multiclass":
            codes: Array = np.searchsorted(self.classes_, y)
            return codes if self._goal.loss.integer_labels else np.eye(len(self.classes_))[codes]
        return np.asarray(self._label_binarizer.transform(y), np.float64)

    def _weighed(self, rows: Rows, incremental: bool) -> Rows:
        if self.class_weight is None:
            return rows
        if incremental and isinstance(self.class_weight, str):
            raise ArgumentError(
                "class_weight='balanced' needs all rows at once; give partial_fit the weights: "
                "class_weight={label: weight}"
            )
        assert rows.y is not None  # rows to train on have targets
        weight = compute_sample_weight(self.class_weight, self._decode(rows.y))
        return Rows(rows.x, rows.y, weight if rows.weight is None else rows.weight * weight)

    def _decode(self, outputs: Array) -> Array:
        """Return the labels that outputs, or targets, stand for."""
        if self._labels == "multiclass":
            codes = outputs if outputs.ndim == 1 else outputs.argmax(axis=1)
            return np.asarray(self.classes_[codes])
        return np.asarray(self._label_binarizer.inverse_transform(outputs.ravel() if self.n_outputs_ == 1 else outputs))

    def _score_of(self, rows: Rows) -> float:
        outputs = self.network_.predict(rows.x)
        if not np.isfinite(outputs).all():
            return float("nan")
        assert rows.y is not None  # as above
        if self._labels == "multiclass":
            right = outputs.argmax(axis=1) == (rows.y if rows.y.ndim == 1 else rows.y.argmax(axis=1))
        else:
            right = ((outputs > HALF) == (rows.y > HALF)).all(axis=1)
        return float(np.average(right, weights=rows.weight))

    def predict(self, X: Any) -> Array:
        """Return the most likely class of each row, (rows,); of several labels zeros and ones, (rows, labels).

        Parameters
        ----------
        X : array-like or sparse matrix (rows, features)
        """
        return self._decode(self._outputs(X))

    def predict_proba(self, X: Any) -> Array:
        """Return the probabilities, (rows, classes), in the order of ``classes_``.

        Parameters
        ----------
        X : array-like or sparse matrix (rows, features)
        """
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithms of the probabilities, (rows, classes).

        Parameters
        ----------
        X : array-like or sparse matrix (rows, features)
        """
        return np.asarray(np.log(self.predict_proba(X)))

    def decision_function(self, X: Any) -> Array:
        """Return the log odds ``log(p / (1 - p))``, (rows,) or (rows, labels); of several classes log p.

        Parameters
        ----------
        X : array-like or sparse matrix (rows, features)

        Notes
        -----
        scikit-learn's MLPClassifier has none: CalibratedClassifierCV calibrates these here, and probabilities there.
        """
        outputs = self._outputs(X)
        smallest = np.finfo(outputs.dtype).eps
        p = np.clip(outputs, smallest, 1 - smallest)
        scores = np.asarray(np.log(p) if self._labels == "multiclass" else np.log(p) - np.log1p(-p))
        return scores[:, 0] if self.n_outputs_ == 1 else scores

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn's tools may do: several labels may hold."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
