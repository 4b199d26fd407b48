"""CSS by allow-list: declarations of a style attribute, rules of a style sheet (CSS Syntax 3, tinycss2).

Properties and kinds of values are listed; anything else is left out: url() but for backgrounds, var(),
attr(), image-set(), expression(), position, z-index, content, behavior, @import, @font-face.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

import tinycss2

from bocau.formats.html.css_properties import COLOURS, FUNCTIONS, PICTURED, PROPERTIES

STYLE_CHARACTERS_MAX: Final = 4096
"""Of one style attribute; a longer one is dropped whole: tinycss2 takes 12 s for 800 KB."""
STYLES_CACHED: Final = 4096
NESTING_MAX: Final = 8
"""Functions within functions."""

Reference = Callable[[str], str | None]
"""A URL → what to write in its place, or None to drop the declaration."""

# Nearly every declaration that is met; a strict subset of CSS without anything that could load or escape.
_SIMPLE_VALUE: Final = (
    r"(?:[\s,]++|(?:rgb|hsl)a?\([0-9.,%\s/]*+\)|[A-Za-z0-9#%.-]++(?!\()"
    r"|'[A-Za-z0-9 -]*+'|\"[A-Za-z0-9 -]*+\")++"
)
_SIMPLE: Final = re.compile(
    rf"([A-Za-z-]++)\s*+:({_SIMPLE_VALUE})(!\s*+important\s*+)?(?:;[\s;]*+|\Z)", re.IGNORECASE
)
_STRING: Final = re.compile(r"[\w .,+-]*+\Z")
"""Names of fonts; nothing that would mean something if it were read once more."""
_FORBIDDEN_TEXT: Final = re.compile(r"[<>\\{}\x00-\x08\x0b\x0e-\x1f\x7f]")
"""In what we write: nothing that could end a style element, a rule or a string."""


class Style(NamedTuple):
    """Declarations that may stay."""

    text: str
    has_colours: bool
    """It says what colour text or background is."""


class Rule(NamedTuple):
    """One rule of a style sheet, not looked at yet."""

    prelude: str
    content: list[Any]
    at: str = ""
    """Of an at-rule its name, lower case."""


def declarations(text: str, reference: Reference) -> Style:
    """The allowed declarations of a style attribute."""
    if len(text) > STYLE_CHARACTERS_MAX:
        return Style("", False)
    if "url" in text.lower() or "\\" in text:
        return _kept(_declared(text), reference)
    return _known(text)


@lru_cache(STYLES_CACHED)
def _known(text: str) -> Style:
    """A newsletter says the same few styles a thousand times."""
    simple = _read_simple(text.strip())
    return simple if simple is not None else _kept(_declared(text), lambda url: None)


def _read_simple(text: str) -> Style | None:
    """None: this wants the real parser."""
    position, kept, has_colours = 0, [], False
    while position < len(text):
        found = _SIMPLE.match(text, position)
        if found is None:
            return None
        position = found.end()
        name, value = found[1].lower(), found[2].strip()
        if name in PROPERTIES and value:
            kept.append(f"{name}:{value}{'!important' if found[3] else ''}")
            has_colours = has_colours or name in COLOURS
    return Style(";".join(kept), has_colours)


def rule_style(content: list[Any], reference: Reference) -> Style:
    """The allowed declarations of a rule."""
    return _kept(tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True), reference)


def _declared(text: str) -> list[Any]:
    try:
        found: list[Any] = tinycss2.parse_blocks_contents(text, skip_comments=True, skip_whitespace=True)
    except RecursionError:
        return []
    return found


def _kept(nodes: Iterable[Any], reference: Reference) -> Style:
    kept, has_colours = [], False
    for node in nodes:
        if node.type != "declaration" or node.lower_name not in PROPERTIES:
            continue
        value = _value(node, reference)
        if value:
            kept.append(f"{node.lower_name}:{value}{'!important' if node.important else ''}")
            has_colours = has_colours or node.lower_name in COLOURS
    return Style(";".join(kept), has_colours)


def _value(node: Any, reference: Reference) -> str | None:
    """None: something in it is not allowed."""
    may_load = node.lower_name in PICTURED
    try:
        parts = [_component(one, reference if may_load else None, NESTING_MAX) for one in node.value]
    except (_Refused, RecursionError):
        return None
    return "".join(parts).strip()


class _Refused(Exception):
    pass


def _component(node: Any, reference: Reference | None, depth: int) -> str:
    match node.type:
        case "whitespace":
            return " "
        case "literal" if node.value in (",", "/", "+", "-", "*"):
            return str(node.value)
        case "string" if _STRING.match(node.value):
            return f'"{node.value}"'
        case "ident" | "dimension" | "percentage" | "number" | "hash":
            return _harmless(node.serialize())
        case "url":
            return _url(node.value, reference)
        case "function" if node.lower_name == "url":
            return _url("".join(one.value for one in node.arguments if one.type == "string"), reference)
        case "function" if node.lower_name in FUNCTIONS and depth > 0:
            inner = "".join(_component(one, None, depth - 1) for one in node.arguments)
            return f"{node.lower_name}({inner})"
        case "() block" if depth > 0:
            return f"({''.join(_component(one, None, depth - 1) for one in node.content)})"
    raise _Refused


def _harmless(text: str) -> str:
    if _FORBIDDEN_TEXT.search(text):
        raise _Refused
    return text


def _url(url: str, reference: Reference | None) -> str:
    instead = None if reference is None else reference(url)
    if instead is None:
        raise _Refused
    return f'url("{_harmless(instead)}")'


def rules(source: str | list[Any]) -> Iterator[Rule]:
    """The rules of a style sheet (text), or those within an at-rule (its content)."""
    try:
        if isinstance(source, str):
            nodes = tinycss2.parse_stylesheet(source, skip_comments=True, skip_whitespace=True)
        else:
            nodes = tinycss2.parse_rule_list(source, skip_comments=True, skip_whitespace=True)
        for node in nodes:
            if node.type in ("qualified-rule", "at-rule") and node.content is not None:
                at = node.lower_at_keyword if node.type == "at-rule" else ""
                yield Rule(tinycss2.serialize(node.prelude).strip(), node.content, at)
    except RecursionError:
        return
