"""Checkpoint files: model files that also say where the training of the model stands."""

from collections.abc import Mapping
from math import isfinite
from os import PathLike
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, ChainruleError, FileError
from chainrule.models.model_file import (
    CHECKPOINT,
    STATE,
    decode,
    describe_network,
    encode,
    fill_network,
    network_tensors,
    read_file,
    weights_among,
    write_file,
)
from chainrule.training.resumption import refuse_other

FORMAT = 1
_ARRAY, _NUMBER = "$array", "$number"  # keys that no dict of a state may have


def pack(value: Any, name: str, tensors: dict[str, Array]) -> Any:
    """Return a state as JSON data, with its arrays put among the tensors under names that begin with ``name``.

    Every number comes back with the same bits: arrays of finite float32 or float64 are kept as they are, others as
    bytes.

    Examples
    --------
    >>> tensors = {}
    >>> pack({"best": float("inf"), "weights": np.ones(2)}, "state", tensors)
    {'best': {'$number': 'inf'}, 'weights': {'$array': 'state/weights'}}
    >>> tensors
    {'state/weights': array([1., 1.])}
    """
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype in (np.float32, np.float64) and np.isfinite(array).all():
            tensors[name] = array.copy()
            return {_ARRAY: name}
        if array.dtype.kind not in "biuf":
            raise ArgumentError(f"{name} can't be kept in a checkpoint: {array.dtype} is no type of numbers")
        tensors[name] = np.frombuffer(array.tobytes(), np.uint8)
        return {_ARRAY: name, "dtype": array.dtype.str, "shape": list(array.shape)}
    if isinstance(value, Mapping):
        return {str(key): pack(part, f"{name}/{key}", tensors) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [pack(part, f"{name}/{i}", tensors) for i, part in enumerate(value)]
    if isinstance(value, float) and not isfinite(value):
        return {_NUMBER: str(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ArgumentError(
        f"{name} can't be kept in a checkpoint: {type(value).__name__} is neither a number, text or an array, nor a "
        "list or dict of them; give its class get_state and set_state"
    )


def unpack(value: Any, tensors: Mapping[str, Array]) -> Any:
    """Return the state that `pack` has made JSON data of; tuples come back as lists."""
    if isinstance(value, list):
        return [unpack(part, tensors) for part in value]
    if not isinstance(value, dict):
        return value
    if _NUMBER in value:
        return float(value[_NUMBER])
    if _ARRAY not in value:
        return {key: unpack(part, tensors) for key, part in value.items()}
    array = tensors[value[_ARRAY]]
    if "dtype" in value:
        dtype = np.dtype(value["dtype"])
        if dtype.kind not in "biuf":
            raise ValueError(f"{value[_ARRAY]} has type {dtype}")
        array = np.frombuffer(array.tobytes(), dtype).reshape(value["shape"]).copy()
    return array[()] if array.ndim == 0 else array


def write_checkpoint(model: Any, filepath: str | PathLike[str], state: Mapping[str, Any]) -> None:
    """Write a model, and the state of its training, to a file that takes the place of an old one when it is whole."""
    tensors: dict[str, Array] = {}
    packed = pack(state, STATE, tensors)
    training = {"format": FORMAT, "optimizer": encode(model.optimizer), "state": packed}
    description = {"network": describe_network(model), "training": {}, CHECKPOINT: training}
    write_file(filepath, description, network_tensors(model) | tensors, overwrite=True)


class Checkpoint:
    """A checkpoint that has been read.

    Parameters
    ----------
    filepath : str or path

    Raises
    ------
    FileError
        There is no such file, it is damaged, or it is a model without a state of training.
    """

    def __init__(self, filepath: str | PathLike[str]) -> None:
        self.path = filepath
        description, self._tensors = read_file(filepath)
        training = description.get(CHECKPOINT)
        if not isinstance(training, dict):
            raise FileError(f"{filepath} is a model, but no checkpoint: training can't go on from it")
        if training.get("format") != FORMAT:
            raise FileError(f"{filepath} is a checkpoint of another version of chainrule; start the training again")
        try:
            self._network, self._optimizer = description["network"], training["optimizer"]
            self.state: dict[str, Any] = unpack(training["state"], self._tensors)
            self.seed = int(self.state["seed"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self.damaged(error) from error

    def damaged(self, error: Exception) -> FileError:
        """Return the error for a state that is not what it should be."""
        return FileError(f"{self.path} is damaged: {error!r}")

    def check(self, model: Any) -> None:
        """Refuse a compiled model whose training can't go on from this checkpoint.

        Raises
        ------
        StateError
            Its architecture or its optimiser is another one.
        """
        try:
            refuse_other(_kind(self._network, self._optimizer), _kind(describe_network(model), encode(model.optimizer)))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise error if isinstance(error, ChainruleError) else self.damaged(error) from error

    def fill(self, model: Any) -> None:
        """Give a model that was checked the weights and the learning rate of the checkpoint."""
        fill_network(model, weights_among(self._tensors))
        rate = self._optimizer["config"].get("learning_rate")
        if rate is not None and rate != encode(model.optimizer)["config"].get("learning_rate"):
            model.optimizer.learning_rate = decode(rate, {})


def check_keepable(model: Any) -> None:
    """Raise the error for a model that no checkpoint can hold."""
    describe_network(model)
    encode(model.optimizer)
    for layer in model.layers:
        if layer.name.startswith(STATE):
            raise ArgumentError(f"a layer named {layer.name!r} can't be kept in a checkpoint; give it another name")


def _kind(network: Mapping[str, Any], optimizer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what must be alike in two models for the training of one to go on in the other."""
    layers = {f"layer {i}": layer for i, layer in enumerate(network["layers"], start=1)}
    own = {name: value for name, value in optimizer["config"].items() if name != "learning_rate"}
    return {
        "dtype": network["dtype"],
        "input shape": network["input_shape"],
        "number of layers": len(layers),
        **layers,
        "optimizer": {"class": optimizer["class"], "config": own},
    }
