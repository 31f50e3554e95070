"""Write activations_golden.json: the values of Keras 3's activation functions, to compare ours with.

    KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/activations_golden.py

The tests need no Keras.
"""

import json
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).with_name("activations_golden.json")
POINTS = [-1e4, -40.0, -7.0, -3.5, -3.0, -1.25, -0.5, -1e-3, 0.0, 1e-3, 0.75, 1.0, 2.5, 3.0, 6.0, 40.0, 1e4]
ROWS = [[-1.0, 0.5, 2.0], [0.0, 0.0, 0.0], [1e4, -1e4, 9999.0], [1e-3, -40.0, 3.0]]  # for softmax
LARGEST = {"exponential": 80.0}  # beyond, float32 overflows
# our name -> Keras's name and arguments
NAMES = {
    "linear": ("linear", {}),
    "sigmoid": ("sigmoid", {}),
    "tanh": ("tanh", {}),
    "relu": ("relu", {}),
    "leaky_relu": ("leaky_relu", {}),
    "elu": ("elu", {}),
    "selu": ("selu", {}),
    "gelu": ("gelu", {"approximate": False}),
    "gelu_tanh": ("gelu", {"approximate": True}),
    "silu": ("silu", {}),
    "mish": ("mish", {}),
    "softplus": ("softplus", {}),
    "hard_sigmoid": ("hard_sigmoid", {}),
    "exponential": ("exponential", {}),
    "softmax": ("softmax", {}),
    "log_softmax": ("log_softmax", {}),
}


def main():
    import jax
    import keras

    keras.config.set_floatx("float64")
    values, dtypes = {}, {}
    for ours, (theirs, arguments) in NAMES.items():
        points = ROWS if "softmax" in ours else [z for z in POINTS if z <= LARGEST.get(ours, 1e4)]
        z = keras.ops.convert_to_tensor(points, dtype="float64")
        result = np.asarray(getattr(keras.activations, theirs)(z, **arguments))
        values[ours] = result.tolist()
        dtypes[ours] = str(result.dtype)  # Keras's tanh gives float32 for a float64
    golden = {
        "origin": f"Keras {keras.__version__}, JAX {jax.__version__}, written by activations_golden.py",
        "points": POINTS,
        "rows": ROWS,
        "dtypes": dtypes,
        "values": values,
    }
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":")).replace('],"', '],\n"') + "\n")


if __name__ == "__main__":
    main()
