import os
from pathlib import Path

import pytest

from chainrule.errors import FileError
from chainrule.estimators.files import ordinary_file


def test_new_and_ordinary_files_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    assert ordinary_file(path) == path
    path.write_text("old")
    assert ordinary_file(str(path)) == path


def test_a_link_stands_for_its_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert ordinary_file(tmp_path / "link") == tmp_path / "real"


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)
    for path in (pipe, tmp_path / "link"):
        with pytest.raises(FileError, match="is a device, pipe or socket, not a file that can be replaced"):
            ordinary_file(path)
