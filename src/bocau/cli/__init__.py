"""The `bocau` command. One file per command; a command's file and its rooms are imported when it runs."""

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]

CLASSIC_NAMES = {"sendmail": (), "mailq": ("-bp",), "newaliases": ("-bi",)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 refused or failed (one line on stderr), 2 wrong usage."""
    # Invoked under its classic name (a link at /usr/sbin/sendmail), it is that program.
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = os.path.basename(sys.argv[0])
    if arguments is None and name in CLASSIC_NAMES:
        words = ["sendmail", *CLASSIC_NAMES[name], *words]
    from bocau.cli.commands import bocau
    from bocau.cli.failures import exit_status

    sys.exit(exit_status(lambda: bocau.main(words, prog_name="bocau", standalone_mode=False)))
