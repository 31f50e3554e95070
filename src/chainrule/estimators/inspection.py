"""What a model file holds, as data: network, columns and their treatment, target, scores, settings."""

from os import PathLike
from pathlib import Path
from typing import Any

from chainrule.estimators.tabular_model import TabularModel, load
from chainrule.models.model_file import describe_network, read_file
from chainrule.models.sequential import Sequential


def inspect_file(path: str | PathLike[str]) -> dict[str, Any]:
    """Return the contents of a model file, all but the weights, as JSON data.

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
    description, _ = read_file(path)
    model = load(path)
    network = model if isinstance(model, Sequential) else model.network
    found = {
        "file": str(path),
        "bytes": Path(path).stat().st_size,
        "kind": "network" if isinstance(model, Sequential) else "table",
        "schema": description["schema"],
        "version": str(description.get("version", "unknown")),
        "network": _network(network),
        "training": network.trained_by or {},
    }
    return found if isinstance(model, Sequential) else {**found, **_table(model)}


def _network(network: Sequential) -> dict[str, Any]:
    described = describe_network(network)
    layers, shape = [], network.input_shape
    for layer, entry in zip(network.layers, described["layers"], strict=True):
        shape = layer.output_shape(shape)
        layers.append({**entry, "output": list(shape[1:]), "weights": layer.count_params()})
    return {**described, "layers": layers, "weights": network.count_params()}


def _table(model: TabularModel) -> dict[str, Any]:
    report = model.report.as_dict()
    return {
        "task": report["task"],
        "target": model.target.state(),
        "columns": [treatment._asdict() for treatment in model.encoder.describe()],
        "scores": report["scores"],
        "settings": report["settings"],
        "report": {name: value for name, value in report.items() if name not in ("scores", "settings", "columns")},
    }
