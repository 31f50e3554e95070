"""Model files: weights and a JSON description in one safetensors file. Loading never runs code."""

import contextlib
import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import activations, initializers, layers, losses, metrics, optimizers, regularizers
from chainrule.arrays import Array
from chainrule.configurable import Configurable
from chainrule.errors import ArgumentError, ChainruleError, DataError, FileError, StateError, did_you_mean
from chainrule.files import write_whole
from chainrule.layers.layer import Layer
from chainrule.models.sequential import Sequential
from chainrule.optimizers import schedules

SCHEMA = 1
KEY = "chainrule"
Description = dict[str, Any]


def file_name(cls: type) -> str:
    """Return the name of a class in a file: with its kind, since a loss and a metric can share a name.

    Examples
    --------
    >>> file_name(losses.MeanSquaredError), file_name(metrics.MeanSquaredError)
    ('losses.MeanSquaredError', 'metrics.MeanSquaredError')
    """
    package, *path = cls.__module__.split(".")
    return f"{path[0]}.{cls.__name__}" if package == "chainrule" else cls.__name__


# Every class that a file may name. A custom layer must be passed in by the caller.
KNOWN: dict[str, type] = {
    file_name(cls): cls
    for module in (layers, losses, optimizers, metrics, initializers, regularizers, schedules)
    for cls in vars(module).values()
    if isinstance(cls, type) and issubclass(cls, Configurable)
}


def encode(value: Any) -> Any:
    """Return a value of a configuration as JSON data.

    Examples
    --------
    >>> encode(regularizers.L2(0.5))
    {'class': 'regularizers.L2', 'config': {'l2': 0.5}}
    """
    if isinstance(value, Configurable):
        config = {name: encode(part) for name, part in value.get_config().items()}
        return {"class": file_name(type(value)), "config": config}
    if isinstance(value, activations.Activation):
        return activations.serialize(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [encode(part) for part in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.dtype):
        return str(value)
    name = getattr(value, "__name__", type(value).__name__)
    raise ArgumentError(
        f"{name} can't be saved: a model file holds data, not functions; use a name or a chainrule class"
    )


def decode(value: Any, custom: Mapping[str, type]) -> Any:
    """Turn JSON data back into objects of known classes."""
    if isinstance(value, list):
        return [decode(part, custom) for part in value]
    if not isinstance(value, dict):
        return value
    name, config = value.get("class"), value.get("config")
    if not isinstance(name, str) or not isinstance(config, dict):
        raise FileError("the file's description is damaged: an object has no class and config")
    cls = custom.get(name) or KNOWN.get(name)
    if cls is None:
        raise FileError(
            f"the file needs the class {name}, which chainrule doesn't know; if it is your own, "
            f"load it with load_model(path, custom_objects={{{name!r}: {name}}})"
        )
    return cls(**{str(key): decode(part, custom) for key, part in config.items()})


def describe_network(model: Sequential) -> Description:
    """Return the architecture and the training settings of a model as JSON data."""
    model._need_built("the model's architecture")
    description: Description = {
        "name": model.name,
        "dtype": str(model.dtype),
        "seed": model.seed,
        "input_shape": list(model.input_shape[1:]),
        "layers": [
            encode(layer) | {"name": layer.name, "trainable": [inner.trainable for inner in layer.walk()]}
            for layer in model.layers
        ],
    }
    if model._compiled:
        with contextlib.suppress(
            ArgumentError
        ):  # a plain function as loss or metric: the network is saved all the same
            description["compile"] = {
                "optimizer": encode(model.optimizer),
                "loss": encode(model.loss),
                **{name: encode(given) for name, given in model._metric_requests.items() if given or name == "metrics"},
                **({} if model.loss_weights is None else {"loss_weights": model.loss_weights}),
            }
    return description


def network_tensors(model: Sequential) -> dict[str, Array]:
    """Return copies of all weights under the names they have in a file."""
    return {name: v.numpy() for layer in model.layers for name, v in layer.named_weights()}


def restore_network(
    description: Description, tensors: Mapping[str, Array], custom: Mapping[str, type] | None = None
) -> Sequential:
    """Build the model that a description and its tensors tell of."""
    try:
        model = Sequential(name=description["name"], dtype=description["dtype"], seed=description["seed"])
        for entry in description["layers"]:
            layer = decode(entry, custom or {})
            if not isinstance(layer, Layer):
                raise FileError(f"the file's description is damaged: {entry['class']} is no layer")
            layer.name, layer._named = str(entry["name"]), True
            model.add(layer)
        model.build((None, *[int(n) for n in description["input_shape"]]))
        for layer, entry in zip(model.layers, description["layers"], strict=True):
            for inner, trainable in zip(layer.walk(), entry["trainable"], strict=True):
                inner.trainable = bool(trainable)
        model.arrange()
        _fill(model, tensors)
        if "compile" in description:
            model.compile(**{key: decode(part, custom or {}) for key, part in description["compile"].items()})
    except FileError:
        raise
    except Exception as error:  # whatever a damaged description makes a constructor say
        reason = str(error) if isinstance(error, ChainruleError) else repr(error)
        raise FileError(f"the file's description is damaged: {reason}") from error
    return model


def _fill(model: Sequential, tensors: Mapping[str, Array]) -> None:
    expected = network_tensors(model)
    if expected.keys() != tensors.keys():
        odd = sorted(expected.keys() ^ tensors.keys())
        raise FileError(f"the file's weights don't match its architecture: {odd[0]} stands on one side only")
    for layer in model.layers:
        values = []
        for name, v in layer.named_weights():
            array = tensors[name]
            if array.shape != v.shape or array.dtype != v.dtype:
                raise FileError(f"{name} should be {v.dtype} {v.shape}, got {array.dtype} {array.shape}")
            if not np.isfinite(array).all():
                raise FileError(f"{name} holds NaN or infinity")
            values.append(array)
        layer.set_weights(values)


def write_file(
    filepath: str | PathLike[str], description: Description, tensors: dict[str, Array], overwrite: bool
) -> None:
    """Write a model file; it takes the place of an old one when it is complete."""
    from safetensors.numpy import save

    from chainrule import __version__

    header = {"schema": SCHEMA, "version": __version__, **description}
    data = save(tensors, metadata={KEY: json.dumps(header, ensure_ascii=False, allow_nan=False)})
    write_whole(filepath, lambda out: out.write(data), overwrite)


def read_file(filepath: str | PathLike[str]) -> tuple[Description, dict[str, Array]]:
    """Return the description and the tensors of a model file."""
    from safetensors import SafetensorError, safe_open

    path = Path(filepath)
    if not path.exists():
        others = [p.name for p in path.parent.glob("*.safetensors")] if path.parent.is_dir() else []
        near = did_you_mean(path.name, others)
        near = near if near.startswith("; did you mean") else ""  # a folder can hold many
        raise FileError(f"there is no file {path}{near}")
    if path.is_dir():
        raise FileError(f"{path} is a folder, not a model file")
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            if KEY not in metadata:
                raise FileError(f"{path} is a safetensors file, but not one of chainrule's models")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a mapping
        description = json.loads(metadata[KEY])
    except (SafetensorError, OSError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, ChainruleError):
            raise
        raise FileError(f"{path} is not a model file, or is damaged: {error}") from error
    if not isinstance(description, dict) or description.get("schema") != SCHEMA:
        found = description.get("schema") if isinstance(description, dict) else None
        raise FileError(f"{path} has schema {found!r}; this version of chainrule reads schema {SCHEMA}")
    return description, tensors


def save_model(model: Sequential, filepath: str | PathLike[str], overwrite: bool = True) -> None:
    """Write a Sequential model to a file."""
    if not model.built:
        raise StateError("the model has no weights to save yet; build or fit it first")
    tensors = network_tensors(model)
    for name, array in tensors.items():
        if not np.isfinite(array).all():
            raise DataError(f"{name} holds NaN or infinity, which no model file should; train the model again first")
    write_file(filepath, {"network": describe_network(model)}, tensors, overwrite)


def load_model(filepath: str | PathLike[str], custom_objects: Mapping[str, type] | None = None) -> Sequential:
    """Read a Sequential model from a file.

    Parameters
    ----------
    filepath : str or path
    custom_objects : dict of name to class, optional
        Your own layers, losses ... that the file names; nothing is ever imported by name.
    """
    description, tensors = read_file(filepath)
    if not isinstance(description.get("network"), dict):
        raise FileError(f"{filepath} has no description of a network")
    return restore_network(description["network"], tensors, custom_objects)
