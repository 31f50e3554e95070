import os
from pathlib import Path
from typing import IO

import pytest

from chainrule.cli.output import check_output, write_whole
from chainrule.errors import FileError


def test_a_path_that_can_be_written_is_left_alone(tmp_path: Path) -> None:
    check_output(tmp_path / "a.csv", False)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a.csv").write_text("old")
    check_output(tmp_path / "a.csv", True)
    assert (tmp_path / "a.csv").read_text() == "old"
    with pytest.raises(FileError, match="exists already"):
        check_output(tmp_path / "a.csv", False)


def test_a_source_is_not_written_to_by_any_name(tmp_path: Path) -> None:
    source = tmp_path / "source.csv"
    source.write_text("x")
    (tmp_path / "link").symlink_to(source)
    os.link(source, tmp_path / "second")
    for name in ("source.csv", "link", "second"):
        with pytest.raises(FileError, match="is a file to read"):
            check_output(tmp_path / name, True, source)


def test_a_file_keeps_its_mode_and_a_link_its_target(tmp_path: Path) -> None:
    real = tmp_path / "real.csv"
    real.write_text("old")
    real.chmod(0o600)
    (tmp_path / "link").symlink_to(real)
    write_whole(tmp_path / "link", lambda stream: stream.write("neu ä\r\n"))
    assert real.read_bytes() == "neu ä\r\n".encode()
    assert real.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "link").is_symlink()


def test_a_file_that_fails_half_way_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old")

    def fail(stream: IO[str]) -> None:
        stream.write("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a.csv", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_text() == "old"
