"""/query and /queryChanges of types with few objects: all of them are looked at (RFC 8620 §5.5, §5.6)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bocau.services.jmap import ids
from bocau.services.jmap.context import Arguments, Context
from bocau.services.jmap.errors import MethodError, invalid_arguments
from bocau.services.jmap.paging import CHANGES, PAGING, cut, page_response, take_page
from bocau.services.jmap.standard import only, optional, take_max_changes

CONDITIONS_MAX: Final = 500
DEPTH_MAX: Final = 20
SORTS_MAX: Final = 10

Json = Mapping[str, Any]
Matches = Callable[[Json, Any], bool]


@dataclass(frozen=True, slots=True)
class Queried:
    """What a type can be asked for. Objects are JSON, with "id"."""

    conditions: Mapping[str, tuple[Callable[[Any], bool], Matches]]
    """By name: (whether a value is of the right type, whether an object matches it)."""
    sorts: Mapping[str, Callable[[Json], Any]]
    """By property: what is compared."""
    more: tuple[str, ...] = ()
    """Further arguments of this type."""
    choose: "Choose | None" = None
    """What takes the place of `selected`."""


Choose = Callable[[Arguments, Queried, Sequence[Json]], list[str]]


def one_of(name: str) -> Matches:
    """The property is among those listed."""
    return lambda told, value: told[name] in value


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def query(
    context: Context, arguments: Arguments, kind: Queried, state: str, objects: Iterable[Json]
) -> Arguments:
    """The answer to a /query."""
    only(arguments, "accountId", *PAGING, *kind.more)
    account_id, page = context.account(arguments), take_page(arguments)
    found = (kind.choose or selected)(arguments, kind, list(objects))
    positions = {one: number for number, one in enumerate(found)}
    where = cut(page, len(found), positions.get)
    return {
        "accountId": ids.account_id(account_id),
        "queryState": state,
        "canCalculateChanges": True,
        **page_response(page, where, len(found)),
        "ids": found[where.start : where.stop],
    }


def query_changes(
    context: Context,
    arguments: Arguments,
    kind: Queried,
    state: str,
    objects: Iterable[Json],
    changed: Sequence[str],
) -> Arguments:
    """The answer to a /queryChanges; `changed`: all that came, changed or went since the old state. Each of
    them is taken out, and put in again where it is now."""
    only(arguments, "accountId", *CHANGES, *kind.more)
    account_id, most = context.account(arguments), take_max_changes(arguments)
    optional(arguments, "upToId", str)
    found = (kind.choose or selected)(arguments, kind, list(objects))
    is_changed = set(changed)
    added = [{"id": one, "index": number} for number, one in enumerate(found) if one in is_changed]
    if most is not None and len(added) + len(changed) > most:
        raise MethodError("tooManyChanges")
    total = {"total": len(found)} if optional(arguments, "calculateTotal", bool, False) else {}
    return {
        "accountId": ids.account_id(account_id),
        "oldQueryState": arguments["sinceQueryState"],
        "newQueryState": state,
        **total,
        "removed": list(changed),
        "added": added,
    }


def since_query_state(arguments: Arguments) -> str:
    """MethodError invalidArguments."""
    since: str | None = optional(arguments, "sinceQueryState", str)
    if since is None:
        raise invalid_arguments("sinceQueryState is missing")
    return since


def selected(arguments: Arguments, kind: Queried, objects: Sequence[Json]) -> list[str]:
    """The ids of what the filter lets through, sorted. MethodError unsupportedFilter, unsupportedSort."""
    test = filter_of(arguments, kind)
    return [told["id"] for told in in_order(arguments, kind, filter(test, objects))]


def filter_of(arguments: Arguments, kind: Queried) -> Callable[[Json], bool]:
    """Whether the filter lets an object through. MethodError unsupportedFilter, invalidArguments."""
    said = optional(arguments, "filter", dict)
    return (lambda told: True) if said is None else _Filter(kind).test(said, 0)


def in_order(arguments: Arguments, kind: Queried, objects: Iterable[Json]) -> list[Json]:
    """Sorted as asked. MethodError unsupportedSort, invalidArguments."""
    found = list(objects)
    for key, is_ascending in reversed(_sorts(arguments, kind)):
        found.sort(key=key, reverse=not is_ascending)
    return found


class _Filter:
    """Reads one filter; counts its conditions."""

    def __init__(self, kind: Queried) -> None:
        self._kind = kind
        self._left = CONDITIONS_MAX

    def test(self, said: Any, depth: int) -> Callable[[Json], bool]:
        self._left -= 1
        if not isinstance(said, dict) or depth > DEPTH_MAX or self._left < 0:
            raise invalid_arguments("filter is no filter, or too long")
        return self._operator(said, depth) if "operator" in said else self._condition(said)

    def _operator(self, said: Arguments, depth: int) -> Callable[[Json], bool]:
        conditions = said.get("conditions")
        if not isinstance(conditions, list) or set(said) != {"operator", "conditions"}:
            raise invalid_arguments("an operator has conditions")
        tests = [self.test(one, depth + 1) for one in conditions]
        match said["operator"]:
            case "AND":
                return lambda told: all(test(told) for test in tests)
            case "OR":
                return lambda told: any(test(told) for test in tests)
            case "NOT":
                return lambda told: not any(test(told) for test in tests)
        raise MethodError("unsupportedFilter", "the operators are AND, OR and NOT")

    def _condition(self, said: Arguments) -> Callable[[Json], bool]:
        tests: list[tuple[Matches, Any]] = []
        for name, value in said.items():
            if name not in self._kind.conditions:
                raise MethodError("unsupportedFilter", f"no such condition: {name}"[:200])
            is_right, matches = self._kind.conditions[name]
            if is_right(value):
                tests.append((matches, value))
            elif value is not None:
                raise invalid_arguments(f"{name} is of the wrong type")
        return lambda told: all(matches(told, value) for matches, value in tests)


def _sorts(arguments: Arguments, kind: Queried) -> list[tuple[Callable[[Json], Any], bool]]:
    said = optional(arguments, "sort", list) or []
    if len(said) > SORTS_MAX or not all(isinstance(one, dict) for one in said):
        raise invalid_arguments("sort is a list of comparators")
    found = []
    for one in said:
        name, is_ascending = one.get("property"), one.get("isAscending", True)
        if not isinstance(name, str):
            raise invalid_arguments("a comparator has a property")
        key = kind.sorts.get(name)
        if key is None:
            raise MethodError("unsupportedSort", f"cannot sort by {name!r}"[:200])
        if not isinstance(is_ascending, bool):
            raise invalid_arguments("isAscending is true or false")
        found.append((key, is_ascending))
    return found
