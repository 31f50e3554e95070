"""``chainrule completion``: the script that lets a shell complete commands, options and file names."""

import click
from click.shell_completion import get_completion_class


@click.command(short_help="Print the script that completes commands in bash or zsh.")
@click.argument("shell", type=click.Choice(["bash", "zsh"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete commands, options and file names.

    \b
    source <(chainrule completion bash)           # this shell
    chainrule completion bash >> ~/.bashrc        # all later ones
    chainrule completion zsh > ~/.zfunc/_chainrule
    """
    complete = get_completion_class(shell)
    assert complete is not None  # both are click's own
    script = complete(ctx.find_root().command, {}, "chainrule", "_CHAINRULE_COMPLETE")
    click.echo(script.source_template % script.source_vars())
