"""Writing model files: nothing is half-written, and nothing is lost."""

import os
import stat

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.errors import DataError, FileError, StateError
from chainrule.layers import Dense, Input
from chainrule.models.model_file import load_model


def test_overwriting(small):
    model, path = small
    before = path.read_bytes()
    path.chmod(0o640)
    with pytest.raises(FileError) as raised:
        model.save(path, overwrite=False)
    assert str(raised.value) == (
        f"{path} exists already; it is left as it is (to replace it: --force, or overwrite=True)"
    )
    assert path.read_bytes() == before
    model.parameters.writable()[...] = 1
    model.save(path)
    assert load_model(path).parameters.values.tolist() == [1.0] * 11
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_new_file_has_the_usual_permissions(tmp_path, small):
    (tmp_path / "plain").touch()
    assert stat.S_IMODE(small[1].stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_the_same_model_gives_the_same_bytes(tmp_path, small):
    model, path = small
    model.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("step", ["replace", "fsync", "fdopen"])
@pytest.mark.parametrize("existing", [True, False])
def test_a_failure_while_writing_leaves_nothing_half_done(tmp_path, monkeypatch, step, existing):
    model = Sequential([Input((3,)), Dense(1)], seed=0)
    path = tmp_path / "model.safetensors"
    if existing:
        path.write_bytes(b"an older model")

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if step == "replace":
            patch.setattr("pathlib.Path.replace", fail)
        else:
            patch.setattr(os, step, fail)
        with pytest.raises(FileError) as raised:
            model.save(path)
    assert str(raised.value) == f"can't write {path}: No space left on device"
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == (
        [(path.name, b"an older model")] if existing else []
    )


def test_an_interrupt_while_writing_leaves_nothing_half_done(tmp_path, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Sequential([Input((3,)), Dense(1)], seed=0).save(tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path, monkeypatch, small):
    model, path = small
    with pytest.raises(FileError) as raised:
        model.save(tmp_path)
    assert str(raised.value) == (f"{tmp_path} is a folder; name a file in it, such as {tmp_path / 'model.safetensors'}")
    with pytest.raises(FileError) as raised:
        model.save(tmp_path / "no" / "model.safetensors")
    assert str(raised.value) == f"there is no folder {tmp_path / 'no'} to write model.safetensors in"
    with pytest.raises(FileError) as raised:
        model.save(path / "model.safetensors")
    assert str(raised.value) == f"there is no folder {path} to write model.safetensors in"

    def refuse(**arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(FileError) as raised:
        model.save(tmp_path / "other.safetensors")
    assert str(raised.value) == f"can't write {tmp_path / 'other.safetensors'}: Permission denied"


def test_nothing_to_save(tmp_path):
    with pytest.raises(StateError, match="the model has no weights to save yet; build or fit it first"):
        Sequential([Dense(1)]).save(tmp_path / "model.safetensors")
    model = Sequential([Input((3,)), Dense(1)], seed=0)
    model.parameters.writable()[1] = np.nan
    with pytest.raises(DataError, match="dense_1/kernel holds NaN or infinity, which no model file should"):
        model.save(tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []
