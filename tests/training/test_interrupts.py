"""Ctrl-C saves where training stood, and what goes on from there gives the bits of training that never stopped."""

import signal
import threading

import numpy as np
import pytest

from chainrule.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
)
from chainrule.engine import engine as engine_module
from chainrule.engine import native
from chainrule.errors import StateError
from chainrule.models.checkpoint_file import Checkpoint
from chainrule.optimizers import Adam
from chainrule.training.interrupts import HeldBack
from tests.training.cutting import cut_short
from tests.training.networks import X, Y, network, noisy, same

ENGINES = ["Python", pytest.param("native", marks=pytest.mark.skipif(not native.available(), reason="not built"))]
BATCHES, RANGES = 7, 3  # of an epoch of 50 rows in batches of 8, three steps a range
OPTIONS = {"epochs": 5, "batch_size": 8, "validation_split": 0.0, "verbose": 0}


@pytest.fixture(autouse=True)
def short_ranges(monkeypatch):
    monkeypatch.setattr(engine_module.Engine, "steps_together", lambda self, task, batch_size: 3)


class Counted(Callback):
    """Remembers how often each hook was called."""

    def on_train_begin(self, logs=None):
        self.counts = {"epoch_begin": 0, "epoch_end": 0}

    def on_epoch_begin(self, epoch, logs=None):
        self.counts["epoch_begin"] += 1

    def on_epoch_end(self, epoch, logs):
        self.counts["epoch_end"] += 1

    def get_state(self):
        return {"counts": self.counts}

    def set_state(self, state):
        self.counts = dict(state["counts"])


class CountedBatches(Counted):
    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        self.counts |= {"batch_begin": 0, "batch_end": 0}

    def on_train_batch_begin(self, batch, logs=None):
        self.counts["batch_begin"] += 1

    def on_train_batch_end(self, batch, logs):
        self.counts["batch_end"] += 1


def interrupted(make, path, callbacks, options):
    """Return the model that Ctrl-C has stopped, and what the interrupt says."""
    model = make()
    with pytest.raises(KeyboardInterrupt) as stopped:
        model.fit(X, Y, callbacks=[ModelCheckpoint(path, every_minutes=9), *callbacks], **options)
    return model, getattr(stopped.value, "__notes__", [])


def check(make, path, monkeypatch, call, steps=1, what="run", callbacks=lambda: [], **more):
    """Interrupt a training, go on with it, and compare it with one that was not; return where it was saved."""
    options, whole, kept = OPTIONS | more, make(), callbacks()
    expected = whole.fit(X, Y, callbacks=kept, **options)
    with monkeypatch.context() as context:
        cut_short(context, call, steps, what)
        _, notes = interrupted(make, path, callbacks(), options)
    assert len(notes) == 1
    assert notes[0].endswith(f"it goes on with fit(..., resume_from={str(path)!r})")
    state = Checkpoint(path).state
    model, more_kept = make(), callbacks()
    history = model.fit(X, Y, callbacks=more_kept, resume_from=path, **options)
    assert same(model, whole)
    assert all(np.array_equal(history.history[name], values) for name, values in expected.history.items())
    assert (history.epoch, history.examples) == (expected.epoch, expected.examples)
    for one, other in zip(kept, more_kept, strict=True):
        assert getattr(one, "counts", None) == getattr(other, "counts", None)
    return state["epoch"], state["batch"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("call", "place"),
    [(2, (0, 3)), (3, (0, 6)), (RANGES + 1, (1, 0)), (2 * RANGES + 2, (2, 3))],
    ids=["in the first epoch", "in a last step", "where an epoch begins", "within an epoch"],
)
def test_in_the_middle_of_a_range(engine, call, place, tmp_path, monkeypatch):
    def make():
        return noisy(optimizer=Adam(0.01, use_ema=True), metrics=["mae"], engine=engine.lower())

    assert check(make, tmp_path / "c.safetensors", monkeypatch, call) == place


@pytest.mark.parametrize("engine", ENGINES)
def test_while_it_is_validated(engine, tmp_path, monkeypatch):
    def make():
        return noisy(metrics=["mae"], engine=engine.lower())

    path = tmp_path / "c.safetensors"
    steps = 5  # of an epoch: 40 rows are trained on
    assert check(make, path, monkeypatch, 2, what="evaluate", validation_split=0.2) == (1, steps)


@pytest.mark.parametrize("call", [2, 8, 11])
def test_batch_by_batch(call, tmp_path, monkeypatch):
    path = tmp_path / "c.safetensors"
    place = divmod(call - 1, BATCHES)
    assert check(noisy, path, monkeypatch, call, callbacks=lambda: [CountedBatches()]) == place


@pytest.mark.parametrize("call", [RANGES + 1, RANGES + 2])
def test_callbacks_go_on_from_what_they_remember(call, tmp_path, monkeypatch):
    def callbacks():
        return [
            Counted(),
            LearningRateScheduler(lambda epoch, rate: 0.8 * rate),
            EarlyStopping("loss", patience=4, restore_best_weights=True),
            CSVLogger(tmp_path / "log.csv", append=(tmp_path / "c.safetensors").exists()),
        ]

    check(noisy, tmp_path / "c.safetensors", monkeypatch, call, callbacks=callbacks)
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch", "0", "1", "2", "3", "4"]


def test_the_model_stays_where_its_last_step_left_it(tmp_path, monkeypatch):
    with monkeypatch.context() as context:
        cut_short(context, 2, steps=2)
        model, _ = interrupted(network, tmp_path / "c.safetensors", [], OPTIONS)
    assert model._position.step == 5
    other = network()
    cut_short(monkeypatch, 2, steps=2)
    with pytest.raises(KeyboardInterrupt):
        other.fit(X, Y, **OPTIONS)
    assert same(model, other)


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_epoch_end", "on_train_batch_end", "on_pause"])
def test_a_signal_waits_until_all_callbacks_have_heard(hook, tmp_path):
    heard, path = [], tmp_path / "c.safetensors"

    def press(number, *_):
        if len(heard) == 1:
            signal.raise_signal(signal.SIGINT)
            heard.append("pressed")

    first = LambdaCallback(**{hook: press})
    second = LambdaCallback(**{hook: lambda *_: heard.append("heard")})
    whole = noisy()
    expected = whole.fit(X, Y, **OPTIONS)
    _, notes = interrupted(noisy, path, [first, second], OPTIONS)
    assert heard == ["heard", "pressed", "heard"]
    assert len(notes) == 1
    model = noisy()
    history = model.fit(X, Y, resume_from=path, **OPTIONS)
    assert same(model, whole)
    assert history.history == expected.history
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_a_callback_raises_itself_keeps_the_checkpoint_before(tmp_path):
    def slip(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    path = tmp_path / "c.safetensors"
    keep = ModelCheckpoint(path)
    with pytest.raises(KeyboardInterrupt) as stopped:
        network().fit(X, Y, callbacks=[keep, LambdaCallback(on_epoch_end=slip)], **OPTIONS)
    assert not hasattr(stopped.value, "__notes__")
    assert Checkpoint(path).state["epoch"] == 2


def test_a_second_signal_does_not_wait():
    held_back, done = HeldBack(), []
    with pytest.raises(KeyboardInterrupt), held_back.listening(), held_back:
        signal.raise_signal(signal.SIGINT)
        done.append(1)
        signal.raise_signal(signal.SIGINT)
        done.append(2)
    assert done == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_outside_the_block_nothing_waits():
    held_back, done = HeldBack(), []
    with pytest.raises(KeyboardInterrupt), held_back.listening():
        with held_back:
            done.append(1)
        signal.raise_signal(signal.SIGINT)
        done.append(2)
    assert done == [1]


def test_an_exception_goes_before_a_signal_that_waits():
    held_back = HeldBack()
    with pytest.raises(ValueError, match="mine"), held_back.listening(), held_back:
        signal.raise_signal(signal.SIGINT)
        raise ValueError("mine")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_handler_and_another_thread_are_left_alone():
    held_back, seen = HeldBack(), []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append("own"))
    try:
        with held_back.listening(), held_back:
            signal.raise_signal(signal.SIGINT)
            assert seen == ["own"]
    finally:
        signal.signal(signal.SIGINT, before)

    def inside():
        with held_back.listening():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen[1] is signal.default_int_handler


def test_the_file_is_named_by_the_place(tmp_path, monkeypatch):
    cut_short(monkeypatch, RANGES + 2)
    _, notes = interrupted(network, tmp_path / "{epoch}-{batch}.safetensors", [], OPTIONS)
    assert notes[0].startswith("the training up to batch 3 of epoch 2 is saved;")
    assert [path.name for path in tmp_path.iterdir()] == ["2-3.safetensors"]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("c.safetensors", {"monitor": "loss", "save_best_only": True}),
        ("c.safetensors", {"save_weights_only": True}),
        ("{epoch}-{loss:.3f}.safetensors", {}),
    ],
)
def test_what_is_no_place_to_go_on_from_is_not_replaced(name, settings, tmp_path, monkeypatch):
    model = network()
    cut_short(monkeypatch, RANGES + 2)
    with pytest.raises(KeyboardInterrupt) as stopped:
        model.fit(X, Y, callbacks=[ModelCheckpoint(tmp_path / name, **settings)], **OPTIONS)
    assert not hasattr(stopped.value, "__notes__")
    assert len(list(tmp_path.iterdir())) == 1  # that of the first epoch


def test_nothing_is_saved_where_nothing_was_trained(tmp_path, monkeypatch):
    cut_short(monkeypatch, 1)
    _, notes = interrupted(network, tmp_path / "c.safetensors", [], OPTIONS)
    assert (notes, list(tmp_path.iterdir())) == ([], [])


def test_a_place_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    folder = tmp_path / "folder"
    model = network()
    cut_short(monkeypatch, 2)

    class Remove(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            folder.rmdir()
            folder.write_text("in the way")

    kept = ModelCheckpoint(folder / "c.safetensors", every_minutes=9)
    with pytest.warns(RuntimeWarning, match="^no checkpoint is written: "), pytest.raises(KeyboardInterrupt) as stopped:
        model.fit(X, Y, callbacks=[kept, Remove()], **OPTIONS)
    assert not hasattr(stopped.value, "__notes__")


def test_the_state_is_for_pauses():
    class Curious(Callback):
        def on_train_begin(self, logs=None):
            self.run.state()

    with pytest.raises(StateError, match="can be saved at a pause only"):
        network().fit(X, Y, callbacks=[Curious()], **OPTIONS)


def test_functions_hear_of_it_too(monkeypatch):
    seen = []
    cut_short(monkeypatch, RANGES + 2)
    hear = LambdaCallback(on_interrupt=lambda epoch, batch: seen.append((epoch, batch)))
    with pytest.raises(KeyboardInterrupt):
        network().fit(X, Y, callbacks=[hear], **OPTIONS)
    assert seen == [(1, 3)]


def test_a_second_ctrl_c_waits_until_the_first_has_saved(monkeypatch):
    saved, model = [], network()

    def save(epoch, batch):
        signal.raise_signal(signal.SIGINT)
        saved.append((epoch, batch))
        return "all of it"

    cut_short(monkeypatch, 5)
    with pytest.raises(KeyboardInterrupt) as stopped:
        model.fit(X, Y, callbacks=[LambdaCallback(on_interrupt=save)], **OPTIONS)
    assert len(saved) == 1
    assert stopped.value.__notes__ == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
