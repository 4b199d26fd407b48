"""What a client wants of a mailbox, checked as far as need be without knowing the mailbox (RFC 8621 §2.5)."""

from typing import Any, Final

from bocau.services.jmap.context import Arguments
from bocau.services.jmap.errors import SetError, check_settable, invalid_properties
from bocau.services.jmap.mailboxes.telling import PROPERTIES, SETTABLE
from bocau.services.jmap.patch import split
from bocau.store import MailboxRole
from bocau.store.names import SEPARATOR

SORT_ORDER_MAX: Final = 2**31 - 1
"""RFC 8621 §2."""
Wish = dict[str, Any]
"""Of name, parentId, role (a MailboxRole), sortOrder, isSubscribed: those that are wanted."""
_ROLES: Final = {role.value: role for role in MailboxRole if role is not MailboxRole.INBOX}


def take_new(said: Arguments, name_bytes_max: int) -> Wish:
    """A whole new mailbox, with its defaults. SetError invalidProperties."""
    check_settable(said, SETTABLE)
    if "name" not in said:
        raise invalid_properties("a mailbox has a name", "name")
    whole = {"parentId": None, "role": None, "sortOrder": 0, "isSubscribed": True} | said
    return {name: _checked(name, value, name_bytes_max) for name, value in whole.items()}


def take_patch(patch: Arguments, current: Arguments, name_bytes_max: int) -> Wish:
    """What an update changes; what the server sets may be said as it is. SetError invalidPatch,
    invalidProperties."""
    changes = _whole_values(patch)
    same = {name for name, value in changes.items() if name in PROPERTIES and current.get(name) == value}
    check_settable(changes, same.union(SETTABLE))
    return {name: _checked(name, changes[name], name_bytes_max) for name in changes if name in SETTABLE}


def _whole_values(patch: Arguments) -> Arguments:
    """SetError invalidPatch."""
    changes = split(patch)
    for name, paths in changes.items():
        if () not in paths:
            raise SetError("invalidPatch", f"{name[:200]} is changed as a whole")
    return {name: paths[()] for name, paths in changes.items()}


def _checked(name: str, value: Any, name_bytes_max: int) -> Any:
    match name, value:
        case "name", str() if _is_level(value, name_bytes_max):
            return value
        case "parentId", None | str():
            return value
        case "role", None:
            return None
        case "role", str() if value in _ROLES:
            return _ROLES[value]
        case "sortOrder", None:
            return 0
        case "sortOrder", int() if value is not True and value is not False and 0 <= value <= SORT_ORDER_MAX:
            return value
        case "isSubscribed", None:
            return True
        case "isSubscribed", bool():
            return value
    raise invalid_properties(f"no good value for {name}", name)


def _is_level(name: str, bytes_max: int) -> bool:
    return bool(name) and SEPARATOR not in name and len(name.encode("utf-8", "replace")) <= bytes_max
