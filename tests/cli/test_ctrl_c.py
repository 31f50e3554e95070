"""Ctrl-C pressed in a real terminal: no traceback, no hidden cursor, what is said stands on lines of its own."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pty = pytest.importorskip("pty", reason="needs a pseudo-terminal")

COMMAND = [sys.executable, "-W", "error", "-m", "chainrule"]


def pressed(words: list[str], after: str) -> tuple[int, str]:
    """Run a command in a terminal, send Ctrl-C once this is on its screen; return the exit code and all it wrote."""
    terminal, inside = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200"}
    streams = {"stdin": inside, "stdout": inside, "stderr": inside}
    process = subprocess.Popen([*COMMAND, *words], env=environment, **streams)
    os.close(inside)
    written, done = b"", False
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not part:
            break
        written += part
        if not done and after.encode() in written:
            process.send_signal(signal.SIGINT)
            done = True
    os.close(terminal)
    return process.wait(), written.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("words", "after"),
    [
        (["train", "--epochs", "1000000", "--learning-rate", "1e-6", "--run", "a"], "val_loss"),
        (["sweep", "--trials", "100000", "--epochs", "3", "--run", "a"], "complete"),
    ],
    ids=["train", "sweep"],
)
def test_a_run_is_saved_and_the_command_to_go_on_stands_on_a_line(run: Any, words: list[str], after: str) -> None:
    code, written = pressed([*words, "penguins.csv", "--target", "species"], after)
    assert code == 130 and "Traceback" not in written
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") and written.endswith("\n")
    line = next(line for line in written.split("\n") if line.startswith("stopped"))
    command = shlex.split(line.partition("; go on with: ")[2])
    assert command[0] == "chainrule" and "--resume" in command
    assert Path("a/model.safetensors").exists()
