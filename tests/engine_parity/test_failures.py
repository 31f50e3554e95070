"""Numbers that are no longer finite: both engines stop before the same update, with the same weights and words."""

import numpy as np
import pytest

from chainrule import activations, losses
from chainrule.errors import DataError
from chainrule.layers import Activation, BatchNormalization, CategoryEmbedding, Dense, Dropout, Embedding, Flatten
from chainrule.optimizers import SGD, Adam
from chainrule.regularizers import L2
from tests.engine_parity.compare import (
    BITS,
    CODES,
    COUNTS,
    DTYPES,
    ENGINES,
    NUMBERS,
    ONE_HOT,
    SIGNS,
    N,
    X,
    assert_same_weights,
    build,
    needs_native,
    rng,
)

pytestmark = needs_native
HUGE = {"float32": 1e38, "float64": 1e308}
# Where numbers grow without bound, so do their differences.
DIVERGED = {"float32": 1e-3, "float64": 1e-9}


def stop_alike(layers, x=X, y=NUMBERS, loss="mse", optimizer=SGD, dtype="float32", batch_size=16, prepare=None, **fit):
    """Train on both engines until both stop; return how many steps were made and why they ended."""
    models = {engine: build(engine, layers, loss, optimizer, dtype) for engine in ENGINES}
    for model in models.values():
        model.ensure_built(x)
        if prepare is not None:
            prepare(model)
        with pytest.warns(RuntimeWarning, match="training stopped"):
            model.fit(x, y, batch_size=batch_size, verbose=0, **{"epochs": 5, "shuffle": False, **fit})
    python, native = models.values()
    assert native._position.step == python._position.step
    assert native.history.stopped_by == python.history.stopped_by
    assert native.history.history.get("loss", []) == pytest.approx(
        python.history.history.get("loss", []), rel=DIVERGED[dtype]
    )
    assert_same_weights(python, native, DIVERGED[dtype])
    return native._position.step, native.history.stopped_by


def network():
    return [Dense(6, activation="tanh"), Dense(2)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_rate_far_too_large(batch_size, dtype):
    layers = lambda: [Dense(6, activation="relu"), Dense(2)]  # noqa: E731
    rate = 1e5 if batch_size == 16 else 1e9
    step, reason = stop_alike(layers, optimizer=lambda: SGD(rate), dtype=dtype, batch_size=batch_size)
    assert step > 1
    assert f"the learning rate {rate:g} is too large" in reason


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch_size", [1, 7, 16])
@pytest.mark.parametrize("options", [{}, {"clipnorm": 1.0}, {"global_clipnorm": 1.0}, {"clipvalue": 1.0}])
def test_a_huge_row(options, batch_size, dtype):
    x = X.copy()
    x[30] = HUGE[dtype] * np.array([1, -1, 1, -1, 1])
    layers = lambda: [Dense(6, activation="relu"), Dense(2)]  # noqa: E731
    step, reason = stop_alike(
        layers, x, batch_size=batch_size, dtype=dtype, optimizer=lambda: SGD(0.01, momentum=0.9, **options)
    )
    assert step == 30 // batch_size
    assert f"epoch 1, step {step + 1}: " in reason


@pytest.mark.parametrize("batch_size", [1, 16])
def test_a_row_beyond_float32_in_a_float32_model(batch_size):
    x = X.copy()
    x[20, 2] = 1e300
    step, reason = stop_alike(network, x, batch_size=batch_size)
    assert step == 20 // batch_size
    assert "dense_1" in reason


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_a_gradient_that_overflows_under_a_finite_loss(batch_size, dtype):
    size = {"float32": 1e30, "float64": 1e250}[dtype]
    x, y = X.copy(), NUMBERS.copy()
    x[18], y[18] = size, 1e10 if dtype == "float32" else 1e100

    def prepare(model):
        model.layers[0].set_weights([np.full((5, 2), 1 / size), np.zeros(2)])

    step, reason = stop_alike(
        lambda: [Dense(2)], x, y, batch_size=batch_size, dtype=dtype, prepare=prepare, optimizer=lambda: SGD(1e-300)
    )
    assert step == 18 // batch_size
    assert "the gradient of dense_1/kernel is infinite" in reason


@pytest.mark.parametrize("positions", [3, 100])
def test_a_row_that_many_positions_name(positions):
    """Each share of its gradient is far from overflow, the sum of a hundred is not."""

    def prepare(model):
        model.layers[0].set_weights([np.zeros((1, 1))])
        model.layers[2].set_weights([np.full((positions, 1), 3e37), np.zeros(1)])

    layers = lambda: [Embedding(1, 1), Flatten(), Dense(1)]  # noqa: E731
    x, y = np.zeros((1, positions), int), np.ones((1, 1))
    if positions == 100:
        step, reason = stop_alike(layers, x, y, dtype="float32", prepare=prepare, optimizer=lambda: SGD(2e-38))
        assert step == 0
        assert "the gradient of embedding_1/embeddings is infinite" in reason
        return
    model = build("native", layers, dtype="float32", optimizer=lambda: SGD(2e-38))
    model.ensure_built(x)
    prepare(model)
    model.fit(x, y, verbose=0)
    assert model.parameters.values[0] == pytest.approx(3.6, rel=1e-5)  # 2e-38 x 3 positions x 2 x 3e37


@pytest.mark.parametrize("batch_size", [1, 2])
def test_a_gradient_near_the_largest_number_is_still_one(batch_size):
    weights = []
    for engine in ENGINES:
        model = build(engine, lambda: [Dense(1, use_bias=False)], optimizer=lambda: SGD(2e-38), dtype="float32")
        model.ensure_built(X[:, :1])
        model.layers[0].set_weights([[[1e-37]]])
        model.fit(np.full((batch_size, 1), 2e38), np.full((batch_size, 1), 19.5), batch_size=batch_size, verbose=0)
        weights.append(model.parameters.values[0])
    assert weights[0] == pytest.approx(-4.0, rel=1e-5)
    assert weights[1] == pytest.approx(weights[0], rel=1e-5)


@pytest.mark.parametrize("batch_size", [1, 16])
def test_a_penalty_that_overflows(batch_size):
    def prepare(model):
        model.layers[0].kernel.assign(np.full((5, 6), 1e25, np.float32))

    layers = lambda: [Dense(6, activation="tanh", kernel_regularizer=L2(0.1)), Dense(2)]  # noqa: E731
    step, reason = stop_alike(layers, batch_size=batch_size, prepare=prepare)
    assert step == 0
    assert "the penalty on the weights of dense_1 is infinite" in reason


NAN_ROW = 20  # dense_1 gives (inf, inf) from it, dense_2 inf - inf


def spoiled_rows():
    x = np.full((N, 2), 0.5)
    x[NAN_ROW:] = 3e38
    return x


def make_nan(model):
    model.layers[0].kernel.assign(np.full((2, 2), 2, np.float32))
    units = model.layers[1].units
    model.layers[1].kernel.assign(np.array([[0.5] * units, [-0.5] * units], np.float32))


@pytest.mark.parametrize("name", sorted(activations.TABLE))
@pytest.mark.parametrize("batch_size", [1, 16])
@pytest.mark.parametrize("apart", [False, True], ids=["in the layer", "a layer of its own"])
def test_nan_stays_nan_through_every_activation(name, batch_size, apart):
    def layers():
        one = [Dense(4), Activation(name)] if apart else [Dense(4, activation=name)]
        return [Dense(2), *one, Dense(2)]

    for engine in ENGINES:
        model = build(engine, layers, dtype="float32")
        model.ensure_built(X[:, :2])
        make_nan(model)
        with np.errstate(all="ignore"):
            outputs = model.predict(spoiled_rows(), batch_size=batch_size)
        assert np.isfinite(outputs[:NAN_ROW]).all()
        assert np.isnan(outputs[NAN_ROW:]).all()
    step, reason = stop_alike(
        layers, spoiled_rows(), batch_size=batch_size, prepare=make_nan, optimizer=lambda: SGD(1e-6)
    )
    assert step == NAN_ROW // batch_size
    assert "the output of dense_1 is infinite" in reason


LOSSES = {
    "mse": ("mse", NUMBERS),
    "mae": ("mae", NUMBERS),
    "huber": ("huber", NUMBERS),
    "hinge": ("hinge", SIGNS),
    "poisson": ("poisson", COUNTS),
    "quantile": ("quantile", NUMBERS),
    "binary": (losses.BinaryCrossentropy(from_logits=True), BITS),
    "categorical": (losses.CategoricalCrossentropy(from_logits=True), ONE_HOT),
    "sparse": (losses.SparseCategoricalCrossentropy(from_logits=True), CODES),
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_nan_stays_nan_through_every_loss(name, batch_size):
    loss, y = LOSSES[name]
    units = 3 if y.ndim == 1 else y.shape[1]
    layers = lambda: [Dense(2), Dense(units, bias_initializer="ones")]  # noqa: E731
    rows = spoiled_rows()
    step, _ = stop_alike(layers, rows, y, loss, batch_size=batch_size, prepare=make_nan, optimizer=lambda: SGD(1e-6))
    assert step == NAN_ROW // batch_size


@pytest.mark.parametrize("dtype", DTYPES)
def test_moving_averages_are_those_of_the_last_good_step(dtype):
    y = NUMBERS.copy()
    y[35] = HUGE[dtype]
    layers = lambda: [  # noqa: E731
        BatchNormalization(momentum=0.5),
        Dropout(0.2),
        Dense(6, activation="relu", use_bias=False),
        BatchNormalization(momentum=0.5),
        Dense(2),
    ]
    step, reason = stop_alike(layers, y=y, dtype=dtype)
    assert step == 2
    assert "the loss is infinite" in reason


@pytest.mark.parametrize("batch_size", [1, 16])
def test_training_goes_on_from_the_last_good_step(batch_size):
    x = X.copy()
    x[39] = 1e38
    weights = []
    for engine in ENGINES:
        model = build(engine, lambda: [Dense(6), Dense(2)], optimizer=Adam, dtype="float32")
        with pytest.warns(RuntimeWarning, match="training stopped"):
            model.fit(x, NUMBERS, batch_size=batch_size, verbose=0, shuffle=False)
        model.fit(X, NUMBERS, batch_size=batch_size, verbose=0, shuffle=False)
        assert np.isfinite(model.parameters.values).all()
        weights.append(model.parameters.values)
    np.testing.assert_allclose(*weights, atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rows", [1, 5])
def test_train_on_batch_refuses_and_changes_nothing(engine, rows):
    model = build(engine, lambda: [Dense(6), Dense(2)], dtype="float32")
    model.train_on_batch(X[:rows], NUMBERS[:rows])
    before = model.snapshot()[0]
    with pytest.raises(DataError, match="not finite on this batch"):
        model.train_on_batch(np.full((rows, 5), 3e38), NUMBERS[:rows])
    assert np.array_equal(model.parameters.values, before)


def test_a_batch_whose_weights_are_all_zero():
    """The weighted mean of nothing is no number; other reductions give 0."""
    weight = np.ones(N)
    weight[16:32] = 0
    for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight"):
        results = []
        for engine in ENGINES:
            model = build(engine, network, losses.MeanSquaredError(reduction=reduction), SGD)
            try:
                model.fit(X, NUMBERS, batch_size=16, epochs=2, verbose=0, shuffle=False, sample_weight=weight)
            except RuntimeWarning as stopped:
                results.append((model, str(stopped)))
            else:
                results.append((model, "ended"))
        (python, said), (native, also) = results
        assert said == also
        assert python._position.step == native._position.step
        assert_same_weights(python, native, 1e-10)


CODE_FAULTS = {"negative": -1, "too large": 7, "far too large": 10**12, "fraction": 2.5, "huge": 1e300}


@pytest.mark.parametrize("name", CODE_FAULTS)
@pytest.mark.parametrize("verb", ["fit", "evaluate", "predict", "train_on_batch", "gradient"])
def test_codes_of_no_category(name, verb):
    codes = rng.integers(0, 7, (N, 2)).astype(float if name in ("fraction", "huge") else np.int64)
    codes[33, 1] = CODE_FAULTS[name]
    messages = []
    for engine in ENGINES:
        model = build(engine, lambda: [Embedding(7, 3), Flatten(), Dense(2)])
        model.fit(np.abs(codes) % 7 // 1, NUMBERS, verbose=0)
        with pytest.raises(DataError, match="expects whole codes from 0 to 6") as raised:
            if verb == "predict":
                model.predict(codes)
            elif verb == "gradient":
                task, rows = model._rows(codes, NUMBERS, None, "fit")
                model._engine.loss_and_gradient(task, rows)
            else:
                getattr(model, verb)(codes, NUMBERS)
        messages.append(str(raised.value).partition(", got")[0])
    assert messages[0] == messages[1]


@pytest.mark.parametrize("verb", ["fit", "evaluate", "predict"])
def test_codes_of_no_category_beside_numbers(verb):
    x = np.column_stack([X, rng.integers(0, 7, N)])
    x[33, 5] = 7
    messages = []
    for engine in ENGINES:
        model = build(engine, lambda: [CategoryEmbedding({5: (7, 3)}), Dense(2)])
        model.fit(np.abs(x) % 7 // 1, NUMBERS, verbose=0)
        with pytest.raises(
            DataError, match=r"category_embedding_1, column 5, expects whole codes from 0 to 6"
        ) as raised:
            getattr(model, verb)(x, *([] if verb == "predict" else [NUMBERS]))
        messages.append(str(raised.value).partition(", got")[0])
    assert messages[0] == messages[1]


def test_codes_that_change_under_a_running_fit_are_never_read_beyond_the_table():
    """A callback that spoils the codes after they were checked: the step is refused by what the replay finds."""
    from chainrule.callbacks import LambdaCallback

    codes = rng.integers(0, 7, (N, 2))
    model = build("native", lambda: [Embedding(7, 3), Flatten(), Dense(2)])

    def spoil(epoch, logs):
        codes[:] = 10**9

    with pytest.raises(DataError, match="expects whole codes from 0 to 6"):
        model.fit(codes, NUMBERS, epochs=3, verbose=0, callbacks=[LambdaCallback(on_epoch_end=spoil)])
    assert model._position.step == 2
    assert np.isfinite(model.parameters.values).all()
