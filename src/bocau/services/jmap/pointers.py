"""JSON pointers with "*" into what was answered (RFC 8620 §3.7, RFC 6901)."""

import re
from typing import Any, Final

from bocau.services.jmap.errors import MethodError
from bocau.services.jmap.limits import POINTER_DEPTH_MAX, POINTER_RESULTS_MAX

_INDEX: Final = re.compile(r"(0|[1-9][0-9]{0,8})\Z", re.ASCII)


def evaluate(document: Any, path: str) -> Any:
    """What the path leads to. MethodError invalidResultReference."""
    steps = path.split("/")
    if steps[0] or len(steps) - 1 > POINTER_DEPTH_MAX:
        raise _lost("a path begins with / and is not that long")
    return _follow(document, [step.replace("~1", "/").replace("~0", "~") for step in steps[1:]])


def _follow(value: Any, steps: list[str]) -> Any:
    for number, step in enumerate(steps):
        if isinstance(value, list) and step == "*":
            return _gathered(value, steps[number + 1 :])
        if isinstance(value, list) and _INDEX.match(step) and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            raise _lost("the path leads nowhere")
    return value


def _gathered(values: list[Any], steps: list[str]) -> list[Any]:
    """The rest of the path for each, lists joined into one."""
    found: list[Any] = []
    for value in values:
        one = _follow(value, steps)
        if isinstance(one, list):
            found += one
        else:
            found.append(one)
        if len(found) > POINTER_RESULTS_MAX:
            raise _lost("the path leads to too much")
    return found


def weight(value: Any, most: int) -> int:
    """Values and characters in it, counted up to a little more than `most`."""
    count, pending = 0, [value]
    while pending and count <= most:
        one = pending.pop()
        count += 1
        if isinstance(one, str):
            count += len(one)
        elif isinstance(one, dict):
            pending += one.values()
            count += sum(map(len, one))
        elif isinstance(one, list):
            pending += one
    return count


def _lost(description: str) -> MethodError:
    return MethodError("invalidResultReference", description)
