"""``python -m chainrule`` and ``chainrule``: the command line."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is loaded, too, ends it without a traceback."""
    try:
        from chainrule.cli.main import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
