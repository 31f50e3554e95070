"""Model files: weights and a JSON description in one safetensors file. Loading never runs code."""

import contextlib
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

import numpy as np

from chainrule import activations, constraints, initializers, layers, losses, metrics, optimizers, regularizers
from chainrule.arrays import Array
from chainrule.configurable import Configurable
from chainrule.errors import ArgumentError, ChainruleError, DataError, FileError, StateError
from chainrule.files import path_of, write_whole
from chainrule.initializers import Initializer
from chainrule.layers.layer import Layer
from chainrule.models.sequential import Sequential
from chainrule.models.tensor_file import parse_json, read_tensors
from chainrule.optimizers import schedules

SCHEMA = 2
KEY = "chainrule"
CHECKPOINT, STATE = "checkpoint", "$state"  # in a checkpoint: the entry for it, and how names of its tensors begin
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
    for module in (constraints, layers, losses, optimizers, metrics, initializers, regularizers, schedules)
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
        name = name[:60]
        raise FileError(
            f"the file needs the class {name}, which chainrule doesn't know; if it is your own, "
            f"load it with chainrule.load(path, custom_objects={{{name!r}: {name}}})"
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


def describe_training(model: Sequential) -> Description:
    """Return how the weights that a model holds came about: settings of the last fit, and what its epoch measured."""
    history = model.history
    if history is None or history.weights_epoch is None:
        return dict(model.trained_by or {}) if history is None else {}
    measured = {name: values[history.epoch.index(history.weights_epoch)] for name, values in history.history.items()}
    return {
        "settings": {name: encode(value) for name, value in history.params.items()},
        "epoch": history.weights_epoch + 1,
        "stopped_by": history.stopped_by,
        "seconds": history.seconds,
        "metrics": {
            name: value for name, value in measured.items() if isinstance(value, float) and math.isfinite(value)
        },
    }


def network_tensors(model: Sequential) -> dict[str, Array]:
    """Return copies of all weights under the names they have in a file."""
    return {name: v.numpy() for layer in model.layers for name, v in layer.named_weights()}


def restore_network(
    description: Description, tensors: Mapping[str, Array], custom: Mapping[str, type] | None = None
) -> Sequential:
    """Build the model that a description and its tensors tell of."""
    try:
        model = Sequential(name=str(description["name"]), dtype=description["dtype"], seed=description["seed"])
        model.weight_source = _Shapes(tensors)  # nothing is drawn at random, and no more is allocated than is there
        for entry in description["layers"]:
            layer = decode(entry, custom or {})
            if not isinstance(layer, Layer):
                raise FileError(f"the file's description is damaged: {entry['class']} is no layer")
            _check_parts(layer)
            layer.name, layer._named = str(entry["name"]), True
            model.add(layer)
        model.build((None, *[int(n) for n in description["input_shape"]]))
        for layer, entry in zip(model.layers, description["layers"], strict=True):
            for inner, trainable in zip(layer.walk(), entry["trainable"], strict=True):
                inner.trainable = bool(trainable)
        model.arrange()
        model.weight_source = None
        fill_network(model, tensors)
        if "compile" in description:
            model.compile(**{key: decode(part, custom or {}) for key, part in description["compile"].items()})
    except FileError:
        raise
    except Exception as error:  # whatever a damaged description makes a constructor say
        reason = str(error) if isinstance(error, ChainruleError) else repr(error)
        raise FileError(f"the file's description is damaged: {reason}") from error
    return model


class _Shapes:
    """Gives weights of zeros in the shapes that a file holds, each shape as often as it is there."""

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        self._left = Counter(array.shape for array in tensors.values())

    def __call__(self, name: str, shape: tuple[int, ...], dtype: Any) -> Array:
        if self._left[shape] < 1:
            raise FileError(f"{name} needs weights of shape {shape}, and the file holds none that are left")
        self._left[shape] -= 1
        return np.zeros(shape, dtype)


PARTS: dict[str, Any] = {
    "activation": activations.Activation,
    "initializer": Initializer,
    "regularizer": regularizers.L1L2,
    "constraint": constraints.MinMaxNorm | constraints.NonNeg,
}


def _check_parts(layer: Layer) -> None:
    """Refuse a known layer whose activation, initialiser, regularizer or constraint is an object of another kind."""
    if type(layer) not in KNOWN.values():
        return
    for name, value in vars(layer).items():
        kind = PARTS.get(name.rpartition("_")[2])
        if kind is not None and value is not None and not isinstance(value, kind):
            raise FileError(f"the file's description is damaged: {type(value).__name__} is no {name}")


def weights_among(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """Return the tensors of a file that are weights, without those of a checkpoint's state."""
    return {name: array for name, array in tensors.items() if not name.startswith(f"{STATE}/")}


def fill_network(model: Sequential, tensors: Mapping[str, Array]) -> None:
    """Set all weights of a model, which must be the ones that it has."""
    expected = dict(pair for layer in model.layers for pair in layer.named_weights())
    if expected.keys() != tensors.keys():
        odd = min(expected.keys() ^ tensors.keys())[:60]
        raise FileError(f"the file's weights don't match its architecture: {odd} stands on one side only")
    for name, v in expected.items():
        array = tensors[name]
        if array.shape != v.shape or array.dtype != v.dtype:
            raise FileError(f"{name} should be {v.dtype} {v.shape}, got {array.dtype} {array.shape}")
    for layer in model.layers:
        layer.set_weights([tensors[name] for name, _ in layer.named_weights()])


def write_file(
    filepath: str | PathLike[str], description: Description, tensors: dict[str, Array], overwrite: bool
) -> None:
    """Write a model file; it takes the place of an old one when it is complete."""
    from safetensors.numpy import save

    from chainrule import __version__

    for name, array in tensors.items():
        if not np.isfinite(array).all():
            raise DataError(f"{name} holds NaN or infinity, which no model file should; train the model again first")
    header = {"schema": SCHEMA, "version": __version__, **description}
    text = json.dumps(header, ensure_ascii=False, allow_nan=False)
    data = save(tensors, metadata={KEY: text})
    write_whole(filepath, lambda out: out.write(data), overwrite)


def read_file(filepath: str | PathLike[str]) -> tuple[Description, dict[str, Array]]:
    """Return the description and the tensors of a model file; a description of an older schema is brought up to date.

    Raises
    ------
    FileError
        There is no such file, or it is damaged, too new, or none of chainrule's.
    """
    path = path_of(filepath)
    text, tensors = read_tensors(path, KEY)
    size = len(text) + sum(array.nbytes for array in tensors.values())
    try:
        description = parse_json(text.encode("utf-8"), size)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path} is not a model file, or is damaged: {error}") from error
    schema = description.get("schema") if isinstance(description, dict) else None
    if type(schema) is not int or not 1 <= schema <= SCHEMA:
        newer = "; install a newer chainrule" if type(schema) is int and schema > SCHEMA else ""
        raise FileError(f"{path} has schema {str(schema)[:20]}; this version of chainrule reads 1 to {SCHEMA}{newer}")
    for number in range(schema, SCHEMA):
        UPGRADES[number](description)
    return description, tensors


def _from_1_to_2(description: Description) -> None:
    """Add what schema 2 says besides: nothing was kept of the settings and of the metrics of a network."""
    description.setdefault("training", {})


# From each schema to the next, in place. Files of every schema stay in tests/models/fixtures and must load.
UPGRADES: dict[int, Callable[[Description], None]] = {1: _from_1_to_2}


def save_model(model: Sequential, filepath: str | PathLike[str], overwrite: bool = True) -> None:
    """Write a Sequential model to a file."""
    if not model.built:
        raise StateError("the model has no weights to save yet; build or fit it first")
    description = {"network": describe_network(model), "training": describe_training(model)}
    write_file(filepath, description, network_tensors(model), overwrite)


def load_model(filepath: str | PathLike[str], custom_objects: Mapping[str, type] | None = None) -> Sequential:
    """Read a Sequential model from a file.

    Parameters
    ----------
    filepath : str or path
    custom_objects : dict of name to class, optional
        Your own layers, losses ... that the file names; nothing is ever imported by name.
    """
    description, tensors = read_file(filepath)
    return restore_model(filepath, description, tensors, custom_objects)


def restore_model(
    filepath: str | PathLike[str],
    description: Description,
    tensors: Mapping[str, Array],
    custom_objects: Mapping[str, type] | None = None,
) -> Sequential:
    """Build the network of a file that `read_file` has read."""
    custom = check_custom(custom_objects)
    training = description.get("training", {})
    if not isinstance(description.get("network"), dict) or not isinstance(training, dict):
        raise FileError(f"{filepath} has no description of a network")
    weights = weights_among(tensors) if CHECKPOINT in description else tensors
    model = restore_network(description["network"], weights, custom)
    model.trained_by = training
    return model


def check_custom(custom_objects: Any) -> dict[str, type]:
    """Return the caller's own classes by name.

    Examples
    --------
    >>> check_custom({"Scale": 3})
    Traceback (most recent call last):
    chainrule.errors.ArgumentError: custom_objects expects a dict from name to class, got 3 for 'Scale'
    """
    if custom_objects is None:
        return {}
    if not isinstance(custom_objects, Mapping):
        raise ArgumentError(f"custom_objects expects a dict from name to class, got {custom_objects!r}")
    for name, cls in custom_objects.items():
        if not isinstance(name, str) or not isinstance(cls, type):
            raise ArgumentError(f"custom_objects expects a dict from name to class, got {cls!r} for {name!r}")
    return dict(custom_objects)
