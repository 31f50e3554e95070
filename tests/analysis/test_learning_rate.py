"""find_learning_rate: what it leaves alone, what it finds, and what it says when there is nothing to find."""

import pickle

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.analysis import find_learning_rate, learning_rate
from chainrule.engine.data import Rows
from chainrule.errors import ArgumentError, DataError, ShapeError, StateError
from chainrule.layers import BatchNormalization, Dense, Dropout, Input
from chainrule.losses import Loss
from chainrule.optimizers import SGD, Adam
from chainrule.optimizers.schedules import CosineDecay
from chainrule.tables import samples

MOONS = samples.moons(rows=400)


def network(optimizer="adam", *, seed=0, compiled=True, engine="auto", loss="binary_crossentropy"):
    layers = [Dense(16, activation="relu"), BatchNormalization(), Dropout(0.1), Dense(1, activation="sigmoid")]
    model = Sequential([Input((2,)), *layers], seed=seed)
    if compiled:
        model.compile(optimizer, loss, metrics=["accuracy"], engine=engine)
    return model


def bits(model):
    """Everything of a model that training changes, as bytes."""
    position = model._position
    slots = {name: values.tobytes() for name, values in position.slots.items()}
    streams = [layer.stream.step for layer in model.layers if layer.stream is not None]
    metrics = [pickle.dumps(vars(metric)) for metric in model._task.measured.values()]
    vectors = model.parameters.values.tobytes(), model.state.values.tobytes()
    rate = model.optimizer.learning_rate, model.optimizer.get_config(), model.optimizer.iterations
    return vectors, slots, position.step, position.epoch, streams, metrics, repr(rate), model.seed, id(model.history)


@pytest.mark.parametrize("engine", ["native", "python"])
def test_the_model_stays_as_it_is_bit_for_bit(engine):
    model = network(Adam(CosineDecay(0.01, 100)), engine=engine)
    model.fit(MOONS.X, MOONS.y, epochs=2, verbose=0)
    before = bits(model)
    found = find_learning_rate(model, MOONS.X, MOONS.y, steps=40, repeats=1)
    assert bits(model) == before
    assert len(found.losses) > 20
    other = network(Adam(CosineDecay(0.01, 100)), engine=engine)
    other.fit(MOONS.X, MOONS.y, epochs=2, verbose=0)
    for each in (model, other):
        each.fit(MOONS.X, MOONS.y, epochs=1, verbose=0)
    assert model.parameters.values.tobytes() == other.parameters.values.tobytes()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_also_after_ctrl_c_or_an_error(error):
    class Breaks(Loss):
        calls = 0

        def values(self, y_true, y_pred):
            type(self).calls += 1
            if self.calls == 15:
                raise error
            return (y_pred - y_true) ** 2

    model = network(SGD(0.1), loss=Breaks(), engine="python")
    model.fit(MOONS.X[:32], MOONS.y[:32], verbose=0)
    before = bits(model)
    with pytest.raises(error):
        find_learning_rate(model, MOONS.X, MOONS.y)
    assert Breaks.calls == 15
    assert bits(model) == before


def test_a_model_that_is_not_built_stays_so():
    model = Sequential([Dense(1)], seed=0)
    model.compile("sgd", "mse")
    find_learning_rate(model, MOONS.X, MOONS.y, steps=40, repeats=1)
    assert not model.built


def test_the_same_seed_gives_the_same_numbers():
    first, second = (find_learning_rate(network(), MOONS.X, MOONS.y, seed=3, steps=50) for _ in range(2))
    other = find_learning_rate(network(), MOONS.X, MOONS.y, seed=4, steps=50)
    assert first.as_dict() == second.as_dict()
    assert first.losses.tolist() != other.losses.tolist()


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("kind", ["moons", "numbers"])
def test_training_at_the_suggestion_is_near_the_best_of_a_sweep(optimizer, kind):
    """Of the way from guessing to the best of rates half a decade apart, nearly all; at a thousandth of it, little."""
    x, y, loss, guess = MOONS.X, MOONS.y, "binary_crossentropy", np.log(2)
    if kind == "numbers":
        y, loss, guess = np.sin(3 * x[:, 0]) - x[:, 1], "mse", np.var(np.sin(3 * x[:, 0]) - x[:, 1])

    def make():
        last = Dense(1, activation="sigmoid" if kind == "moons" else "linear")
        model = Sequential([Input((2,)), Dense(32, activation="relu"), last], seed=0)
        model.compile(optimizer, loss)
        return model

    def loss_at(rate):
        model = make()
        model.optimizer.learning_rate = CosineDecay(rate, 30 * 13)
        return model.fit(x, y, epochs=30, verbose=0).history["loss"][-1]

    rate = find_learning_rate(make(), x, y).suggestion
    best = min(loss_at(tried) for tried in 10 ** np.arange(-3, 0.1, 0.5))
    assert loss_at(rate) < best + 0.1 * (guess - best)
    assert loss_at(rate / 1000) > best + 0.5 * (guess - best)


def test_the_loss_after_a_step_stands_at_its_rate():
    """Full batches of one weight without noise: the curve is that of gradient descent by hand."""
    x, y = np.ones((8, 1)), np.full(8, 3.0)
    model = Sequential([Dense(1, use_bias=False, kernel_initializer="zeros")], dtype="float64", seed=0)
    model.compile("sgd", "mse")
    found = find_learning_rate(model, x, y, min_lr=1e-4, max_lr=0.2, steps=30, repeats=2, batch_size=8)
    weight, expected = 0.0, []
    for rate in np.geomspace(1e-4, 0.2, 30):
        weight -= rate * 2 * (weight - 3.0)
        expected.append((weight - 3.0) ** 2)
    np.testing.assert_allclose(found.losses, expected, rtol=1e-12)  # thirty steps of rounding
    np.testing.assert_allclose(found.rates, np.geomspace(1e-4, 0.2, 30))
    assert (found.start, found.diverged, found.regions["diverging"]) == (9.0, False, None)
    assert found.suggestion == pytest.approx(0.2 / 3)
    assert "try a larger max_lr" in found.rule


def test_a_suggestion_at_which_steady_steps_fail_is_halved(monkeypatch):
    asked = []

    def trains(trial, stream, rate, steps, start):
        assert np.array_equal(trial.parameters.values, model.parameters.values)
        asked.append(rate)
        return len(asked) == 3

    model = network()
    plain = find_learning_rate(model, MOONS.X, MOONS.y)
    monkeypatch.setattr(learning_rate, "_trains", trains)
    found = find_learning_rate(model, MOONS.X, MOONS.y)
    assert asked == [plain.suggestion, plain.suggestion / 2, plain.suggestion / 4]
    assert found.suggestion == plain.suggestion / 4
    assert found.rule == f"{plain.rule}; halved 2 times, for steady steps at more did not bring the loss down"


@pytest.mark.parametrize(("rate", "expected"), [(0.01, True), (1e-9, False), (10.0, False)])
def test_whether_steady_steps_bring_the_loss_down(rate, expected):
    x = np.ones((8, 1))
    model = Sequential([Dense(1, use_bias=False, kernel_initializer="zeros")], dtype="float64", seed=0)
    model.compile("sgd", "mse")
    stream = learning_rate._batches(Rows(x, 3 * x), 8, seed=0)
    assert learning_rate._trains(model, stream, rate, 20, start=9.0 * (1 - 1e-6)) is expected


def test_a_few_heavy_rows_are_not_taken_for_a_lost_loss():
    """The first batches are all light; one that is a hundred times heavier comes later, and passes."""
    x, y = np.ones((64, 1)), np.where(np.arange(64) == 63, 100.0, 1.0)
    model = Sequential([Dense(1, use_bias=False, kernel_initializer="zeros")], seed=0)
    model.compile("sgd", "mse")
    found = find_learning_rate(model, x, y, max_lr=1e-2, batch_size=1, repeats=1, seed=2)
    assert (len(found.rates), found.diverged) == (200, False)


def test_nothing_to_learn_gives_no_suggestion():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(400, 3)), rng.integers(0, 2, 400)
    model = Sequential([Dense(1, activation="sigmoid", name="only")], seed=0)
    model.compile("sgd", "binary_crossentropy")
    found = find_learning_rate(model, x, y, max_lr=1e-3)
    assert found.suggestion is None
    assert set(found.regions.values()) == {None}
    assert found.rule.startswith("none: between 1.00e-06 and 0.00100 the loss fell by no more than its noise")
    assert "suggestion" not in "\n".join(found.lines()[:-2])


def test_weights_and_classes_count():
    weight = np.where(MOONS.y.ravel() > 0, 4.0, 1.0)
    weighted = find_learning_rate(network(), MOONS.X, MOONS.y, sample_weight=weight, steps=40, repeats=1)
    by_class = find_learning_rate(network(), MOONS.X, MOONS.y, class_weight={0: 1.0, 1: 4.0}, steps=40, repeats=1)
    plain = find_learning_rate(network(), MOONS.X, MOONS.y, steps=40, repeats=1)
    assert weighted.losses.tolist() == by_class.losses.tolist() != plain.losses.tolist()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"min_lr": 0}, ArgumentError, "min_lr must be a number > 0, got 0"),
        ({"min_lr": 1.0, "max_lr": 0.1}, ArgumentError, "min_lr must be below max_lr, got 1.0 and 0.1"),
        ({"steps": 10}, ArgumentError, "steps"),
        ({"repeats": 0}, ArgumentError, "repeats"),
        ({"sample_weight": [1.0]}, ShapeError, "sample_weight expects one weight per row"),
        ({"min_lr": 1e3, "max_lr": 1e9}, DataError, "the loss is not finite after .* steps.*scale inputs and targets"),
    ],
)
def test_errors(arguments, error, message):
    model = Sequential([Input((2,)), Dense(8, activation="relu"), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    with pytest.raises(error, match=message):
        find_learning_rate(model, MOONS.X, MOONS.y, **arguments)


def test_what_is_wrong_with_the_data_is_said_as_by_fit():
    with pytest.raises(StateError, match="find_learning_rate needs a compiled model"):
        find_learning_rate(network(compiled=False), MOONS.X, MOONS.y)
    with pytest.raises(ArgumentError, match="find_learning_rate expects a compiled model, got int"):
        find_learning_rate(3, MOONS.X, MOONS.y)
    with pytest.raises(DataError, match="x holds nan"):
        find_learning_rate(network(), np.full((4, 2), np.nan), np.zeros(4))
    with pytest.raises(DataError, match="2"):
        find_learning_rate(network(), MOONS.X[:4], [0, 1, 0, 2])
