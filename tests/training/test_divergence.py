"""Numbers that go wrong: training stops before the update, says where and why, and keeps the last good weights."""

import numpy as np
import pytest

from chainrule import Sequential, ops
from chainrule.callbacks import EarlyStopping, TerminateOnNaN
from chainrule.layers import (
    BatchNormalization,
    CategoryEmbedding,
    Dense,
    Dropout,
    Embedding,
    Input,
    Layer,
    Normalization,
)
from chainrule.optimizers import SGD, Adam
from chainrule.random import generator

X = generator(0, "check").normal(size=(40, 3))
Y = X @ [1.0, -2.0, 0.5]


def network(*layers, optimizer=None, loss="mse", dtype="float32"):
    model = Sequential([Input((3,)), *layers], seed=0, dtype=dtype)
    model.compile(optimizer or SGD(0.01), loss)
    return model


def stopped(model, x=X, y=Y, **options):
    options = {
        "epochs": 50,
        "batch_size": 10,
        "shuffle": False,
        "verbose": 0,
        "callbacks": [TerminateOnNaN()],
    } | options
    history = model.fit(x, y, **options)
    assert all(np.isfinite(w).all() for w in model.get_weights())
    return history


class Spoiled(Layer):
    """NaN from the n-th training call on."""

    def __init__(self, calls, backward=False):
        super().__init__()
        self.left, self.backward = calls, backward

    def call(self, inputs, training=False):
        if not training:
            return inputs
        self.left -= 1
        if self.left >= 0:
            return inputs
        if self.backward:  # sqrt(0) is 0, its slope infinite
            return inputs + ops.sqrt(inputs * 0)
        return inputs * float("nan")


def test_names_epoch_step_and_layer():
    """Four steps an epoch: the seventh step is step 3 of epoch 2."""
    history = stopped(network(Dense(2), Spoiled(6), Dense(1)))
    assert history.stopped_by.startswith("numbers went wrong in epoch 2, step 3: the output of spoiled_1 is NaN. ")
    assert history.stopped_by.endswith("The model keeps the weights from before that step")
    assert history.epoch == [0]
    assert history.weights_epoch is None  # two steps beyond the first epoch
    assert history.examples == 60


def test_the_weights_are_those_before_the_step():
    model, other = network(Dense(2), Spoiled(6), Dense(1)), network(Dense(2), Spoiled(99), Dense(1))
    stopped(model)
    for batch in (0, 1, 2, 3, 0, 1):
        other.train_on_batch(X[10 * batch : 10 * batch + 10], Y[10 * batch : 10 * batch + 10])
    for v, w in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(v, w)


def test_a_wrong_gradient_of_right_numbers():
    history = stopped(network(Dense(2), Spoiled(3, backward=True), Dense(1)))
    assert "epoch 1, step 4: the gradient of dense_1/bias is NaN" in history.stopped_by or (
        "epoch 1, step 4: the gradient of dense_1/kernel is NaN" in history.stopped_by
    )


def test_a_wrong_loss_of_right_outputs():
    def wrong(y, f):
        return ops.square(y - f) / (y * 0)

    history = stopped(network(Dense(1), loss=wrong))
    assert "the loss is infinite, though every layer's output is finite" in history.stopped_by


def test_a_wrong_penalty():
    model = network(Dense(1, kernel_regularizer=lambda w: ops.sum(w) * 1e38 * 1e38))
    with np.errstate(over="ignore"):
        assert "the penalty on the weights of dense_1 is infinite" in stopped(model).stopped_by


def test_an_overflowing_output():
    model = network(Dense(2, activation=ops.exp, name="explosive"), Dense(1))
    history = stopped(model, x=1000 * np.abs(X))
    assert "epoch 1, step 1: the output of explosive is infinite" in history.stopped_by
    assert history.history == {}
    assert history.weights_epoch is None


def test_what_is_known_of_an_epoch_that_went_wrong():
    """Its steps up to there: their loss, and their metrics."""
    model = network(Dense(2), Spoiled(2), Dense(1))
    model.compile(SGD(1e-9), "mse", metrics=["mae"])
    history = stopped(model)
    assert (history.epoch, history.history, history.weights_epoch) == ([], {}, None)
    error = model.predict(X[:20]) - np.reshape(Y[:20], (20, -1))
    assert history.unfinished == {
        "loss": pytest.approx(np.mean(error**2), rel=1e-4),
        "mae": pytest.approx(np.abs(error).mean(), rel=1e-4),
    }
    assert repr(history).startswith(f"History(0 epochs, loss {history.unfinished['loss']:.4g}, mae ")


@pytest.mark.parametrize(
    ("optimizer", "x", "y", "cause"),
    [
        (SGD(30.0), X, Y, "the learning rate 30 is too large; try 3"),
        (Adam(1e38), X, Y, "the learning rate 1e+38 is too large; try 1e+37"),
        (SGD(0.01), 1e4 * X, Y, "inputs are not scaled (up to 2.8e+04); add a Normalization layer or scale them"),
        (
            SGD(0.01),
            (1e4 * X).astype(int),
            Y,
            "inputs are not scaled (up to 2.8e+04); add a Normalization layer or scale them",
        ),
        (SGD(0.09), 30 * X, Y, "weights have grown without bound; lower the learning rate or clip gradients"),
        (SGD(0.09), 30 * X, 1e6 * Y, "targets are not scaled (up to"),
    ],
)
def test_likely_cause(optimizer, x, y, cause):
    history = stopped(network(Dense(1), optimizer=optimizer), x=x, y=y, epochs=300)
    if "up to" in cause and "inputs" in cause:
        cause = cause.replace("2.8e+04", f"{np.abs(x[_failed(history)]).max():.3g}")
    assert f"Likely cause: {cause}" in history.stopped_by


def _failed(history):
    """Rows of the batch that went wrong."""
    step = int(history.stopped_by.split("step ")[1].split(":")[0])
    return slice(10 * (step - 1), 10 * step)


def test_scaled_or_coded_inputs_are_not_blamed():
    layer = Normalization()
    layer.adapt(1e6 * X)
    assert "not scaled" not in stopped(network(layer, Spoiled(2), Dense(1)), x=1e6 * X).stopped_by
    model = Sequential([Input((1,)), Embedding(1000, 2), Spoiled(2), Dense(1)], seed=0)
    model.compile("sgd", lambda y, f: ops.sum(f, axis=(1, 2)))
    assert "not scaled" not in stopped(model, x=np.arange(960, 1000)[:, None], y=np.zeros(40)).stopped_by


@pytest.mark.parametrize(("numbers", "blamed"), [(X, False), (1e4 * X, True)])
def test_codes_beside_numbers_are_not_blamed_but_the_numbers_are(numbers, blamed):
    model = Sequential([CategoryEmbedding({1: (1000, 2)}), Spoiled(2), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    x = np.insert(numbers, 1, np.arange(1000 - len(X), 1000), axis=1)
    assert ("inputs are not scaled" in stopped(model, x=x).stopped_by) == blamed


def test_moving_averages_are_restored():
    """The failing step, its replay included, leaves no trace in the state."""
    model = network(BatchNormalization(), Dropout(0.5), Spoiled(2), Dense(1))
    other = network(BatchNormalization(), Dropout(0.5), Spoiled(99), Dense(1))
    stopped(model)
    for batch in (0, 1):
        other.train_on_batch(X[10 * batch : 10 * batch + 10], Y[10 * batch : 10 * batch + 10])
    for v, w in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(v, w)


@pytest.mark.parametrize("each_batch", [False, True])
def test_warns_without_the_callback(each_batch):
    from chainrule.callbacks import LambdaCallback

    follow = LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    model = network(Dense(1), Spoiled(5))
    with pytest.warns(RuntimeWarning, match=r"training stopped: numbers went wrong in epoch 2, step 2: .*") as caught:
        history = model.fit(
            X, Y, epochs=5, batch_size=10, shuffle=False, verbose=0, callbacks=[follow] if each_batch else None
        )
    stopped = next(warning for warning in caught if warning.category is RuntimeWarning)
    assert stopped.filename == __file__  # the line that called fit
    assert history.epoch == [0]
    assert str(stopped.message) == f"training stopped: {history.stopped_by}"


def test_the_best_weights_come_back():
    model = network(Dense(1), Spoiled(6))
    history = stopped(
        model,
        validation_data=(X, Y),
        callbacks=[TerminateOnNaN(), EarlyStopping(patience=9, restore_best_weights=True)],
    )
    assert history.weights_epoch == 0
    assert model.evaluate(X, Y) == history.history["val_loss"][0]


@pytest.mark.parametrize("loss", ["mse", lambda y, f: ops.square(y - f)], ids=["built in", "a function"])
def test_targets_of_another_type_than_the_model(loss):
    """The replay sees what the engine saw."""
    assert "the output of spoiled_1 is NaN" in stopped(network(Spoiled(1), Dense(1), loss=loss)).stopped_by


def test_weights_of_rows_take_part_in_the_replay():
    history = stopped(network(Dense(1), Spoiled(1)), sample_weight=np.ones(40))
    assert "epoch 1, step 2" in history.stopped_by


def test_training_goes_on_afterwards():
    model = network(Dense(1), Spoiled(2))
    stopped(model)
    model.layers[1].left = 10**6
    assert len(stopped(model, epochs=3).epoch) == 3


def test_a_schedule_is_asked_for_the_rate_of_the_step():
    from chainrule.optimizers.schedules import PiecewiseConstantDecay

    model = network(Dense(1), Spoiled(9), optimizer=SGD(PiecewiseConstantDecay([5], [1e-3, 0.5])))
    assert "the learning rate 0.5 is too large; try 0.05" in stopped(model).stopped_by


def test_the_finding_of_the_history():
    history = stopped(network(Dense(2), Spoiled(6), Dense(1), optimizer=SGD(0.5)))
    finding = history.finding
    assert (finding.name, finding.severity, finding.where) == ("diverged", "error", "spoiled_1")
    assert finding.evidence == {"epoch": 2, "step": 3, "learning_rate": 0.5}
    assert finding.advice == "the learning rate 0.5 is too large; try 0.05"
    assert stopped(network(Dense(1)), epochs=1).finding is None
