"""CategoryEmbedding: where features go, gradients, a matrix a column, errors, files. More in test_gradients."""

import copy
import json

import numpy as np
import pytest

from chainrule import GradientTape, Sequential, Variable, ops
from chainrule.errors import ArgumentError, DataError, ShapeError
from chainrule.initializers import RandomNormal
from chainrule.layers import CategoryEmbedding, Dense, Embedding, Flatten, embedding_dimension
from chainrule.models.model_file import encode, load_model
from chainrule.random import generator

CODES = generator(3, "check").integers(0, 4, size=(30, 2))
X = generator(4, "check").normal(size=(30, 5))
X[:, 3], X[:, 1] = CODES.T
Y = X[:, 0] + (CODES[:, 0] == 2)


def test_vectors_stand_where_the_codes_stood():
    layer = CategoryEmbedding({3: (4, 2), 1: (4, 3)}, dtype="float64")
    y = layer(X).numpy()
    first, second = layer.get_weights()
    assert (first.shape, second.shape) == ((4, 3), (4, 2))
    expected = [X[:, :1], first[CODES[:, 1]], X[:, 2:3], second[CODES[:, 0]], X[:, 4:]]
    np.testing.assert_array_equal(y, np.concatenate(expected, axis=1))


def test_every_column_has_a_matrix_and_numbers_of_its_own():
    model = Sequential([CategoryEmbedding({1: (4, 2), 3: (4, 2)}), Dense(1)], seed=3)
    model.predict(X)
    assert [name for name, _ in model.layers[0].named_weights()] == [
        "category_embedding_1/embeddings_1",
        "category_embedding_1/embeddings_3",
    ]
    one, other = model.layers[0].get_weights()
    assert not np.array_equal(one, other)
    assert 0 < np.abs(one).max() <= 0.05  # Keras's random_uniform, as Embedding has it
    again = Sequential([CategoryEmbedding({1: (4, 2), 3: (4, 2)}), Dense(1)], seed=3)
    again.predict(X)
    np.testing.assert_array_equal(again.layers[0].get_weights()[1], other)


def test_nothing_but_codes_of_one_kind_is_an_embedding_laid_flat():
    layer, plain = CategoryEmbedding({0: (4, 3), 1: (4, 3)}), Embedding(4, 3)
    expected = Flatten()(plain(CODES)).numpy()
    layer(CODES)
    layer.set_weights([plain.get_weights()[0]] * 2)
    np.testing.assert_array_equal(layer(CODES).numpy(), expected)


def test_numbers_have_a_gradient_and_codes_have_none():
    layer, x = CategoryEmbedding({1: (4, 3), 3: (4, 2)}, dtype="float64"), Variable(X)
    weighting = generator(5, "check").normal(size=(30, 8))
    with GradientTape() as tape:
        total = ops.sum(layer(x) * weighting)
    gradient, table = (g.numpy() for g in tape.gradient(total, [x, layer.embeddings[1]]))
    np.testing.assert_array_equal(gradient[:, [0, 2, 4]], weighting[:, [0, 4, 7]])
    assert not gradient[:, [1, 3]].any()
    for code in range(4):
        np.testing.assert_allclose(table[code], weighting[CODES[:, 0] == code, 5:7].sum(axis=0), rtol=1e-12, atol=1e-12)


def test_a_row_that_no_example_names_stays():
    model = Sequential([CategoryEmbedding({1: (6, 3)}), Dense(1)], seed=0)
    model.compile("adam", "mse", engine="python")
    model.predict(X)
    before = model.layers[0].get_weights()[0]
    model.fit(X, Y, epochs=3, verbose=0)
    after = model.layers[0].get_weights()[0]
    np.testing.assert_array_equal(after[4:], before[4:])
    assert (after[:4] != before[:4]).all()


def test_numbers_of_any_value_pass_through():
    odd = [[float("nan"), 1], [float("inf"), 0], [-1e30, 0]]
    y = CategoryEmbedding({1: (2, 1)})(odd).numpy()
    np.testing.assert_array_equal(y[:, 0], np.asarray(odd, "float32")[:, 0])


def test_no_rows():
    assert CategoryEmbedding({1: (2, 3)})(np.zeros((0, 4))).shape == (0, 6)


def test_the_layer_learns_what_no_scale_of_codes_could():
    """A target that depends on the category alone, in no order."""
    rng = generator(6, "check")
    codes = rng.integers(0, 12, 600)
    y = rng.normal(size=12)[codes]
    model = Sequential([CategoryEmbedding({1: (12, 4)}), Dense(1)], seed=1)
    model.compile("adam", "mse", engine="python")
    model.optimizer.learning_rate = 0.05
    x = np.column_stack([rng.normal(size=600), codes])
    assert model.fit(x, y, epochs=15, verbose=0).history["loss"][-1] < 1e-3 * y.var()


@pytest.mark.parametrize(
    ("categories", "dimension"), [(1, 2), (2, 2), (3, 3), (12, 6), (100, 21), (466, 50), (10**6, 50)]
)
def test_embedding_dimension(categories, dimension):
    """``min(50, round(1.6 n^0.56))`` worked out by hand: 100^0.56 = 13.18, 466^0.56 = 31.22."""
    assert embedding_dimension(categories) == dimension


@pytest.mark.parametrize(
    "columns", [{4: 100, 0: (3, 7)}, [(0, (3, 7)), (4, (100,))], {np.int64(4): [100], 0: [3, np.int8(7)]}]
)
def test_columns_as_a_dict_or_its_items(columns):
    assert CategoryEmbedding(columns).columns == {0: (3, 7), 4: (100, 21)}
    assert list(CategoryEmbedding(columns).columns) == [0, 4]


def test_the_configuration_makes_the_same_layer_and_is_json():
    layer = CategoryEmbedding({4: 100, 0: (3, 7)}, RandomNormal(stddev=0.1), embeddings_regularizer="l2", name="codes")
    config = encode(layer)["config"]
    assert config["columns"] == [[0, [3, 7]], [4, [100, 21]]]
    assert json.loads(json.dumps(config)) == config
    assert CategoryEmbedding(**layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize("trainable", [True, False])
def test_files_and_copies_hold_everything(trainable, tmp_path):
    layers = [CategoryEmbedding({1: (4, 2), 3: 4}, embeddings_regularizer="l2", trainable=trainable), Dense(1)]
    model = Sequential(layers, seed=2)
    model.compile("adam", "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(tmp_path / "model.safetensors")
    for other in (load_model(tmp_path / "model.safetensors"), copy.deepcopy(model)):
        np.testing.assert_array_equal(other.predict(X), model.predict(X))
        assert other.layers[0].columns == model.layers[0].columns
        assert other.layers[0].trainable == trainable
        assert len(other.layers[0].trainable_weights) == 2 * trainable
        assert other.evaluate(X, Y) == model.evaluate(X, Y)
        other.fit(X, Y, epochs=1, verbose=0)
        assert np.array_equal(other.layers[0].get_weights()[0], model.layers[0].get_weights()[0]) != trainable


def test_summary(capsys):
    model = Sequential([CategoryEmbedding({1: (4, 2), 3: (10, 3)}), Dense(1)])
    model.build((None, 5))
    model.summary()
    assert "  category_embedding_1   CategoryEmbedding   (batch, 8)        38\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "got"), [(4, "0.0 to 4.0"), (-1, "-1.0 to 3.0"), (0.5, "0.0 to 3.0"), (float("nan"), "nan to nan")]
)
def test_bad_codes(value, got):
    x = X.copy()
    x[7, 3] = value
    with pytest.raises(DataError) as raised:
        CategoryEmbedding({3: (4, 2), 1: (4, 2)})(x)
    assert str(raised.value) == f"category_embedding, column 3, expects whole codes from 0 to 3, got values from {got}"


FORM = (
    "CategoryEmbedding expects columns={column: (categories, dimension)}, each column once, such as {3: (40, 8)}, got "
)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, FORM + "{}"),
        (3, FORM + "3"),
        ([3], FORM + "[3]"),
        ({"a": 3}, FORM + "{'a': 3}"),
        ({-1: 3}, FORM + "{-1: 3}"),
        ({1: (2, 3, 4)}, FORM + "{1: (2, 3, 4)}"),
        ([(1, 3), (1, 4)], FORM + "[(1, 3), (1, 4)]"),
        ({1: (0, 3)}, "the categories of column 1 must be an integer >= 1, got 0"),
        ({1: 2.5}, "the categories of column 1 must be an integer >= 1, got 2.5"),
        ({1: (3, 0)}, "the dimension of column 1 must be an integer >= 1, got 0"),
        ({1: 1 << 25}, "column 1 can have at most 16,777,216 categories, got 33,554,432"),
    ],
)
def test_bad_columns(columns, said):
    with pytest.raises(ArgumentError) as raised:
        CategoryEmbedding(columns)
    assert str(raised.value) == said


@pytest.mark.parametrize(("shape", "shown"), [((6, 3), "(batch, 3)"), ((6,), "(batch)"), ((6, 5, 2), "(batch, 5, 2)")])
def test_inputs_without_the_column(shape, shown):
    with pytest.raises(ShapeError, match="with codes in column 3, counted from 0; got") as raised:
        CategoryEmbedding({3: 4})(np.zeros(shape))
    assert str(raised.value).endswith(f"got {shown}")


def test_other_inputs_than_it_was_built_for():
    layer = CategoryEmbedding({1: 4})
    layer(X)
    with pytest.raises(ShapeError, match=r"expects inputs of shape \(batch, 5\), got \(batch, 4\)"):
        layer(X[:, :4])
