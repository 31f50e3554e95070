"""What a model file holds, as data: network, columns and their treatment, target, scores, settings."""

import math
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from chainrule.arrays import Array
from chainrule.errors import FileError
from chainrule.estimators.tabular_model import TabularModel, load, read_parts
from chainrule.models.model_file import KNOWN, describe_network, read_file
from chainrule.models.sequential import Sequential


def inspect_file(path: str | PathLike[str]) -> dict[str, Any]:
    """Return the contents of a model file, all but the weights, as JSON data.

    Of a network that needs classes of your own (``needs`` names them) all is there but the shapes between its layers,
    which only these classes can tell.

    Raises
    ------
    FileError
        If there is no such file, or it is damaged or of another kind.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule.layers import Dense, Input
    >>> file = Path(tempfile.mkdtemp()) / "model.safetensors"
    >>> Sequential([Input((2,)), Dense(1)], seed=0).save(file)
    >>> found = inspect_file(file)
    >>> found["kind"], found["network"]["weights"], [layer["output"] for layer in found["network"]["layers"]]
    ('network', 3, [[1]])
    """
    description, tensors = read_file(path)
    needs = sorted(set(_unknown_classes(description.get("network"))))
    parts = None
    if needs:
        network, training = _as_described(path, description, tensors)
        if "encoder" in description:
            parts = read_parts(path, description)
    else:
        model = load(path)
        built = model if isinstance(model, Sequential) else model.network
        network, training = _as_built(built), built.trained_by or {}
        if isinstance(model, TabularModel):
            parts = model.encoder, model.target, model.report
    found = {
        "file": str(path),
        "bytes": Path(path).stat().st_size,
        "kind": "network" if parts is None else "table",
        "schema": description["schema"],
        "version": str(description.get("version", "unknown")),
        **({"needs": needs} if needs else {}),
        "network": network,
        "training": training,
    }
    return found if parts is None else {**found, **_table(*parts)}


def _unknown_classes(value: Any) -> Iterator[str]:
    """Give the names of the classes in a description that chainrule does not have."""
    if isinstance(value, list):
        for part in value:
            yield from _unknown_classes(part)
    elif isinstance(value, dict):
        name = value.get("class")
        if isinstance(name, str) and isinstance(value.get("config"), dict) and name not in KNOWN:
            yield name
        for part in value.values():
            yield from _unknown_classes(part)


def _as_built(network: Sequential) -> dict[str, Any]:
    described = describe_network(network)
    layers, shape = [], network.input_shape
    for layer, entry in zip(network.layers, described["layers"], strict=True):
        shape = layer.output_shape(shape)
        layers.append({**entry, "output": list(shape[1:]), "weights": layer.count_params()})
    return {**described, "layers": layers, "weights": network.count_params()}


def _as_described(
    path: str | PathLike[str], description: dict[str, Any], tensors: Mapping[str, Array]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return network and training as the file tells of them, weights counted by the names of their layers."""
    network, training = description["network"], description.get("training", {})
    try:
        layers = [{**entry, "weights": _count(tensors, f"{entry['name']}/")} for entry in network["layers"]]
        for entry in layers:
            entry["name"] = str(entry["name"])
            if not (isinstance(entry["class"], str) and isinstance(entry["config"], dict)):
                raise TypeError("a layer has no class and config")
            entry["trainable"] = [bool(flag) for flag in entry["trainable"]]
        for part in ("optimizer", "loss"):
            str(network.get("compile", {part: {"class": ""}})[part]["class"])
        shape = [int(size) for size in network["input_shape"]]
        plain = {"name": str(network["name"]), "dtype": str(network["dtype"]), "seed": int(network["seed"])}
        training = dict(training)
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(f"{path} is damaged: its description of the network can't be read ({error!r})") from error
    return {**network, **plain, "input_shape": shape, "layers": layers, "weights": _count(tensors, "")}, training


def _count(tensors: Mapping[str, Array], start: str) -> int:
    return sum(math.prod(array.shape) for name, array in tensors.items() if name.startswith(start))


def _table(encoder: Any, target: Any, report: Any) -> dict[str, Any]:
    entries = report.as_dict()
    return {
        "task": entries["task"],
        "target": target.state(),
        "columns": [treatment._asdict() for treatment in encoder.describe()],
        "scores": entries["scores"],
        "settings": entries["settings"],
        "report": {name: value for name, value in entries.items() if name not in ("scores", "settings", "columns")},
    }
