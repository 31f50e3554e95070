from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from chainrule.cli.main import main

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run a command line in this process, in an empty folder that holds penguins.csv."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # a default that train sets does not outlive the test
    (tmp_path / "penguins.csv").write_bytes(PENGUINS.read_bytes())

    def call(*arguments: object) -> Outcome:
        code = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model for penguins, trained once."""
    import chainrule

    path = tmp_path_factory.mktemp("models") / "penguins-species.safetensors"
    chainrule.train(PENGUINS, target="species", epochs=25).save(path)
    return path


@pytest.fixture(scope="session")
def mass_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A regression for penguins, trained once."""
    import chainrule

    path = tmp_path_factory.mktemp("models") / "penguins-body_mass_g.safetensors"
    chainrule.train(PENGUINS, target="body_mass_g", epochs=25).save(path)
    return path
