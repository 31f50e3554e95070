"""The ``chainrule`` command: one line for every error, exit code 2."""

import sys

import click

from chainrule import __version__
from chainrule.errors import ChainruleError


class Commands(click.Group):
    """The commands; each is imported when it is used, and a misspelt one is answered with the nearest."""

    NAMES = (
        "completion", "evaluate", "explain", "inspect", "lr-find", "plot", "predict", "report", "sweep", "train",
    )  # fmt: skip

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.NAMES)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Load one command."""
        if name not in self.NAMES:
            if ctx.resilient_parsing:  # a shell asks for completions
                return None
            from chainrule.errors import did_you_mean

            ctx.fail(f"there is no command {name!r}{did_you_mean(name, self.NAMES)}")
        from importlib import import_module

        module = name.replace("-", "_")
        command: click.Command = getattr(import_module(f"chainrule.cli.{module}"), module)
        return command


def _version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from chainrule.engine import advice, describe

        click.echo(f"chainrule {__version__}, {describe()}")
        if advice():
            click.echo(advice(), err=True)
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def cli() -> None:
    """Train a neural network on a table, and predict with it.

    \b
    chainrule train penguins.csv --target species
    chainrule predict penguins-species.safetensors new.csv
    chainrule evaluate penguins-species.safetensors labelled.csv
    chainrule explain penguins-species.safetensors penguins.csv --row 3
    chainrule plot penguins-species.safetensors penguins.csv
    chainrule inspect penguins-species.safetensors
    chainrule lr-find penguins.csv --target species
    chainrule sweep penguins.csv --target species --trials 64
    chainrule report penguins-species.safetensors penguins.csv

    Colours are for terminals only, and go where NO_COLOR is set.

    \b
    Exit codes:
      0    done
      2    an error, said in one line on standard error
      130  interrupted with Ctrl-C; what is saved, and how to go on, is said on standard error
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit code 0, or 2 after an error of the user's, 130 after Ctrl-C."""
    try:
        words = sys.argv[1:] if arguments is None else arguments
        cli.main(words, prog_name="chainrule", standalone_mode=False, obj=words)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.UsageError as error:
        place = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        _fail(f"{error.format_message().rstrip('.')}{place}")
    except (click.ClickException, ChainruleError) as error:
        _fail(error.format_message() if isinstance(error, click.ClickException) else str(error))
    except (KeyboardInterrupt, click.Abort):
        from chainrule.cli.screen import say_stopped

        say_stopped()
        sys.exit(130)
    except MemoryError as error:
        _fail(f"not enough memory ({error})" if str(error) else "not enough memory")
    except OSError as error:  # such as a full disk behind standard output
        _fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")


def _fail(message: str) -> None:
    from chainrule.estimators.wording import printable

    click.echo(f"error: {printable(message)}", err=True)
    sys.exit(2)
