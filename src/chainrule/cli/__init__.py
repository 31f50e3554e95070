"""The command line: one file per command, and what they share."""

NOTHING = "interrupted; nothing was saved"  # what is said after Ctrl-C, unless a command knows better
