"""The last line of a hand-written training loop."""

import numpy as np
import pytest

from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable
from chainrule.errors import ArgumentError, GradientError, ShapeError
from chainrule.optimizers import SGD, Adam, schedules


def variables():
    return Variable([[1.0, 2.0]], name="kernel"), Variable([3.0], name="bias")


def test_takes_tensors_arrays_and_lists_and_counts_steps():
    kernel, bias = variables()
    optimizer = SGD(0.5)
    assert optimizer.iterations == 0
    assert optimizer.apply_gradients(zip([Tensor([[1.0, 1.0]]), [2.0]], (kernel, bias), strict=True)) == 1
    assert optimizer.apply_gradients([[np.array([2.0]), bias]]) == optimizer.iterations == 2
    np.testing.assert_array_equal(kernel.numpy(), [[0.5, 1.5]])
    np.testing.assert_array_equal(bias.numpy(), [1.0])


def test_variables_count_a_version():
    kernel, _ = variables()
    before = kernel._version
    SGD().apply_gradients([(np.ones((1, 2)), kernel)])
    assert kernel._version > before


def test_gradient_that_lies_otherwise_in_memory():
    variable = Variable(np.zeros((2, 3)), name="kernel")
    gradient = np.arange(6.0).reshape(3, 2).T
    SGD(1.0).apply_gradients([(gradient, variable)])
    np.testing.assert_array_equal(variable.numpy(), -gradient)


def test_gradient_of_another_dtype_is_rounded_to_the_variable_s():
    variable = Variable([1.0], dtype="float32")
    SGD(1.0).apply_gradients([(np.array([0.1]), variable)])
    np.testing.assert_array_equal(variable.numpy(), np.float32(1) - np.float32(0.1))


def test_schedule_is_read_at_every_step_and_far_beyond_one_table():
    variable = Variable(np.zeros(1), name="w")
    optimizer = SGD(schedules.PiecewiseConstantDecay([299], [1.0, 0.5]))
    for _ in range(310):
        optimizer.apply_gradients([(np.array([-1.0]), variable)])
    assert variable.numpy() == 300 * 1.0 + 10 * 0.5


def test_learning_rate_can_be_set_between_steps():
    variable = Variable(np.zeros(1), name="w")
    optimizer = SGD(1.0)
    optimizer.apply_gradients([(np.array([-1.0]), variable)])
    optimizer.learning_rate = 0.25
    optimizer.apply_gradients([(np.array([-1.0]), variable)])
    assert variable.numpy() == 1.25
    assert optimizer.learning_rate == 0.25
    assert optimizer.get_config() == {"learning_rate": 0.25}
    with pytest.raises(ArgumentError, match=r"SGD: learning_rate must be a number > 0, got -1; "):
        optimizer.learning_rate = -1
    assert optimizer.learning_rate == 0.25


def test_iterations_can_be_set_to_resume():
    variable = Variable(np.zeros(1), name="w")
    optimizer = SGD(schedules.PiecewiseConstantDecay([10], [1.0, 0.5]))
    optimizer.apply_gradients([(np.array([-1.0]), variable)])
    optimizer.iterations = 1000
    optimizer.apply_gradients([(np.array([-1.0]), variable)])
    assert variable.numpy() == 1.5


def test_each_variable_has_its_own_slots():
    together, apart = variables(), variables()
    gradients = np.ones((1, 2)), np.full(1, 5.0)
    one, first, second = Adam(0.1), Adam(0.1), Adam(0.1)
    for _ in range(3):
        one.apply_gradients(zip(gradients, together, strict=True))
        first.apply_gradients([(gradients[0], apart[0])])
        second.apply_gradients([(gradients[1], apart[1])])
    for a, b in zip(together, apart, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_all_gradients_none_says_where_the_forward_pass_belongs():
    with pytest.raises(GradientError) as error:
        SGD().apply_gradients(zip([None, None], variables(), strict=True))
    assert str(error.value) == (
        "every gradient is None: the loss was computed from values made outside the tape; "
        "move the forward pass (prediction = model(x)) inside `with`"
    )


def test_some_gradients_none_warn_once_and_leave_the_variable():
    kernel, bias = variables()
    optimizer = SGD(1.0)
    pairs = [(None, kernel), (np.array([1.0]), bias)]
    with pytest.warns(UserWarning) as warned:
        optimizer.apply_gradients(pairs)
    assert [str(w.message) for w in warned] == [
        "no gradient for 'kernel': the loss does not depend on it; it is left as it is"
    ]
    assert warned[0].filename == __file__
    optimizer.apply_gradients(pairs)  # a second warning would be an error
    np.testing.assert_array_equal(kernel.numpy(), [[1.0, 2.0]])
    np.testing.assert_array_equal(bias.numpy(), [1.0])


def test_no_pairs():
    with pytest.raises(ArgumentError) as error:
        SGD().apply_gradients([])
    assert str(error.value) == (
        "apply_gradients expects at least one (gradient, variable) pair, got none; "
        "a model has no variables before its first call, and a zip can be read only once"
    )


def test_wrong_shape_changes_no_variable():
    kernel, bias = variables()
    with pytest.raises(ShapeError) as error:
        SGD().apply_gradients([(np.ones((1, 2)), kernel), (np.ones((1, 1)), bias)])
    assert str(error.value) == (
        "the gradient of variable 'bias' must have its shape (1,), got (1, 1); "
        "are the gradients in the order of the variables?"
    )
    np.testing.assert_array_equal(kernel.numpy(), [[1.0, 2.0]])


@pytest.mark.parametrize(
    ("pairs", "got"),
    [
        ([(Variable([1.0], name="w"), np.array([1.0]))], "(Variable, ndarray)"),
        ([7], "7"),
        ([(1, 2, 3)], "(1, 2, 3)"),
    ],
)
def test_not_pairs_of_gradient_and_variable(pairs, got):
    with pytest.raises(ArgumentError) as error:
        SGD().apply_gradients(pairs)
    assert str(error.value) == (
        f"apply_gradients expects (gradient, variable) pairs, got {got}; "
        "write optimizer.apply_gradients(zip(gradients, variables))"
    )
