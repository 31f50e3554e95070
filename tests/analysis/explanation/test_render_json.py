"""Explanations as JSON data."""

import json
from math import prod

import numpy as np
import pytest

from chainrule import analysis
from chainrule.layers import BatchNormalization, Dense
from tests.analysis.explanation.networks import network, numbers


def explained(training=False):
    between = [BatchNormalization()] if training else []
    model = network(Dense(4, activation="tanh"), *between, Dense(3, activation="relu"), Dense(2))
    x, y = numbers(5, 3), numbers(5, 2, seed=5)
    return analysis.explain_gradient(model, x, y, weight="dense_1/kernel[1, 2]", loss="mse", training=training)


@pytest.mark.parametrize("training", [False, True])
def test_its_numbers_are_those_of_the_explanation(training):
    explanation = explained(training)
    data = json.loads(json.dumps(explanation.as_dict(delta=0.2), allow_nan=False))
    assert (data["weight"], data["gradient"]) == ("dense_1/kernel[1, 2]", explanation.gradient)
    assert np.isclose(sum(data["contributions"]), data["gradient"])
    assert prod(factor["value"] for factor in data["chain"]["factors"]) == pytest.approx(data["chain"]["contribution"])
    total = sum(path["contribution"] for path in data["paths"]) + data["remainder"]
    assert total == pytest.approx(explanation.explained)
    for step in data["steps"]:
        assert sum(term["product"] for term in step["terms"]) == pytest.approx(step["gradient"])
        assert all(term["product"] == pytest.approx(term["gradient"] * term["local"]) for term in step["terms"])
    assert data["steps"][-1]["of"] == "w"
    assert data["factors"][-1]["derivative"].endswith("/dw") or data["coupled"]
    change = data["what_if"]
    assert change["predicted"] == pytest.approx(0.2 * data["gradient"])
    assert change["true"] == pytest.approx(change["after"] - change["before"])


def test_what_is_not_finite_is_null():
    explanation = analysis.explain_gradient(network(Dense(1)), numbers(1, 3), [0.0], "dense_1/kernel[0, 0]", loss="mse")
    change = explanation.as_dict(delta=1e200)["what_if"]
    assert (change["delta"], change["after"], change["true"]) == (1e200, None, None)
