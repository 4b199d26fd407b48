"""The style sheets of a message, written anew for its own part of the page.

Every selector is bound to the message's element, every class and id has our prefix; selectors by attribute
are left out (they can tell a server what they matched), and so are pseudo-classes.
"""

import re
from typing import Final, NamedTuple

from bocau.formats.html.allowed import PREFIX
from bocau.formats.html.css import Reference, Rule, rule_style, rules

SHEET_CHARACTERS_MAX: Final = 128 * 1024
"""Of all style elements together; what is beyond is left out."""
RULES_MAX: Final = 2000
SELECTORS_MAX: Final = 40
"""Of one rule."""
STEPS_MAX: Final = 8
"""Compounds of one selector."""
ROOT: Final = ".mail>div"
"""The element that stands for the message's body."""

_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BEGIN: Final = re.compile(r"<style\b([^>]*+)>", re.IGNORECASE)
_END: Final = re.compile(r"</style", re.IGNORECASE)
_MEDIA_ATTRIBUTE: Final = re.compile(r"""\bmedia\s*+=\s*+["']?([^"'>]{0,200})""", re.IGNORECASE)
_COMPOUND: Final = re.compile(r"([A-Za-z][A-Za-z0-9]*|\*)?((?:[.#][A-Za-z_][A-Za-z0-9_-]{0,99})*)\Z")
_CLASS: Final = re.compile(r"\.([A-Za-z0-9_-]+)")
_WIDTH: Final = r"\((?:min|max)-(?:device-)?width ?: ?[0-9]{1,5}(?:\.[0-9]{1,3})?(?:px|em|rem)\)"
_MEDIA: Final = re.compile(rf"(?:only )?(screen|all|)(?: ?and )?({_WIDTH}(?: and {_WIDTH}){{0,3}}|)\Z")
_SCHEME: Final = re.compile(r"(?: ?and )?\(prefers-color-scheme ?: ?(light|dark)\)(?: and )?")


class Sheet(NamedTuple):
    text: str
    classes: frozenset[str]
    """Those that it speaks of, without our prefix."""
    has_colours: bool


NOTHING: Final = Sheet("", frozenset(), False)


def style_sheet(html: str, scheme: str, reference: Reference) -> Sheet:
    """All style elements of a message as one sheet; `scheme`: "light" or "dark", for which it is shown."""
    sources = _sources(html)
    if not sources:
        return NOTHING
    writer = _Writer(scheme, reference)
    for media, source in sources:
        condition = _condition(media, scheme)
        if condition is not None:
            writer.add(list(rules(source)), condition)
    return Sheet("\n".join(writer.written), frozenset(writer.classes), writer.has_colours)


def _sources(html: str) -> list[tuple[str, str]]:
    """(media, text) of each style element, as far as they may be long."""
    if _BEGIN.search(html) is None:
        return []
    html = _COMMENT.sub("", html)
    found, left, position = [], SHEET_CHARACTERS_MAX, 0
    while (begin := _BEGIN.search(html, position)) and (end := _END.search(html, begin.end())):
        position = end.end()
        source = html[begin.end() : end.start()]
        if len(source) > left:
            break
        left -= len(source)
        media = _MEDIA_ATTRIBUTE.search(begin[1])
        found.append((media[1] if media else "", source.replace("-->", "")))
    return found


class _Writer:
    def __init__(self, scheme: str, reference: Reference) -> None:
        self.scheme = scheme
        self.reference = reference
        self.written: list[str] = []
        self.classes: set[str] = set()
        self.has_colours = False
        self.rules_left = RULES_MAX

    def add(self, found: list[Rule], condition: str) -> None:
        for rule in found:
            if self.rules_left <= 0:
                return
            self.rules_left -= 1
            if not rule.at:
                self._rule(rule, condition)
            elif rule.at == "media" and not condition:
                inner = _condition(rule.prelude, self.scheme)
                if inner is not None:
                    self.add([one for one in rules(rule.content) if not one.at], inner)

    def _rule(self, rule: Rule, condition: str) -> None:
        selectors = _selectors(rule.prelude)
        if not selectors:
            return
        style = rule_style(rule.content, self.reference)
        if not style.text:
            return
        self.has_colours = self.has_colours or style.has_colours
        for selector in selectors:
            self.classes.update(name.removeprefix(PREFIX) for name in _CLASS.findall(selector))
        written = f"{','.join(selectors)}{{{style.text}}}"
        self.written.append(f"@media {condition}{{{written}}}" if condition else written)


def _condition(media: str, scheme: str) -> str | None:
    """A media query list as far as we know it; "": always, None: never."""
    kept = []
    for query in media.lower().split(",")[:8]:
        query = " ".join(query.split())
        wanted = _SCHEME.search(query)
        if wanted is not None:
            if wanted[1] != scheme:
                continue
            query = _SCHEME.sub("", query, count=1).strip()
        found = _MEDIA.match(query)
        if found is None:
            continue
        if not found[2]:
            return ""
        kept.append(f"{found[1] or 'all'} and {found[2]}")
    return ",".join(kept) or None


def _selectors(prelude: str) -> list[str]:
    """Those of a list that we can read, bound to the message."""
    if len(prelude) > 4096:
        return []
    found = [_selector(one) for one in prelude.split(",")[:SELECTORS_MAX]]
    return [one for one in found if one]


def _selector(text: str) -> str:
    """ "" when there is anything in it that we do not know."""
    steps = text.replace(">", " > ").split()
    while len(steps) > 1 and steps[0].lower() == "html":
        steps = steps[2:] if steps[1] == ">" else steps[1:]
    if not steps or len(steps) > STEPS_MAX:
        return ""
    written = [] if _is_root(steps[0]) else [ROOT]
    for step in steps:
        if step == ">":
            written.append(">")
            continue
        found = _COMPOUND.match(step)
        if found is None:
            return ""
        rest = found[2].replace(".", f".{PREFIX}").replace("#", f"#{PREFIX}")
        written.append(f"{ROOT if _is_root(step) else found[1] or ''}{rest}")
    return " ".join(written) if written[-1] != ">" else ""


def _is_root(step: str) -> bool:
    found = _COMPOUND.match(step)
    return found is not None and (found[1] or "").lower() in ("html", "body")
