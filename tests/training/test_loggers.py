"""What loggers write, and that none ends the training."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from chainrule.callbacks import Callback, CSVLogger, Logger, ModelCheckpoint, TensorBoard
from chainrule.errors import ArgumentError, DependencyError, UnknownNameError
from chainrule.training.run_folder import RunLog
from tests.training.networks import X, Y, network, same

HOOKS = (
    "on_train_begin",
    "on_epoch_begin",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_epoch_end",
    "on_train_end",
)


class StoppedError(Exception):
    pass


class StopAfter(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise StoppedError


@pytest.mark.parametrize("hook", HOOKS)
def test_a_broken_logger_warns_once_and_training_goes_on(hook):
    calls = []

    def broken(*arguments):
        calls.append(hook)
        raise ZeroDivisionError("by hand")

    logger = type("Mine", (Logger,), {hook: lambda self, *arguments: broken(*arguments)})()
    model, plain = network(), network()
    with pytest.warns(RuntimeWarning, match="Mine: nothing more is written, training goes on: by hand") as told:
        history = model.fit(X, Y, epochs=3, callbacks=[logger], verbose=0)
    plain.fit(X, Y, epochs=3, verbose=0)
    assert (len(told), len(calls), history.epoch) == (1, 1, [0, 1, 2])
    assert same(model, plain)


def test_another_callback_still_ends_the_training():
    class Mine(Callback):
        def on_epoch_end(self, epoch, logs):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        network().fit(X, Y, callbacks=[Mine()], verbose=0)


@pytest.mark.parametrize("make", [CSVLogger, TensorBoard, RunLog], ids=lambda make: make.__name__)
def test_a_place_that_can_not_be_written(make, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.warns(RuntimeWarning, match="nothing more is written, training goes on: Not a directory"):
        history = network().fit(X, Y, epochs=2, callbacks=[make(tmp_path / "file" / "log")], verbose=0)
    assert len(history.epoch) == 2


def read(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def test_csv_has_a_row_for_every_epoch_and_na_for_what_is_not_measured(tmp_path):
    path = tmp_path / "log.csv"
    history = network(metrics=["mae"]).fit(
        X, Y, epochs=4, validation_split=0.2, validation_freq=2, callbacks=[CSVLogger(path)], verbose=0
    )
    rows = read(path)
    assert list(rows[0]) == ["epoch", "loss", "mean_absolute_error", "val_loss", "val_mean_absolute_error"] or list(
        rows[0]
    ) == ["epoch", *sorted(history.history)]
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3"]
    assert [float(row["loss"]) for row in rows] == history.history["loss"]
    assert [row["val_loss"] == "NA" for row in rows] == [True, False, True, False]


def test_csv_separator_append_and_replace(tmp_path):
    path = tmp_path / "log.csv"
    for append, rows in ((False, 3), (True, 5), (False, 3)):
        network().fit(X, Y, epochs=2, callbacks=[CSVLogger(path, separator=";", append=append)], verbose=0)
        lines = path.read_text().splitlines()
        assert (len(lines), lines[0]) == (rows, "epoch;loss")
    with pytest.raises(ArgumentError, match="one character"):
        CSVLogger(path, separator="--")


@pytest.mark.parametrize("append", [False, True])
def test_logs_of_a_run_that_went_on_have_each_epoch_once(append, tmp_path):
    paths = {name: tmp_path / name for name in ("log.csv", "log.jsonl", "c.safetensors")}
    expected = {name: tmp_path / f"whole_{name}" for name in paths}
    if append:
        for log in (paths["log.csv"], expected["log.csv"]):
            log.write_text("epoch,loss\n0,1.0\n")

    def run(places, *more, **options):
        kept = ModelCheckpoint(places["c.safetensors"], every_epochs=2)
        logs = [CSVLogger(places["log.csv"], append=append), RunLog(places["log.jsonl"])]
        network().fit(X, Y, epochs=6, callbacks=[*logs, kept, *more], verbose=0, **options)

    run(expected)
    with pytest.raises(StoppedError):
        run(paths, StopAfter(3))  # the log has three epochs, the checkpoint two
    with paths["log.jsonl"].open("a") as log:
        log.write('{"epoch": 4, "lo')
    run(paths, resume_from=paths["c.safetensors"])
    for name in ("log.csv", "log.jsonl"):
        assert paths[name].read_bytes() == expected[name].read_bytes()


def test_a_log_that_was_lost_is_told(tmp_path):
    log, path = RunLog(tmp_path / "log.jsonl"), tmp_path / "c.safetensors"
    network().fit(X, Y, epochs=2, callbacks=[log, ModelCheckpoint(path)], verbose=0)
    Path(log.target).unlink()
    with pytest.warns(RuntimeWarning, match="shorter than it was at the checkpoint: epochs are missing in it"):
        network().fit(X, Y, epochs=3, callbacks=[log], verbose=0, resume_from=path)
    assert [json.loads(line)["epoch"] for line in Path(log.target).read_text().splitlines()] == [3]


def events(folder):
    """Give (tag, step, value) of the scalars, and (tag, step) of the histograms, in a folder of event files."""
    from tensorboardX.proto.event_pb2 import Event

    scalars, histograms = [], []
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        while data:  # a record: length, checksum, content, checksum
            size = int.from_bytes(data[:8], "little")
            event, data = Event.FromString(data[12 : 12 + size]), data[16 + size :]
            for value in event.summary.value:
                if value.HasField("histo"):
                    histograms.append((value.tag, event.step))
                else:
                    scalars.append((value.tag, event.step, value.simple_value))
    return scalars, histograms


def test_tensorboard_has_scalars_of_both_parts_and_histograms(tmp_path):
    board = TensorBoard(tmp_path, histogram_freq=2, update_freq=5, write_steps_per_second=True)
    history = network().fit(X, Y, epochs=4, batch_size=10, validation_split=0.2, callbacks=[board], verbose=0)
    scalars, histograms = events(tmp_path / "train")
    losses = [value for tag, _, value in scalars if tag == "epoch_loss"]
    assert np.allclose(losses, history.history["loss"], rtol=1e-6)  # event files hold float32
    assert [step for tag, step, _ in scalars if tag == "epoch_loss"] == [0, 1, 2, 3]
    assert [step for tag, step, _ in scalars if tag == "batch_loss"] == [5, 10, 15]
    assert [value for tag, _, value in scalars if tag == "epoch_learning_rate"] == [np.float32(0.001)] * 4
    assert sum(tag == "epoch_steps_per_second" for tag, _, _ in scalars) == 4
    names = [f"{layer}/{weight}/histogram" for layer in ("dense_1", "dense_2") for weight in ("kernel", "bias")]
    assert histograms == [(name, step) for step in (1, 3) for name in names]
    held, none = events(tmp_path / "validation")
    assert ([tag for tag, _, _ in held], none) == (["epoch_loss"] * 4, [])
    assert np.allclose([value for _, _, value in held], history.history["val_loss"], rtol=1e-6)


def test_tensorboard_settings(monkeypatch):
    for options, words in (
        ({"update_freq": "step"}, "update_freq must be"),
        ({"update_freq": 0}, "update_freq must be an integer >= 1"),
        ({"histogram_freq": -1}, "histogram_freq must be an integer >= 0"),
    ):
        with pytest.raises(ArgumentError, match=words):
            TensorBoard(**options)
    assert TensorBoard(update_freq="batch").pause_every == 1
    monkeypatch.setitem(__import__("sys").modules, "tensorboardX", None)
    with pytest.raises(DependencyError, match=r"pip install 'chainrule\[tensorboard\]'"):
        TensorBoard()


def test_a_misspelt_monitor_is_no_logging(tmp_path):
    kept = ModelCheckpoint(tmp_path / "c", "lss", save_best_only=True)
    with pytest.raises(UnknownNameError, match="did you mean 'loss'"):
        network().fit(X, Y, callbacks=[kept], verbose=0)
