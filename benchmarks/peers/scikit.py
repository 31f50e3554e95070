"""scikit-learn: MLPClassifier, which goes on from where the last fit ended."""

import warnings
from collections.abc import Callable

import numpy as np
import sklearn
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
