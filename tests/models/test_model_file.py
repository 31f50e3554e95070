"""Model files: what goes in comes out bit for bit; what is damaged is refused in a line; nothing is half-written."""

import json
import os
import stat

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

import chainrule
from chainrule import Sequential, activations, initializers, losses, metrics, ops, optimizers, regularizers
from chainrule.errors import ArgumentError, ChainruleError, DataError, FileError, StateError
from chainrule.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    Layer,
    LayerNormalization,
    Normalization,
)
from chainrule.models.model_file import KEY, KNOWN, decode, encode, load_model
from chainrule.optimizers import schedules
from chainrule.random import generator

CODES = generator(1, "check").integers(0, 5, size=(20, 2))
CLASSES = generator(2, "check").integers(0, 3, size=20)
X = generator(0, "check").normal(size=(20, 3))


def everything(dtype="float32"):
    """A trained model with a layer of every kind and arguments of every kind."""
    layers = [
        Embedding(5, 4, embeddings_initializer=initializers.RandomNormal(stddev=0.5)),
        Flatten(),
        Normalization(mean=np.arange(8) / 7, variance=np.full(8, 0.3)),
        Dense(6, activation=activations.relu, kernel_regularizer=regularizers.L1L2(0.01, 0.1), name="first"),
        BatchNormalization(momentum=0.9),
        Dropout(0.2, noise_shape=(None, 6), seed=9),
        LayerNormalization(epsilon=0.01, center=False),
        Dense(3, use_bias=False, kernel_initializer=initializers.Constant(0.25), trainable=False),
        Activation("softmax"),
    ]
    model = Sequential([Input((2,)), *layers], name="all of it", seed=4, dtype=dtype)
    rate = schedules.ExponentialDecay(0.01, 10, 0.9)
    loss = losses.SparseCategoricalCrossentropy(label_smoothing=0.1)
    model.compile(optimizers.Adam(rate, clipnorm=1.0), loss, metrics=["accuracy", metrics.LogLoss(name="ll")])
    model.fit(CODES, CLASSES, epochs=2, verbose=0)
    return model


@pytest.fixture
def small(tmp_path):
    """A small model, and the file it is saved in."""
    model = Sequential([Input((3,)), Dense(2, activation="tanh"), Dense(1)], seed=0)
    model.save(tmp_path / "small.safetensors")
    return model, tmp_path / "small.safetensors"


# ---- what goes in comes out


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_everything_comes_back(tmp_path, dtype):
    model = everything(dtype)
    path = tmp_path / "model.safetensors"
    model.save(path)
    loaded = load_model(path)
    assert [v.dtype for v in loaded.weights] == [v.dtype for v in model.weights]
    for old, new in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(loaded.predict(CODES), model.predict(CODES))
    assert (loaded.name, loaded.seed, loaded.dtype) == (model.name, model.seed, model.dtype)
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    assert [s.name for s in loaded.parameters.segments] == [s.name for s in model.parameters.segments]
    for old, new in zip(model.layers, loaded.layers, strict=True):
        assert type(old) is type(new)
        assert encode(old)["config"] == encode(new)["config"]
    assert loaded.evaluate(CODES, CLASSES) == model.evaluate(CODES, CLASSES)


@pytest.mark.parametrize("load", [load_model, chainrule.load])
def test_training_goes_on_with_what_was_compiled(tmp_path, load):
    """The optimiser starts afresh, as after compile; penalties, frozen layers and seeds are as they were."""
    model = everything()
    model.save(tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors")
    assert repr(loaded.optimizer) == repr(model.optimizer)
    assert repr(loaded.loss) == repr(model.loss)
    model.compile(model.optimizer, model.loss, metrics=["accuracy", metrics.LogLoss(name="ll")])
    assert (
        loaded.fit(CODES, CLASSES, epochs=3, verbose=0).history
        == model.fit(CODES, CLASSES, epochs=3, verbose=0).history
    )


def test_a_model_that_was_never_compiled(small):
    model, path = small
    loaded = load_model(path)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    with pytest.raises(StateError, match="fit before compile"):
        loaded.fit(X, X[:, 0])


def test_every_class_that_a_file_may_name_is_known_once():
    """A loss and a metric, an initialiser and a schedule share names: the kind is part of the name in the file."""
    assert KNOWN["losses.MeanSquaredError"] is losses.MeanSquaredError
    assert KNOWN["metrics.MeanSquaredError"] is metrics.MeanSquaredError
    assert KNOWN["initializers.Constant"] is initializers.Constant
    assert KNOWN["optimizers.Constant"] is schedules.Constant
    for module in (chainrule.layers, losses, metrics, optimizers, initializers, regularizers):
        for name in getattr(module, "__all__", vars(module)):
            cls = getattr(module, name)
            if isinstance(cls, type) and cls.__module__.startswith(module.__name__):
                assert cls in KNOWN.values() or not hasattr(cls, "get_config"), cls


@pytest.mark.parametrize(
    "value",
    [
        losses.MeanSquaredError(),
        metrics.MeanSquaredError(),
        metrics.MeanAbsoluteError(name="x"),
        initializers.Constant(0.5),
        schedules.Constant(0.5),
        optimizers.SGD(schedules.Constant(0.1), momentum=0.9),
        losses.Huber(0.5, reduction="sum"),
        regularizers.L1(0.3),
        Dense(3, activation="relu", kernel_regularizer="l2"),
        Dense(np.int64(3), bias_initializer=initializers.Zeros()),
        Dropout(np.float64(0.25), noise_shape=(None, 1)),
    ],
    ids=repr,
)
def test_configurations_survive_json(value):
    again = decode(json.loads(json.dumps(encode(value))), {})
    assert type(again) is type(value)
    assert encode(again) == encode(value)


class Scale(Layer):
    """A layer of one's own, with another inside."""

    def __init__(self, factor, inner_units=2):
        super().__init__()
        self.factor = factor
        self.one, self.two = Dense(inner_units), Dense(inner_units)
        self.norm = Normalization()
        self.norm.adapt([[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]])

    def call(self, inputs):
        return self.factor * (self.one(self.norm(inputs)) + self.two(inputs))


def test_layers_of_ones_own(tmp_path):
    model = Sequential([Input((3,)), Scale(2.0, inner_units=3), Dense(1)], seed=0)
    model.layers[0].two.trainable = False
    model.save(tmp_path / "model.safetensors")
    assert "scale_1/two/kernel" in load_file(tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors", custom_objects={"Scale": Scale})
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.layers[0].factor == 2.0
    assert [s.name for s in loaded.parameters.segments] == [
        "scale_1/one/kernel",
        "scale_1/one/bias",
        "dense_1/kernel",
        "dense_1/bias",
    ]  # one of the layers inside is frozen
    with pytest.raises(FileError) as raised:
        load_model(tmp_path / "model.safetensors")
    assert str(raised.value) == (
        "the file needs the class Scale, which chainrule doesn't know; if it is your own, "
        "load it with load_model(path, custom_objects={'Scale': Scale})"
    )


def test_a_class_of_ones_own_with_a_known_name_is_not_mistaken_for_it(tmp_path):
    mine = type("Dense", (Dense,), {"__module__": "elsewhere"})
    model = Sequential([Input((3,)), mine(2)], seed=0)
    model.save(tmp_path / "model.safetensors")
    with pytest.raises(FileError, match="needs the class Dense, which chainrule doesn't know"):
        load_model(tmp_path / "model.safetensors")
    assert type(load_model(tmp_path / "model.safetensors", {"Dense": mine}).layers[0]) is mine


def test_a_plain_function_as_loss_is_left_out(tmp_path):
    model = Sequential([Input((3,)), Dense(1)], seed=0)
    model.compile("sgd", lambda y, f: ops.square(y - f))
    model.save(tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


@pytest.mark.parametrize("layer", [Dense(1, activation=ops.tanh), Dense(1, kernel_regularizer=ops.sum)])
def test_functions_in_layers_cannot_be_saved(tmp_path, layer):
    model = Sequential([Input((3,)), type(layer)(**layer.get_config())], seed=0)
    with pytest.raises(ArgumentError, match="a model file holds"):
        model.save(tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []


# ---- writing


def test_overwriting(small):
    model, path = small
    before = path.read_bytes()
    path.chmod(0o640)
    with pytest.raises(FileError) as raised:
        model.save(path, overwrite=False)
    assert str(raised.value) == (
        f"{path} exists already; it is left as it is (to replace it: --force, or overwrite=True)"
    )
    assert path.read_bytes() == before
    model.parameters.writable()[...] = 1
    model.save(path)
    assert load_model(path).parameters.values.tolist() == [1.0] * 11
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_new_file_has_the_usual_permissions(tmp_path, small):
    (tmp_path / "plain").touch()
    assert stat.S_IMODE(small[1].stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_the_same_model_gives_the_same_bytes(tmp_path, small):
    model, path = small
    model.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("step", ["replace", "fsync", "fdopen"])
@pytest.mark.parametrize("existing", [True, False])
def test_a_failure_while_writing_leaves_nothing_half_done(tmp_path, monkeypatch, step, existing):
    model = Sequential([Input((3,)), Dense(1)], seed=0)
    path = tmp_path / "model.safetensors"
    if existing:
        path.write_bytes(b"an older model")

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if step == "replace":
            patch.setattr("pathlib.Path.replace", fail)
        else:
            patch.setattr(os, step, fail)
        with pytest.raises(FileError) as raised:
            model.save(path)
    assert str(raised.value) == f"can't write {path}: No space left on device"
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == (
        [(path.name, b"an older model")] if existing else []
    )


def test_an_interrupt_while_writing_leaves_nothing_half_done(tmp_path, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Sequential([Input((3,)), Dense(1)], seed=0).save(tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path, monkeypatch, small):
    model, path = small
    with pytest.raises(FileError) as raised:
        model.save(tmp_path)
    assert str(raised.value) == (f"{tmp_path} is a folder; name a file in it, such as {tmp_path / 'model.safetensors'}")
    with pytest.raises(FileError) as raised:
        model.save(tmp_path / "no" / "model.safetensors")
    assert str(raised.value) == f"there is no folder {tmp_path / 'no'} to write model.safetensors in"
    with pytest.raises(FileError) as raised:
        model.save(path / "model.safetensors")
    assert str(raised.value) == f"there is no folder {path} to write model.safetensors in"

    def refuse(**arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(FileError) as raised:
        model.save(tmp_path / "other.safetensors")
    assert str(raised.value) == f"can't write {tmp_path / 'other.safetensors'}: Permission denied"


def test_nothing_to_save(tmp_path):
    with pytest.raises(StateError, match="the model has no weights to save yet; build or fit it first"):
        Sequential([Dense(1)]).save(tmp_path / "model.safetensors")
    model = Sequential([Input((3,)), Dense(1)], seed=0)
    model.parameters.writable()[1] = np.nan
    with pytest.raises(DataError, match="dense_1/kernel holds NaN or infinity, which no model file should"):
        model.save(tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []


# ---- reading


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


def refused(path):
    """Load a damaged file; return the error's message, which must be a line or two."""
    with pytest.raises(FileError) as raised:
        load_model(path)
    message = str(raised.value)
    assert 1 <= len(message.splitlines()) <= 2
    assert len(message) < 500
    return message


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


def rewritten(path, change=lambda header: None, tensors=lambda tensors: None):
    """Change the description and the tensors of a file."""
    from safetensors import safe_open

    with safe_open(path, "np") as file:
        header = json.loads(file.metadata()[KEY])
    arrays = dict(load_file(path))
    header = change(header) or header
    tensors(arrays)
    save_file(arrays, path, metadata={KEY: header if isinstance(header, str) else json.dumps(header)})
    return path


def set_in(*keys, value):
    def change(header):
        inner = header
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value

    return change


def drop(*keys):
    def change(header):
        inner = header
        for key in keys[:-1]:
            inner = inner[key]
        del inner[keys[-1]]

    return change


LAYER = ("network", "layers", 0)
DAMAGED = [
    (lambda header: "no json", "is not a model file, or is damaged: Expecting value"),
    (lambda header: "[" * 100_000, "is not a model file, or is damaged: "),
    (lambda header: "[1]", "has schema None; this version of chainrule reads schema 1"),
    (set_in("schema", value=2), "has schema 2; this version of chainrule reads schema 1"),
    (drop("schema"), "has schema None; this version of chainrule reads schema 1"),
    (drop("network"), "has no description of a network"),
    (set_in("network", value=[1]), "has no description of a network"),
    (drop("network", "layers"), "the file's description is damaged: KeyError('layers')"),
    (set_in("network", "layers", value=[]), "the file's description is damaged: the model has no layers"),
    (set_in("network", "dtype", value="float16"), "the file's description is damaged: dtype float16"),
    (set_in("network", "seed", value="x"), "the file's description is damaged: seed must be"),
    (set_in("network", "input_shape", value=[5]), "dense_1/kernel should be float32 (5, 2), got float32 (3, 2)"),
    (set_in("network", "input_shape", value=["a"]), "the file's description is damaged: ValueError("),
    (set_in(*LAYER, "class", value="os.system"), "the file needs the class os.system, which chainrule doesn't know"),
    (set_in(*LAYER, "class", value="layers.Layer"), "the file's description is damaged: "),
    (set_in(*LAYER, "class", value="optimizers.SGD"), "the file's description is damaged: "),
    (set_in(*LAYER, "class", value="losses.MeanSquaredError"), "the file's description is damaged: "),
    (set_in(*LAYER, "class", value=7), "the file's description is damaged: an object has no class and config"),
    (set_in(*LAYER, "config", value=None), "the file's description is damaged: an object has no class and config"),
    (set_in(*LAYER, "config", "units", value=3), "dense_1/kernel should be float32 (3, 3), got float32 (3, 2)"),
    (set_in(*LAYER, "config", "units", value=10**15), "the file's description is damaged: "),
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


def replaced(name, array):
    return lambda tensors: tensors.update({name: array})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t: t.pop("dense_1/kernel"),
            "the file's weights don't match its architecture: dense_1/kernel stands on",
        ),
        (
            replaced("extra", np.ones(2, np.float32)),
            "the file's weights don't match its architecture: extra stands on one side only",
        ),
        (
            replaced("dense_1/kernel", np.ones((2, 3), np.float32)),
            "dense_1/kernel should be float32 (3, 2), got float32 (2, 3)",
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
