"""What a command that failed says: one line on stderr, what happened and then what to do.

Never a traceback for what can be expected.
"""

from collections.abc import Callable
from typing import Any, Final

import click

from bocau.base import errors

FAILED: Final = 1
MISUSED: Final = 2
INTERRUPTED: Final = 130

ADVICE: Final[dict[type[Exception], str]] = {
    errors.NoSuchDomain: "`bocau domain list` shows the domains",
    errors.NoSuchAccount: "`bocau account list` shows the accounts",
    errors.NoSuchMailbox: "`bocau account show ADDRESS` lists the mailboxes",
    errors.StoreBusy: "another process holds the database; try again",
    errors.DiskFull: "make room on the disk and try again",
}


MEANING: Final[dict[type[Exception], str]] = {
    errors.NoSuchDomain: "no such domain: {}",
    errors.NoSuchAccount: "no such account: {}",
    errors.NoSuchAddress: "no such address: {}",
    errors.NoSuchMailbox: "no such mailbox: {}",
    errors.AlreadyExists: "{} exists already",
    errors.BadName: "not a usable name: {}",
    errors.AccountDisabled: "the account is disabled: {}",
    errors.RelayDenied: "not for this server: {}",
}
"""Rooms raise with facts; a bare fact becomes a sentence here."""


class Failure(errors.Refused):
    """A command cannot do what was asked; the text says what to do about it."""


def exit_status(run: Callable[[], Any]) -> int:
    """Run a command; print its failure, return its exit status."""
    try:
        result = run()
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.Abort:
        click.echo("bocau: interrupted", err=True)
        return INTERRUPTED
    except click.UsageError as exc:
        where = exc.ctx.command_path if exc.ctx else "bocau"
        said = _one_line(exc.format_message()).rstrip(".")
        click.echo(f"{where}: {said}. See `{where} --help`.", err=True)
        return MISUSED
    except click.ClickException as exc:
        click.echo(f"bocau: {_one_line(exc.format_message())}", err=True)
        return FAILED
    except errors.BocauError as exc:
        click.echo(f"bocau: {sentence(exc)}", err=True)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as exc:
        click.echo(f"bocau: {_one_line(_os_error(exc))}", err=True)
        return FAILED
    return result if isinstance(result, int) else 0


def sentence(exc: Exception) -> str:
    """What happened; what to do."""
    text = _one_line(str(exc)) or type(exc).__name__
    if " " not in text:
        text = _by_class(exc, MEANING, "{}").format(text)
    advice = _by_class(exc, ADVICE, "")
    return f"{text}; {advice}" if advice and "`" not in text else text


def _by_class(exc: Exception, table: dict[type[Exception], str], otherwise: str) -> str:
    return next((table[kind] for kind in type(exc).__mro__ if kind in table), otherwise)


def _os_error(exc: OSError) -> str:
    reason = exc.strerror or str(exc)
    return f"{exc.filename}: {reason}" if exc.filename else reason


def _one_line(text: str) -> str:
    return " ".join(text.split())
