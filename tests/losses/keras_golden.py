"""Write keras_golden.json: the values and gradients of Keras 3's losses, to compare ours with.

    KERAS_BACKEND=tensorflow python tests/losses/keras_golden.py

Everything is in float64 (Keras on JAX takes means in float32). The tests need no Keras.
"""

import json
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).with_name("keras_golden.json")
REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none")
WEIGHTS = [0.5, 2.0, 0.0, 1.25]
LOGITS = [[1.5, -0.25, 0.75], [-2.0, 0.5, 0.1], [0.0, 3.0, -1.0], [12.0, -7.0, 0.3]]
CODES = [0, 2, 1, 1]
FLAGS = [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]]
SIGNS = [[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0], [1.0, 1.0, 1.0], [-1.0, 1.0, -1.0]]
COUNTS = [[1.0, 0.0, 3.0], [2.0, 0.0, 1.0], [5.0, 1.0, 0.0], [0.0, 4.0, 2.0]]
REALS = [[1.0, -0.3, 0.5], [0.0, 2.5, 0.1], [1.0, 3.0, -4.0], [11.5, -7.0, 0.4]]


def shares():
    """Probabilities that need no clip: Keras's backends differ in what they do after it."""
    e = np.exp(np.clip(LOGITS, -5, 5))
    return (e / e.sum(axis=1, keepdims=True)).tolist()


def cases():
    """Name, arguments, targets, predictions."""
    probabilities = (1 / (1 + np.exp(-np.array(LOGITS)))).tolist()
    one_hot = np.eye(3)[CODES].tolist()
    for smoothing in (0.0, 0.2):
        yield "BinaryCrossentropy", {"label_smoothing": smoothing}, FLAGS, probabilities
        yield "BinaryCrossentropy", {"label_smoothing": smoothing, "from_logits": True}, FLAGS, LOGITS
        yield "CategoricalCrossentropy", {"label_smoothing": smoothing}, one_hot, shares()
        yield "CategoricalCrossentropy", {"label_smoothing": smoothing, "from_logits": True}, one_hot, LOGITS
    yield "BinaryCrossentropy", {}, FLAGS, FLAGS  # certain and right: clipped
    yield "BinaryCrossentropy", {}, FLAGS, (1 - np.array(FLAGS)).tolist()  # certain and wrong
    yield "CategoricalCrossentropy", {}, one_hot, probabilities  # rows that don't add up to 1
    yield "SparseCategoricalCrossentropy", {}, CODES, shares()
    yield "SparseCategoricalCrossentropy", {"from_logits": True}, CODES, LOGITS
    yield "SparseCategoricalCrossentropy", {"from_logits": True}, [[code] for code in CODES], LOGITS
    yield "MeanSquaredError", {}, REALS, LOGITS
    yield "MeanAbsoluteError", {}, REALS, LOGITS
    yield "Huber", {}, REALS, LOGITS
    yield "Huber", {"delta": 0.4}, REALS, LOGITS
    yield "Hinge", {}, SIGNS, LOGITS
    yield "Hinge", {}, FLAGS, LOGITS
    yield "Poisson", {}, COUNTS, np.exp(np.clip(LOGITS, -3, 3)).tolist()


def main():
    import keras
    import tensorflow as tf

    keras.config.set_floatx("float64")
    golden = []
    for name, arguments, y, f in cases():
        whole = name.startswith("Sparse")
        targets = keras.ops.convert_to_tensor(y, dtype="int64" if whole else "float64")
        results = {}
        for reduction in REDUCTIONS:
            for weights in (None, WEIGHTS):
                loss = getattr(keras.losses, name)(**arguments, reduction=reduction, dtype="float64")
                weight = None if weights is None else keras.ops.convert_to_tensor(weights, dtype="float64")
                value = np.asarray(loss(targets, keras.ops.convert_to_tensor(f, dtype="float64"), sample_weight=weight))
                assert value.dtype == np.float64
                results[f"{reduction}{'' if weights is None else ', weighted'}"] = value.tolist()
        loss = getattr(keras.losses, name)(**arguments, dtype="float64")
        predictions = tf.Variable(np.array(f))
        with tf.GradientTape() as tape:
            value = loss(targets, predictions)
        gradient = tape.gradient(value, predictions).numpy().tolist()
        golden.append({"name": name, "arguments": arguments, "y": y, "f": f, "results": results, "gradient": gradient})
    origin = f"Keras {keras.__version__}, TensorFlow {tf.__version__}, written by keras_golden.py"
    text = json.dumps({"origin": origin, "weights": WEIGHTS, "cases": golden}, separators=(",", ":"))
    GOLDEN.write_text(text.replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
