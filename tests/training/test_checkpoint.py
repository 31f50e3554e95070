import resource
import sys

import numpy as np
import pytest

import chainrule
from chainrule import metrics
from chainrule.callbacks import Callback, CSVLogger, LambdaCallback, ModelCheckpoint
from chainrule.engine import engine as engine_module
from chainrule.errors import ArgumentError, FileError, StateError, UnknownNameError
from chainrule.layers import Dense
from chainrule.models.checkpoint_file import pack, unpack
from tests.training.networks import X, Y, network, same

BATCHES = 7
VALIDATED = {"validation_split": 0.2, "verbose": 0}


@pytest.fixture(autouse=True)
def short_ranges(monkeypatch):
    monkeypatch.setattr(engine_module.Engine, "steps_together", lambda self, task, batch_size: 3)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_after_every_epoch_by_default_and_every_so_many(tmp_path):
    each = ModelCheckpoint(tmp_path / "each/{epoch:02d}.safetensors")
    third = ModelCheckpoint(tmp_path / "third/{epoch}.safetensors", every_epochs=3)
    network().fit(X, Y, epochs=7, callbacks=[each, third], verbose=0)
    assert names(tmp_path / "each") == [f"0{n}.safetensors" for n in range(1, 8)]
    assert names(tmp_path / "third") == ["3.safetensors", "6.safetensors"]


def test_after_batches_of_the_run(tmp_path):
    kept = ModelCheckpoint(tmp_path / "{epoch}-{batch}.safetensors", save_freq=5)
    network().fit(X, Y, epochs=2, batch_size=8, callbacks=[kept], verbose=0)  # 14 batches
    assert names(tmp_path) == ["1-5.safetensors", "2-3.safetensors"]


def test_minutes_count_from_the_last_checkpoint_and_within_an_epoch(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("chainrule.training.checkpoint.time.monotonic", lambda: clock[0])
    tick = LambdaCallback(on_pause=lambda epoch, batch, logs: clock.__setitem__(0, clock[0] + 30))
    kept = ModelCheckpoint(tmp_path / "{epoch}-{batch}.safetensors", every_minutes=1)
    network().fit(X, Y, epochs=2, batch_size=8, callbacks=[tick, kept], verbose=0)  # pauses after 3, 6, 7 batches
    assert names(tmp_path) == ["1-6.safetensors", "2-3.safetensors", "2-7.safetensors"]


def test_only_the_best(tmp_path):
    values = iter([3.0, 2.0, 2.5, 1.0, 1.0])

    class Given(Callback):
        def on_epoch_end(self, epoch, logs):
            logs["val_loss"] = next(values)

    kept = ModelCheckpoint(tmp_path / "{epoch}-{val_loss:.1f}.safetensors", save_best_only=True)
    network().fit(X, Y, epochs=5, callbacks=[Given(), kept], **VALIDATED)
    assert names(tmp_path) == ["1-3.0.safetensors", "2-2.0.safetensors", "4-1.0.safetensors"]
    assert kept.best == 1.0


def test_larger_is_better_and_a_threshold(tmp_path):
    kept = ModelCheckpoint(
        tmp_path / "{epoch}.safetensors", "loss", save_best_only=True, mode="max", initial_value_threshold=1e9
    )
    network().fit(X, Y, epochs=2, callbacks=[kept], verbose=0)
    assert names(tmp_path) == []


def test_a_checkpoint_is_a_model_and_weights_only_is_no_checkpoint(tmp_path):
    model, whole, bare = network(), tmp_path / "whole.safetensors", tmp_path / "bare.safetensors"
    model.fit(
        X, Y, epochs=2, callbacks=[ModelCheckpoint(whole), ModelCheckpoint(bare, save_weights_only=True)], verbose=0
    )
    for path in (whole, bare):
        loaded = chainrule.load(path)
        assert same(loaded, model)
        assert np.array_equal(loaded.predict(X), model.predict(X))
    with pytest.raises(FileError, match="no checkpoint"):
        network().fit(X, Y, verbose=0, resume_from=bare)


def test_a_loaded_checkpoint_goes_on_too(tmp_path):
    path, whole = tmp_path / "c.safetensors", network()
    network().fit(X, Y, epochs=2, batch_size=8, callbacks=[ModelCheckpoint(path)], verbose=0)
    loaded = chainrule.load(path)
    loaded.fit(X, Y, epochs=4, batch_size=8, verbose=0, resume_from=path)
    whole.fit(X, Y, epochs=4, batch_size=8, verbose=0)
    assert same(loaded, whole)


def test_history_does_not_depend_on_checkpoints(tmp_path):
    plain, kept = network(metrics=["mae"]), network(metrics=["mae"])
    expected = plain.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    history = kept.fit(
        X,
        Y,
        epochs=3,
        batch_size=8,
        verbose=0,
        callbacks=[ModelCheckpoint(tmp_path / "c.safetensors", every_minutes=0)],
    )
    assert history.history == expected.history
    assert same(plain, kept)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of file sizes")
def test_a_full_disk_is_told_once_and_training_goes_on(tmp_path):
    path, limits = tmp_path / "c.safetensors", resource.getrlimit(resource.RLIMIT_FSIZE)

    class Full(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            resource.setrlimit(resource.RLIMIT_FSIZE, (500 if epoch in (1, 2) else limits[0], limits[1]))

    model = network()
    try:
        with pytest.warns(RuntimeWarning, match="no checkpoint is written, training goes on: .*File too large") as told:
            model.fit(X, Y, epochs=3, callbacks=[Full(), ModelCheckpoint(path)], verbose=0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(told) == 1
    assert names(tmp_path) == ["c.safetensors"]  # the one of the first epoch, whole, and nothing half-written
    again = network()
    again.fit(X, Y, epochs=3, verbose=0, resume_from=path)
    assert same(again, model)


def test_what_a_killed_process_left_is_removed(tmp_path):
    path = tmp_path / "c.safetensors"
    (tmp_path / ".c.safetensors.abcd_123").write_bytes(b"half")
    (tmp_path / ".d.safetensors.abcd_123").write_bytes(b"another's")
    network().fit(X, Y, callbacks=[ModelCheckpoint(path)], verbose=0)
    assert names(tmp_path) == [".d.safetensors.abcd_123", "c.safetensors"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"mode": "less"}, "mode must be"),
        ({"save_freq": "batch"}, "save_freq must be 'epoch' or a number of batches, got 'batch'"),
        ({"save_freq": 0}, "save_freq must be an integer >= 1"),
        ({"save_freq": 5, "every_epochs": 2}, "give one of them"),
        ({"every_minutes": -1}, "every_minutes must be a number >= 0"),
        ({"every_minutes": 1, "save_best_only": True}, "compares epochs"),
    ],
)
def test_settings_that_make_no_sense(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        ModelCheckpoint("c.safetensors", **arguments)
    with pytest.raises(ArgumentError, match="no validation loss"):
        ModelCheckpoint("{val_loss}.safetensors", every_minutes=1)


def test_paths_and_names_are_checked(tmp_path):
    with pytest.raises(FileError, match="is a folder"):
        network().fit(X, Y, callbacks=[ModelCheckpoint(tmp_path)], verbose=0)
    with pytest.raises(UnknownNameError, match="no 'los' is measured; did you mean 'loss'"):
        network().fit(X, Y, callbacks=[ModelCheckpoint(tmp_path / "{los}.safetensors")], verbose=0)
    with pytest.raises(UnknownNameError, match="ModelCheckpoint monitors 'val_loss', which is not measured"):
        network().fit(X, Y, callbacks=[ModelCheckpoint(tmp_path / "c", save_best_only=True)], verbose=0)


def test_a_model_that_no_file_can_hold_is_refused_before_training(tmp_path):
    model, seen = network(Dense(2, activation=lambda z: z * z), Dense(1)), []
    see = LambdaCallback(on_train_begin=lambda logs: seen.append(1))
    with pytest.raises(ArgumentError, match="can't be saved"):
        model.fit(X, Y, callbacks=[see, ModelCheckpoint(tmp_path / "c.safetensors")], verbose=0)
    assert not seen


def test_every_number_comes_back():
    state = {
        "a": [1, -2.5, float("inf"), float("-inf"), None, True, "é"],
        "b": {"nan": float("nan"), "float32": np.array([[1.5]], np.float32), "inf": np.array([np.inf, 1.0])},
        "c": [np.arange(3, dtype=np.int16), np.array([True, False]), np.float32(0.1), np.zeros((0, 2))],
    }
    tensors = {}
    found = unpack(pack(state, "s", tensors), tensors)
    assert found["a"] == state["a"]
    assert np.isnan(found["b"]["nan"])
    arrays = [[tree["b"]["float32"], tree["b"]["inf"], *tree["c"]] for tree in (state, found)]
    for before, after in zip(*arrays, strict=True):
        assert (np.asarray(before).dtype, np.shape(before)) == (np.asarray(after).dtype, np.shape(after))
        assert np.asarray(before).tobytes() == np.asarray(after).tobytes()
    for odd in ({1, 2}, np.array(["x"]), object()):
        with pytest.raises(ArgumentError, match="x can't be kept in a checkpoint"):
            pack({"x": odd}, "s", {})


@pytest.mark.parametrize(
    "make",
    [
        metrics.AUC, metrics.BinaryAccuracy, metrics.F1Score, metrics.LogLoss, metrics.MeanAbsoluteError,
        metrics.Precision, metrics.R2Score, lambda: metrics.ConfusionMatrix(2),
        lambda: metrics.FunctionMetric(lambda y, p: np.abs(y - p)),
    ],
)  # fmt: skip
def test_every_kind_of_metric_goes_on_from_its_state(make):
    first, second = make(), make()
    y, p = np.array([1.0, 0.0, 1.0, 1.0, 0.0]), np.array([0.25, 0.5, 0.75, 0.125, 0.3])
    first.update_state(y[:3], p[:3])
    tensors = {}
    second.set_state(unpack(pack(first.get_state(), "m", tensors), tensors))
    for metric in (first, second):
        metric.update_state(y[3:], p[3:])
    assert np.array_equal(first.result(), second.result())


def test_loggers_that_are_gone_are_not_missed(tmp_path):
    path = tmp_path / "c.safetensors"
    network().fit(X, Y, epochs=2, callbacks=[ModelCheckpoint(path), CSVLogger(tmp_path / "log.csv")], verbose=0)
    history = network().fit(X, Y, epochs=3, verbose=0, resume_from=path)
    assert history.epoch == [0, 1, 2]
    with pytest.raises(StateError, match="epochs is 1"):
        network().fit(X, Y, epochs=1, verbose=0, resume_from=path)
