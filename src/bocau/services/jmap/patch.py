"""PatchObject: what an update changes, by pointers (RFC 8620 §5.3)."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from bocau.services.jmap.context import Arguments
from bocau.services.jmap.errors import SetError

STEPS_MAX: Final = 32
ENTRIES_MAX: Final = 10_000

_MISSING: Final = object()


def steps_of(pointer: str) -> list[str]:
    """The names that lead from the object to what is changed; the leading "/" is implied. SetError
    invalidPatch."""
    steps = pointer.split("/")
    if len(steps) > STEPS_MAX or not steps[0]:
        raise _invalid(f"{pointer[:100]!r} is no pointer into the object")
    return [step.replace("~1", "/").replace("~0", "~") for step in steps]


def split(patch: Arguments) -> dict[str, Any]:
    """The patch by property: {"keywords/$seen": true, "name": "x"} → {"keywords": {("$seen",): true}, "name":
    {(): "x"}}, checked whole. SetError invalidPatch."""
    if len(patch) > ENTRIES_MAX:
        raise _invalid(f"more than {ENTRIES_MAX} changes of one object")
    paths = {tuple(steps_of(pointer)): value for pointer, value in patch.items()}
    for path in paths:
        if any(path[:length] in paths for length in range(1, len(path))):
            raise _invalid(f"{'/'.join(path)[:100]!r} lies within another change")
    found: dict[str, Any] = {}
    for path, value in paths.items():
        found.setdefault(path[0], {})[path[1:]] = value
    return found


def applied(
    current: Mapping[str, Any], patch: Arguments, defaults: Mapping[str, Any] | None = None
) -> Arguments:
    """The object after the patch. null sets a property to its default where it has one, and takes it away
    where it has none. SetError invalidPatch."""
    split(patch)
    result = deepcopy(dict(current))
    for pointer, value in patch.items():
        *way, last = steps_of(pointer)
        inner = _inner(result, way)
        if value is not None:
            inner[last] = value
        elif not way and defaults is not None and last in defaults:
            inner[last] = deepcopy(defaults[last])
        else:
            inner.pop(last, None)
    return result


def _inner(value: Any, way: list[str]) -> dict[str, Any]:
    """All parts before the last must exist, and none may be an array (RFC 8620 §5.3)."""
    for step in way:
        value = value.get(step, _MISSING) if isinstance(value, dict) else _MISSING
    if not isinstance(value, dict):
        raise _invalid(f"{'/'.join(way)[:100]!r} is no object that could be changed")
    return value


def _invalid(description: str) -> SetError:
    return SetError("invalidPatch", description)
