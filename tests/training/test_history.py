"""The record of a training run: lists, best epoch, data frame, picture."""

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.callbacks import History
from chainrule.errors import StateError
from chainrule.layers import Dense, Input

NAN = float("nan")


def record(**columns):
    history = History({})
    for epoch in range(len(next(iter(columns.values())))):
        history.append(epoch, {name: values[epoch] for name, values in columns.items()})
    return history


@pytest.mark.parametrize(
    ("columns", "best"),
    [
        ({"loss": [0.5, 0.3, 0.4]}, 1),
        ({"loss": [0.5, 0.3, 0.2], "val_loss": [0.4, 0.6, 0.7]}, 0),
        ({"loss": [0.5, 0.5]}, 0),
        ({"loss": [NAN, 0.5, 0.6]}, 1),
        ({"loss": [0.5, 0.4], "val_loss": [NAN, 0.7]}, 1),
    ],
)
def test_best_epoch(columns, best):
    assert record(**columns).best_epoch == best


def test_quantities_that_come_and_go():
    history = History({})
    history.append(0, {"loss": 1.0})
    history.append(1, {"loss": 0.5, "val_loss": 0.7})
    history.append(2, {"loss": np.float32(0.25)})
    np.testing.assert_array_equal(history.history["val_loss"], [NAN, 0.7, NAN])
    assert history.history["loss"] == [1.0, 0.5, 0.25]
    assert all(type(value) is float for value in history.history["loss"])


def test_empty():
    history = History({})
    for ask in (lambda: history.best_epoch, history.plot):
        with pytest.raises(StateError, match="no epoch has ended yet"):
            ask()


def test_frame():
    pandas = pytest.importorskip("pandas")
    history = record(loss=[0.5, 0.25], val_loss=[0.75, 1.0])
    expected = pandas.DataFrame(
        {"loss": [0.5, 0.25], "val_loss": [0.75, 1.0]}, index=pandas.Index([0, 1], name="epoch")
    )
    pandas.testing.assert_frame_equal(history.to_frame(), expected)


def test_frame_without_pandas(monkeypatch):
    polars = pytest.importorskip("polars")
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    frame = record(loss=[0.5, 0.25]).to_frame()
    assert frame.equals(polars.DataFrame({"epoch": [0, 1], "loss": [0.5, 0.25]}))


def test_repr():
    history = record(loss=[0.5, 0.25])
    history.stopped_by = "all epochs done"
    assert repr(history) == "History(2 epochs, loss 0.25; all epochs done)"


def test_picture():
    pytest.importorskip("matplotlib")
    figure = record(loss=[0.5, 0.3], val_loss=[0.6, 0.7], accuracy=[0.8, 0.9]).plot()
    loss, accuracy = figure.axes
    assert (loss.get_xlabel(), loss.get_ylabel(), accuracy.get_ylabel()) == ("epoch", "loss", "accuracy")
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation", "best epoch 1"]
    training, validation, best = loss.lines
    assert training.get_xydata().tolist() == [[1, 0.5], [2, 0.3]]
    assert validation.get_xydata().tolist() == [[1, 0.6], [2, 0.7]]
    assert best.get_xdata()[0] == 1
    assert len(accuracy.lines) == 2
    figure.canvas.draw()  # without a warning


def test_picture_without_matplotlib(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"plots need matplotlib; install it with: pip install 'chainrule\[plot\]'"):
        record(loss=[0.5]).plot()


def test_what_fit_records():
    model = Sequential([Input((1,)), Dense(1)], seed=7)
    model.compile("sgd", "mse")
    history = model.fit(np.ones((5, 1)), np.ones(5), epochs=2, batch_size=2, verbose=0)
    assert history is model.history
    assert history.params == {
        "epochs": 2,
        "steps": 3,
        "batch_size": 2,
        "seed": 7,
        "engine": model._engine.name,
        "rows": 5,
        "validation_rows": 0,
    }
    assert (history.examples, history.weights_epoch, history.epoch) == (10, 1, [0, 1])
    assert history.seconds > 0
