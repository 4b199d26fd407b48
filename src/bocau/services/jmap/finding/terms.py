"""What a filter asks of an email, as values (RFC 8621 §4.4.1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bocau.formats.search_words import Zone


@dataclass(frozen=True, slots=True)
class All:
    """AND; without terms: every email."""

    terms: "tuple[Term, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """OR; without terms: no email."""

    terms: "tuple[Term, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    term: "Term"


@dataclass(frozen=True, slots=True)
class InMailbox:
    """None: an id that no mailbox can have."""

    mailbox_id: int | None


@dataclass(frozen=True, slots=True)
class InOther:
    """In at least one mailbox that is not one of these."""

    mailbox_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Received:
    """Unix seconds; `is_before`: earlier than that, else then or later."""

    seconds: int
    is_before: bool


@dataclass(frozen=True, slots=True)
class Sized:
    """`is_below`: smaller than that, else as large or larger."""

    octets: int
    is_below: bool


@dataclass(frozen=True, slots=True)
class HasKeyword:
    """In lower case."""

    name: str


class Share(StrEnum):
    """How many emails of a thread."""

    ALL = "all"
    SOME = "some"


@dataclass(frozen=True, slots=True)
class ThreadHas:
    """Of the emails in the same thread, wherever they lie, so many have the keyword."""

    name: str
    share: Share


@dataclass(frozen=True, slots=True)
class HasAttachment:
    pass


@dataclass(frozen=True, slots=True)
class Says:
    """The text is in one of these places; it is `folded`, not empty."""

    zones: tuple[Zone, ...]
    text: str


@dataclass(frozen=True, slots=True)
class HeaderSays:
    """A field of this name (lower case) exists and holds the text, which is `folded`; "": anything."""

    name: str
    text: str


Term = (
    All | Either | Not | InMailbox | InOther | Received | Sized | HasKeyword | ThreadHas | HasAttachment
    | Says | HeaderSays
)  # fmt: skip
TextTerm = Says | HeaderSays


def terms_in(term: Term) -> Iterator[Term]:
    """All of a filter."""
    yield term
    match term:
        case All(inner) | Either(inner):
            for one in inner:
                yield from terms_in(one)
        case Not(negated):
            yield from terms_in(negated)
