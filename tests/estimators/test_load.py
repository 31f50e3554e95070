"""A model file is data: nothing in it is run, and what is damaged is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file

import chainrule
from chainrule.errors import ChainruleError, FileError
from chainrule.estimators import TabularModel


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "model.safetensors"
    data = {"x": list(range(90)), "club": ["a", "b", "c"] * 30, "y": ["no", "yes"] * 45}
    chainrule.train(data, target="y", epochs=1, hidden=(3,)).save(path)
    return path


def description_of(path: Path) -> dict[str, Any]:
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        description: dict[str, Any] = json.loads(file.metadata()["chainrule"])
    return description


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


def test_no_changed_description_does_more_than_be_refused(saved: Path, tmp_path: Path) -> None:
    description, tensors = description_of(saved), load_file(saved)
    code = {"class": "os.system", "config": {"command": f"touch {tmp_path / 'ran'}"}}
    refused = 0
    for place in places(description)[1:]:
        for value in (None, -1, "x", [], {}, True, 1e308, code, "builtins.eval"):
            changed = json.loads(json.dumps(description))
            inner = changed
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = value
            path = tmp_path / "changed.safetensors"
            save_file(tensors, path, metadata={"chainrule": json.dumps(changed)})
            try:
                str(chainrule.load(path))
            except ChainruleError as error:
                refused += 1
                assert "\n" not in str(error)
    assert refused > 500
    assert not (tmp_path / "ran").exists()


def test_an_unknown_class_is_refused(saved: Path, tmp_path: Path) -> None:
    description = description_of(saved)
    description["network"]["layers"][0]["class"] = "subprocess.Popen"
    save_file(load_file(saved), tmp_path / "odd.safetensors", metadata={"chainrule": json.dumps(description)})
    with pytest.raises(FileError, match=r"needs the class subprocess\.Popen, which chainrule doesn't know"):
        chainrule.load(tmp_path / "odd.safetensors")


@pytest.mark.parametrize("length", [0, 4, 100, 2000, -1])
def test_a_truncated_file_is_refused(saved: Path, tmp_path: Path, length: int) -> None:
    (tmp_path / "short.safetensors").write_bytes(saved.read_bytes()[:length])
    with pytest.raises(FileError, match=r"short\.safetensors is not a model file, or is damaged"):
        chainrule.load(tmp_path / "short.safetensors")


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("target", "classes", ["no", "yes", "more"]),
        ("target", "name", "x"),
        ("encoder", "target", "other"),
        ("report", "guess", "maybe"),
        ("report", "number_classes", True),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(
    saved: Path, tmp_path: Path, part: str, key: str, value: Any
) -> None:
    description = description_of(saved)
    description[part][key] = value
    save_file(load_file(saved), tmp_path / "odd.safetensors", metadata={"chainrule": json.dumps(description)})
    with pytest.raises(FileError, match="do not fit each other"):
        chainrule.load(tmp_path / "odd.safetensors")


def test_a_network_without_an_encoder_loads_as_what_it_is(tmp_path: Path) -> None:
    network = chainrule.Sequential([chainrule.layers.Input((2,)), chainrule.layers.Dense(1)], seed=0)
    network.save(tmp_path / "network.safetensors")
    assert isinstance(chainrule.load(tmp_path / "network.safetensors"), chainrule.Sequential)


def test_an_existing_file_is_kept_if_asked_to(classifier: TabularModel, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("mine")
    with pytest.raises(FileError, match="exists already"):
        classifier.save(tmp_path / "model.safetensors", overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]
    assert (tmp_path / "model.safetensors").read_text() == "mine"
