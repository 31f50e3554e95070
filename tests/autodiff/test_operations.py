"""The table: every gradient rule against central differences, and against itself for second derivatives."""

import numpy as np
import pytest

from chainrule import ops
from chainrule.autodiff.gradient_check import gradient_check
from chainrule.autodiff.operations import OPERATIONS, RAW, ForEach
from chainrule.autodiff.tape import GradientTape, gradient
from chainrule.autodiff.tensor import RECORDED, Tensor, apply
from tests.autodiff.cases import CASES, Case

FIRST = 1e-7  # largest relative error of a float64 central difference with step 1e-5 on these functions
ALL = [pytest.param(case, id=f"{name}-{i}") for name, cases in CASES.items() for i, case in enumerate(cases)]
SMOOTH = [p for p in ALL if p.values[0].smooth]


def test_every_row_with_rules_has_a_case():
    assert {name for name, row in OPERATIONS.items() if row.rules} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_cases_of_a_row_run_that_row(name):
    for case in CASES[name]:
        with GradientTape() as tape:
            point = [Tensor(x) for x in case.point]
            tape.watch(point)
            case.function(*point)
        assert name in {record[0].name for record in tape._records}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_row_has_its_own_name_and_a_rule_for_each_input(name):
    row = OPERATIONS[name]
    assert row.name == name
    assert getattr(RAW, name) is row.forward
    assert hasattr(RECORDED, name)
    if row.rules and not isinstance(row.rules, ForEach):
        with GradientTape() as tape:
            point = [Tensor(x) for x in CASES[name][0].point]
            tape.watch(point)
            CASES[name][0].function(*point)
        assert {len(record[1]) for record in tape._records if record[0] is row} <= {len(row.rules)}


@pytest.mark.parametrize("case", ALL)
def test_gradient_equals_central_differences(case: Case):
    assert gradient_check(case.function, case.point, directions=2, tolerance=FIRST) <= FIRST


@pytest.mark.parametrize("case", ALL)
def test_gradient_has_the_shape_and_type_of_its_input_also_in_float32(case: Case):
    point = [Tensor(x, "float32") for x in case.point]
    with GradientTape() as tape:
        tape.watch(point)
        y = case.function(*point)
    for x, g in zip(point, tape.gradient(y, point, unconnected_gradients="zero"), strict=True):
        assert g.shape == x.shape
        assert g.dtype == np.float32


def slopes(function):
    """Return the gradient of a weighted sum of the function, as a function of the same arguments."""

    def evaluate(*point):
        with GradientTape() as tape:
            tape.watch(point)
            y = function(*point)
            total = ops.sum(y * np.cos(np.arange(y.size, dtype=np.float64)).reshape(y.shape))
        gradients = tape.gradient(total, point, unconnected_gradients="zero")
        return ops.concatenate([ops.reshape(g, -1) for g in gradients])

    return evaluate


@pytest.mark.parametrize("case", SMOOTH)
def test_second_derivative_equals_central_differences_of_the_first(case: Case):
    gradient_check(slopes(case.function), case.point, directions=2, tolerance=1e-6)


@pytest.mark.parametrize("name", ["exp", "tanh", "sigmoid", "log", "erf", "softplus", "sin", "square", "power"])
def test_third_derivative_equals_central_differences_of_the_second(name):
    case = CASES[name][2]
    gradient_check(slopes(slopes(case.function)), case.point, directions=1, tolerance=1e-5)


@pytest.mark.parametrize("name", [name for name, row in OPERATIONS.items() if not row.rules])
def test_no_gradient_flows_through_a_row_without_rules(name):
    x = Tensor([1.0, 2.0])
    attributes = {"one_hot": {"depth": 3}, "discretize": {"dtype": "int64"}}.get(name, {})
    two = name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
    with GradientTape() as tape:
        tape.watch(x)
        y = apply(OPERATIONS[name], (x, x) if two else (x,), attributes)
        z = ops.sum(ops.cast(y, "float32") * 2.0)
    assert tape.gradient(z, x) is None


def test_whole_numbers_stop_the_gradient():
    x = Tensor([1.5, 2.5])
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(ops.cast(ops.cast(x, "int32"), "float32"))
    assert tape.gradient(y, x) is None
    np.testing.assert_array_equal(ops.cast(x, "int32").numpy(), [1, 2])


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (ops.relu, 0.0, 0.0),
        (ops.abs, 0.0, 0.0),
        (lambda x: ops.maximum(x, 1.0), 1.0, 1.0),
        (lambda x: ops.maximum(1.0, x), 1.0, 0.0),
        (lambda x: ops.minimum(x, 1.0), 1.0, 1.0),
        (lambda x: ops.clip(x, 0.0, 1.0), 1.0, 1.0),
        (lambda x: ops.clip(x, 0.0, 1.0), 1.5, 0.0),
        (lambda x: x**0, 0.0, 0.0),
        (lambda x: x**1, 0.0, 1.0),
        (lambda x: x**2, 0.0, 0.0),
        (lambda x: x**3, -2.0, 12.0),
        (lambda x: 0.0**x, 2.0, 0.0),
        (lambda x: (-2.0) ** x, 2.0, 0.0),
    ],
)
def test_gradient_at_a_kink_or_corner_is_the_documented_one(function, at, expected):
    assert float(gradient(function)(at)) == expected


def test_elements_that_tie_share_the_gradient():
    np.testing.assert_allclose(gradient(ops.max)(np.array([1.0, 3.0, 3.0])).numpy(), [0, 0.5, 0.5])
    np.testing.assert_allclose(
        gradient(lambda x: ops.sum(ops.min(x, axis=0)))(np.array([[1.0, 2.0], [1.0, 5.0]])).numpy(),
        [[0.5, 1], [0.5, 0]],
    )


def test_mixed_second_derivative_of_a_power_at_exponent_zero():
    # d/db d/da a^b = a^(b-1) (1 + b log a), which is 1/a at b = 0
    a, b = Tensor(2.0, "float64"), Tensor(0.0, "float64")
    with GradientTape() as outer:
        outer.watch([a, b])
        with GradientTape() as inner:
            inner.watch([a, b])
            y = a**b
        slope = inner.gradient(y, a)
    assert float(outer.gradient(slope, b)) == 0.5


def test_an_element_taken_twice_gets_both_gradients():
    g = gradient(lambda x: ops.sum(ops.take(x, [0, 0, 2])))(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(g.numpy(), [2, 0, 1])


def test_joining_thousands_of_tensors_takes_linear_time():
    parts = [Tensor([float(i)]) for i in range(5000)]
    with GradientTape() as tape:
        tape.watch(parts)
        y = ops.sum(ops.square(ops.concatenate(parts)))
    gradients = tape.gradient(y, parts)
    assert [g.item() for g in gradients[:3]] == [0.0, 2.0, 4.0]
