"""J as a function of one vector, and what stands beside the loss in it."""

import numpy as np
import pytest

from chainrule import Sequential, load
from chainrule.engine import native
from chainrule.errors import ArgumentError
from chainrule.layers import Dense, Dropout, Input
from chainrule.regularizers import L2

rng = np.random.default_rng(3)
X, Y = rng.normal(size=(30, 4)), rng.normal(size=(30, 2))
WEIGHTS = rng.uniform(0.5, 2.0, 30)
ENGINES = ["python", pytest.param("native", marks=pytest.mark.skipif(not native.available(), reason="not built"))]
every_engine = pytest.mark.parametrize("engine", ENGINES)
ROUNDING = 1e-12


def network(engine, penalty=0.0, dropout=0.0, **options):
    layers = [Input((4,)), Dense(5, "tanh", kernel_regularizer=L2(penalty)), Dropout(dropout), Dense(2)]
    model = Sequential(layers, dtype="float64", seed=0)
    model.compile("sgd", "mse", engine=engine, **options)
    return model


@every_engine
def test_the_objective_is_the_loss_with_its_penalty_and_its_gradient(engine):
    model = network(engine, penalty=0.1, dropout=0.5)
    start = model.parameters.values.copy()
    objective = model.objective(X, Y, WEIGHTS)
    loss, gradient = objective(start)
    assert loss == pytest.approx(model.evaluate(X, Y, sample_weight=WEIGHTS), rel=ROUNDING)
    direction = rng.normal(size=len(start))
    ahead, behind = (objective(start + step * direction)[0] for step in (1e-5, -1e-5))
    assert (ahead - behind) / 2e-5 == pytest.approx(gradient @ direction, rel=1e-8)


@every_engine
def test_the_objective_leaves_its_vector_in_the_model(engine):
    model = network(engine)
    vector = np.full(len(model.parameters), 0.25)
    model.objective(X, Y)(vector)
    assert (model.get_weights()[0] == 0.25).all()


@every_engine
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
def test_loss_weights_scale_the_loss_and_not_the_penalty(engine, weights):
    plain, scaled = network(engine), network(engine, penalty=0.1, loss_weights=3.0)
    vector = plain.parameters.values.copy()
    (loss, gradient), (total, its_gradient) = (m.objective(X, Y, weights)(vector) for m in (plain, scaled))
    kernel = plain.layers[0].get_weights()[0]
    assert total == pytest.approx(3 * loss + 0.1 * (kernel**2).sum(), rel=ROUNDING)
    expected = 3 * gradient
    expected[: kernel.size] += 0.2 * kernel.ravel()
    np.testing.assert_allclose(its_gradient, expected, rtol=0, atol=ROUNDING)
    assert scaled.evaluate(X, Y, sample_weight=weights) == pytest.approx(total, rel=ROUNDING)


@every_engine
def test_training_descends_on_the_weighted_loss(engine):
    """Plain descent on 3 J at a rate is descent on J at three times the rate."""
    scaled, fast = network(engine, loss_weights=3.0), network(engine)
    scaled.optimizer.learning_rate, fast.optimizer.learning_rate = 0.01, 0.03
    histories = [model.fit(X, Y, batch_size=7, epochs=3, verbose=0).history["loss"] for model in (scaled, fast)]
    np.testing.assert_allclose(histories[0], 3 * np.array(histories[1]), rtol=ROUNDING)
    np.testing.assert_allclose(scaled.parameters.values, fast.parameters.values, rtol=1e-10)


@pytest.mark.parametrize("value", [0, -1.0, float("inf"), "2", True, [1.0]])
def test_what_is_no_loss_weight(value):
    with pytest.raises(ArgumentError, match="loss_weights must be a number > 0"):
        network("python", loss_weights=value)


def test_a_file_keeps_the_loss_weight(tmp_path):
    network("python", loss_weights=2.5).save(tmp_path / "model.safetensors")
    assert load(tmp_path / "model.safetensors").loss_weights == 2.5
