"""Exit statuses of /usr/sbin/sendmail (BSD's sysexits.h): callers tell by them whether to try again."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import click

from bocau.base import errors
from bocau.cli.failures import Failure, exit_status

USAGE: Final = 64
UNREADABLE: Final = 65
NO_USER: Final = 67
UNAVAILABLE: Final = 69
SYSTEM: Final = 71
TRY_LATER: Final = 75
NO_PERMISSION: Final = 77


class Unreadable(Failure):
    """What was handed in is no mail address."""


STATUS: Final[dict[type[BaseException], int]] = {
    click.UsageError: USAGE,
    Unreadable: UNREADABLE,
    errors.PeerError: UNREADABLE,
    errors.NoSuchAddress: NO_USER,
    errors.NoSuchAccount: NO_USER,
    errors.AccountDisabled: NO_USER,
    errors.NeverFits: UNAVAILABLE,
    errors.OverQuota: TRY_LATER,
    errors.LimitReached: TRY_LATER,
    errors.TryLater: TRY_LATER,
    errors.NotPermitted: NO_PERMISSION,
    errors.BocauError: UNAVAILABLE,
    PermissionError: NO_PERMISSION,
    OSError: SYSTEM,
}


def with_sysexits(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a failed command say what happened in a line as every other does, and end with these statuses."""

    @wraps(command)
    def run(*words: Any, **options: Any) -> Any:
        try:
            return command(*words, **options)
        except (click.UsageError, errors.BocauError, OSError) as exc:
            exit_status(lambda exc=exc: _again(exc))  # type: ignore[misc]
            click.get_current_context().exit(status_of(exc))

    return run


def status_of(error: BaseException) -> int:
    """The status of the nearest class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _again(error: Exception) -> None:
    raise error
