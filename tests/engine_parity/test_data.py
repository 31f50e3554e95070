"""Batch sizes, orders, and arrays of any type, strides, alignment and byte order on both engines."""

import numpy as np
import pytest

from chainrule.layers import Dense, Flatten
from chainrule.losses import SparseCategoricalCrossentropy
from chainrule.optimizers import SGD
from tests.engine_parity.compare import (
    CODES,
    DTYPES,
    FEATURES,
    NUMBERS,
    WEIGHTS,
    N,
    X,
    assert_close,
    assert_same_weights,
    build,
    check_parity,
    needs_native,
    rng,
    rows_of,
)

pytestmark = [needs_native, pytest.mark.parametrize("dtype", DTYPES)]
WHOLE = rng.integers(0, 5, size=(N, FEATURES))
IMAGES = rng.normal(size=(N, 3, 4))


def network():
    return [Dense(9, activation="tanh"), Dense(2)]


def sgd():
    return SGD(0.02, momentum=0.5)


@pytest.mark.parametrize("batch_size", [1, 2, 7, 8, 15, 16, 17, 32, 33, N])
@pytest.mark.parametrize("weighted", [False, True])
def test_batch_size(batch_size, weighted, dtype):
    check_parity(
        network, dtype=dtype, batch_size=batch_size, optimizer=sgd, sample_weight=WEIGHTS if weighted else None
    )


@pytest.mark.parametrize("rows", [1, 2, 3, 17])
def test_few_rows(rows, dtype):
    check_parity(network, X[:rows], NUMBERS[:rows], dtype=dtype, optimizer=sgd, batch_size=min(16, rows), steps=20)


def test_rows_in_the_order_they_came(dtype):
    check_parity(network, dtype=dtype, optimizer=sgd, shuffle=False)


METRICS = {
    "binary": (["accuracy", "auc", "log_loss"], (CODES > 1).astype(int), 1, "sigmoid", "binary_crossentropy"),
    "classes": (["accuracy", "log_loss"], CODES, 3, "softmax", "sparse_categorical_crossentropy"),
    "logits": (["accuracy"], CODES, 3, None, SparseCategoricalCrossentropy(from_logits=True)),
    "numbers": (["mse", "mae"], NUMBERS, 2, None, "mse"),
}


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_metrics_and_validation(name, batch_size, dtype):
    metrics, y, units, activation, loss = METRICS[name]
    check_parity(
        lambda: [Dense(9, activation="tanh"), Dense(units, activation=activation)],
        y=y,
        loss=loss,
        dtype=dtype,
        batch_size=batch_size,
        optimizer=sgd,
        metrics=metrics,
        sample_weight=WEIGHTS,
        validation_data=(X[::-1], y[::-1], WEIGHTS),
    )


INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", ">i2", ">i8", ">u4")
FLOATS = ("float16", "float32", "float64", "longdouble", ">f2", ">f4", ">f8")


@pytest.mark.parametrize("number_type", INTEGERS + FLOATS)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_inputs_and_targets_of_any_type(number_type, batch_size, dtype):
    numbers = WHOLE / 8 if number_type in FLOATS else WHOLE
    x, y = numbers.astype(number_type), numbers[:, :2].astype(number_type)
    check_parity(network, x, y, dtype=dtype, optimizer=lambda: SGD(0.002), batch_size=batch_size)


@pytest.mark.parametrize("number_type", INTEGERS + FLOATS)
def test_labels_of_any_type(number_type, dtype):
    y = (CODES % 2).astype(number_type)
    check_parity(
        lambda: [Dense(9, activation="tanh"), Dense(3, activation="softmax")],
        y=y,
        loss="sparse_categorical_crossentropy",
        dtype=dtype,
        optimizer=sgd,
    )


def shifted(array):
    """Return a copy that starts at an odd address."""
    memory = np.zeros(array.nbytes + 1, np.uint8)[1:]
    copy = memory.view(array.dtype).reshape(array.shape)
    copy[...] = array
    assert not copy.flags.aligned
    return copy


def record(array):
    """Return a copy that is a field of packed records, 3 bytes longer than its row."""
    records = np.zeros(len(array), [("skipped", "S3"), ("row", array.dtype, array.shape[1:])])
    records["row"] = array
    return records["row"]


def read_only(array):
    copy = array.copy()
    copy.flags.writeable = False
    return copy


VIEWS = {
    "transposed": lambda a: np.ascontiguousarray(a.T).T,
    "Fortran order": np.asfortranarray,
    "every other row": lambda a: np.repeat(a, 2, axis=0)[::2],
    "rows backwards": lambda a: a[::-1].copy()[::-1],
    "columns backwards": lambda a: a[:, ::-1].copy()[:, ::-1],
    "both backwards": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "column slice": lambda a: np.hstack([a, a + 1, a])[:, a.shape[1] : 2 * a.shape[1]] - 1,
    "every third column": lambda a: np.repeat(a, 3, axis=1)[:, ::3],
    "read-only": read_only,
    "unaligned": shifted,
    "packed records": record,
    "list": lambda a: a.tolist(),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("number_type", ["float64", "float32"])
def test_strides(view, number_type, dtype):
    x, y = X.astype(number_type), NUMBERS.astype(number_type)
    check_parity(network, VIEWS[view](x), VIEWS[view](y), dtype=dtype, optimizer=sgd)
    plain, viewed = (build("native", network, dtype=dtype, optimizer=sgd) for _ in range(2))
    if view == "list":
        return
    for batch_size in (1, 16):
        plain.fit(x, y, batch_size=batch_size, epochs=2, verbose=0)
        viewed.fit(VIEWS[view](x), VIEWS[view](y), batch_size=batch_size, epochs=2, verbose=0)
        if view != "column slice":
            assert np.array_equal(plain.parameters.values, viewed.parameters.values), "strides change no bit"


@pytest.mark.parametrize("source", ["float32", "float64", "int16", ">f4"])
def test_memory_maps(source, dtype, tmp_path):
    path = tmp_path / "rows.bin"
    (8 * X).astype(source).tofile(path)
    x = np.memmap(path, source, mode="r", shape=X.shape)
    check_parity(network, x, dtype=dtype, optimizer=lambda: SGD(0.001))


IMAGE_VIEWS = {
    "plain": lambda a: a,
    "axes swapped": lambda a: a.swapaxes(1, 2).copy().swapaxes(1, 2),
    "reversed inside": lambda a: a[:, ::-1],
    "reversed": lambda a: a[::-1],
    "Fortran order": np.asfortranarray,
}


@pytest.mark.parametrize("number_type", ["float64", "float32", "uint8", "float16"])
@pytest.mark.parametrize("view", IMAGE_VIEWS)
def test_images_of_any_strides(view, number_type, dtype):
    x = IMAGE_VIEWS[view]((20 + 3 * IMAGES).astype(number_type))
    layers = lambda: [Flatten(), Dense(6, activation="tanh"), Dense(2)]  # noqa: E731
    check_parity(layers, x, dtype=dtype, optimizer=lambda: SGD(0.001))


def test_one_number_for_all_rows(dtype):
    check_parity(network, np.broadcast_to(X[:1], X.shape), np.broadcast_to(1.5, (N, 2)), dtype=dtype, optimizer=sgd)


def test_rows_that_are_converted_part_by_part(dtype, monkeypatch):
    from chainrule.engine import native

    x, y = X.astype(">f8"), NUMBERS.astype(">f4")
    whole = build("native", network, dtype=dtype, optimizer=sgd, metrics=["mae"])
    parts = build("native", network, dtype=dtype, optimizer=sgd, metrics=["mae"])
    histories = [whole.fit(x, y, batch_size=7, epochs=3, verbose=0, validation_data=(x, y)).history]
    results, outputs = [whole.evaluate(x, y, batch_size=7)], [whole.predict(x)]
    monkeypatch.setattr(native, "CHUNK", 70)
    histories.append(parts.fit(x, y, batch_size=7, epochs=3, verbose=0, validation_data=(x, y)).history)
    results.append(parts.evaluate(x, y, batch_size=7))
    outputs.append(parts.predict(x))
    assert np.array_equal(whole.parameters.values, parts.parameters.values)
    for name, values in histories[0].items():
        assert_close(values, histories[1][name], 1e-6, name)
    assert_close(*results, 1e-6, "results")
    assert np.array_equal(*outputs)


@pytest.mark.parametrize("batch_size", [1, 7, 16])
def test_ranges_of_steps_are_the_same_steps(batch_size, dtype):
    """The loss of each step, one at a time on Python, and the native engine in ranges of several."""
    models = [build(engine, network, dtype=dtype, optimizer=sgd) for engine in ("python", "native")]
    tasks = [rows_of(model, X, NUMBERS) for model in models]
    order, steps = rng.permutation(N), -(-N // batch_size)
    losses = [[], []]
    for start in range(steps):
        for model, (task, rows), found in zip(models, tasks, losses, strict=True):
            part = model._engine.run(task, model._position, rows, order, batch_size, start, start + 1)
            assert part.failed_step is None
            assert part.rows == min(batch_size, N - start * batch_size)
            found.append(part.loss)
    assert_close(*losses, 1e-6 if dtype == "float32" else 1e-12, "losses of the steps", at_least=1.0)
    together = build("native", network, dtype=dtype, optimizer=sgd)
    task, rows = rows_of(together, X, NUMBERS)
    for start, stop in ((0, 1), (1, steps - 1), (steps - 1, steps)):
        together._engine.run(task, together._position, rows, order, batch_size, start, stop)
    assert together._position.step == models[1]._position.step == steps
    assert np.array_equal(together.parameters.values, models[1].parameters.values)


def test_callbacks_that_follow_batches_see_the_same_run(dtype):
    from chainrule.callbacks import LambdaCallback

    seen = {"python": [], "native": []}
    models = {}
    for engine, logs in seen.items():
        follow = LambdaCallback(on_train_batch_end=lambda batch, log, logs=logs: logs.append(dict(log)))
        models[engine] = build(engine, network, dtype=dtype, optimizer=sgd, metrics=["mae"])
        models[engine].fit(X, NUMBERS, batch_size=7, epochs=2, verbose=0, callbacks=[follow])
    for a, b in zip(*seen.values(), strict=True):
        assert_close(list(a.values()), list(b.values()), 1e-6, "logs of a batch")
    assert_same_weights(models["python"], models["native"], 1e-6 if dtype == "float32" else 1e-12)


def test_train_on_batch(dtype):
    models = [build(engine, network, dtype=dtype, optimizer=sgd, metrics=["mae"]) for engine in ("python", "native")]
    for rows in (1, 5, 16, 40, 5):
        results = [model.train_on_batch(X[:rows], NUMBERS[:rows], sample_weight=WEIGHTS[:rows]) for model in models]
        assert_close(*results, 1e-6, "results of a batch")
    assert_same_weights(*models, 1e-6 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("rows", [1, 2, 16, 40, 1023, 1024, 1025, 2500])
@pytest.mark.parametrize("batch_size", [None, 1, 7, 5000])
def test_predict_and_evaluate_do_not_depend_on_the_batch_size(rows, batch_size, dtype):
    x, y = np.resize(X, (rows, FEATURES)), np.resize(NUMBERS, (rows, 2))
    python, native = (build(engine, network, dtype=dtype) for engine in ("python", "native"))
    if batch_size == 1 and rows > 100:
        rows = 100
        x, y = x[:rows], y[:rows]
    assert_close(python.predict(x), native.predict(x, batch_size), 1e-6, "outputs")
    assert_close(python.evaluate(x, y), native.evaluate(x, y, batch_size), 1e-6, "losses")
    assert native.predict(x, batch_size).dtype == np.dtype(dtype)
