import json
import re
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

import chainrule
from chainrule import ops
from chainrule.layers import Dense, Dropout, Input, Layer
from chainrule.losses import Loss
from chainrule.models.model_file import describe_network, read_file, write_file
from tests.cli.conftest import PENGUINS
from tests.models import mutants


def test_everything_that_a_model_of_a_table_holds_is_shown(run: Any, model_file: Path) -> None:
    outcome = run("inspect", model_file)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    titles = [line for line in lines if line and not line.startswith(" ")]
    assert titles == [model_file.name, "Network", "Columns", "Target", "Scores", "Training", "Settings"]
    assert re.match(r"  classification of species; \d+ KB, written by chainrule \S+, schema 2$", lines[1])
    for line in (
        r"layer    kind           output  weights",
        r"dense_1  Dense silu        128    4,224",
        r"21,123 weights, float32, seed 0",
        r"Adam, SparseCategoricalCrossentropy",
        r"bill_length_mm     number    \(x - 43.8\) / .*, bent to stay within 3.*",
        r"island             category  one-hot of 3.*",
        r"species: Adelie, Chinstrap, Gentoo",
        r"Test rows, never used before: \d+ of 69 right .*",
        r"epochs +25",
        r"hidden +\[128, 128\]",
    ):
        assert any(re.fullmatch(line, other.strip()) for other in lines), line


def test_a_regression(run: Any, mass_file: Path) -> None:
    outcome = run("inspect", mass_file)
    assert "regression of body_mass_g" in outcome.out
    assert "body_mass_g: mean 4" in outcome.out
    assert "body_mass_g is off by" in outcome.out


def test_json_holds_it_all_as_data(run: Any, model_file: Path) -> None:
    found = json.loads(run("inspect", model_file, "--json").out)
    assert (found["kind"], found["schema"], found["version"]) == ("table", 2, chainrule.__version__)
    assert found["bytes"] == model_file.stat().st_size
    assert found["target"] == {
        "name": "species",
        "classes": ["Adelie", "Chinstrap", "Gentoo"],
        "threshold": None,
    }
    assert [layer["output"] for layer in found["network"]["layers"]] == [[128], [128], [3]]
    assert sum(layer["weights"] for layer in found["network"]["layers"]) == found["network"]["weights"] == 21123
    assert [column["column"] for column in found["columns"]] == PENGUINS.read_text().split("\n")[0].split(",")[1:]
    assert found["scores"]["rows"] == 69
    assert found["settings"]["epochs"] == 25
    assert found["training"]["settings"]["batch_size"] == 32
    assert set(found["training"]["metrics"]) == {"loss", "val_loss"}


def test_a_network_without_a_table(run: Any, tmp_path: Path) -> None:
    model = chainrule.Sequential([Input((3,)), Dense(4, trainable=False), Dropout(0.25), Dense(1)], seed=5)
    model.save(tmp_path / "plain.safetensors")
    out = run("inspect", "plain.safetensors").out
    assert out.splitlines()[1].startswith("  network; ")
    for part in ("Dense (frozen)", "Dropout 0.25", "21 weights, float32, seed 5"):
        assert part in out
    assert "Training" not in out
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3)), np.ones(4), epochs=2, verbose=0)
    model.save(tmp_path / "plain.safetensors")
    assert re.search(r"Training\n(.*\n)*  epochs +2\n", run("inspect", "plain.safetensors").out)


def test_names_from_a_file_can_not_control_the_terminal(run: Any, tmp_path: Path) -> None:
    data = {"x\x1b[31m": list(range(40)), "y": ["a\nb", "c"] * 20}
    chainrule.train(data, target="y", epochs=1, hidden=()).save(tmp_path / "naïve \x1b[2J.safetensors")
    out = run("inspect", "naïve \x1b[2J.safetensors").out
    assert "\x1b" not in out
    assert "a\\nb" in out


def test_quiet_tells_by_the_exit_code_alone(run: Any, model_file: Path, tmp_path: Path) -> None:
    assert run("inspect", model_file, "--quiet") == (0, "", "")
    (tmp_path / "cut.safetensors").write_bytes(model_file.read_bytes()[:-1])
    outcome = run("inspect", "cut.safetensors", "--quiet")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: cut.safetensors is not a model file, or is damaged: ")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("penguins.csv", "penguins.csv is not a model file, or is damaged"),
        (".", ". is a folder, not a model file"),
        ("/dev/null", "/dev/null is a device, pipe or socket, not a model file"),
        ("no.safetensors", "there is no file no.safetensors"),
        ("empty", "empty is not a model file, or is damaged: its header should have 0 bytes"),
    ],
)
def test_what_is_no_model_is_one_line(run: Any, tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty").touch()
    outcome = run("inspect", name)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {message}")
    assert outcome.err.count("\n") == 1


class Scale(Layer):
    """A layer that chainrule does not know."""

    def build(self, input_shape: tuple[int, ...]) -> None:
        self.factor = self.add_weight([input_shape[-1]], "ones")

    def call(self, inputs: Any) -> Any:
        return inputs * self.factor


class Pinball(Loss):
    def values(self, y_true: Any, y_pred: Any) -> Any:
        return ops.mean(ops.abs(y_true - y_pred), axis=-1)


def test_a_network_with_classes_of_ones_own_is_shown_and_they_are_named(run: Any) -> None:
    network = chainrule.Sequential([Input((2,)), Scale(name="scale"), Dense(3, activation="tanh"), Dense(1)], seed=0)
    network.compile("adam", Pinball())
    network.save("own.safetensors")
    outcome = run("inspect", "own.safetensors")
    assert (outcome.code, outcome.err) == (0, "")
    needed = "needs classes of your own: chainrule.load(path, custom_objects={'Pinball': Pinball, 'Scale': Scale})"
    assert needed in " ".join(outcome.out.split())
    for line in (r"scale +Scale +\? +2", r"dense_1 +Dense tanh +\? +9", "15 weights, float32, seed 0", "Adam, Pinball"):
        assert re.search(line, outcome.out), line
    found = json.loads(run("inspect", "own.safetensors", "--json").out)
    assert (found["kind"], found["needs"], found["network"]["weights"]) == ("network", ["Pinball", "Scale"], 15)
    loaded = chainrule.load("own.safetensors", custom_objects={"Scale": Scale, "Pinball": Pinball})
    assert found["network"]["layers"][1]["config"] == describe_network(loaded)["layers"][1]["config"]


@pytest.mark.parametrize("place", [("layers",), ("input_shape",), ("compile",), ("layers", 1, "trainable")])
def test_damage_beside_classes_of_ones_own_is_one_error(run: Any, place: tuple[Any, ...]) -> None:
    chainrule.Sequential([Input((2,)), Scale(), Dense(1)], seed=0).save("own.safetensors")
    description, tensors = read_file("own.safetensors")
    inner = description["network"]
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = {"layers": [3], "trainable": 3}.get(place[-1], "x")
    write_file("own.safetensors", description, tensors, overwrite=True)
    if place == ("layers",):
        description["network"]["extra"] = {"class": "Scale", "config": {}}
        write_file("own.safetensors", description, tensors, overwrite=True)
    outcome = run("inspect", "own.safetensors")
    assert outcome.code == 2
    assert "own.safetensors is damaged: its description of the network can't be read" in outcome.err


def test_whatever_is_changed_beside_classes_of_ones_own_is_an_error_or_shown(run: Any) -> None:
    chainrule.Sequential([Input((2,)), Scale(), Dense(1)], seed=0).save("own.safetensors")
    original, shown = Path("own.safetensors").read_bytes(), 0
    random = Random(0)
    for _ in range(100):
        Path("own.safetensors").write_bytes(mutants.redescribed(original, random))
        outcome = run("inspect", "own.safetensors")
        assert outcome.code == 0 or (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
        shown += outcome.code == 0
    assert 10 < shown < 90


@pytest.mark.parametrize("kind", ["labels", "numbers"])
def test_several_targets(run: Any, kind: str) -> None:
    x = np.arange(40.0)
    X, y = pd.DataFrame({"x": x}), pd.DataFrame({"up": x, "down": -x})
    if kind == "labels":
        chainrule.TabularClassifier(epochs=1).fit(X, (y > 10).astype(int)).save("several.safetensors")
    else:
        chainrule.TabularRegressor(epochs=1).fit(X, y).save("several.safetensors")
    lines = run("inspect", "several.safetensors").out.splitlines()
    shown = lines[lines.index("Target") + 1 : lines.index("Target") + 3]
    expected = (
        ["  y: any of up, down", ""] if kind == "labels" else ["  up: mean 19.50, std 11.54", "  down: mean -19.50"]
    )
    assert [line[: len(start)] for line, start in zip(shown, expected, strict=True)] == expected


def test_what_was_said_of_the_data_is_in_the_settings(run: Any) -> None:
    arguments = [
        "--drop",
        "sex",
        "--categorical",
        "bill_depth_mm",
        "--group",
        "island",
        "--epochs",
        "1",
        "--out",
        "m.st",
    ]
    assert run("train", "penguins.csv", "--target", "species", *arguments).code == 0
    settings = json.loads(run("inspect", "m.st", "--json").out)["settings"]
    assert settings | {"drop": ["sex"], "categorical": ["bill_depth_mm"], "group": "island", "time": None} == settings
    screen = run("inspect", "m.st").out
    assert re.search(r'drop +\["sex"\]', screen)
    assert re.search(r"group +island", screen)
    assert "numeric" not in screen
