"""Save two models in turn over one file until killed: `python -m tests.models.saver PATH`."""

import sys

import chainrule
from chainrule.layers import Dense, Input

SIZE = 300


def model(seed):
    return chainrule.Sequential([Input((SIZE,)), Dense(SIZE)], seed=seed)


def main(path):
    models = [model(1), model(2)]
    while True:
        for each in models:
            each.save(path)
            print("saved", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
