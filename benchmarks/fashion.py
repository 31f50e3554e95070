"""Fashion-MNIST by MLPClassifier with its layers named: accuracy on the test part, and the time that fit took.

    python -m benchmarks.fashion DATA_FOLDER

The folder holds the four files of the data set (idx, gzip). The settings below were chosen on 10,000 rows of the
training part; the test part was looked at once, with them.
"""

import argparse
import gzip
import time
from pathlib import Path

import numpy as np

from chainrule.engine import describe, steps_made
from chainrule.estimators import MLPClassifier
from chainrule.optimizers.schedules import CosineDecay

EPOCHS, BATCH = 25, 128


def read_idx(path):
    """Return the array of an idx file: magic number (the axes in its last byte), their lengths, then the bytes."""
    raw = gzip.decompress(path.read_bytes())
    lengths = np.frombuffer(raw, ">u4", count=raw[3], offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(lengths)


def read_part(folder, part):
    images = read_idx(folder / f"{part}-images-idx3-ubyte.gz")
    return images.reshape(len(images), -1).astype(np.float32) / 255, read_idx(folder / f"{part}-labels-idx1-ubyte.gz")


def classifier(rows):
    return MLPClassifier(
        hidden_layer_sizes=[512, 256],
        dropout=0.3,
        batch_size=BATCH,
        learning_rate=CosineDecay(0.001, decay_steps=EPOCHS * -(-rows // BATCH)),
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,  # the schedule says when training ends
        random_state=0,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    X, y = read_part(folder, "train")
    print(describe())
    started, cpu, steps = time.perf_counter(), time.process_time(), steps_made()
    model = classifier(len(X)).fit(X, y)
    seconds, cpu, steps = time.perf_counter() - started, time.process_time() - cpu, steps_made() - steps
    print(
        f"784-512-256-10, {model.n_iter_} epochs, {steps} native steps: fit {seconds:.1f} s, {cpu:.1f} s of processors"
    )
    print(f"accuracy on the test part: {model.score(*read_part(folder, 't10k')):.4f}")


if __name__ == "__main__":
    main()
