"""Write keras_golden.json: what Keras 3's layers give, to compare ours with.

    KERAS_BACKEND=tensorflow python tests/layers/keras_golden.py

Weights and inputs are written down beforehand, everything is in float64 (Keras on JAX computes some square
roots in float32). The tests need no Keras.
"""

import inspect
import json
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).with_name("keras_golden.json")
FEATURES = 3


def wave(*shape, shift=0.0):
    """Numbers between -2 and 2 without a random generator."""
    return (2 * np.sin(1.7 * np.arange(np.prod(shape)) + shift)).round(3).reshape(shape)


POSITIVE = (np.abs(wave(FEATURES, shift=2.0)) + 0.5).tolist()
FLAT = wave(5, FEATURES).tolist()
DEEP = wave(2, 4, FEATURES).tolist()
ROWS = wave(8, FEATURES, shift=0.3)
# Class, arguments, weights in Keras's order, inputs, training
CASES = [
    ("Dense", {"units": 2}, [wave(3, 2), wave(2)], FLAT, False),
    ("Dense", {"units": 2, "use_bias": False, "activation": "sigmoid"}, [wave(3, 2)], FLAT, False),
    ("Dense", {"units": 4, "activation": "softmax"}, [wave(3, 4), wave(4)], FLAT, False),
    ("Dense", {"units": 2, "activation": "elu"}, [wave(3, 2), wave(2)], DEEP, False),
    ("Dense", {"units": 2, "kernel_initializer": "ones", "bias_initializer": "ones"}, None, FLAT, False),
    ("Activation", {"activation": "elu"}, [], FLAT, False),
    ("Flatten", {}, [], DEEP, False),
    ("Dropout", {"rate": 0.5}, [], FLAT, False),
    ("Embedding", {"input_dim": 4, "output_dim": 2}, [wave(4, 2)], [[0, 3], [2, 2], [1, 0]], False),
    ("LayerNormalization", {}, None, FLAT, False),
    ("LayerNormalization", {"epsilon": 0.1}, [wave(3), wave(3, shift=1.0)], DEEP, False),
    ("LayerNormalization", {"center": False}, [wave(3)], FLAT, False),
    ("LayerNormalization", {"scale": False}, [wave(3)], FLAT, False),
    ("BatchNormalization", {}, None, FLAT, False),
    ("BatchNormalization", {}, [wave(3), wave(3, shift=1.0), wave(3, shift=2.0), np.array(POSITIVE)], FLAT, False),
    ("BatchNormalization", {"epsilon": 0.1}, [wave(3), wave(3, shift=1.0), np.zeros(3), np.ones(3)], FLAT, True),
    ("BatchNormalization", {"center": False, "scale": False}, None, DEEP, True),
    ("Normalization", {"mean": wave(3).tolist(), "variance": POSITIVE}, None, FLAT, False),
    ("Normalization", {"mean": wave(3).tolist(), "variance": POSITIVE, "invert": True}, None, FLAT, False),
    ("Normalization", {"axis": None, "mean": 0.5, "variance": 4.0}, None, FLAT, False),
]
BATCHES = [ROWS[:3], ROWS[3:8], ROWS[2:6], ROWS[:1]]
DEFAULTS = (
    "Dense",
    "Activation",
    "Flatten",
    "Dropout",
    "Embedding",
    "LayerNormalization",
    "BatchNormalization",
    "Normalization",
)


def tensor(keras, values):
    array = np.array(values)
    return keras.ops.convert_to_tensor(array, dtype="int64" if array.dtype.kind == "i" else "float64")


def outputs(keras, name, arguments, weights, inputs, training):
    layer = getattr(keras.layers, name)(**arguments)
    x = tensor(keras, inputs)
    layer.build(x.shape)
    if weights is not None:
        layer.set_weights(weights)
    y = np.asarray(layer(x, training=training) if training else layer(x))
    assert y.dtype == np.float64
    return {
        "name": name,
        "arguments": arguments,
        "weights": None if weights is None else [w.tolist() for w in weights],
        "inputs": inputs,
        "training": training,
        "outputs": y.tolist(),
    }


def moving_averages(keras, momentum):
    """Moving mean and variance after each of several training batches of different sizes, then one inference."""
    layer = keras.layers.BatchNormalization(momentum=momentum)
    steps = []
    for batch in BATCHES:
        y = layer(tensor(keras, batch), training=True)
        mean, variance = (np.asarray(v) for v in layer.non_trainable_weights)
        steps.append({"outputs": np.asarray(y).tolist(), "mean": mean.tolist(), "variance": variance.tolist()})
    return {
        "momentum": momentum,
        "batches": [batch.tolist() for batch in BATCHES],
        "steps": steps,
        "inference": np.asarray(layer(tensor(keras, ROWS))).tolist(),
    }


def adapted(keras, data):
    layer = keras.layers.Normalization()
    layer.adapt(np.array(data, dtype="float32"))  # Keras adapts in float32 whatever its policy
    return {
        "data": data,
        "mean": np.asarray(layer.mean).ravel().tolist(),
        "variance": np.asarray(layer.variance).ravel().tolist(),
        "outputs": np.asarray(layer(tensor(keras, data))).tolist(),
    }


def defaults(keras, name):
    """What can be left out, as Keras's constructor has it."""
    parameters = inspect.signature(getattr(keras.layers, name).__init__).parameters.values()
    simple = (type(None), bool, int, float, str)
    return {p.name: p.default for p in parameters if p.default is not p.empty and isinstance(p.default, simple)}


def main():
    import keras
    import tensorflow as tf

    keras.config.set_floatx("float64")
    golden = {
        "origin": f"Keras {keras.__version__}, TensorFlow {tf.__version__}, written by keras_golden.py",
        "defaults": {name: defaults(keras, name) for name in DEFAULTS},
        "batch_normalization": [moving_averages(keras, momentum) for momentum in (0.99, 0.5, 0.0)],
        "adapt": [
            adapted(keras, (10 + 3 * ROWS).tolist()),
            adapted(keras, DEEP),
            adapted(keras, [[1.0, 2.0, 3.0]] * 4),
        ],
        "cases": [outputs(keras, *case) for case in CASES],
    }
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
