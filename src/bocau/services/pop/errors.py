"""Meaning → extended response code (RFC 2449 §8, RFC 3206)."""

from typing import Final

from bocau.base import errors
from bocau.services.pop.delays import TooEarly

CODES: Final[dict[type[errors.BocauError], str]] = {
    errors.BadCredentials: "AUTH",
    errors.AccountDisabled: "AUTH",
    errors.NotPermitted: "AUTH",
    errors.AppPasswordWanted: "AUTH",
    errors.InUse: "IN-USE",
    TooEarly: "LOGIN-DELAY",
    errors.TryLater: "SYS/TEMP",
    errors.Throttled: "SYS/TEMP",
    errors.NoSuchMessage: "",
    errors.PeerError: "",
    errors.Refused: "SYS/PERM",
}
TEXTS: Final[dict[type[errors.BocauError], str]] = {
    errors.BadCredentials: "Wrong name or password",
    errors.AccountDisabled: "This account is disabled",
    errors.NotPermitted: "Not with this password",
    errors.AppPasswordWanted: "This account has a second factor: use an app password",
    errors.InUse: "Another POP session has this mailbox",
    errors.Throttled: "Too many wrong passwords, try again later",
    TooEarly: "Too early, wait a little",
    errors.TryLater: "Not now, try again later",
    errors.PeerError: "Not understood",
}


def code_of(error: errors.BocauError) -> str:
    """Of the nearest class that is in the table."""
    return next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), "")


def text_of(error: errors.BocauError) -> str:
    """For the client: never more than it should know."""
    return next((TEXTS[kind] for kind in type(error).__mro__ if kind in TEXTS), "") or str(error)
