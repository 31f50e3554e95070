"""How networks of the diagnosis catalogue are made and trained: one good recipe, and healthy ones drawn by a seed."""

from dataclasses import dataclass, replace
from typing import Any

from chainrule import Sequential
from chainrule.layers import BatchNormalization, Dense, Dropout
from chainrule.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from chainrule.optimizers.schedules import CosineDecay
from chainrule.random import generator
from chainrule.training import EarlyStopping, TerminateOnNaN
from tests.analysis.diagnosis_data import Data


@dataclass(frozen=True)
class Recipe:
    """How a network is made and trained; as it stands: well."""

    hidden: tuple[int, ...] = (32, 32)
    activation: Any = "relu"
    initializer: Any = "he_normal"
    bias: Any = "zeros"
    last_initializer: Any = "glorot_uniform"
    last_activation: Any = "as the task wants"
    optimizer: Any = Adam
    rate: float = 0.005
    loss: Any = "as the task wants"
    batch: int = 32
    epochs: int = 60
    validation: float = 0.2
    more: tuple[Any, ...] = ()  # functions that make layers for the end
    between: tuple[Any, ...] = ()  # ... and for after each hidden layer
    rows: int | None = None
    class_weight: Any = None
    callbacks: tuple[Any, ...] = ()

    def model(self, data: Data, seed: int) -> Sequential:
        layers: list[Any] = []
        for units in self.hidden:
            options = {"kernel_initializer": self.initializer, "bias_initializer": self.bias}
            layers.append(Dense(units, activation=self.activation, **options))
            layers += [make() for make in self.between]
        last, loss = ("softmax", "sparse_categorical_crossentropy") if data.classes else ("linear", "mse")
        last = last if self.last_activation == "as the task wants" else self.last_activation
        loss = loss if self.loss == "as the task wants" else self.loss
        layers.append(Dense(max(1, data.classes), activation=last, kernel_initializer=self.last_initializer))
        model = Sequential([*layers, *(make() for make in self.more)], seed=seed)
        model.compile(self.optimizer(self.rate), loss=loss)
        return model

    def trained(self, data: Data, seed: int) -> tuple[Sequential, Data]:
        if self.rows is not None:
            data = Data(data.x[: self.rows], data.y[: self.rows], data.classes)
        model = self.model(data, seed)
        model.fit(
            data.x,
            data.y,
            epochs=self.epochs,
            batch_size=min(self.batch, len(data.x)),
            validation_split=self.validation,
            class_weight=self.class_weight,
            verbose=0,
            callbacks=[TerminateOnNaN(), *(make() for make in self.callbacks)],
        )
        return model, data


GOOD = Recipe()

OPTIMIZERS: Any = (
    (Adam, 0.001), (Adam, 0.003), (Adam, 0.01), (AdamW, 0.004), (SGD, 0.01), (RMSprop, 0.001), (Adagrad, 0.05),
    (lambda rate: SGD(rate, momentum=0.9), 0.003), (lambda rate: Adam(CosineDecay(rate, 3000)), 0.005),
)  # fmt: skip
ACTIVATIONS = (
    ("relu", "he_normal"), ("tanh", "glorot_uniform"), ("silu", "he_normal"), ("elu", "he_normal"),
    ("gelu", "he_normal"), ("selu", "lecun_normal"),
)  # fmt: skip
SIZES = ((16,), (32,), (16, 16), (32, 32), (64, 64), (32, 32, 32))
PARTS = ((), (), (), (BatchNormalization,), (lambda: Dropout(0.1),))
BATCHES = (8, 16, 32)


def healthy(seed: int, noisy: bool) -> Recipe:
    """A well set-up network, drawn by the seed, by settings as textbooks have them; every other one stops early.

    On noisy data all do.
    """
    random = generator(seed, "check", 7)
    optimizer, rate = OPTIMIZERS[random.integers(len(OPTIMIZERS))]
    activation, initializer = ACTIVATIONS[random.integers(len(ACTIVATIONS))]
    stops = bool(random.integers(2)) or noisy
    return replace(
        GOOD,
        hidden=SIZES[random.integers(len(SIZES))],
        activation=activation,
        initializer=initializer,
        optimizer=optimizer,
        rate=rate,
        between=PARTS[random.integers(len(PARTS))],
        batch=BATCHES[random.integers(len(BATCHES))],
        epochs=500 if stops else 200,
        callbacks=(lambda: EarlyStopping(patience=30, restore_best_weights=True),) if stops else (),
    )
