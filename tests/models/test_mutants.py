"""Damaged and hostile model files: an error or a model, in little time and memory."""

import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save

import chainrule
from chainrule.errors import ArgumentError, FileError
from chainrule.layers import Dense, Input
from chainrule.models import tensor_file
from chainrule.models.model_file import SCHEMA
from chainrule.models.tensor_file import parse_json
from tests.models import mutants
from tests.models.files import LAYER, refused, rewritten, set_in

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "tests" / "models" / "fixtures").glob(f"schema_{SCHEMA}_*.safetensors"))


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.product)])
def test_mutated_files_give_an_error_or_a_model_that_answers(count):
    command = [sys.executable, "-W", "error", "-m", "tests.models.mutants", str(count), "7", *map(str, FILES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]  # neither an exception nor a crash
    outcome = json.loads(done.stdout)
    assert outcome["error"] + outcome["model"] == count
    assert outcome["model"] > count / 50  # some changes do no harm: the test is not about errors alone
    assert outcome["most_bytes_beyond"] < mutants.OWN  # ... four times the file


@pytest.mark.parametrize("damage", [lambda data: data, lambda data: data[:-4], lambda data: data[:-2] + b"\xc0\x7f"])
def test_loading_takes_no_more_than_four_times_the_file(tmp_path, damage):
    path = tmp_path / "large.safetensors"
    model = chainrule.Sequential([Input((900,)), Dense(1000, activation="relu"), Dense(3)], seed=0)
    model.compile("adam", "mse")
    model.save(path)
    path.write_bytes(damage(path.read_bytes()))
    tracemalloc.start()
    try:
        chainrule.load(path)
    except FileError:
        assert damage(b"12345678") != b"12345678"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * path.stat().st_size


def container(header, numbers=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + numbers


def tensor(first, last, shape=(1,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [first, last]}


OURS = {"chainrule": "{}"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "its header should have 0 bytes, the file has 0"),
        (b"\xff" * 8 + b"{}", "its header should have 18,446,744,073,709,551,615 bytes, the file has 10"),
        ((2**63).to_bytes(8, "little") + b"{}", "its header should have 9,223,372,036,854,775,808 bytes"),
        (container(b"[]"), "its header is no JSON object"),
        (container(b"\xff\xfe"), "can't decode byte 0xff"),
        (container(b'{"a": NaN}'), "NaN is no number that JSON has"),
        (container(b'{"a":1,"a":2}'), "'a' stands twice in one object"),
        (container(b"[" * 99), "nested more than 50 levels deep"),
        (container(b'{"a":' + b"9" * 5000 + b"}"), "Exceeds the limit"),
        (container({"__metadata__": OURS, "a": 3}), "the tensor 'a' has no type, shape and place"),
        (container({"__metadata__": OURS, "a": tensor(0, 4, dtype="I32")}, b"1234"), "a should be float32 or float64"),
        (container({"__metadata__": OURS, "a": tensor(0, 4, (2,))}, b"1234"), "a of shape (2,) does not fit its place"),
        (container({"__metadata__": OURS, "a": tensor(0, 4, (-1,))}, b"1234"), "a shape or a place that can't be"),
        (container({"__metadata__": OURS, "a": tensor(0, 4, (True,))}, b"1234"), "a shape or a place that can't be"),
        (container({"__metadata__": OURS, "a": tensor(0, 4, (2**40, 2**40))}, b"1234"), "does not fit its place"),
        (
            container({"__metadata__": OURS, "a": tensor(0, 4), "b": tensor(2, 6)}, b"123456"),
            "the numbers of b start at byte 2, those before them end at 4",
        ),
        (
            container({"__metadata__": OURS, "a": tensor(0, 4), "b": tensor(8, 12)}, b"1" * 12),
            "the numbers of b start at byte 8, those before them end at 4",
        ),
        (container({"__metadata__": OURS, "a": tensor(0, 4)}, b"1" * 8), "its tensors have 4 bytes, the file has 8"),
        (container({"__metadata__": OURS, "a" * 2000: tensor(0, 4)}, b"1234"), "name has 2,000 characters"),
        (container({"__metadata__": OURS, "a": tensor(0, 4)}, b"\0\0\xc0\x7f"), "a holds NaN or infinity"),
    ],
)
def test_containers_that_are_refused(tmp_path, data, message):
    (tmp_path / "odd.safetensors").write_bytes(data)
    assert message in refused(tmp_path / "odd.safetensors")


@pytest.mark.parametrize("metadata", [{}, {"chainrule": 3}, [], "x"])
def test_no_description_of_ours(tmp_path, metadata):
    (tmp_path / "odd.safetensors").write_bytes(container({"__metadata__": metadata}))
    assert "but not one of chainrule's models" in refused(tmp_path / "odd.safetensors")


def test_a_description_that_costs_more_than_the_file_is_worth(monkeypatch):
    """Brackets cost memory many times their length: they are counted before they are parsed."""
    text = b"[" + b"[]," * 200_000 + b"[]]"
    with pytest.raises(ValueError, match="too large for the file"):
        parse_json(text, file_size=len(text))
    monkeypatch.setattr(tensor_file, "LEAST_ALLOWED", 1000)
    with pytest.raises(ValueError, match="too large for the file"):
        parse_json(b'["' + b"\xf0\x9f\x98\x80" * 200 + b'"]', file_size=800)


@pytest.mark.parametrize("piece", [b"[],", b"{},", b'"",', b"1.5,", b'{"a":1},', b'{"a":[{"b":""}]},', b'"\xc3\xa9",'])
def test_the_cost_of_json_is_not_underestimated(piece):
    text = b"[" + piece * 20_000 + b"0]"
    tracemalloc.start()
    parse_json(text, len(text))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    structure = sum(text.count(c) for c in b"[{:,")
    assert peak <= len(text) * (3 if text.isascii() else 9) + tensor_file._VALUE_BYTES * structure


@pytest.mark.parametrize(
    "value", [{"class": "layers.Dense", "config": {"units": 2}}, {"class": "losses.Huber", "config": {}}]
)
def test_parts_of_a_layer_are_what_they_should_be(small, value):
    assert "is no activation" in refused(rewritten(small[1], set_in(*LAYER, "config", "activation", value=value)))
    small[0].save(small[1])
    key = "kernel_regularizer"
    assert "is no kernel_regularizer" in refused(rewritten(small[1], set_in(*LAYER, "config", key, value=value)))


def test_a_pipe_or_a_device_is_not_read(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        assert "is a device, pipe or socket, not a model file" in refused(path)


def test_names_that_no_file_can_have(tmp_path):
    assert "can't be read: File name too long" in refused(tmp_path / ("x" * 300))
    assert "can't be read: embedded null byte" in refused("a\0b")
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert "Too many levels of symbolic links" in refused(tmp_path / "a")


def test_custom_objects_are_classes_by_name(small):
    for given in ({"Dense": Dense(2)}, [Dense], {3: Dense}):
        with pytest.raises(ArgumentError, match="custom_objects expects a dict from name to class"):
            chainrule.load(small[1], custom_objects=given)


class Doubled(Dense):
    """A layer of one's own."""


def test_load_takes_classes_of_ones_own(tmp_path):
    model = chainrule.Sequential([Input((3,)), Doubled(2)], seed=0)
    model.save(tmp_path / "own.safetensors")
    loaded = chainrule.load(tmp_path / "own.safetensors", custom_objects={"Doubled": Doubled})
    assert type(loaded.layers[0]) is Doubled
    with pytest.raises(FileError, match="needs the class Doubled"):
        chainrule.load(tmp_path / "own.safetensors")


def test_the_library_reads_what_we_write(small):
    """Our reader is our own; the format is everybody's."""
    arrays = load_file(small[1])
    assert {name: array.tolist() for name, array in arrays.items()} == {
        name: v.numpy().tolist() for layer in small[0].layers for name, v in layer.named_weights()
    }
    assert len(save(arrays)) < small[1].stat().st_size
