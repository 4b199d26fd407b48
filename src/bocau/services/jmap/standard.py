"""The shapes that all types share: arguments and answers of /get, /changes, /set (RFC 8620 §5).

A method takes its arguments with one of `take_*`, which refuse what is not as it should be, and answers with
one of the `*_response`.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from bocau.base.errors import BocauError, TryLater
from bocau.base.ids import AccountId
from bocau.services.jmap import ids
from bocau.services.jmap.context import Arguments, Context
from bocau.services.jmap.errors import MethodError, SetError, invalid_arguments, set_error

INTEGER_MAX: Final = 2**53 - 1
"""RFC 8620 §1.3."""
PROPERTIES_MAX: Final = 1000
"""Asked for in one call."""


def only(arguments: Arguments, *known: str) -> None:
    """MethodError invalidArguments when there is an argument beside the known ones."""
    unknown = set(arguments).difference(known)
    if unknown:
        raise invalid_arguments(f"no such argument: {', '.join(sorted(unknown))}")


def optional(arguments: Arguments, name: str, kind: type | tuple[type, ...], otherwise: Any = None) -> Any:
    """The value of an argument, of this JSON type; null and absent are `otherwise`. A bool is no int."""
    value = arguments.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise invalid_arguments(f"{name} is of the wrong type")
    return value


def unsigned(arguments: Arguments, name: str, otherwise: int | None = None) -> int | None:
    """An UnsignedInt, or `otherwise` for null and absent."""
    value: int | None = optional(arguments, name, int, otherwise)
    if value is not None and not 0 <= value <= INTEGER_MAX:
        raise invalid_arguments(f"{name} is out of range")
    return value


def id_list(arguments: Arguments, name: str) -> list[str] | None:
    """A list of Ids, each once, in the order given; None for null and absent."""
    value = optional(arguments, name, list)
    if value is None:
        return None
    if not all(isinstance(one, str) for one in value):
        raise invalid_arguments(f"{name} holds something that is no id")
    return list(dict.fromkeys(value))


# --- /get --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Get:
    account_id: AccountId
    ids: list[str] | None
    """None: all."""
    properties: list[str]
    """What to answer with; "id" is always among them."""


def take_get(
    context: Context,
    arguments: Arguments,
    known: Collection[str],
    default: Iterable[str] | None = None,
    *,
    more: tuple[str, ...] = (),
    is_known: Callable[[str], bool] = lambda name: False,
) -> Get:
    """`known`: all properties; `default`: those told when none are asked for (None: all); `is_known`: for
    properties that are not a fixed list, as "header:…". `more`: arguments of this method alone."""
    only(arguments, "accountId", "ids", "properties", *more)
    account = context.account(arguments)
    wanted = id_list(arguments, "ids")
    if wanted is not None and len(wanted) > context.rooms.settings.limits.max_objects_in_get:
        raise MethodError("requestTooLarge", "more ids than maxObjectsInGet")
    if wanted is not None:
        wanted = [context.created_ids.get(one[1:], one) if one.startswith("#") else one for one in wanted]
    said = optional(arguments, "properties", list)
    if said is None:
        properties = list(known if default is None else default)
    else:
        if len(said) > PROPERTIES_MAX:
            raise invalid_arguments(f"more than {PROPERTIES_MAX} properties")
        properties = list(dict.fromkeys(said)) if all(isinstance(one, str) for one in said) else [""]
        for name in properties:
            if name not in known and not is_known(name):
                raise invalid_arguments(f"no such property: {name!r}"[:200])
    if "id" not in properties:
        properties.insert(0, "id")
    return Get(account, wanted, properties)


def get_response(get: Get, state: str, found: list[Arguments], not_found: Iterable[str]) -> Arguments:
    return {
        "accountId": ids.account_id(get.account_id),
        "state": state,
        "list": found,
        "notFound": list(not_found),
    }


# --- /changes ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChangesAsked:
    account_id: AccountId
    since: str
    max_changes: int | None


def take_changes(context: Context, arguments: Arguments) -> ChangesAsked:
    only(arguments, "accountId", "sinceState", "maxChanges")
    since = optional(arguments, "sinceState", str)
    if since is None:
        raise invalid_arguments("sinceState is missing")
    return ChangesAsked(context.account(arguments), since, take_max_changes(arguments))


def take_max_changes(arguments: Arguments) -> int | None:
    count = unsigned(arguments, "maxChanges")
    if count == 0:
        raise invalid_arguments("maxChanges must be greater than 0")
    return count


def changes_response(
    asked: ChangesAsked,
    new_state: str,
    created: Iterable[str],
    updated: Iterable[str],
    destroyed: Iterable[str],
    *,
    has_more: bool = False,
    **more: Any,
) -> Arguments:
    return {
        "accountId": ids.account_id(asked.account_id),
        "oldState": asked.since,
        "newState": new_state,
        "hasMoreChanges": has_more,
        "created": list(created),
        "updated": list(updated),
        "destroyed": list(destroyed),
        **more,
    }


# --- /set ----------------------------------------------------------------------------------------


@dataclass
class SetCall:
    """A /set while it is carried out: what was asked, and what became of it."""

    account_id: AccountId
    if_in_state: str | None
    create: dict[str, Arguments]
    update: dict[str, Arguments]
    destroy: list[str]
    created: dict[str, Arguments] = field(default_factory=dict)
    updated: dict[str, Arguments | None] = field(default_factory=dict)
    destroyed: list[str] = field(default_factory=list)
    not_created: dict[str, Arguments] = field(default_factory=dict)
    not_updated: dict[str, Arguments] = field(default_factory=dict)
    not_destroyed: dict[str, Arguments] = field(default_factory=dict)

    def check_state(self, state: str) -> None:
        """MethodError stateMismatch."""
        if self.if_in_state is not None and self.if_in_state != state:
            raise MethodError("stateMismatch")

    def response(self, old_state: str, new_state: str) -> Arguments:
        return {
            "accountId": ids.account_id(self.account_id),
            "oldState": old_state,
            "newState": new_state,
            "created": self.created or None,
            "updated": self.updated or None,
            "destroyed": self.destroyed or None,
            "notCreated": self.not_created or None,
            "notUpdated": self.not_updated or None,
            "notDestroyed": self.not_destroyed or None,
        }


def take_set(context: Context, arguments: Arguments, *more: str) -> SetCall:
    """`more`: arguments of this method alone. Ids of `update` and `destroy` may be "#creationId"."""
    only(arguments, "accountId", "ifInState", "create", "update", "destroy", *more)
    create = objects(arguments, "create")
    update = objects(arguments, "update")
    destroy = id_list(arguments, "destroy") or []
    if len(create) + len(update) + len(destroy) > context.rooms.settings.limits.max_objects_in_set:
        raise MethodError("requestTooLarge", "more objects than maxObjectsInSet")
    account = context.account(arguments)
    return SetCall(account, optional(arguments, "ifInState", str), create, update, destroy)


def objects(arguments: Arguments, name: str) -> dict[str, Arguments]:
    """A map of objects by id or creation id; empty for null and absent."""
    found: dict[str, Any] = optional(arguments, name, dict, {})
    if not all(isinstance(one, dict) for one in found.values()):
        raise invalid_arguments(f"{name} holds something that is no object")
    return found


CreateOne = Callable[[str, Arguments], Awaitable[Arguments]]
"""(creation id, object) → what the server set, with "id". Raises SetError or an error of the house."""
UpdateOne = Callable[[str, Arguments], Awaitable[Arguments | None]]
"""(id, patch) → what else changed, or None."""
DestroyOne = Callable[[str], Awaitable[None]]


async def run_set(
    context: Context, call: SetCall, create: CreateOne, update: UpdateOne, destroy: DestroyOne
) -> None:
    """Carry out one object after the other: creations, then updates, then destructions. For types with few
    objects; mail is written in one transaction. MethodError serverPartialFail: the store gave up midway."""
    try:
        await _run_each(context, call, create, update, destroy)
    except TryLater:
        if call.created or call.updated or call.destroyed:
            raise MethodError("serverPartialFail") from None
        raise


async def _run_each(
    context: Context, call: SetCall, create: CreateOne, update: UpdateOne, destroy: DestroyOne
) -> None:
    for name, new in call.create.items():
        try:
            made = await create(name, new)
        except (SetError, BocauError) as error:
            call.not_created[name] = _told(error)
        else:
            call.created[name] = made
            context.created_ids[name] = made["id"]
    for said, patch in call.update.items():
        if said in call.destroy:
            call.not_updated[said] = SetError("willDestroy").told()
            continue
        try:
            call.updated[context.real_id(said)] = await update(context.real_id(said), patch)
        except (SetError, BocauError) as error:
            call.not_updated[said] = _told(error)
    for said in call.destroy:
        try:
            await destroy(context.real_id(said))
            call.destroyed.append(context.real_id(said))
        except (SetError, BocauError) as error:
            call.not_destroyed[said] = _told(error)


def _told(error: SetError | BocauError) -> Arguments:
    return (error if isinstance(error, SetError) else set_error(error)).told()
