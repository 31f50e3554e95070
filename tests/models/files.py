"""Change what a model file holds; see what is refused."""

import json

import pytest
from safetensors.numpy import load_file, save_file

from chainrule.errors import FileError
from chainrule.models.model_file import KEY, load_model


def refused(path):
    """Load a damaged file; return the error's message, which must be a line or two."""
    with pytest.raises(FileError) as raised:
        load_model(path)
    message = str(raised.value)
    assert 1 <= len(message.splitlines()) <= 2
    assert len(message) < 500
    return message


def rewritten(path, change=lambda header: None, tensors=lambda tensors: None):
    """Change the description and the tensors of a file."""
    from safetensors import safe_open

    with safe_open(path, "np") as file:
        header = json.loads(file.metadata()[KEY])
    arrays = dict(load_file(path))
    header = change(header) or header
    tensors(arrays)
    save_file(arrays, path, metadata={KEY: header if isinstance(header, str) else json.dumps(header)})
    return path


def set_in(*keys, value):
    def change(header):
        inner = header
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value

    return change


def drop(*keys):
    def change(header):
        inner = header
        for key in keys[:-1]:
            inner = inner[key]
        del inner[keys[-1]]

    return change


LAYER = ("network", "layers", 0)


def replaced(name, array):
    return lambda tensors: tensors.update({name: array})
