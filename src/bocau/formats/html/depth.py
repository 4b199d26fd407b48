"""How deep HTML nests, counted before it is parsed: nh3 takes quadratic time (50,000 levels: 42 s)."""

import re
from typing import Final

from bocau.base.errors import LimitReached

DEPTH_MAX: Final = 512

_TAG: Final = re.compile(r"<(/?)([A-Za-z][^\s/>]{0,40})")
_VOID: Final = frozenset(
    (
        *(
            "area",
            "base",
            "basefont",
            "bgsound",
            "br",
            "col",
            "embed",
            "frame",
            "hr",
            "img",
            "image",
            "input",
        ),
        *("keygen", "link", "meta", "param", "source", "track", "wbr"),
    )
)
_CLOSED_BY_THE_NEXT: Final = frozenset(
    (
        "p",
        "li",
        "dd",
        "dt",
        "tr",
        "td",
        "th",
        "tbody",
        "thead",
        "tfoot",
        "colgroup",
        "option",
        "optgroup",
        "rp",
        "rt",
    )
)
"""Their end tags may be missing, so they would count up without being deep; what they lie in is counted."""
_WALLS: Final = frozenset(
    (
        *("table", "caption", "marquee", "object", "applet", "template", "button", "select", "svg", "math"),
        *("foreignobject", "desc", "annotation-xml", "mi", "mo", "mn", "ms", "mtext"),
    )
)
"""An end tag reaches no further than the nearest of these (HTML §13.2.4.2)."""


def check_depth(html: str) -> None:
    """LimitReached beyond DEPTH_MAX levels. Counts rather too many than too few."""
    stack: list[str] = []
    for end, name in _TAG.findall(html):
        tag = name.lower()
        if tag in _VOID or tag in _CLOSED_BY_THE_NEXT:
            continue
        if end:
            _close(stack, tag)
            continue
        stack.append(tag)
        if len(stack) > DEPTH_MAX:
            raise LimitReached("HTML nests too deeply")


def _close(stack: list[str], tag: str) -> None:
    """Take away the innermost one of that name alone: what it held open may come back (HTML §13.2.4.3)."""
    for index in range(len(stack) - 1, -1, -1):
        if stack[index] == tag:
            del stack[index]
            return
        if stack[index] in _WALLS:
            return
