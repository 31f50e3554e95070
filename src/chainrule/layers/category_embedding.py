"""CategoryEmbedding: learned vectors for some columns of a table, its numbers beside them."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, Unpack

import numpy as np

from chainrule import initializers, regularizers
from chainrule.arrays import Array, Shape, whole_number
from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor
from chainrule.errors import ArgumentError, ShapeError
from chainrule.layers.embedding import whole_codes
from chainrule.layers.layer import Layer, LayerOptions, show

MOST_CATEGORIES = 1 << 24  # float32, the type of the numbers beside them, holds every integer up to here
LONGEST = 50
Size: TypeAlias = int | tuple[int, int]


def embedding_dimension(categories: int) -> int:
    """Return a length for the vectors of a column: ``min(50, round(1.6 categories^0.56))``.

    The rule of fastai's tabular models, found by trial and error, with a lower ceiling (there 600): tables are
    smaller than texts. It grows like a root: a column twice as rich gets vectors half as long again.

    Parameters
    ----------
    categories : int >= 1

    Raises
    ------
    ArgumentError
        If ``categories`` is no integer of at least 1.

    References
    ----------
    `emb_sz_rule` of fastai, https://docs.fast.ai/tabular.model.html

    Examples
    --------
    >>> [embedding_dimension(n) for n in (2, 10, 40, 1000)]
    [2, 6, 13, 50]
    """
    count = whole_number("categories", categories, least=1)
    length: float = 1.6 * count**0.56
    return min(LONGEST, round(length))


class CategoryEmbedding(Layer):
    """Rows of numbers, some of them codes of categories: a code c in column j becomes row c of a matrix E_j.

    ``y = [x_0, ..., E_j[x_j], ..., x_n]``: every vector stands where its code stood, all other columns pass through
    unchanged. So columns keep their order, and a column of codes grows to as many features as its vectors are long.

    Parameters
    ----------
    columns : dict of int to (categories, dimension), or its items as a list
        The columns that hold codes 0 .. categories - 1, counted from 0, and the length of their vectors; a number
        of categories alone takes the length from `embedding_dimension`.
    embeddings_initializer : str, Initializer or callable
    embeddings_regularizer : str or callable, optional
        Of every matrix E_j.

    Raises
    ------
    ArgumentError
        If ``columns`` is empty or no such dict, or has more than 2^24 categories in a column.
    ShapeError
        If inputs are not (batch, features), or have no column that ``columns`` names.
    DataError
        If a column of codes holds something else; give missing and unseen categories a code of their own.

    Notes
    -----
    Inputs (batch, features) give outputs (batch, features - columns + sum of their dimensions). E_j is the weight
    ``embeddings_j`` of shape (categories, dimension). Codes have no gradient, numbers have. The native engine runs
    models in which this layer stands first.

    References
    ----------
    Guo & Berkhahn, Entity Embeddings of Categorical Variables, arXiv:1604.06737, 2016.

    Examples
    --------
    >>> layer = CategoryEmbedding({1: (3, 2)}, embeddings_initializer="ones")
    >>> layer([[0.5, 2, -4.0], [7.0, 0, 9.0]])
    Tensor([[ 0.5  1.   1.  -4. ]
            [ 7.   1.   1.   9. ]], shape=(2, 4), dtype=float32)
    """

    def __init__(
        self,
        columns: Mapping[int, Size] | Iterable[tuple[int, Size]],
        embeddings_initializer: Any = "random_uniform",
        embeddings_regularizer: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.columns = _sizes(columns)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, columns as a list: JSON has no dicts with numbers as keys."""
        return super().get_config() | {"columns": [[column, list(size)] for column, size in self.columns.items()]}

    def build(self, input_shape: Shape) -> None:
        """Make the matrices, in the order of the columns."""
        last = max(self.columns)
        if len(input_shape) != 2 or (input_shape[1] or 0) <= last:
            raise ShapeError(
                f"{self.name} expects inputs of shape (batch, features) with codes in column {last}, counted from 0; "
                f"got {show(input_shape)}"
            )
        self.embeddings = [
            self.add_weight(
                size, self.embeddings_initializer, regularizer=self.embeddings_regularizer, name=f"embeddings_{column}"
            )
            for column, size in self.columns.items()
        ]

    def codes(self, x: Array) -> Array:
        """Return the columns of codes as integers, (batch, columns), all of them codes of categories."""
        with np.errstate(over="ignore"):  # infinity is refused as well
            values = x[:, list(self.columns)].astype(self.dtype)
        for codes, (column, (categories, _)) in zip(values.T, self.columns.items(), strict=True):
            whole_codes(codes, categories, f"{self.name}, column {column},")
        return values.astype(np.int64)

    def call(self, inputs: Tensor) -> Tensor:
        """Return the inputs with vectors in place of codes."""
        parts, start = [], 0
        for column, table, codes in zip(self.columns, self.embeddings, self.codes(inputs.numpy()).T, strict=True):
            parts += [inputs[:, start:column], ops.take(table, codes, axis=0)]
            start = column + 1
        return ops.concatenate([*parts, inputs[:, start:]], axis=1)

    def output_shape(self, input_shape: Shape) -> Shape:
        """(batch, features) -> (batch, features - columns + sum of their dimensions)."""
        batch, features = input_shape
        longer = sum(dimension - 1 for _, dimension in self.columns.values())
        return batch, None if features is None else features + longer


def _sizes(columns: Any) -> dict[int, tuple[int, int]]:
    """Return categories and dimension of every column, in the order of the columns."""
    given = columns.items() if isinstance(columns, Mapping) else columns
    try:
        pairs = [(column, (*size,) if isinstance(size, Iterable) else (size,)) for column, size in given]
        sizes = {whole_number("a column", column, least=0): size for column, size in pairs}
        if not sizes or len(sizes) < len(pairs) or not all(len(size) in (1, 2) for size in sizes.values()):
            raise TypeError
    except (TypeError, ValueError):
        raise ArgumentError(
            "CategoryEmbedding expects columns={column: (categories, dimension)}, each column once, such as "
            f"{{3: (40, 8)}}, got {columns!r}"
        ) from None
    result = {}
    for column, (categories, *dimension) in sorted(sizes.items()):
        count = whole_number(f"the categories of column {column}", categories, least=1)
        if count > MOST_CATEGORIES:
            raise ArgumentError(f"column {column} can have at most {MOST_CATEGORIES:,} categories, got {count:,}")
        length = dimension[0] if dimension else embedding_dimension(count)
        result[column] = count, whole_number(f"the dimension of column {column}", length, least=1)
    return result
