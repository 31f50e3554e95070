import subprocess
import sys


def test_import_loads_nothing_heavy() -> None:
    code = (
        "import sys, chainrule.tables, chainrule.tables.samples\n"
        "print([name for name in ('duckdb', 'narwhals', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
