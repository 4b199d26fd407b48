"""A filter as a client sends it → terms (RFC 8620 §5.5, RFC 8621 §4.4.1).

All that can be wrong with it is found here.
"""

from collections.abc import Callable
from typing import Any, Final

from bocau.base.ids import AccountId
from bocau.formats.search_words import BODY_SHOWN, Zone
from bocau.services.jmap import ids
from bocau.services.jmap.errors import MethodError, invalid_arguments
from bocau.services.jmap.finding import terms as t
from bocau.services.jmap.finding.dates import seconds_of
from bocau.services.jmap.finding.phrases import folded, phrases
from bocau.services.jmap.finding.terms import Term

DEPTH_MAX: Final = 32
"""Operators within operators."""
CONDITIONS_MAX: Final = 500
"""Conditions and operators of one filter."""
MAILBOXES_MAX: Final = 10_000
"""Of one inMailboxOtherThan."""
TEXTS_MAX: Final = 64
"""Words and phrases of one filter: each asks the whole index."""
TEXT_CHARACTERS_MAX: Final = 1000
"""Of one text."""
KEYWORD_CHARACTERS_MAX: Final = 255
INTEGER_MAX: Final = 2**53 - 1
"""RFC 8620 §1.3."""

_TEXT_ZONES: Final = (Zone.FROM, Zone.TO, Zone.CC, Zone.BCC, Zone.SUBJECT, *BODY_SHOWN)
_ZONES: Final[dict[str, tuple[Zone, ...]]] = {
    "text": _TEXT_ZONES,
    "from": (Zone.FROM,),
    "to": (Zone.TO,),
    "cc": (Zone.CC,),
    "bcc": (Zone.BCC,),
    "subject": (Zone.SUBJECT,),
    "body": BODY_SHOWN,
}


def parse_filter(said: Any, account_id: AccountId) -> Term:
    """MethodError invalidArguments where it is malformed, unsupportedFilter where it asks too much."""
    return t.All(()) if said is None else _Parser(account_id).filter(said, DEPTH_MAX)


class _Parser:
    """One filter, and what is left of its limits."""

    def __init__(self, account_id: AccountId) -> None:
        self._account_id = account_id
        self._conditions_left = CONDITIONS_MAX
        self._texts_left = TEXTS_MAX

    def filter(self, said: Any, depth: int) -> Term:
        if not isinstance(said, dict):
            raise invalid_arguments("a filter is an object")
        self._conditions_left -= 1
        if self._conditions_left < 0:
            raise _too_much(f"more than {CONDITIONS_MAX} conditions")
        if "operator" not in said:
            return self._condition(said)
        if depth == 0:
            raise _too_much(f"more than {DEPTH_MAX} operators within each other")
        return self._operator(said, depth)

    def _operator(self, said: dict[str, Any], depth: int) -> Term:
        operator, conditions = said["operator"], said.get("conditions")
        if not isinstance(conditions, list) or set(said) != {"operator", "conditions"}:
            raise invalid_arguments("an operator has conditions, which are a list, and nothing else")
        if operator not in ("AND", "OR", "NOT"):
            raise invalid_arguments("an operator is AND, OR or NOT")
        inner = tuple([self.filter(one, depth - 1) for one in conditions])
        if operator == "AND":
            return t.All(inner)
        return t.Either(inner) if operator == "OR" else t.Not(t.Either(inner))

    def _condition(self, said: dict[str, Any]) -> Term:
        found = [self._property(name, value) for name, value in said.items()]
        return found[0] if len(found) == 1 else t.All(tuple(found))

    def _property(self, name: str, value: Any) -> Term:
        if name in _ZONES:
            return self._text(_ZONES[name], _of(name, value, str))
        if name == "header":
            return self._header(value)
        if name == "inMailbox":
            return t.InMailbox(ids.parse_mailbox(self._account_id, _of(name, value, str)))
        if name == "inMailboxOtherThan":
            return self._in_other(_of(name, value, list))
        parse = _PROPERTIES.get(name)
        if parse is None:
            raise MethodError("unsupportedFilter", f"no such condition: {name}"[:200])
        return parse(name, value)

    def _text(self, zones: tuple[Zone, ...], said: str) -> Term:
        found = [t.Says(zones, phrase) for phrase in phrases(_not_too_long(said))]
        self._count(len(found))
        return found[0] if len(found) == 1 else t.All(tuple(found))

    def _header(self, said: Any) -> Term:
        if not isinstance(said, list) or len(said) not in (1, 2) or not all(isinstance(s, str) for s in said):
            raise invalid_arguments("header is a list of one or two texts")
        self._count(1)
        return t.HeaderSays(
            _not_too_long(said[0]).lower(), folded(_not_too_long(said[1])) if len(said) == 2 else ""
        )

    def _in_other(self, said: list[Any]) -> Term:
        if not all(isinstance(one, str) for one in said):
            raise invalid_arguments("inMailboxOtherThan holds something that is no id")
        if len(said) > MAILBOXES_MAX:
            raise _too_much(f"more than {MAILBOXES_MAX} mailboxes")
        found = {ids.parse_mailbox(self._account_id, one) for one in said}
        return t.InOther(frozenset(one for one in found if one is not None))

    def _count(self, texts: int) -> None:
        self._texts_left -= texts
        if self._texts_left < 0:
            raise _too_much(f"more than {TEXTS_MAX} words")


def _too_much(description: str) -> MethodError:
    return MethodError("unsupportedFilter", description)


def _not_too_long(text: str) -> str:
    if len(text) > TEXT_CHARACTERS_MAX:
        raise _too_much(f"a text of more than {TEXT_CHARACTERS_MAX} characters")
    return text


def _of(name: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise invalid_arguments(f"{name} is of the wrong type")
    return value


def _number(name: str, value: Any) -> int:
    found: int = _of(name, value, int)
    if not 0 <= found <= INTEGER_MAX:
        raise invalid_arguments(f"{name} is out of range")
    return found


def keyword(name: str, value: Any) -> str:
    """A keyword in lower case (RFC 8621 §4.1.1). MethodError invalidArguments."""
    found: str = _of(name, value, str)
    if not 0 < len(found) <= KEYWORD_CHARACTERS_MAX:
        raise invalid_arguments(f"{name} is no keyword")
    return found.lower()


_PROPERTIES: Final[dict[str, Callable[[str, Any], Term]]] = {
    "before": lambda name, value: t.Received(seconds_of(name, value), is_before=True),
    "after": lambda name, value: t.Received(seconds_of(name, value), is_before=False),
    "minSize": lambda name, value: t.Sized(_number(name, value), is_below=False),
    "maxSize": lambda name, value: t.Sized(_number(name, value), is_below=True),
    "hasKeyword": lambda name, value: t.HasKeyword(keyword(name, value)),
    "notKeyword": lambda name, value: t.Not(t.HasKeyword(keyword(name, value))),
    "allInThreadHaveKeyword": lambda name, value: t.ThreadHas(keyword(name, value), t.Share.ALL),
    "someInThreadHaveKeyword": lambda name, value: t.ThreadHas(keyword(name, value), t.Share.SOME),
    "noneInThreadHaveKeyword": lambda name, value: t.Not(t.ThreadHas(keyword(name, value), t.Share.SOME)),
    "hasAttachment": lambda name, value: (
        t.HasAttachment() if _of(name, value, bool) else t.Not(t.HasAttachment())
    ),
}
