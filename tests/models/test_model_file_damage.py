"""Reading model files: what is damaged, missing or foreign is refused in a line."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from chainrule import Sequential
from chainrule.errors import ChainruleError, FileError
from chainrule.layers import Dense, Input
from chainrule.models.model_file import load_model
from tests.models.files import LAYER, drop, refused, replaced, rewritten, set_in


def test_no_such_file(tmp_path, small):
    for name, hint in (("smal.safetensors", "; did you mean 'small.safetensors'?"), ("zzz", "")):
        with pytest.raises(FileError) as raised:
            load_model(tmp_path / name)
        assert str(raised.value) == f"there is no file {tmp_path / name}{hint}"
    with pytest.raises(FileError) as raised:
        load_model(tmp_path)
    assert str(raised.value) == f"{tmp_path} is a folder, not a model file"
    with pytest.raises(FileError) as raised:
        load_model(tmp_path / "nowhere" / "model.safetensors")
    assert str(raised.value) == f"there is no file {tmp_path / 'nowhere' / 'model.safetensors'}"


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_truncated_files(small, share):
    data = small[1].read_bytes()
    small[1].write_bytes(data[: int(share * len(data))])
    assert refused(small[1]).startswith(f"{small[1]} is not a model file, or is damaged: ")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_random_bytes(tmp_path, data):
    path = tmp_path / "random"
    path.write_bytes(data)
    refused(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1500), st.binary(min_size=1, max_size=4))
def test_a_few_changed_bytes_never_give_anything_but_a_model_or_a_clear_error(tmp_path, at, change):
    path = tmp_path / "changed.safetensors"
    model = Sequential([Input((3,)), Dense(2, activation="tanh"), Dense(1)], seed=0)
    model.compile("adam", "mse")
    model.save(path)
    data = bytearray(path.read_bytes())
    at %= len(data)
    data[at : at + len(change)] = change
    path.write_bytes(bytes(data))
    try:
        loaded = load_model(path)
    except FileError as error:
        assert len(str(error).splitlines()) <= 2
    else:
        assert all(np.isfinite(w).all() for w in loaded.get_weights())


DAMAGED = [
    (lambda header: "no json", "is not a model file, or is damaged: Expecting value"),
    (lambda header: "[" * 100_000, "is not a model file, or is damaged: "),
    (lambda header: "[1]", "has schema None; this version of chainrule reads 1 to 2"),
    (set_in("schema", value=3), "has schema 3; this version of chainrule reads 1 to 2; install a newer chainrule"),
    (set_in("schema", value=True), "has schema True; this version of chainrule reads 1 to 2"),
    (drop("schema"), "has schema None; this version of chainrule reads 1 to 2"),
    (drop("network"), "has no description of a network"),
    (set_in("network", value=[1]), "has no description of a network"),
    (drop("network", "layers"), "the file's description is damaged: KeyError('layers')"),
    (set_in("network", "layers", value=[]), "the file's description is damaged: the model has no layers"),
    (set_in("network", "dtype", value="float16"), "the file's description is damaged: dtype float16"),
    (set_in("network", "seed", value="x"), "the file's description is damaged: seed must be"),
    (
        set_in("network", "input_shape", value=[5]),
        "dense_1 needs weights of shape (5, 2), and the file holds none that are left",
    ),
    (set_in("network", "input_shape", value=["a"]), "the file's description is damaged: ValueError("),
    (set_in(*LAYER, "class", value="os.system"), "the file needs the class os.system, which chainrule doesn't know"),
    (set_in(*LAYER, "class", value="layers.Layer"), "the file's description is damaged: "),
    (set_in(*LAYER, "class", value="optimizers.SGD"), "the file's description is damaged: "),
    (set_in(*LAYER, "class", value="losses.MeanSquaredError"), "the file's description is damaged: "),
    (set_in(*LAYER, "class", value=7), "the file's description is damaged: an object has no class and config"),
    (set_in(*LAYER, "config", value=None), "the file's description is damaged: an object has no class and config"),
    (set_in(*LAYER, "config", "units", value=3), "dense_1 needs weights of shape (3, 3), and the file holds none"),
    (set_in(*LAYER, "config", "units", value=10**15), "dense_1 needs weights of shape (3, 1000000000000000), and"),
    (set_in(*LAYER, "config", "units", value=-1), "the file's description is damaged: units must be"),
    (set_in(*LAYER, "config", "unit", value=1), "the file's description is damaged: Dense has no argument 'unit'"),
    (set_in(*LAYER, "config", "activation", value="x"), "the file's description is damaged: unknown activation 'x'"),
    (set_in(*LAYER, "trainable", value=[]), "the file's description is damaged: ValueError("),
    (set_in(*LAYER, "name", value="other"), "the file's weights don't match its architecture: dense_1/bias stands on"),
    (
        set_in("network", "layers", 1, "name", value="dense_1"),
        "the file's description is damaged: two layers are named ",
    ),
    (set_in(*LAYER, value=3), "the file's description is damaged: "),
]


@pytest.mark.parametrize(("change", "message"), DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_descriptions(small, change, message):
    assert message in refused(rewritten(small[1], change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t: t.pop("dense_1/kernel"),
            "dense_1 needs weights of shape (3, 2), and the file holds none that are left",
        ),
        (
            replaced("extra", np.ones(2, np.float32)),
            "the file's weights don't match its architecture: extra stands on one side only",
        ),
        (
            replaced("dense_1/kernel", np.ones((2, 3), np.float32)),
            "dense_1 needs weights of shape (3, 2), and the file holds none that are left",
        ),
        (
            replaced("dense_1/kernel", np.ones((3, 2))),
            "dense_1/kernel should be float32 (3, 2), got float64 (3, 2)",
        ),
        (
            replaced("dense_1/bias", np.array([1, np.nan], np.float32)),
            "dense_1/bias holds NaN or infinity",
        ),
        (
            replaced("dense_1/bias", np.array([1, -np.inf], np.float32)),
            "dense_1/bias holds NaN or infinity",
        ),
    ],
)
def test_damaged_weights(small, change, message):
    assert message in refused(rewritten(small[1], tensors=change))


def test_a_safetensors_file_of_somebody_else(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"a": np.ones(2)}, path)
    assert refused(path) == f"{path} is a safetensors file, but not one of chainrule's models"


def test_numbers_of_a_type_that_numpy_lacks(tmp_path, small):
    data = small[1].read_bytes().replace(b'"F32"', b'"I32"', 1)
    small[1].write_bytes(data)
    assert "should be float32" in refused(small[1])


def test_loading_runs_no_code(small, monkeypatch):
    """Nothing is imported by name and no path is followed: a class is known or it is refused."""
    import builtins

    imported = []
    original = builtins.__import__

    def spy(name, *arguments, **options):
        imported.append(name)
        return original(name, *arguments, **options)

    rewritten(small[1], set_in(*LAYER, "class", value="subprocess.Popen"))
    monkeypatch.setattr(builtins, "__import__", spy)
    with pytest.raises(ChainruleError):
        load_model(small[1])
    assert "subprocess" not in imported
