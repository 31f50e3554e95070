"""Many networks at once: same bits, same histories and same callbacks as one after the other."""

import os
import signal
import threading
import warnings

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.callbacks import Callback, EarlyStopping
from chainrule.engine import NetworkPool, native, run_many
from chainrule.engine import ahead as ahead_module
from chainrule.errors import ArgumentError, UnknownArgumentError
from chainrule.layers import BatchNormalization, Dense, Dropout, GaussianNoise, Layer
from chainrule.optimizers import SGD, Adam
from chainrule.training.callbacks import Stop

needs_native = pytest.mark.skipif(not native.available(), reason="the C++ library was not built")
X = np.random.default_rng(0).normal(size=(90, 5)).astype(np.float32)
Y = (X[:, 0] + 0.3 * X[:, 1] > 0).astype(np.int64)


def plain(seed):
    model = Sequential([Dense(8, activation="relu"), Dense(2, activation="softmax")], seed=seed)
    model.compile(Adam(0.01), loss="sparse_categorical_crossentropy")
    return model


def everything(seed):
    """State, masks, penalties, constraints, a moving average, a counted metric and one that needs the outputs."""
    first = Dense(8, kernel_regularizer="l2", kernel_constraint="max_norm")
    hidden = [GaussianNoise(0.1), first, BatchNormalization(), Dropout(0.3)]
    model = Sequential([*hidden, Dense(1, activation="sigmoid")], seed=seed)
    model.compile(Adam(0.01, use_ema=True), loss="binary_crossentropy", metrics=["accuracy", "roc_auc"])
    return model


def numbers(seed):
    model = Sequential([Dense(6, activation="tanh"), Dense(1)], seed=seed, dtype="float64")
    model.compile(SGD(0.05, momentum=0.9), loss="mse", weighted_metrics=["mae"])
    return model


def fit(model, **more):
    given = {"epochs": 12, "batch_size": 16, "validation_data": (X[:25], Y[:25]), "verbose": 0, **more}
    return model.fit(X, Y, **given)


def same(one, other):
    assert np.array_equal(one.parameters.values, other.parameters.values)
    assert np.array_equal(one.state.values, other.state.values)
    assert one.history.epoch == other.history.epoch
    assert one.history.stopped_by == other.history.stopped_by
    assert one.history.weights_epoch == other.history.weights_epoch
    assert one.history.history.keys() == other.history.history.keys()
    for name, values in one.history.history.items():
        assert np.array_equal(values, other.history.history[name], equal_nan=True), name


@pytest.mark.parametrize("make", [plain, everything, numbers])
def test_weights_and_histories_have_the_same_bits_as_of_networks_trained_alone(make):
    alone, many = [make(seed) for seed in range(4)], [make(seed) for seed in range(4)]
    for model in alone:
        fit(model)
    run_many([lambda model=model: fit(model) for model in many], 2)
    for one, other in zip(alone, many, strict=True):
        same(one, other)
    fit(alone[0], epochs=3), run_many([lambda: fit(many[0], epochs=3)])  # and optimisers stand where they would
    same(alone[0], many[0])


@needs_native
def test_epochs_are_run_ahead_in_few_calls(monkeypatch):
    calls = []
    inside = ahead_module.AheadEngine._run_ahead
    monkeypatch.setattr(ahead_module.AheadEngine, "_run_ahead", lambda *a: calls.append(1) or inside(*a))
    run_many([lambda: fit(plain(0), epochs=30)])
    assert len(calls) == 5  # of 1, 2, 4, 8 and the last 15 epochs


@pytest.mark.parametrize(
    "options",
    [
        {"validation_data": None},
        {"shuffle": False},
        {"shuffle": lambda epoch: np.roll(np.arange(90), epoch)},
        {"validation_freq": 2},
        {"sample_weight": np.linspace(0.5, 2.0, 90)},
        {"batch_size": 90},
        {"batch_size": 1, "epochs": 3},
    ],
    ids=["no validation", "in order", "own order", "now and then", "weights", "full batch", "one by one"],
)
def test_other_ways_to_fit_give_the_same(options):
    alone, many = plain(1), plain(1)
    fit(alone, **options)
    run_many([lambda: fit(many, **options)])
    same(alone, many)


class Halve(Callback):
    def on_epoch_end(self, epoch, logs):
        if epoch == 4:
            self.model.optimizer.learning_rate *= 0.5


class Shrink(Callback):
    def on_epoch_end(self, epoch, logs):
        if epoch == 3:
            self.model.parameters.writable()[...] *= 0.5


class Watch(Callback):
    def __init__(self):
        self.seen = []

    def on_epoch_end(self, epoch, logs):
        self.seen.append((self.model.parameters.values.copy(), dict(logs)))


class AfterSix(Callback):
    def on_epoch_end(self, epoch, logs):
        return Stop("six are enough") if epoch == 5 else None


@pytest.mark.parametrize("change", [Halve, Shrink, AfterSix, lambda: EarlyStopping(patience=0, min_delta=10.0)])
def test_what_a_callback_changes_counts_from_the_next_epoch_on(change):
    alone, many = plain(2), plain(2)
    fit(alone, callbacks=[change()])
    run_many([lambda: fit(many, callbacks=[change()])])
    same(alone, many)


def test_callbacks_see_the_weights_of_their_epoch():
    alone, many = Watch(), Watch()
    fit(everything(3), callbacks=[alone])
    run_many([lambda: fit(everything(3), callbacks=[many])])
    assert len(alone.seen) == len(many.seen) == 12
    for (weights, logs), (other_weights, other_logs) in zip(alone.seen, many.seen, strict=True):
        assert np.array_equal(weights, other_weights)
        assert logs == other_logs


@pytest.mark.filterwarnings("ignore:training stopped")
def test_a_network_that_diverges_ends_as_it_would_alone():
    def make():
        model = Sequential([Dense(4, activation="relu"), Dense(1)], seed=0)
        model.compile(SGD(3.0), loss="mse")
        return model

    alone, many, other = make(), make(), plain(5)
    fit(alone, epochs=60)
    results = run_many([lambda: fit(many, epochs=60), lambda: fit(other, epochs=60)])
    assert alone.history.diverged and results[0].diverged and not results[1].diverged
    assert alone.history.unfinished == many.history.unfinished
    same(alone, many)


def test_an_exception_ends_one_network_only():
    class Broken(Callback):
        def on_epoch_end(self, epoch, logs):
            raise RuntimeError("no")

    results = run_many([lambda: fit(plain(0), callbacks=[Broken()]), lambda: fit(plain(0)), lambda: 1 / 0])
    assert str(results[0]) == "no" and isinstance(results[2], ZeroDivisionError)
    assert len(results[1].epoch) == 12


def test_the_python_engine_trains_in_a_pool_too():
    class Double(Layer):
        def call(self, inputs, training=False):
            return inputs * 2.0

    def make():
        model = Sequential([Dense(4), Double(), Dense(2, activation="softmax")], seed=1)
        model.compile(Adam(0.01), loss="sparse_categorical_crossentropy")
        return model

    alone, many = make(), make()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit(alone, epochs=3)
        run_many([lambda: fit(many, epochs=3)])
    same(alone, many)


@pytest.mark.parametrize("jobs", [0, -1, 1.5, True])
def test_jobs_are_a_number_of_threads(jobs):
    with pytest.raises(ArgumentError, match="jobs"):
        run_many([], jobs)


def fails():
    raise AssertionError("nothing may be called")


@pytest.mark.parametrize(("works", "got"), [(fails, "function"), (None, "None"), (3, "int"), (plain(0), "Sequential")])
def test_works_are_a_list(works, got):
    expected = rf"works expects a list of functions without arguments, got {got}; write run_many\(\[lambda: model.fit"
    with pytest.raises(ArgumentError, match=expected):
        run_many(works)


@pytest.mark.parametrize(
    ("work", "got"),
    [
        (None, "None"),
        (1, "int"),
        ("fit", "str"),
        (lambda x: x, "function, which needs arguments"),
        (plain(0), "Sequential, which needs arguments"),
    ],
)
def test_works_are_functions_without_arguments(work, got):
    expected = rf"works\[1\] must be a function without arguments, got {got}; write lambda: model.fit"
    with pytest.raises(ArgumentError, match=expected):
        run_many(iter([fails, work]))


def test_any_function_without_arguments_is_called():
    assert run_many([dict, "a".upper, lambda x=2: x, min])[:3] == [{}, "A", 2]
    with pytest.raises(UnknownArgumentError, match="run_many has no argument 'job'; did you mean 'jobs'"):
        run_many([], job=2)


def test_a_share_held_out_gives_the_bits_of_a_network_trained_alone():
    options = {"validation_split": 0.25, "batch_size": 7, "epochs": 6, "verbose": 0}
    x, y = np.linspace(-1, 1, 120).reshape(60, 2), np.arange(60) % 2

    def trained():
        model = Sequential([Dense(5, activation="tanh"), Dense(2, activation="softmax")], seed=3)
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model.fit(x, y, **options).history, model.get_weights()

    history, weights = trained()
    for other, values in run_many([trained, trained], 2):
        assert other == history
        for one, two in zip(weights, values, strict=True):
            np.testing.assert_array_equal(one, two)


def test_ctrl_c_stops_all_networks_with_the_weights_of_whole_epochs():
    models, begun = [plain(seed) for seed in range(3)], threading.Barrier(3)

    class Tell(Callback):
        def on_epoch_end(self, epoch, logs):
            if epoch == 0:
                begun.wait(30)

    def interrupt():
        begun.wait(30)  # two networks are at work, and the third one waits for its turn
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=interrupt)
    sender.start()
    with pytest.raises(KeyboardInterrupt):
        run_many([lambda model=model: fit(model, epochs=10**9, callbacks=[Tell()]) for model in models], 2)
    sender.join()
    assert models[2].history is None
    for seed, model in enumerate(models[:2]):
        assert model.history.stopped_by.startswith("an error: CancelledError")
        again = plain(seed)
        fit(again, epochs=len(model.history.epoch))
        assert np.array_equal(again.parameters.values, model.parameters.values)


def test_a_stopped_pool_starts_nothing_more():
    with NetworkPool(1) as pool:
        pool.stop()
        with pytest.raises(RuntimeError, match="shutdown"):
            pool.submit(len, "a")
