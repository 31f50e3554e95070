import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chainrule.cli import screen
from chainrule.cli.screen import check_output
from chainrule.errors import FileError

COMMAND = [sys.executable, "-W", "error", "-m", "chainrule", "train", "penguins.csv", "--target", "species"]


class Stream(io.TextIOWrapper):
    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode(self.encoding)


@pytest.mark.parametrize(
    ("encoding", "text"), [("utf-8", "█▁ naïve… 日\n"), ("latin-1", "#_ naïve~ ?\n"), ("ascii", "#_ na?ve~ ?\n")]
)
def test_what_cannot_be_shown_is_replaced(monkeypatch: pytest.MonkeyPatch, encoding: str, text: str) -> None:
    stream = Stream(encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    screen.echo("█▁ naïve… 日")
    assert stream.text() == text


def test_a_closed_output_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    screen.echo("text")
    assert not screen.in_terminal()
    assert screen.width() == 100


@pytest.mark.parametrize(
    ("column", "expected"),
    [("species", "species"), ("Price (USD)", "Price-USD"), ("../x/y", "x-y"), ("?!", "target"), ("ä" * 99, "ä" * 60)],
)
def test_a_column_names_a_file(column: str, expected: str) -> None:
    assert screen.slug(column) == expected


@pytest.mark.parametrize(
    ("path", "expected"), [("a/b.csv", "b"), ("b.tar.gz", "b"), (".hidden.csv", "model"), ("b", "b")]
)
def test_a_file_gives_its_stem(path: str, expected: str) -> None:
    assert screen.stem(Path(path)) == expected


def in_terminal(columns: int, **environment: str) -> str:
    """Return what train prints into a terminal of so many columns."""
    ours, theirs = pty.openpty()
    variables = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "CI")}
    process = subprocess.Popen(
        [*COMMAND, "--epochs", "5", "--force"],
        stdout=theirs,
        stderr=theirs,
        env={**variables, "TERM": "xterm", "COLUMNS": str(columns), **environment},
    )
    os.close(theirs)
    parts = []
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux's way of saying that the other side is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(ours)
    assert process.wait() == 0
    return b"".join(parts).decode("utf-8")


def visible(text: str) -> list[str]:
    return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", text).replace("\r\n", "\n").splitlines()


def test_a_terminal_gets_colours_and_a_bar_that_goes(run: Any) -> None:
    text = in_terminal(80)
    assert "\x1b[1mpenguins.csv\x1b[0m   344 rows" in text
    assert re.search("\x1b\\[36m[▁▂▃▄▅▆▇█]{5}\x1b\\[0m", text)
    assert "/5" in text
    rest = text.rpartition("5/5")[2]
    assert "\x1b[2K" in rest  # the bar's line is cleared
    assert "validation loss" in rest


def test_a_terminal_without_colours(run: Any) -> None:
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        text = in_terminal(80, **environment)
        assert not re.search(r"\x1b\[[34]\d", text)
        assert any(line.startswith("penguins.csv   344 rows") for line in visible(text))


def test_a_narrow_terminal(run: Any) -> None:
    lines = [line for line in visible(in_terminal(48)) if "epoch " not in line]
    assert max(len(line) for line in lines if not line.startswith(("Saved", "Next", "Why"))) <= 48
    assert "  1 Adelie " in "\n".join(lines) or "  Adelie " in "\n".join(lines)


def test_a_terminal_of_ascii(run: Any) -> None:
    text = in_terminal(80, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert text.isascii()
    assert re.search(r"validation loss \S+ \S*#[_.~=+*-]*\S* ", re.sub(r"\x1b\[\d*m", "", text))


def test_train_goes_on_when_nobody_reads(run: Any, tmp_path: Path) -> None:
    command = " ".join(f"'{word}'" for word in [*COMMAND, "--epochs", "5"])
    result = subprocess.run(["bash", "-c", f"{command} | head -1"], capture_output=True, text=True, check=False)
    assert result.stderr == ""
    assert result.stdout.startswith("chainrule ")
    assert (tmp_path / "penguins-species.safetensors").exists()


def test_a_path_that_can_be_written_is_left_alone(tmp_path: Path) -> None:
    check_output(tmp_path / "a.csv", False)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a.csv").write_text("old")
    check_output(tmp_path / "a.csv", True)
    assert (tmp_path / "a.csv").read_text() == "old"
    with pytest.raises(FileError, match="exists already"):
        check_output(tmp_path / "a.csv", False)


def test_a_source_is_not_written_to_by_any_name(tmp_path: Path) -> None:
    source = tmp_path / "source.csv"
    source.write_text("x")
    (tmp_path / "link").symlink_to(source)
    os.link(source, tmp_path / "second")
    for name in ("source.csv", "link", "second"):
        with pytest.raises(FileError, match="is a file to read"):
            check_output(tmp_path / name, True, source)


def test_what_ctrl_c_has_left_stands_below_the_sign_that_a_terminal_shows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen.say_stopped("stopped; a is saved")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    screen.say_stopped()
    assert capsys.readouterr().err == "stopped; a is saved\n\ninterrupted; nothing was saved\n"
