"""Reading a safetensors file without trusting it: all is checked before memory is taken for it.

The layout (https://github.com/huggingface/safetensors): eight bytes with the length of the header, the header in JSON,
and the numbers of all tensors without gaps. The file is read, not mapped: a file that is cut while it is mapped would
end the process.
"""

import json
import math
import os
import re
import stat
from pathlib import Path
from typing import IO, Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import FileError, did_you_mean

# Weights are float32 or float64; a checkpoint keeps what else there is as bytes.
TYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8"), "U8": np.dtype(np.uint8)}
MOST_HEADER = 100_000_000  # bytes, as the format has it
MOST_NESTED = 50  # levels of JSON
MOST_DIMENSIONS = 8
LONGEST_NAME = 1000
# What reading a header may cost: four times the file, or so many bytes for small files, which Python's objects fill.
LEAST_ALLOWED = 32 << 20
_VALUE_BYTES = 200  # of memory that a bracket, a colon or a comma of JSON costs at most
_STRUCTURE = re.compile(rb"[\[{:,]")
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def read_tensors(path: Path, key: str) -> tuple[str, dict[str, Array]]:
    """Return the text that stands under ``key`` in a file's metadata, and its tensors.

    Parameters
    ----------
    path : Path
    key : str

    Raises
    ------
    FileError
        There is no such file, it is no safetensors file, it is damaged, its metadata lack the key, or a tensor holds
        numbers that are not finite.
    """
    _check_there(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            header, start = _read_header(file, size)
            metadata = header.pop("__metadata__", {})
            if not isinstance(metadata, dict) or not isinstance(metadata.get(key), str):
                raise FileError(f"{path} is a safetensors file, but not one of chainrule's models")
            plan = _checked_tensors(header, size - start)
            return metadata[key], {name: _read_tensor(file, name, *entry) for name, entry in plan}
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, FileError) and str(error).startswith(str(path)):
            raise
        reason = (getattr(error, "strerror", None) or str(error))[:200]
        raise FileError(f"{path} is not a model file, or is damaged: {reason}") from error


def parse_json(text: bytes, file_size: int) -> Any:
    """Parse JSON of bounded depth and cost: no key twice, no NaN or infinity.

    Raises
    ------
    ValueError
        It is no such JSON.

    Examples
    --------
    >>> parse_json(b'{"a": [1, 2]}', file_size=100)
    {'a': [1, 2]}
    >>> parse_json(b'{"a": 1, "a": 2}', file_size=100)
    Traceback (most recent call last):
    ValueError: 'a' stands twice in one object
    """
    # As text, a character takes one byte in ASCII, else up to four; it is held twice while it is parsed.
    cost = len(text) * (3 if text.isascii() else 9) + _VALUE_BYTES * sum(1 for _ in _STRUCTURE.finditer(text))
    if cost > max(4 * file_size, LEAST_ALLOWED):
        raise ValueError("its description is too large for the file")
    depth = deepest = 0
    for bracket in re.finditer(rb"[\[{\]}]", _TEXT.sub(b"", text)):
        depth += 1 if bracket[0] in b"[{" else -1
        deepest = max(deepest, depth)
        if deepest > MOST_NESTED:
            raise ValueError(f"its description is nested more than {MOST_NESTED} levels deep")
    return json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _check_there(path: Path) -> None:
    """Refuse what is no ordinary file: reading a pipe or a device might never end."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        others = [p.name for p in path.parent.glob("*.safetensors")] if path.parent.is_dir() else []
        near = did_you_mean(path.name, others)
        near = near if near.startswith("; did you mean") else ""  # a folder can hold many
        raise FileError(f"there is no file {path}{near}") from None
    except (OSError, ValueError) as error:  # a name that no file can have, a loop of links, a folder without access
        raise FileError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None
    if stat.S_ISDIR(mode):
        raise FileError(f"{path} is a folder, not a model file")
    if not stat.S_ISREG(mode):
        raise FileError(f"{path} is a device, pipe or socket, not a model file; save the model in a file first")


def _read_header(file: IO[bytes], size: int) -> tuple[dict[str, Any], int]:
    """Return the header and where the numbers start."""
    length = int.from_bytes(file.read(8), "little")
    if size < 10 or not 2 <= length <= min(size - 8, MOST_HEADER):
        raise ValueError(f"its header should have {length:,} bytes, the file has {size:,}")
    header = parse_json(file.read(length), size)
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    return header, 8 + length


def _checked_tensors(header: dict[str, Any], size: int) -> list[tuple[str, tuple[np.dtype[Any], tuple[int, ...]]]]:
    """Return name, type and shape of each tensor in the order of the file; together they fill its ``size`` bytes."""
    placed: list[tuple[int, int, str, np.dtype[Any], tuple[int, ...]]] = []
    for name, entry in header.items():
        if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
            raise ValueError(f"the tensor {name[:60]!r} has no type, shape and place")
        dtype = TYPES.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
        if dtype is None:
            raise ValueError(f"{name[:60]} should be float32 or float64, got {str(entry['dtype'])[:20]}")
        shape, place = entry["shape"], entry["data_offsets"]
        if not _whole_numbers(shape) or len(shape) > MOST_DIMENSIONS or not _whole_numbers(place) or len(place) != 2:
            raise ValueError(f"the tensor {name[:60]!r} has a shape or a place that can't be")
        if len(name) > LONGEST_NAME:
            raise ValueError(f"a tensor's name has {len(name):,} characters")
        if math.prod(shape) * dtype.itemsize != place[1] - place[0]:
            raise ValueError(
                f"{name[:60]} of shape {tuple(shape)} does not fit its place of {place[1] - place[0]} bytes"
            )
        placed.append((place[0], place[1], name, dtype, tuple(shape)))
    placed.sort(key=lambda tensor: tensor[:2])
    end = 0
    for first, last, name, _, _ in placed:
        if first != end:
            raise ValueError(f"the numbers of {name[:60]} start at byte {first}, those before them end at {end}")
        end = last
    if end != size:
        raise ValueError(f"its tensors have {end:,} bytes, the file has {size:,} for them")
    return [(name, (dtype, shape)) for _, _, name, dtype, shape in placed]


def _read_tensor(file: IO[bytes], name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    array = np.empty(shape, dtype)
    if array.size and file.readinto(array.reshape(-1).view(np.uint8)) != array.nbytes:  # type: ignore[attr-defined]
        raise ValueError("it became shorter while it was read")
    if not np.isfinite(array).all():
        raise ValueError(f"{name[:60]} holds NaN or infinity")
    return array


def _whole_numbers(values: Any) -> bool:
    """Whether JSON data are a list of integers from 0 to 2**53."""
    return isinstance(values, list) and all(type(n) is int and 0 <= n <= 2**53 for n in values)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"{twice[:60]!r} stands twice in one object")
    return result


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number that JSON has")
