"""Imports run only downward, the public names are what they say, and `import chainrule` is light."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule

SOURCE = Path(chainrule.__file__).parent
# From low to high; the parts of one level don't import each other.
LEVELS = [
    ["errors"],
    ["files", "lazy"],
    ["arrays"],
    ["changes", "configurable"],
    ["random"],
    ["autodiff"],
    ["activations", "constraints", "initializers", "regularizers", "losses", "metrics"],
    ["layers"],
    ["optimizers"],
    ["tables"],
    ["engine"],
    ["training"],
    ["callbacks", "models"],
    ["estimators"],
    ["analysis"],
    ["compat"],
    ["cli"],
    ["studio"],
]
LEVEL = {part: level for level, parts in enumerate(LEVELS) for part in parts}
ENTRY = ("__init__", "__main__")  # the package itself: it names everything, lazily
FILES = sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))


def part_of(path):
    return path.parts[0].removesuffix(".py")


def is_type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(node):
    """Give the modules of chainrule that a tree imports, function bodies included, TYPE_CHECKING blocks left out."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            if child.module == "chainrule":
                yield from (f"chainrule.{alias.name}" for alias in child.names)
            else:
                yield child.module
        yield from imports(child)


@pytest.mark.parametrize("path", [path for path in FILES if part_of(path) not in ENTRY], ids=str)
def test_imports_run_only_downward(path):
    here = part_of(path)
    assert here in LEVEL, f"{here} is in no level: say where it stands in LEVELS"
    for module in imports(ast.parse((SOURCE / path).read_text())):
        package, *rest = module.split(".")
        if package != "chainrule" or not rest or rest[0] == "__version__":
            continue
        assert rest[0] == here or LEVEL[rest[0]] < LEVEL[here], f"{path} imports {module}, which is not below it"


def test_the_check_sees_upward_imports_wherever_they_are():
    tree = ast.parse(
        "from typing import TYPE_CHECKING\n"
        "import chainrule.models\n"
        "if TYPE_CHECKING:\n    from chainrule.cli import main\n"
        "def f():\n    from chainrule import training\n"
        "class A:\n    def g(self):\n        from chainrule.layers.dense import Dense\n"
    )
    ours = [module for module in imports(tree) if module.startswith("chainrule")]
    assert ours == ["chainrule.models", "chainrule.training", "chainrule.layers.dense"]


def test_public_names_are_sorted_and_there():
    assert sorted(chainrule.__all__) == chainrule.__all__
    assert len(set(chainrule.__all__)) == len(chainrule.__all__)
    assert set(dir(chainrule)) >= set(chainrule.__all__)
    for name in chainrule.__all__:
        assert getattr(chainrule, name) is not None


def has_example(thing):
    """Whether there is a docstring with an example; for a module: whether something in it has one."""
    text = inspect.getdoc(thing)
    assert text, f"{thing} has no docstring"
    if inspect.ismodule(thing):
        members = [getattr(thing, name) for name in getattr(thing, "__all__", vars(thing)) if not name.startswith("_")]
        ours = [m for m in members if getattr(m, "__module__", "").startswith("chainrule")]
        return any(has_example(m) for m in ours if inspect.isclass(m) or inspect.isfunction(m))
    return bool(doctest.DocTestParser().get_examples(text))


@pytest.mark.parametrize("name", chainrule.__all__)
def test_public_names_are_documented_with_an_example(name):
    assert has_example(getattr(chainrule, name)), f"{name} has no example"


@pytest.mark.parametrize(
    "package", ["layers", "losses", "metrics", "optimizers", "models", "training", "engine", "estimators", "analysis"]
)
def test_exported_names_of_packages(package):
    module = importlib.import_module(f"chainrule.{package}")
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), f"{package}.{name} has no docstring"


def test_unknown_public_name():
    with pytest.raises(AttributeError, match=r"chainrule has no name 'Sequental'; did you mean 'Sequential'\?"):
        chainrule.Sequental  # noqa: B018  # the look-up is what is tested


def python(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False, timeout=60
    )


def test_import_is_silent_and_light():
    """Neither NumPy nor anything else heavy is loaded before it is used."""
    result = python(
        "import sys; import chainrule; chainrule.__version__, dir(chainrule); "
        "heavy = 'numpy duckdb rich click safetensors narwhals pandas polars matplotlib sklearn'.split(); "
        "sys.exit(' '.join(name for name in heavy if name in sys.modules) or 0)"
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_training_loads_nothing_it_does_not_need():
    result = python(
        "import sys; import chainrule; from chainrule.layers import Dense; "
        "model = chainrule.Sequential([Dense(1)], seed=0); model.compile('adam', 'mse'); "
        "model.fit([[1.0], [2.0]], [1.0, 2.0], verbose=0); model.predict([[1.0]]); "
        "heavy = 'duckdb rich click safetensors narwhals pandas polars matplotlib sklearn scipy'.split(); "
        "sys.exit(' '.join(name for name in heavy if name in sys.modules) or 0)"
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_every_module_can_be_imported_first():
    """No module relies on another having been imported before it: each starts in a process of its own."""
    modules = [info.name for info in pkgutil.walk_packages([str(SOURCE)], "chainrule.") if "__main__" not in info.name]
    tops = [name for name in modules if name.count(".") == 1]
    code = (
        "import importlib, sys\n"
        f"for name in {tops!r}:\n"
        "    for known in [m for m in sys.modules if m.startswith('chainrule')]:\n"
        "        del sys.modules[known]\n"
        "    importlib.import_module(name)\n"
    )
    result = python(code)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
