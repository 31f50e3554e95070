"""Initialisers: moments, bounds, seeds, orthogonality, and every error."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import initializers
from chainrule.errors import ArgumentError, DTypeError, ShapeError, UnknownArgumentError, UnknownNameError
from chainrule.initializers import INITIALIZERS, Initializer, RandomInitializer
from chainrule.random import generator

SHAPE = (400, 600)  # 240,000 values: a standard deviation is known to about 0.15%
RANDOM = {name: cls for name, cls in INITIALIZERS.items() if issubclass(cls, RandomInitializer)}
every_random = pytest.mark.parametrize("cls", RANDOM.values(), ids=list(RANDOM))

# Keras 3's definitions at fan_in 400, fan_out 600: standard deviation, and the largest value there can be.
# A normal distribution cut at 2 standard deviations has 0.8796 of its standard deviation left.
CUT = 0.87962566103423978
DEFINITIONS = {
    "glorot_uniform": (math.sqrt(2 / 1000), math.sqrt(6 / 1000)),
    "glorot_normal": (math.sqrt(2 / 1000), 2 * math.sqrt(2 / 1000) / CUT),
    "he_uniform": (math.sqrt(2 / 400), math.sqrt(6 / 400)),
    "he_normal": (math.sqrt(2 / 400), 2 * math.sqrt(2 / 400) / CUT),
    "lecun_uniform": (math.sqrt(1 / 400), math.sqrt(3 / 400)),
    "lecun_normal": (math.sqrt(1 / 400), 2 * math.sqrt(1 / 400) / CUT),
    "random_uniform": (0.05 / math.sqrt(3), 0.05),
    "random_normal": (0.05, math.inf),
    "truncated_normal": (0.05 * CUT, 0.1),
    "orthogonal": (math.sqrt(1 / 600), 1.0),
}


@pytest.mark.parametrize("name", DEFINITIONS)
def test_moments_and_bounds(name):
    stddev, limit = DEFINITIONS[name]
    values = initializers.get(name)(SHAPE, "float64", seed=3)
    assert values.shape == SHAPE
    assert abs(values.mean()) < 5 * stddev / math.sqrt(values.size)
    np.testing.assert_allclose(values.std(), stddev, rtol=0.01)
    assert abs(values).max() <= limit
    if name != "orthogonal" and limit < math.inf:
        assert abs(values).max() > 0.99 * limit  # the bound is this one, not a wider one


def test_every_random_initializer_has_a_definition_here():
    assert set(DEFINITIONS) == set(RANDOM)


def test_arguments_shift_and_stretch():
    normal = initializers.RandomNormal(mean=3.0, stddev=2.0, seed=1)((100_000,), "float64")
    np.testing.assert_allclose([normal.mean(), normal.std()], [3.0, 2.0], rtol=0.01)
    cut = initializers.TruncatedNormal(mean=3.0, stddev=2.0, seed=1)((100_000,), "float64")
    np.testing.assert_allclose([cut.mean(), cut.std()], [3.0, 2.0 * CUT], rtol=0.01)
    assert cut.min() >= -1
    assert cut.max() <= 7
    uniform = initializers.RandomUniform(1.0, 3.0, seed=1)((100_000,), "float64")
    np.testing.assert_allclose([uniform.min(), uniform.max()], [1.0, 3.0], rtol=1e-3)


def test_truncation_keeps_the_shape_of_the_normal_density():
    # P(|z| < 1 given |z| < 2) = 0.682689 / 0.954500 = 0.715233
    values = initializers.TruncatedNormal(stddev=1.0, seed=1)((200_000,), "float64")
    assert abs(np.mean(abs(values) < 1) - 0.715233) < 0.005


@every_random
def test_same_seed_same_numbers_in_both_dtypes(cls):
    single, double = cls(seed=5)((6, 4), "float32"), cls(seed=5)((6, 4), "float64")
    assert single.dtype == np.float32
    assert double.dtype == np.float64
    np.testing.assert_array_equal(single, double.astype(np.float32))
    np.testing.assert_array_equal(cls()((6, 4), seed=5), single)
    assert np.any(cls(seed=6)((6, 4)) != single)


@every_random
def test_own_seed_wins_over_the_call_s(cls):
    np.testing.assert_array_equal(cls(seed=5)((3, 3), seed=1), cls(seed=5)((3, 3)))


@every_random
def test_generator_as_seed_goes_on(cls):
    rng = generator(1, "weights", 7)
    first, second = cls()((3, 3), seed=rng), cls()((3, 3), seed=rng)
    assert np.any(first != second)
    np.testing.assert_array_equal(cls()((3, 3), seed=generator(1, "weights", 7)), first)


@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.floats(0.1, 3.0))
def test_orthogonal(shape, gain):
    matrix = initializers.Orthogonal(gain=gain, seed=2)(shape, "float64").reshape(-1, shape[-1])
    rows, columns = matrix.shape
    product = matrix.T @ matrix if rows >= columns else matrix @ matrix.T
    np.testing.assert_allclose(product, gain**2 * np.eye(min(rows, columns)), atol=1e-13)


def test_orthogonal_matrices_are_spread_evenly():
    # the diagonal of a QR decomposition alone has one sign; corrected, it averages to zero
    corners = [initializers.Orthogonal(seed=seed)((2, 2), "float64")[0, 0] for seed in range(400)]
    assert abs(np.mean(corners)) < 5 * math.sqrt(0.5 / 400)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((), (1, 1)), ((7,), (7, 7)), ((3, 4), (3, 4)), ((2, 3, 4), (6, 8)), ((5, 2, 3, 4), (30, 40))],
)
def test_fans(shape, expected):
    assert initializers.fans(shape) == expected


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (5,), (2, 3, 4), [2, 3]])
@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"orthogonal"}))
def test_every_shape(name, shape):
    values = initializers.get(name)(shape, seed=1)
    assert values.shape == tuple(shape)
    assert values.dtype == np.float32


@pytest.mark.parametrize(("name", "value"), [("zeros", 0.0), ("ones", 1.0), ("constant", 0.0)])
def test_constants_need_no_seed(name, value):
    np.testing.assert_array_equal(initializers.get(name)((2, 3)), np.full((2, 3), value))
    np.testing.assert_array_equal(initializers.Constant(0.3)((2,), "float64"), [0.3, 0.3])


def test_results_are_fresh_and_writable():
    zeros = initializers.Zeros()
    first = zeros((2,))
    first += 1
    np.testing.assert_array_equal(zeros((2,)), [0.0, 0.0])


def test_get():
    class Own(Initializer):
        def __call__(self, shape, dtype="float32", seed=None):
            return np.ones(shape, dtype)

    for name, cls in INITIALIZERS.items():
        assert type(initializers.get(name)) is cls
        assert type(initializers.get(cls.__name__)) is cls
    own = Own()
    assert initializers.get(own) is own
    assert type(initializers.get(initializers.HeNormal)) is initializers.HeNormal
    plain = initializers.get(lambda shape, dtype: np.eye(*shape))
    np.testing.assert_array_equal(plain((2, 2), "float32", seed=1), np.eye(2))
    assert plain((2, 2)).dtype == np.float32


def test_configuration_makes_the_same_initializer():
    original = initializers.TruncatedNormal(stddev=0.2, seed=4)
    again = initializers.TruncatedNormal(**original.get_config())
    np.testing.assert_array_equal(again((3,)), original((3,)))
    assert repr(original) == "TruncatedNormal(stddev=0.2, seed=4)"


@every_random
def test_no_seed_at_all(cls):
    with pytest.raises(ArgumentError) as error:
        cls()((2, 2))
    name = cls.__name__
    assert str(error.value) == (f"{name} needs a seed, got none; give it one, {name}(seed=0), or call it with seed=0")


ERRORS = [
    (lambda: initializers.HeNormal(seed=-1), ArgumentError, "seed must be an integer from 0 to 2**64 - 1, got -1"),
    (
        lambda: initializers.HeNormal()((2, 2), seed=1.5),
        ArgumentError,
        "seed must be an integer from 0 to 2**64 - 1, got 1.5",
    ),
    (
        lambda: initializers.RandomNormal(stddev=-0.1),
        ArgumentError,
        "RandomNormal: stddev must be >= 0, got -0.1; try 0.1",
    ),
    (
        lambda: initializers.TruncatedNormal(stddev=float("nan")),
        ArgumentError,
        "TruncatedNormal: stddev must be a finite number, got nan",
    ),
    (lambda: initializers.RandomNormal("a"), ArgumentError, "RandomNormal: mean must be a finite number, got 'a'"),
    (
        lambda: initializers.RandomUniform(1, -1),
        ArgumentError,
        "RandomUniform: minval must be below maxval, got 1 and -1; swap them?",
    ),
    (
        lambda: initializers.RandomUniform(float("-inf")),
        ArgumentError,
        "RandomUniform: minval must be a finite number, got -inf",
    ),
    (lambda: initializers.Orthogonal(gain=None), ArgumentError, "Orthogonal: gain must be a finite number, got None"),
    (lambda: initializers.Constant(True), ArgumentError, "Constant: value must be a finite number, got True"),
    (
        lambda: initializers.Orthogonal(seed=1)((3,)),
        ShapeError,
        "Orthogonal needs a shape of at least two axes, got (3,); for a bias use Zeros()",
    ),
    (
        lambda: initializers.Zeros()((None, 3)),
        ShapeError,
        "a weight's shape must be a sequence of whole numbers >= 0, like (4, 2), got (None, 3)",
    ),
    (
        lambda: initializers.HeNormal(seed=1)((-1, 3)),
        ShapeError,
        "a weight's shape must be a sequence of whole numbers >= 0, like (4, 2), got (-1, 3)",
    ),
    (
        lambda: initializers.Ones()(3),
        ShapeError,
        "a weight's shape must be a sequence of whole numbers >= 0, like (4, 2), got 3",
    ),
    (lambda: initializers.Zeros()((2,), "int32"), DTypeError, "dtype int32 can't be trained in"),
    (lambda: initializers.HeNormal(seed=1)((2,), "float99"), DTypeError, "dtype 'float99' is unknown"),
    (
        lambda: initializers.get("he_norml"),
        UnknownNameError,
        "unknown initializer 'he_norml'; did you mean 'he_normal'?",
    ),
    (
        lambda: initializers.get(0.5),
        ArgumentError,
        "initializer must be a name, an Initializer or a function f(shape, dtype), got 0.5; "
        "for a fixed value write Constant(value)",
    ),
    (
        lambda: initializers.HeNormal(sed=1),
        UnknownArgumentError,
        "HeNormal has no argument 'sed'; did you mean 'seed'?",
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS, ids=[message[:40] for *_, message in ERRORS])
def test_errors(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value).startswith(message)


def test_function_of_another_shape():
    with pytest.raises(ShapeError, match=r"initializer <function .*> must give shape \(2, 3\), got \(3, 2\)"):
        initializers.get(lambda shape, dtype: np.zeros((3, 2)))((2, 3))
