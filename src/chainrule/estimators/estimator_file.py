"""What a model file holds of a scikit-learn estimator for tables besides the model: parameters, labels, history."""

import math
from os import PathLike
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, FileError
from chainrule.estimators.tabular_model import TabularModel, load
from chainrule.models.model_file import KNOWN, decode, encode, read_file
from chainrule.optimizers.schedules import Schedule
from chainrule.training.history import History

KEY = "estimator"
_NOT_KEPT = ("callbacks", "verbose")
_PLAIN = (bool, int, float, str, type(None))


def describe(estimator: Any) -> dict[str, Any]:
    """Return a fitted estimator, all but its model, as JSON data."""
    parameters = {name: value for name, value in estimator.get_params(deep=False).items() if name not in _NOT_KEPT}
    history = estimator.history_
    return {
        "class": type(estimator).__name__,
        "parameters": {name: _plain(name, value) for name, value in parameters.items()},
        "n_features_in": estimator.n_features_in_,
        "feature_names_in": list(getattr(estimator, "feature_names_in_", [])),
        "classes": _labels(getattr(estimator, "classes_", None)),
        "history": {
            "history": {name: [_finite(value) for value in values] for name, values in history.history.items()},
            "epoch": list(history.epoch),
            "params": dict(history.params),
            "weights_epoch": history.weights_epoch,
            "stopped_by": history.stopped_by,
            "seconds": history.seconds,
            "examples": history.examples,
        },
    }


def read(path: str | PathLike[str], cls: type) -> tuple[TabularModel, dict[str, Any], dict[str, Any]]:
    """Return the model of a file, and the attributes and the parameters of the estimator in it.

    Raises
    ------
    FileError
        There is no such file, it is damaged, or it holds no estimator of this class.
    """
    model = load(path)
    entry = read_file(path)[0].get(KEY)
    if not isinstance(entry, dict) or not isinstance(model, TabularModel) or entry.get("class") != cls.__name__:
        found = entry.get("class") if isinstance(entry, dict) else "no estimator"
        raise FileError(f"{path} holds {str(found)[:40]}, not a {cls.__name__}; chainrule.load reads every model file")
    try:
        parameters = {str(name): _restored(value) for name, value in entry["parameters"].items()}
        cls(**parameters)
        attributes: dict[str, Any] = {
            "n_features_in_": int(entry["n_features_in"]),
            "history_": _history(entry["history"]),
        }
        if entry["feature_names_in"]:
            attributes["feature_names_in_"] = np.array([str(name) for name in entry["feature_names_in"]], dtype=object)
        if entry["classes"] is not None:
            attributes["classes_"] = _read_labels(entry["classes"])
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise FileError(f"{path} is damaged: its estimator can't be read ({error!r})") from error
    return model, attributes, parameters


def _plain(name: str, value: Any) -> Any:
    """Return a parameter as JSON data; random states, which can't be data, become None."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(name, item) for item in value]
    if isinstance(value, dict):
        return {"pairs": [[_plain(name, key), _plain(name, item)] for key, item in value.items()]}
    if isinstance(value, Schedule) and type(value) in KNOWN.values():
        return encode(value)
    if name == "random_state":
        return None
    raise ArgumentError(f"{name}={value!r} can't be saved: a model file holds data, not objects")


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        return decode(value, {}) if "class" in value else dict(value["pairs"])
    return tuple(_restored(item) for item in value) if isinstance(value, list) else value


def _labels(labels: Array | None) -> dict[str, Any] | None:
    """Return an array of labels, or of arrays of them, with the kind of its numbers or texts."""
    return None if labels is None else {"kind": labels.dtype.kind, "values": labels.tolist()}


def _read_labels(entry: dict[str, Any]) -> Array:
    types: dict[str, Any] = {"b": bool, "i": np.int64, "u": np.uint64, "f": np.float64, "U": str, "O": object}
    values = entry["values"]
    if not isinstance(values, list) or not all(isinstance(value, _PLAIN) for value in values):
        raise ValueError("its classes are no list of numbers or texts")
    return np.array(values, dtype=types[entry["kind"]])


def _finite(value: Any) -> Any:
    return value if not isinstance(value, float) or math.isfinite(value) else None


def _history(entry: dict[str, Any]) -> History:
    history = History(dict(entry["params"]))
    history.history = {
        str(name): [float("nan") if value is None else float(value) for value in values]
        for name, values in entry["history"].items()
    }
    history.epoch = [int(epoch) for epoch in entry["epoch"]]
    history.weights_epoch = None if entry["weights_epoch"] is None else int(entry["weights_epoch"])
    history.stopped_by, history.seconds = str(entry["stopped_by"]), float(entry["seconds"])
    history.examples = int(entry["examples"])
    return history
