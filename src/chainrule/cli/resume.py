"""``chainrule train --resume DIR``: the settings of a run that was stopped, from its folder."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from chainrule.errors import DataError, FileError
from chainrule.tables import Table
from chainrule.training.run_folder import RunFolder

ALLOWED = {"resume", "checkpoint_minutes", "as_json", "quiet"}  # beside each other
PATHS = ("file", "test", "out")


def refuse_others(context: click.Context) -> None:
    """Refuse what the folder says already."""
    for parameter in context.command.params:
        name = str(parameter.name)
        given = context.get_parameter_source(name) not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP, None)
        if given and name not in ALLOWED:
            option = "FILE" if isinstance(parameter, click.Argument) else parameter.opts[-1]
            raise click.UsageError(f"--resume takes the settings from the folder; leave out {option}", context)


def read_settings(folder: RunFolder, defaults: dict[str, Any]) -> dict[str, Any]:
    """Return what a run was asked for, in the types that the command line gives.

    Parameters
    ----------
    folder : RunFolder
    defaults : dict
        All that a run can be asked for.
    """
    kept = folder.settings()
    unknown = kept.keys() - defaults.keys()
    if unknown or not isinstance(kept.get("target"), str):
        fault = f"{min(unknown)!r} is unknown" if unknown else "there is no target"
        raise FileError(f"the settings of {folder.path} are not those of this version: {fault}")
    asked = defaults | {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
    return asked | {name: Path(asked[name]) for name in PATHS if asked.get(name) is not None}


def check_table(folder: RunFolder, table: Table) -> None:
    """Refuse to go on with another table than the run began with.

    Raises
    ------
    DataError
    """
    if folder.environment().get("table") != table.fingerprint():
        raise DataError(
            f"the table is not the one that the run in {folder.path} began with; give it the same data, or start "
            "anew with --run"
        )
