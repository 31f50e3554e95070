"""What fit shows: about ten lines in a pipe, a bar in a terminal, a line in a notebook, nothing when told so."""

import os
import pty
import re
import subprocess
import sys
from typing import ClassVar

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.callbacks import LambdaCallback, Stop
from chainrule.layers import Dense, Input
from chainrule.training import fit, progress
from chainrule.training.progress import BarProgress, LineProgress, PlainProgress, make_progress

X, Y = np.ones((4, 1)), np.ones(4)
PROGRAM = """
import time
from chainrule import Sequential
from chainrule.callbacks import LambdaCallback
from chainrule.layers import Dense
model = Sequential([Dense(3, activation="softmax")], seed=0)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy", "confusion_matrix"])
wait = LambdaCallback(on_epoch_end=lambda epoch, logs: time.sleep(0.002))
model.fit([[1.0], [2.0], [3.0]], [0, 1, 2], epochs=200, callbacks=[wait], verbose={verbose})
print("done")
"""


def network():
    model = Sequential([Input((1,)), Dense(1)], seed=0)
    model.compile("sgd", "mse", metrics=["mae"])
    return model


@pytest.mark.parametrize(("epochs", "lines"), [(1, 1), (5, 5), (10, 10), (11, 7), (100, 11), (250, 11), (1003, 11)])
def test_about_ten_lines(epochs, lines, capsys):
    network().fit(X, Y, epochs=epochs)
    out = capsys.readouterr().out.splitlines()
    assert len(out) == lines
    assert out[0].startswith(f"epoch {1:{len(str(epochs))}d}/{epochs}  loss ")
    assert out[-1].startswith(f"epoch {epochs}/{epochs}  loss ")
    assert all(re.fullmatch(r"epoch +\d+/\d+  loss \d+\.\d{4}  mae \d+\.\d{4}", line) for line in out)


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (1, 8), ("auto", 8), (2, 13)])
def test_verbose(verbose, lines, capsys):
    network().fit(X, Y, epochs=13, verbose=verbose)
    assert len(capsys.readouterr().out.splitlines()) == lines


def test_the_last_epoch_is_shown_however_it_came(capsys):
    stop = LambdaCallback(on_epoch_end=lambda epoch, logs: Stop("enough") if epoch == 17 else None)
    network().fit(X, Y, epochs=100, callbacks=[stop])
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["1/100", "10/100", "18/100"]


def test_verbose_is_no_matter_of_training():
    losses = [network().fit(X, Y, epochs=3, verbose=verbose).history for verbose in (0, 1, 2)]
    assert losses[0] == losses[1] == losses[2]


def test_choice(monkeypatch):
    assert make_progress(0) is None
    assert isinstance(make_progress(1), PlainProgress)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert isinstance(make_progress("auto"), BarProgress)
    assert isinstance(make_progress(2), PlainProgress)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    assert isinstance(make_progress("auto"), LineProgress)


def test_a_live_line_in_a_notebook(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    network().fit(X, Y, epochs=500)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out.endswith("\x1b[K\n")
    lines = out.rstrip("\n").split("\r")
    assert lines[0] == ""
    assert lines[1].startswith("epoch   1/500")
    assert lines[-1].startswith("epoch 500/500  loss ")
    assert len(lines) < 50  # at most ten a second


def test_a_display_that_is_cut_short_while_it_begins_shows_the_cursor_again():
    class Display:
        seen: ClassVar[list[str]] = []

        def start(self):
            self.seen.append("started")
            raise KeyboardInterrupt

        def stop(self):
            self.seen.append("stopped")

    with pytest.raises(KeyboardInterrupt):
        progress.start(Display())
    assert Display.seen == ["started", "stopped"]


@pytest.fixture
def every_step(monkeypatch):
    """Progress within epochs is told after every step, however short."""
    monkeypatch.setattr(fit, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.0)


def by_steps():
    model = Sequential([Input((1,)), Dense(1)], seed=0)
    model.compile("sgd", "mse", engine="python")
    return model


LONG = np.linspace(-1, 1, 40).reshape(40, 1)


@pytest.mark.parametrize("hooks", [[], [LambdaCallback(on_train_batch_end=lambda batch, logs: None)]])
def test_a_long_epoch_tells_the_steps_done_and_their_mean_loss(every_step, hooks):
    told, losses = [], []
    follow = LambdaCallback(on_epoch_progress=lambda steps, logs: told.append((steps, logs["loss"])))
    batches = LambdaCallback(on_train_batch_end=lambda batch, logs: losses.append((batch + 1, logs["loss"])))
    by_steps().fit(LONG, LONG, batch_size=16, epochs=2, verbose=0, callbacks=[follow, *hooks])
    by_steps().fit(LONG, LONG, batch_size=16, epochs=2, verbose=0, callbacks=[batches])
    assert told == losses
    assert [steps for steps, _ in told] == [1, 2, 3] * 2


def test_a_short_epoch_tells_nothing():
    told = []
    by_steps().fit(LONG[:4], LONG[:4], verbose=0, callbacks=LambdaCallback(on_epoch_progress=lambda *a: told.append(a)))
    assert told == []


def test_lines_within_a_long_epoch_in_a_pipe(every_step, capsys):
    """One for each further tenth of the steps."""
    by_steps().fit(LONG, LONG, batch_size=1, epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert [re.match(r"epoch (\d)/2  (?:step (\d+)/40  )?loss \d", line).groups() for line in lines] == [
        *[("1", str(step)) for step in range(4, 41, 4)],
        ("1", None),
        *[("2", str(step)) for step in range(4, 41, 4)],
        ("2", None),
    ]


def test_a_line_an_epoch_stays_that(every_step, capsys):
    by_steps().fit(LONG, LONG, batch_size=1, epochs=2, verbose=2)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_line_in_a_notebook_moves_within_an_epoch(every_step, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    by_steps().fit(LONG, LONG, batch_size=20, epochs=1)
    first, second, *_, last = capsys.readouterr().out.rstrip("\n").split("\r")[1:]
    assert first.startswith("epoch 1/1  step 1/2  loss ")
    assert second.startswith("epoch 1/1  step 2/2  loss ")
    assert last.startswith("epoch 1/1  loss ")


def in_a_terminal(program):
    """Run a program in a pseudo-terminal of 80 columns; return what it wrote and how it ended."""
    primary, secondary = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program], stdout=secondary, stderr=secondary, env=environment
    ) as process:
        os.close(secondary)
        parts = []
        while True:
            try:
                part = os.read(primary, 1 << 16)
            except OSError:  # Linux says so when the other side is closed
                break
            if not part:
                break
            parts.append(part)
    os.close(primary)
    return b"".join(parts).decode(), process.returncode


def test_a_bar_in_a_terminal():
    out, code = in_a_terminal(PROGRAM.format(verbose=1))
    assert code == 0, out
    assert out.splitlines()[-1].endswith("done")
    assert "200/200" in out
    assert re.search(r"loss.*\d\.\d{4}.*accuracy", out)
    assert "━" in out
    assert "Traceback" not in out
    frames = out.count("epoch")
    assert 2 <= frames <= 40  # 200 epochs of 2 ms and more: at most ten refreshes a second
    assert out.count("\x1b[?25l") == out.count("\x1b[?25h")  # the cursor is shown again


def test_a_bar_moves_within_a_long_epoch():
    program = PROGRAM.format(verbose=1).replace("epochs=200", "epochs=3, batch_size=1")
    program = program.replace("on_epoch_end=lambda epoch, logs: time.sleep(0.002)", "on_train_batch_end=pause")
    pause = "def pause(batch, logs):\n    time.sleep(0.12)\n"
    out, code = in_a_terminal(pause + program)
    assert code == 0, out
    assert re.search(r"0/3.*33% of 1: loss \d\.\d{4}", out)
    assert re.search(r"2/3.*accuracy.*67% of 3: loss \d\.\d{4}", out)


def test_a_bar_is_closed_after_an_exception():
    program = PROGRAM.format(verbose=1).replace("time.sleep(0.002)", "1 / 0")
    out, code = in_a_terminal(program)
    assert code == 1
    assert "ZeroDivisionError" in out
    assert out.count("\x1b[?25l") == out.count("\x1b[?25h")


def test_lines_in_a_pipe():
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM.format(verbose="'auto'")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(result.stdout.splitlines()) == 12
    assert "\x1b" not in result.stdout
    assert result.stderr == ""
