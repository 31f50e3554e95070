"""scikit-learn: MLPClassifier, which goes on from where the last fit ended."""

import warnings
from collections.abc import Callable
from time import perf_counter

import numpy as np
import sklearn
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.networks import Array, Network

VERSIONS = f"{sklearn.__version__}, MLPClassifier"
NEVER = 10**9

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is the benchmark's


def build(network: Network) -> MLPClassifier:
    return MLPClassifier(
        network.widths[1:-1], batch_size=network.batch, alpha=0.0, warm_start=True, n_iter_no_change=NEVER
    )


def trainer(network: Network) -> Callable[[int], list[float]]:
    x, y = network.data
    model = build(network)

    def train(epochs: int) -> list[float]:
        model.set_params(max_iter=epochs).fit(x, y)
        return model.loss_curve_[-epochs:]

    return train


def sweep(rates: list[float], widths: list[int], batch: int, steps: int, epochs: int) -> float:
    """Return the seconds of training a network for each learning rate, in joblib's processes, one a core."""
    x, y = Network(tuple(widths), batch, steps).data
    start = perf_counter()
    losses = Parallel(n_jobs=-1)(delayed(_last_loss)(rate, widths[1:-1], batch, epochs, x, y) for rate in rates)
    took = perf_counter() - start
    assert np.isfinite(losses).all(), losses
    return took


def _last_loss(rate: float, hidden: list[int], batch: int, epochs: int, x: Array, y: Array) -> float:
    warnings.simplefilter("ignore", ConvergenceWarning)  # of a process of joblib's
    model = MLPClassifier(
        hidden, batch_size=batch, alpha=0.0, learning_rate_init=rate, max_iter=epochs, n_iter_no_change=NEVER
    )
    return float(model.fit(x, y).loss_)


def predictor(network: Network) -> Callable[[Array], Array]:
    model = build(network)
    classes = network.widths[-1]
    codes = np.arange(classes)
    model.partial_fit(np.zeros((classes, network.widths[0]), np.float32), codes, classes=codes)
    kernels, biases = map(list, zip(*network.weights, strict=True))
    if classes == 2:  # one logit, of the second class
        kernels[-1], biases[-1] = kernels[-1][:, 1:] - kernels[-1][:, :1], biases[-1][1:] - biases[-1][:1]
    model.coefs_, model.intercepts_ = kernels, biases
    return model.predict_proba
