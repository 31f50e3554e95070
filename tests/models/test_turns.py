"""Threads that share a model: one fit at a time, with nothing lost; short calls wait; predict needs no turn."""

import copy
import pickle
import threading

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.callbacks import Callback
from chainrule.engine import native
from chainrule.errors import StateError
from chainrule.layers import Dense
from chainrule.models.turns import Turns
from tests.training.networks import CODES, X, Y, network, same

ENGINES = ["python", pytest.param("native", marks=pytest.mark.skipif(not native.available(), reason="not built"))]
every_engine = pytest.mark.parametrize("engine", ENGINES)
REFUSED = (
    r"{}: another thread \(the first\) is in fit of this model, and goes on; let each thread train a model of its own "
    r"\(chainrule\.engine\.run_many trains many at once\), or wait until that fit has ended\. predict works meanwhile"
)
LONG = 30  # seconds: no test waits so long


class Pause(Callback):
    """Waits in the middle of a fit until it is let go."""

    def __init__(self):
        self.reached, self.go_on = threading.Event(), threading.Event()

    def on_epoch_end(self, epoch, logs):
        if epoch == 1:
            self.reached.set()
            assert self.go_on.wait(LONG)


class Elsewhere(threading.Thread):
    """A function in a thread of its own; `join` gives what it returns or raises."""

    def __init__(self, function, name="the first"):
        super().__init__(name=name, daemon=True)
        self.function, self.outcome, self.error = function, None, None

    def run(self):
        try:
            self.outcome = self.function()
        except BaseException as error:
            self.error = error

    def join(self):
        super().join(LONG)
        assert not self.is_alive()
        if self.error is not None:
            raise self.error
        return self.outcome


def classifier(engine, built):
    model = Sequential([Dense(4, activation="relu"), Dense(3, activation="softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], engine=engine)
    if built:
        model.build((None, 3))
    return model


@every_engine
@pytest.mark.parametrize("built", [True, False])
def test_a_second_thread_is_refused_while_one_is_in_fit_and_the_first_loses_nothing(engine, built):
    model, alone, pause = classifier(engine, built), classifier(engine, built), Pause()
    first = Elsewhere(lambda: model.fit(X, CODES, epochs=4, verbose=0, callbacks=[pause]))
    first.start()
    assert pause.reached.wait(LONG)
    for verb in ("fit", "train_on_batch", "evaluate"):
        with pytest.raises(StateError, match=REFUSED.format(verb)):
            getattr(model, verb)(X, CODES)
    with pytest.raises(StateError, match=REFUSED.format("objective")):
        model.objective(X, CODES)(model.parameters.values.copy())
    probabilities = model.predict(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)  # float32
    np.testing.assert_array_equal(model.predict_on_batch(X), probabilities)
    pause.go_on.set()
    assert first.join().history == alone.fit(X, CODES, epochs=4, verbose=0).history
    assert same(model, alone)
    assert model.fit(X, CODES, verbose=0).stopped_by == "all epochs done"  # free again


@every_engine
def test_steps_and_evaluations_of_several_threads_wait_for_each_other(engine):
    model, rows = network(optimizer="sgd", metrics=["mae"], engine=engine), [X[:20], X[20:]]
    expected = [model.evaluate(x, x[:, 0]) for x in rows]
    many = [Elsewhere(lambda x=x: [model.evaluate(x, x[:, 0]) for _ in range(50)]) for x in rows]
    for thread in many:
        thread.start()
    assert [thread.join() for thread in many] == [[loss] * 50 for loss in expected]
    many = [Elsewhere(lambda: [model.train_on_batch(X, Y) for _ in range(50)]) for _ in range(2)]
    alone = network(optimizer="sgd", metrics=["mae"], engine=engine)
    for thread in many:
        thread.start()
    steps = [step for thread in many for step in thread.join()]
    assert sorted(steps) == sorted(alone.train_on_batch(X, Y) for _ in range(100))
    assert same(model, alone)


@every_engine
def test_a_callback_may_use_the_model_that_is_in_fit(engine):
    class Uses(Callback):
        def on_epoch_end(self, epoch, logs):
            seen.append((model.evaluate(X, Y), model.predict(X).shape))
            if epoch == 0:
                model.fit(X, Y, epochs=2, verbose=0)

    seen, model = [], network(engine=engine)
    assert len(model.fit(X, Y, epochs=3, verbose=0, callbacks=[Uses()]).history["loss"]) == 3
    assert len(seen) == 3
    assert seen[0][1] == (50, 1)
    assert seen[0][0] > seen[1][0] > seen[2][0]
    assert model.train_on_batch(X, Y) < seen[0][0]


def test_a_fit_that_fails_gives_its_turn_back():
    class Fails(Callback):
        def on_epoch_end(self, epoch, logs):
            raise ZeroDivisionError

    model = network()
    with pytest.raises(ZeroDivisionError):
        model.fit(X, Y, verbose=0, callbacks=[Fails()])
    elsewhere = Elsewhere(lambda: model.fit(X, Y, verbose=0))
    elsewhere.start()
    assert elsewhere.join().stopped_by == "all epochs done"


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_of_a_model_in_fit_is_free(copied):
    model, pause = network(), Pause()
    first = Elsewhere(lambda: model.fit(X, Y, epochs=3, verbose=0, callbacks=[pause]))
    first.start()
    assert pause.reached.wait(LONG)
    twin = copied(model)
    assert twin.fit(X, Y, verbose=0).stopped_by == "all epochs done"
    pause.go_on.set()
    assert len(first.join().history["loss"]) == 3


def test_threads_that_meet_an_unbuilt_model_build_it_once():
    class Slow(Dense):
        def build(self, input_shape):
            begun.set()
            assert predicting.wait(LONG)
            super().build(input_shape)
            built.append(self)

    begun, predicting, built = threading.Event(), threading.Event(), []
    model = Sequential([Slow(2), Dense(1)], seed=0)
    model.compile("sgd", "mse", engine="python")
    training = Elsewhere(lambda: model.fit(X, Y, verbose=0))
    training.start()
    assert begun.wait(LONG)
    asking = Elsewhere(lambda: model.predict(X))
    asking.start()
    threading.Thread.join(asking, 0.1)  # it waits for the other to have built the model
    predicting.set()
    assert asking.join().shape == (50, 1)
    assert training.join().stopped_by == "all epochs done"
    assert len(built) == 1


def test_turns_of_one_thread_may_be_nested():
    def take():
        with turns.take("fit"):
            return True

    turns = Turns()
    with turns.take("fit"), turns.take("evaluate"), turns.take("fit"):
        assert take()
    elsewhere = Elsewhere(take)
    elsewhere.start()
    assert elsewhere.join()
