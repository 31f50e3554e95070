import subprocess
import sys

import pytest

from chainrule.tables import read_table


def test_import_loads_nothing_heavy() -> None:
    code = (
        "import sys, chainrule.tables, chainrule.tables.samples\n"
        "print([name for name in ('duckdb', 'narwhals', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_ctrl_c_while_duckdb_works_is_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr("chainrule.tables.source.read_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read_table("x.csv")
