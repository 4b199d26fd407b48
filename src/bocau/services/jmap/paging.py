"""A part of a list, as a /query asks for it (RFC 8620 §5.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bocau.services.jmap.context import Arguments
from bocau.services.jmap.errors import MethodError, invalid_arguments
from bocau.services.jmap.standard import INTEGER_MAX, optional, unsigned

LIMIT_MAX: Final = 20_000
"""Ids of one answer."""
PAGING: Final = ("filter", "sort", "position", "anchor", "anchorOffset", "limit", "calculateTotal")
"""The arguments of every /query;"""
CHANGES: Final = ("filter", "sort", "sinceQueryState", "maxChanges", "upToId", "calculateTotal")
"""those of every /queryChanges (RFC 8620 §5.6)."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the list."""

    position: int
    anchor: str | None
    anchor_offset: int
    limit: int
    limit_said: int | None
    calculate_total: bool


class Cut(NamedTuple):
    """A part of the list: [start, stop)."""

    start: int
    stop: int


def take_page(arguments: Arguments) -> Page:
    """MethodError invalidArguments."""
    said = unsigned(arguments, "limit")
    return Page(
        _integer(arguments, "position"),
        optional(arguments, "anchor", str),
        _integer(arguments, "anchorOffset"),
        LIMIT_MAX if said is None else min(said, LIMIT_MAX),
        said,
        optional(arguments, "calculateTotal", bool, False),
    )


def _integer(arguments: Arguments, name: str) -> int:
    value: int = optional(arguments, name, int, 0)
    if abs(value) > INTEGER_MAX:
        raise invalid_arguments(f"{name} is out of range")
    return value


def cut(page: Page, total: int, index_of: Callable[[str], int | None]) -> Cut:
    """Where the part is in a list of `total`. MethodError anchorNotFound."""
    if page.anchor is not None:
        index = index_of(page.anchor)
        if index is None:
            raise MethodError("anchorNotFound")
        start = max(0, index + page.anchor_offset)
    else:
        start = page.position if page.position >= 0 else max(0, total + page.position)
    return Cut(start, min(total, start + page.limit))


def page_response(page: Page, where: Cut, total: int) -> dict[str, Any]:
    """The parts of the answer that say which part it is."""
    told: dict[str, Any] = {"position": where.start}
    if page.calculate_total:
        told["total"] = total
    is_cut = where.stop - where.start == page.limit and where.stop < total
    if page.limit != page.limit_said and (page.limit_said is not None or is_cut):
        told["limit"] = page.limit
    return told
