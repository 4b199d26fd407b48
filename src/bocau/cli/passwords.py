"""How commands take a password: from a terminal, a file or standard input; never as an argument."""

import sys
from pathlib import Path
from typing import Final

import click

from bocau.cli.failures import Failure

PASSWORD_BYTES_MAX: Final = 1024

file_option = click.option(
    "--password-file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Take the password from the first line of this file ('-': standard input).",
)


def read_password(file: Path | None) -> str:
    """The password from --password-file, else from the terminal, else from standard input."""
    if file is not None and str(file) != "-":
        with file.open("rb") as opened:
            return _checked(opened.readline(PASSWORD_BYTES_MAX + 2))
    if file is None and sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return _checked(sys.stdin.buffer.readline(PASSWORD_BYTES_MAX + 2))


def _checked(line: bytes) -> str:
    try:
        password = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise Failure("the password is not UTF-8") from None
    if not password:
        raise Failure("no password given; write it to standard input or name a file with --password-file")
    if len(line) > PASSWORD_BYTES_MAX:
        raise Failure(f"the password is longer than {PASSWORD_BYTES_MAX} bytes")
    return password
