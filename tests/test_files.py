import os
import re
from pathlib import Path
from typing import IO, Any

import pytest

from chainrule import load
from chainrule.callbacks import CSVLogger, ModelCheckpoint
from chainrule.errors import DTypeError, FileError
from chainrule.files import check_writable, path_of, write_whole


def test_new_and_ordinary_files_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    assert check_writable(path, overwrite=True) == path
    path.write_text("old")
    assert check_writable(str(path), overwrite=True) == path


@pytest.mark.parametrize("path", [None, 3, b"model.safetensors", ["model.safetensors"]])
def test_a_path_is_text_or_a_path(path: Any) -> None:
    message = f"expected the path of a file, as text or a pathlib.Path, got {path!r}"
    for use in (path_of, lambda path: check_writable(path, overwrite=True), load, ModelCheckpoint, CSVLogger):
        with pytest.raises(DTypeError, match=re.escape(message)):
            use(path)


def test_a_link_stands_for_its_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert check_writable(tmp_path / "link", overwrite=True) == tmp_path / "real"


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)
    for path in (pipe, tmp_path / "link"):
        with pytest.raises(FileError, match="is a device, pipe or socket, not a file that can be replaced"):
            check_writable(path, overwrite=True)


def test_a_file_keeps_its_mode_and_a_link_its_target(tmp_path: Path) -> None:
    real = tmp_path / "real.csv"
    real.write_text("old")
    real.chmod(0o600)
    (tmp_path / "link").symlink_to(real)
    write_whole(tmp_path / "link", lambda stream: stream.write("neu ä\r\n".encode()))
    assert real.read_bytes() == "neu ä\r\n".encode()
    assert real.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "link").is_symlink()


def test_a_file_that_fails_half_way_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old")

    def fail(stream: IO[bytes]) -> None:
        stream.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a.csv", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_text() == "old"
