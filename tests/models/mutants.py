"""Load many damaged copies of model files; print what came of it. Run as a script, so that memory can be limited.

    python -m tests.models.mutants COUNT SEED FILE...

Each copy has bytes flipped, cut out or put in, values of its JSON swapped, or its header rewritten. Every one must
give a FileError or a model that answers; the memory it took is measured against four times its size.
"""

import json
import random
import resource
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np

import chainrule
from chainrule.errors import FileError
from chainrule.estimators import TabularModel

OWN = 1 << 20  # bytes that loading the smallest model takes: the objects of its layers
ODD = [
    None, True, -1, 0, 1, 2**31, 2**63, 10**30, 1e308, "", "x", "é" * 50, [], {}, [[]], [1, 2], "layers.Dense",
    "float64", {"class": "layers.Dense", "config": {"units": 3}}, {"class": "os.system", "config": {"command": "true"}},
    {"class": "losses.MeanSquaredError", "config": {}}, {"class": "optimizers.SGD", "config": {"learning_rate": 1e9}},
]  # fmt: skip


def split(data):
    """Return the header of a file as an object, the description in it, and the numbers."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    return header, json.loads(header["__metadata__"]["chainrule"]), data[8 + length :]


def joined(header, numbers):
    text = json.dumps(header, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return len(text).to_bytes(8, "little") + text + numbers


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(part, (*path, key))


def swapped(value, rng):
    """Change one place of JSON data: another value, a value from elsewhere, one less or one twice."""
    everywhere = list(places(value))[1:]
    where = rng.choice(everywhere)
    inner = value
    for key in where[:-1]:
        inner = inner[key]
    kind = rng.randrange(4)
    if kind == 0:
        inner[where[-1]] = rng.choice(ODD)
    elif kind == 1:
        other = value
        for key in rng.choice(everywhere):
            other = other[key]
        inner[where[-1]] = json.loads(json.dumps(other))
    elif kind == 2:
        del inner[where[-1]]
    elif isinstance(inner, list):
        inner.insert(where[-1], json.loads(json.dumps(inner[where[-1]])))
    else:
        inner[str(where[-1]) + "2"] = inner[where[-1]]
    return value


def flipped(data, rng):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def cut(data, rng):
    first = rng.randrange(len(data))
    return data[:first] if rng.random() < 0.5 else data[:first] + data[first + rng.randrange(1, 40) :]


def stuffed(data, rng):
    at = rng.randrange(len(data))
    what = rng.choice(
        [rng.randbytes(rng.randrange(1, 20)), b"[" * rng.choice([10, 3000]), b"\0" * 50, b'"', b"9" * 5000]
    )
    return data[:at] + what + data[at:]


def of_another_length(data, rng):
    length = rng.choice([0, 1, 2, 2**31, 2**62, 2**63, 2**64 - 1, len(data), len(data) - 8, rng.randrange(len(data))])
    return length.to_bytes(8, "little") + data[8:]


def redescribed(data, rng):
    header, description, numbers = split(data)
    for _ in range(rng.choice([1, 1, 2])):
        description = swapped(description, rng)
    header["__metadata__"]["chainrule"] = json.dumps(description)
    return joined(header, numbers)


def reheaded(data, rng):
    header, _, numbers = split(data)
    return joined(swapped(header, rng), numbers)


def renumbered(data, rng):
    _, _, numbers = split(data)
    change = rng.choice([np.nan, np.inf, -np.inf, 1e38, 0.0])
    values = np.frombuffer(numbers, np.float32).copy()
    values[rng.randrange(len(values))] = change
    return data[: len(data) - len(numbers)] + values.tobytes()


CHANGES = [
    flipped,
    flipped,
    cut,
    stuffed,
    of_another_length,
    redescribed,
    redescribed,
    redescribed,
    reheaded,
    renumbered,
]


def answers(model):
    """Use a model that was loaded; its answers must be numbers."""
    if isinstance(model, TabularModel):
        str(model), repr(model)
        network = model.network
    else:
        network = model
    if np.prod([n or 1 for n in network.input_shape]) < 10_000:
        network.predict(np.zeros([1 if n is None else n for n in network.input_shape]))


def main(count, seed, files):
    originals = [Path(name).read_bytes() for name in files]
    rng = random.Random(seed)
    outcome = {"error": 0, "model": 0, "most_bytes_beyond": 0, "slowest": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.safetensors"
        for data in originals:  # what Python loads once is loaded before memory is counted
            path.write_bytes(data)
            answers(chainrule.load(path))
        tracemalloc.start()
        for _ in range(count):
            data = rng.choice(originals)
            mutant = rng.choice(CHANGES)(data, rng)
            path.write_bytes(mutant)
            tracemalloc.reset_peak()
            before, started = tracemalloc.get_traced_memory()[0], time.perf_counter()
            try:
                model = chainrule.load(path)
            except FileError as error:
                assert len(str(error).splitlines()) <= 2 and len(str(error)) < 700, str(error)
                outcome["error"] += 1
                model = None
            except BaseException:
                Path(folder).parent.joinpath("chainrule_mutant.safetensors").write_bytes(mutant)
                raise
            beyond = tracemalloc.get_traced_memory()[1] - before - 4 * len(mutant)
            outcome["most_bytes_beyond"] = max(outcome["most_bytes_beyond"], beyond)
            outcome["slowest"] = max(outcome["slowest"], time.perf_counter() - started)
            if model is not None:
                answers(model)
                outcome["model"] += 1
        tracemalloc.stop()
    outcome["peak_rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
