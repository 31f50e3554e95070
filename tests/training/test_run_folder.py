import json
from pathlib import Path

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.errors import FileError
from chainrule.layers import Dense
from chainrule.training.run_folder import RunFolder


def made(path: Path) -> RunFolder:
    return RunFolder.create(path / "run", {"é": [1]}, {"seed": 0})


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    folder = made(tmp_path)
    assert (folder.settings(), folder.environment()) == ({"é": [1]}, {"seed": 0})
    model = Sequential([Dense(1)], seed=0)
    model.compile("sgd", "mse")
    seen: list[int] = []

    class Watch(type(folder.log())):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: object) -> None:
            seen.append(len(folder.metrics()))  # the line of every earlier epoch is in the file already

    history = model.fit(
        np.ones((4, 2)), np.ones(4), epochs=3, callbacks=[Watch(tmp_path / "x"), folder.log()], verbose=0
    )
    assert [line["loss"] for line in folder.metrics()] == history.history["loss"]
    assert seen == [0, 1, 2]


def test_half_a_line_of_a_killed_run_is_left_out(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (folder.path / "metrics.jsonl").write_text('{"epoch": 1}\n{"epo')
    assert folder.metrics() == [{"epoch": 1}]


def test_numbers_that_json_lacks_and_matrices(tmp_path: Path) -> None:
    log = made(tmp_path).log()
    log.on_train_begin()
    log.on_epoch_end(0, {"loss": float("inf"), "confusion": np.array([[1.0, np.nan]]), "n": np.float32(0.5)})
    log.on_train_end()
    assert json.loads(Path(log.target).read_text()) == {"epoch": 1, "loss": None, "confusion": [[1.0, None]], "n": 0.5}


def test_a_log_that_can_not_be_written_does_not_end_the_training(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (folder.path / "metrics.jsonl").mkdir()
    model = Sequential([Dense(1)], seed=0)
    model.compile("sgd", "mse")
    with pytest.warns(RuntimeWarning, match=r"metrics\.jsonl: nothing more is written, .*: Is a directory"):
        history = model.fit(np.ones((4, 2)), np.ones(4), epochs=2, callbacks=[folder.log()], verbose=0)
    assert len(history.epoch) == 2


def test_damaged_and_missing_files_are_named(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (folder.path / "settings.json").write_text("[]")
    (folder.path / "environment.json").write_text("{")
    (folder.path / "metrics.jsonl").write_text("x\n")
    for read, name in ((folder.settings, "settings"), (folder.environment, "environment"), (folder.metrics, "metrics")):
        with pytest.raises(FileError, match=name):
            read()
    with pytest.raises(FileError, match=r"settings\.json can't be read: No such file"):
        RunFolder(tmp_path / "nowhere").settings()
