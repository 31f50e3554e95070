"""Matt Mazur, "A step by step backpropagation example" (2015), explained: the factors are those of his text."""

import pytest

from chainrule import Sequential, analysis
from chainrule.layers import Dense, Input

DIGITS = 5e-9


@pytest.fixture(scope="module")
def explain():
    model = Sequential([Input((2,)), Dense(2, activation="sigmoid"), Dense(2, activation="sigmoid")], dtype="float64")
    model.set_weights([[[0.15, 0.25], [0.20, 0.30]], [0.35, 0.35], [[0.40, 0.50], [0.45, 0.55]], [0.60, 0.60]])
    return lambda weight: analysis.explain_gradient(model, [0.05, 0.10], [0.01, 0.99], weight, loss="mse")


def test_w5(explain):
    explanation = explain("dense_2/kernel[0, 0]")
    assert [str(factor.ratio) for factor in explanation.factors] == ["dJ/dy[0]", "dy[0]/dz2[0]", "dz2[0]/dw"]
    assert [f.value for f in explanation.factors] == pytest.approx([0.74136507, 0.18681560, 0.59326999], abs=DIGITS)
    assert explanation.gradient == pytest.approx(0.08216704, abs=DIGITS)
    assert explanation.check.value == pytest.approx(0.08216704, abs=DIGITS)
    assert "= 0.74136507 x 0.18681560 x 0.59326999\n" in str(explanation)


def test_w1(explain):
    """He sums dE/dout_h1 over both outputs: 0.055399425 - 0.019049119 = 0.036350306, then 0.241300709 and 0.05."""
    explanation = explain("dense_1/kernel[0, 0]")
    assert [f.value for f in explanation.factors] == pytest.approx([0.036350306, 0.241300709, 0.05], abs=DIGITS)
    assert explanation.gradient == pytest.approx(0.000438568, abs=DIGITS)
    join = next(step for step in explanation.steps if len(step.terms) > 1)
    assert [term.product for term in join.terms] == pytest.approx([0.055399425, -0.019049119], abs=DIGITS)
    assert [path.contribution for path in explanation.paths] == pytest.approx(
        [0.055399425 * 0.241300709 * 0.05, -0.019049119 * 0.241300709 * 0.05], abs=DIGITS
    )
