"""TensorFlow's names over chainrule's objects: ``import chainrule.compat.tensorflow as tf``.

Nothing is implemented twice: ``tf.Variable`` is `chainrule.Variable`, ``tf.keras.layers.Dense`` is
`chainrule.layers.Dense`. What goes beyond TensorFlow: a Tensor computed from a Variable stays recordable on later
tapes; and what is missing: a global random state, graphs (``tf.function``), layers other than a multilayer
perceptron's. A name that is not here raises an AttributeError that suggests the nearest one.

Examples
--------
>>> import chainrule.compat.tensorflow as tf
>>> weights = tf.Variable([3.0])
>>> with tf.GradientTape() as tape:
...     loss = tf.reduce_mean(tf.square(weights))
>>> print(tape.gradient(loss, weights).numpy())
[6.]
>>> tf.keras.optimizer.SGD()
Traceback (most recent call last):
AttributeError: tf.keras has no 'optimizer'; did you mean 'optimizers'?
"""

import sys

import numpy as np

from chainrule import __version__
from chainrule.autodiff.ops import broadcast_to, exp, sigmoid, sqrt, square, stop_gradient, tanh
from chainrule.autodiff.ops import clip as clip_by_value
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable
from chainrule.compat import keras, math, nn, random
from chainrule.compat.arrays import (
    argmax,
    cast,
    concat,
    constant,
    convert_to_tensor,
    expand_dims,
    gather,
    linspace,
    one_hot,
    ones,
    ones_like,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_sum,
    reshape,
    split,
    squeeze,
    stack,
    transpose,
    where,
    zeros,
    zeros_like,
)
from chainrule.compat.math import (
    abs,
    add,
    divide,
    equal,
    greater,
    less,
    matmul,
    maximum,
    minimum,
    multiply,
    negative,
    pow,
    sign,
    subtract,
)
from chainrule.compat.names import namespace
from chainrule.compat.random import NO_GLOBAL_SEED

__all__ = [
    "GradientTape", "Tensor", "Variable", "__version__", "abs", "add", "argmax", "bool", "broadcast_to", "cast",
    "clip_by_value", "concat", "constant", "convert_to_tensor", "divide", "equal", "exp", "expand_dims", "float32",
    "float64", "gather", "greater", "int32", "int64", "keras", "less", "linspace", "math", "matmul", "maximum",
    "minimum", "multiply", "negative", "newaxis", "nn", "one_hot", "ones", "ones_like", "pow", "random", "reduce_max",
    "reduce_mean", "reduce_min", "reduce_sum", "reshape", "sigmoid", "sign", "split", "sqrt", "square", "squeeze",
    "stack", "stop_gradient", "subtract", "tanh", "transpose", "where", "zeros", "zeros_like",
]  # fmt: skip

_HINTS = {
    "data": "fit takes arrays, and makes batches itself: fit(x, y, batch_size=32)",
    "function": "every line runs when Python comes to it, there is no graph to trace; leave @tf.function out",
    "log": "it is tf.math.log",
    "relu": "it is tf.nn.relu",
    "set_random_seed": NO_GLOBAL_SEED,
    "shape": "write x.shape",
    "size": "write x.size",
    "softmax": "it is tf.nn.softmax",
}
__getattr__, __dir__ = namespace(__name__, "tf", _HINTS)

float32, float64 = np.dtype("float32"), np.dtype("float64")
int32, int64, bool = np.dtype("int32"), np.dtype("int64"), np.dtype("bool")
newaxis = None

# `from chainrule.compat.tensorflow.keras.layers import Dense` works as well, as `os` does it for `os.path`.
for _module in [module for name, module in sys.modules.items() if f"{name}.".startswith(f"{keras.__name__}.")]:
    sys.modules[f"{__name__}.keras{_module.__name__.removeprefix(keras.__name__)}"] = _module
