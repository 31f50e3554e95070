"""The lecture's ways to regularise each help on a set made to need them; capacity; the noise of mini-batches."""

import numpy as np
import pytest

from benchmarks.regularization import PAIRS, measure
from chainrule import Sequential
from chainrule.analysis import compare_capacities, gradient_noise
from chainrule.errors import ArgumentError, DataError
from chainrule.layers import Dense
from chainrule.optimizers import Adam
from chainrule.tables import samples


@pytest.mark.parametrize("name", PAIRS)
def test_each_way_to_regularise_lowers_the_test_loss_where_it_is_needed(name):
    difference = measure(PAIRS[name])  # paired over 20 seeds
    assert difference.high < 0, f"{name}: the 95% interval is [{difference.low:.3f}, {difference.high:.3f}]"
    assert difference.regularised < difference.without


def test_a_pair_without_a_difference_is_not_said_to_help():
    pair = PAIRS["L1 penalty"]
    same = type(pair)(pair.why, pair.data, lambda on: pair.network(False), epochs=5)
    difference = measure(same)
    assert (difference.low, difference.high) == (0.0, 0.0)


def moons(hidden, **options):
    data = samples.moons(rows=200, noise=0.3)
    return compare_capacities(
        data.X, data.y, hidden, "binary_crossentropy", epochs=300, optimizer=lambda: Adam(0.01), **options
    )


def test_three_capacities_underfit_fit_and_overfit():
    compared = moons([(), (8,), (128, 128)])
    assert [n.verdict for n in compared.networks] == ["underfits", "about right", "overfits"]
    small, right, large = compared.networks
    assert small.parameters < right.parameters < large.parameters
    assert small.loss[-1] > right.loss[-1] > large.loss[-1], "capacity lowers the training loss"
    assert right.val_loss[-1] < min(small.val_loss[-1], large.val_loss[-1]), "but not the validation loss"
    lines = str(compared).splitlines()
    assert len(lines) == 5
    assert max(map(len, lines)) <= 80
    figure = compared.plot()
    assert [axis.get_title(loc="left").rpartition(": ")[2] for axis in figure.axes] == [
        "underfits", "about right", "overfits",
    ]  # fmt: skip
    assert {axis.get_ylim() for axis in figure.axes} == {figure.axes[0].get_ylim()}, "one scale"


def test_capacities_of_classes_and_errors():
    data = samples.gaussians(rows=90, classes=3)
    compared = compare_capacities(data.X, data.y, [(4,)], "sparse_categorical_crossentropy", epochs=3)
    assert compared.networks[0].parameters == (2 + 1) * 4 + (4 + 1) * 3
    for hidden in ([], 4, [4]):
        with pytest.raises(ArgumentError, match="hidden must be a list of at least one size"):
            compare_capacities(data.X, data.y, hidden)


@pytest.fixture(scope="module")
def network():
    data = samples.spirals(rows=600)
    model = Sequential([Dense(16, "tanh"), Dense(1, "sigmoid")], seed=0, dtype="float64")
    model.compile("adam", "binary_crossentropy")
    model.fit(data.X, data.y, epochs=2, verbose=0)
    return model, data


def test_noise_of_batches_falls_with_their_size_as_theory_says(network):
    model, data = network
    before = model.get_weights()
    noise = gradient_noise(model, data.X, data.y, batch_sizes=(1, 4, 16, 64, 256, 5000), batches=400)
    for w, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(w, now)
    rows = len(data.X)
    assert [row.batch_size for row in noise.rows] == [1, 4, 16, 64, 256, rows]
    # tr(S) from the gradients of single rows, all of them
    task, all_rows = model._rows(data.X, data.y, None, "fit")
    each = np.array([model._engine.loss_and_gradient(task, all_rows.take(slice(i, i + 1)))[1] for i in range(rows)])
    full = each.mean(0)
    assert noise.norm == pytest.approx(np.linalg.norm(full))
    trace = np.sum((each - full) ** 2) / rows / np.sum(full**2)
    for row in noise.rows[:-1]:
        expected = trace / row.batch_size * (1 - (row.batch_size - 1) / (rows - 1))
        assert row.relative_variance == pytest.approx(expected, rel=0.15)
    assert noise.noise_scale == pytest.approx(trace, rel=0.15)
    angles = [row.angle for row in noise.rows]
    assert angles == sorted(angles, reverse=True)
    assert angles[-1] == 0
    assert "Noise and signal are alike at batches of about" in str(noise)
    assert max(map(len, str(noise).splitlines())) <= 80


def test_noise_errors(network):
    model, data = network
    with pytest.raises(ArgumentError, match="batch_sizes must hold one below the 600 rows"):
        gradient_noise(model, data.X, data.y, batch_sizes=(600,))
    with pytest.raises(ArgumentError, match=r"batch_sizes expects a list of sizes, got 8; write \[8\]"):
        gradient_noise(model, data.X, data.y, batch_sizes=8)
    with pytest.raises(ArgumentError, match="gradient_noise expects a compiled model, got int"):
        gradient_noise(3, data.X, data.y)
    with pytest.raises(ArgumentError, match="batches"):
        gradient_noise(model, data.X, data.y, batches=1)
    still = Sequential([Dense(1, kernel_initializer="zeros")], seed=0)
    still.compile("sgd", "mse")
    with pytest.raises(DataError, match=r"the gradient over all rows has the norm 0\.0"):
        gradient_noise(still, data.X, np.zeros(600), batch_sizes=(2,))
