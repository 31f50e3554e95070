"""`kill -9` while a file is saved leaves the old or the new one, whole."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import chainrule
from tests.models import saver

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.product)])
def test_a_killed_save_leaves_the_old_or_the_new_file(tmp_path, kills):
    path = tmp_path / "model.safetensors"
    rng = random.Random(kills)
    saver.model(1).save(path)
    expected = {seed: saver.model(seed).get_weights()[0].tobytes() for seed in (1, 2)}
    seen = []
    for _ in range(kills):
        command = [sys.executable, "-m", "tests.models.saver", str(path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            for _ in range(rng.randrange(1, 4)):
                assert process.stdout.readline() == b"saved\n"
            time.sleep(rng.uniform(0.0, 0.01))  # into the next save
            process.kill()
            assert process.wait() == -signal.SIGKILL
        kernel = chainrule.load(path).get_weights()[0].tobytes()
        seen.append(next(seed for seed, weights in expected.items() if weights == kernel))
    assert set(seen) == {1, 2}  # the kills came at different moments, however busy the machine is
