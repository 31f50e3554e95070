import os
import subprocess
import sys
from typing import Any

import click
import pytest

from chainrule import __version__, engine
from chainrule.__main__ import main as start
from chainrule.cli import main as module


def test_help_lists_the_commands(run: Any) -> None:
    for arguments in ((), ("--help",), ("-h",)):
        outcome = run(*arguments)
        assert outcome.code == 0
        assert [line.split()[0] for line in outcome.out.partition("Commands:")[2].strip().splitlines()] == [
            "completion",
            "evaluate",
            "explain",
            "inspect",
            "lr-find",
            "plot",
            "predict",
            "report",
            "sweep",
            "train",
        ]


@pytest.mark.parametrize(
    "command",
    ["train", "predict", "evaluate", "explain", "inspect", "lr-find", "plot", "report", "sweep", "completion"],
)
def test_every_command_has_help_with_an_example(run: Any, command: str) -> None:
    outcome = run(command, "--help")
    assert outcome.code == 0
    assert f"chainrule {command} " in outcome.out.partition("Usage:")[2].partition("\n")[2]


def test_the_version_names_the_engine(run: Any) -> None:
    assert run("--version").out == f"chainrule {__version__}, {engine.describe()}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "there is no command 'trian'; did you mean 'train'? (see chainrule --help)"),
        (["train"], "Missing option '--target' (see chainrule train --help)"),
        (["train", "penguins.csv"], "Missing option '--target' (see chainrule train --help)"),
        (["predict", "a"], "give either a FILE or a query with --sql (see chainrule predict --help)"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(run: Any, arguments: list[str], message: str) -> None:
    assert run(*arguments) == (2, "", f"error: {message}\n")


def test_a_misspelt_option_gets_a_suggestion(run: Any) -> None:
    outcome = run("train", "penguins.csv", "--target", "species", "--hiden", "3")
    assert outcome.code == 2
    assert "--hidden" in outcome.err


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted; nothing was saved"),
        (MemoryError("Unable to allocate 9 TiB"), 2, "error: not enough memory (Unable to allocate 9 TiB)"),
        (MemoryError(), 2, "error: not enough memory"),
        (OSError(28, "No space left on device"), 2, "error: No space left on device"),
        (OSError(5, "Input/output error", "x.csv"), 2, "error: Input/output error: x.csv"),
        (click.ClickException("two\nlines \x1b[31m"), 2, "error: two\\nlines \\x1b[31m"),
    ],
)
def test_what_goes_wrong_outside_is_said_in_one_line(
    run: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(module.cli, "invoke", fail)
    outcome = run("train", "x.csv", "--target", "y")
    assert (outcome.code, outcome.out, outcome.err.strip()) == (code, "", message)


def test_the_module_is_the_command() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "chainrule", "--version"], capture_output=True, text=True, check=True, env=os.environ
    )
    assert result.stdout.startswith("chainrule ")


def test_ctrl_c_while_the_command_line_is_loaded_leaves_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "chainrule.cli.main":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "chainrule.cli.main")
    monkeypatch.setattr(sys, "meta_path", [Stop, *sys.meta_path])
    with pytest.raises(SystemExit) as exit_:
        start()
    assert exit_.value.code == 130
