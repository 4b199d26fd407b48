"""UIDONLY (RFC 9586 §3): once enabled, no message number is said or heard in this connection."""

from bocau.protocols.imap import search as s
from bocau.protocols.imap.commands import Command


def names_numbers(command: Command) -> bool:
    """Whether a command is one of those that work by message number, or searches for some."""
    if getattr(command, "by_uid", True) is False:
        return True
    key = getattr(command, "key", None)
    return key is not None and _asks_numbers(key)


def _asks_numbers(key: s.Key) -> bool:
    match key:
        case s.Numbers(numbers, by_uid):
            return not (by_uid or numbers.is_saved)
        case s.All(keys):
            return any(_asks_numbers(inner) for inner in keys)
        case s.Either(one, other):
            return _asks_numbers(one) or _asks_numbers(other)
        case s.Not(inner) | s.Fuzzy(inner):
            return _asks_numbers(inner)
        case _:
            return False
