"""diagnose: what it takes, what it leaves alone, and how its findings read."""

import json

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.analysis import Diagnosis, diagnose
from chainrule.errors import ArgumentError, ShapeError, StateError
from chainrule.layers import BatchNormalization, Dense, Dropout, Input, Layer, Normalization
from chainrule.optimizers import SGD, Adam
from chainrule.optimizers.schedules import CosineDecay
from chainrule.random import generator
from chainrule.tables import samples

MOONS = samples.moons(300, 0.15)
X, Y = MOONS.X - MOONS.X.mean(axis=0), MOONS.y


def network(*layers, optimizer="adam", loss="sparse_categorical_crossentropy", **options):
    model = Sequential([Input((2,)), *layers, Dense(2, activation="softmax")], seed=0, **options)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def everything(model):
    """All that training changes in a model, as bytes and numbers."""
    position = model._position
    return (
        model.parameters.values.tobytes(),
        model.state.values.tobytes(),
        {name: slot.tobytes() for name, slot in position.slots.items()},
        (position.step, position.epoch, model.optimizer.iterations, repr(model.optimizer)),
        id(model.history),
        model.history and json.dumps(model.history.history),
    )


@pytest.mark.parametrize("engine", ["native", "python"])
@pytest.mark.parametrize("epochs", [0, 3])
def test_the_model_stays_as_it_was_bit_for_bit(engine, epochs):
    models = [network(Dense(8, activation="relu"), BatchNormalization(), Dropout(0.2)) for _ in range(2)]
    for model in models:
        model.compile(Adam(CosineDecay(0.01, 500)), model.loss, engine=engine)
        model.fit(X, Y, epochs=max(1, epochs), verbose=0)
        if not epochs:
            model.history = None
    before = everything(models[0])
    diagnose(models[0], X, Y)
    assert everything(models[0]) == before
    for model in models:
        model.fit(X, Y, epochs=2, verbose=0)
    assert everything(models[0])[:4] == everything(models[1])[:4]


def test_a_model_that_is_not_built_stays_so():
    model = Sequential([Dense(4, activation="relu"), Dense(2, activation="softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    assert diagnose(model, X, Y).names == ()
    assert not model.built


def test_the_same_answer_every_time():
    model = network(Dense(8, activation="relu"))
    assert diagnose(model, 100 * X, Y).as_dict() == diagnose(model, 100 * X, Y).as_dict()


def test_layers_and_their_statistics():
    layers = [Dense(8, activation="relu", bias_initializer="ones", name="first"), Dense(4, activation="tanh")]
    first, second, last = diagnose(network(*layers), X, Y).layers
    assert (first.name, first.activation, first.units, first.dead, first.saturated) == ("first", "relu", 8, 0.0, None)
    assert (second.dead, last.activation) == (None, "softmax")
    assert 0 <= second.saturated < 0.1
    model = network()
    (only,) = diagnose(model, X, Y).layers
    kernel, logits = model.layers[0].kernel.numpy(), X @ model.layers[0].kernel.numpy()
    gradient = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) - np.eye(2)[Y]  # dL/dz of softmax
    assert only.weights == pytest.approx(np.sqrt(np.mean(kernel**2)), rel=1e-5)
    assert only.mean == pytest.approx(logits.mean(), abs=1e-5)
    assert only.gradient == pytest.approx(np.sqrt(np.mean(gradient**2)), rel=1e-4)
    assert only.weight_gradient == pytest.approx(np.sqrt(np.mean((X.T @ gradient / len(X)) ** 2)), rel=1e-4)


def test_the_update_is_the_size_of_a_step_relative_to_the_weights():
    """Adam's steps are about as large as its rate."""
    model = network(optimizer=Adam(0.001))
    (only,) = diagnose(model, X, Y).layers
    assert only.update == pytest.approx(0.001 / only.weights, rel=0.3)


def test_dead_units_and_saturated_outputs_are_counted():
    model = network(Dense(4, activation="relu"), Dense(4, activation="tanh"))
    kernel, _ = model.layers[0].get_weights()
    model.layers[0].set_weights([kernel, np.array([-100, -100, 100, -100.0])])
    model.layers[1].set_weights([np.ones((4, 4)), np.array([0, 0, -1000, 0.0])])
    dead, saturated, _ = diagnose(model, X, Y).layers
    assert (dead.dead, saturated.saturated) == (0.75, 1.0)


def test_what_a_finding_says():
    model = network(Dense(8, activation="relu"))
    diagnosis = diagnose(model, X * [1, 1000], Y, feature_names=["age", "income"])
    (finding,) = diagnosis.findings
    assert (finding.name, finding.severity, finding.where) == ("unscaled-inputs", "error", "income")
    assert finding.evidence["features"] == 1
    assert finding.evidence["largest"] == pytest.approx(1000 * np.sqrt(np.mean(X[:, 1] ** 2)), rel=1e-6)
    assert "Normalization" in finding.advice
    json.dumps(diagnosis.as_dict(), allow_nan=False)


def test_a_layer_that_scales_is_seen():
    scale = Normalization()
    scale.adapt(1000 * X)
    assert diagnose(network(scale, Dense(8, activation="relu")), 1000 * X, Y).names == ()


def test_the_text_fits_80_columns():
    model = network(Dense(8, activation="relu", name="a_layer_with_a_very_long_name"), optimizer=SGD(1000.0))
    model.compile(SGD(1000.0), "sparse_categorical_crossentropy")
    names = ["a very long name of a feature, and a second one"] * 2
    text = str(diagnose(model, np.hstack([1e6 * X, X])[:, :2], Y, feature_names=names))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "1 finding"
    assert lines[2].startswith("error: unscaled-inputs  (a very long name")
    assert [line.split()[0] for line in lines[-3:]] == ["layer", "a_layer_wi…long_name", "dense_2"]
    assert str(Diagnosis([], [], [])) == "no findings: healthy"


def test_consequences_are_told_with_their_cause():
    model = network(Dense(8, activation="relu"), Dense(8, activation="tanh"))
    (finding,) = diagnose(model, 1e4 * X, Y).findings
    assert finding.name == "unscaled-inputs"
    assert "saturated-units" in finding.explains


def test_numbers_that_went_wrong():
    model = Sequential([Dense(16, activation="relu"), Dense(1)], seed=0)
    model.compile(SGD(300.0), "mse")
    with pytest.warns(RuntimeWarning, match="training stopped: numbers went wrong"):
        model.fit(X, Y + 0.5 * X[:, 0], epochs=5, verbose=0)
    diagnosis = diagnose(model, X, Y + 0.5 * X[:, 0])
    found = {finding.name: finding for finding in diagnosis.findings}
    assert list(found) == ["diverged", "rate-too-large"]
    assert found["diverged"].what.startswith("numbers went wrong in epoch 1, step ")
    assert found["diverged"] == model.history.finding
    json.dumps(diagnosis.as_dict(), allow_nan=False)


def test_a_loss_that_the_model_refuses():
    model = Sequential([Dense(1, activation="sigmoid")], seed=0)
    from chainrule.losses import BinaryCrossentropy

    model.compile("adam", BinaryCrossentropy(from_logits=True))
    diagnosis = diagnose(model, X, Y)
    assert (diagnosis.names, diagnosis.layers) == (("activation-before-logits-loss",), [])


def test_layers_and_losses_of_ones_own():
    from chainrule import ops

    class Double(Layer):
        def call(self, inputs):
            return 2 * inputs

    model = Sequential([Double(), Dense(8, activation=lambda z: ops.tanh(z)), Dense(1)], seed=0)
    model.compile("adam", lambda y, f: ops.square(y - f))
    diagnosis = diagnose(model, X, X[:, 0] * X[:, 1])
    assert diagnosis.names == ()
    assert [layer.activation for layer in diagnosis.layers] == ["", "", "linear"]


def test_weights_of_rows_count():
    rows = np.concatenate([np.zeros(150), np.ones(150)])
    model = network(Dense(8, activation="relu"))
    diagnose(model, X, Y, sample_weight=rows)
    with pytest.raises(ShapeError, match="sample_weight expects one weight per row"):
        diagnose(model, X, Y, sample_weight=[1.0])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((X,), ArgumentError, "diagnose needs targets y"),
        ((X, Y[:-1]), ShapeError, "same number of rows"),
        ((X[:, :1], Y), ShapeError, "expects inputs of shape"),
    ],
)
def test_data_that_do_not_fit(arguments, error, message):
    with pytest.raises(error, match=message):
        diagnose(network(), *arguments)


def test_models_that_do_not_fit():
    model = Sequential([Dense(2)])
    with pytest.raises(StateError, match="diagnose before compile"):
        diagnose(model, X, Y)
    with pytest.raises(ArgumentError, match="expects a Sequential or a TabularModel, got str"):
        diagnose("model", X, Y)
    with pytest.raises(ShapeError, match="feature_names expects 2 names, got 1"):
        diagnose(network(), X, Y, feature_names=["x"])


def test_a_model_of_a_table():
    import chainrule

    table = samples.penguins()
    model = chainrule.train(table, "species", epochs=15)
    before = model.network.parameters.values.tobytes()
    assert diagnose(model, table).names == ()
    assert model.network.parameters.values.tobytes() == before
    with pytest.raises(ArgumentError, match="finds its target in the table; leave out y"):
        diagnose(model, table, Y)


def test_a_leak_is_looked_for_in_the_columns_of_a_table():
    import chainrule

    table = samples.penguins()
    columns = {column.name: column.values for column in table}
    columns["code"] = np.array([f"code {name}" for name in columns["species"]], dtype=object)
    model = chainrule.train(columns, "species", epochs=15)
    (finding,) = diagnose(model, columns).findings
    assert (finding.name, finding.where) == ("leak", "code")


def test_a_class_of_a_table_has_its_name():
    import chainrule

    far = generator(2, "check").normal(size=600) + 1.5 * (np.arange(600) % 20 == 0)
    names = np.array(["rare" if i % 20 == 0 else "usual" for i in range(600)], dtype=object)
    table = {"far": far, "noise": generator(3, "check").normal(size=600), "kind": names}
    model = chainrule.train(table, "kind", epochs=8, hidden=(8,))
    (finding,) = diagnose(model, table).findings
    assert (finding.name, finding.where) == ("imbalance-ignored", "class rare")
    assert finding.what.startswith("class rare is 5.0% of the rows")
