"""Identity/get, /changes, /set (RFC 8621 §6).

directory (own addresses) → kept identities, made when first asked for       others: made by their owner
"""

from typing import Any, Final

from bocau.base.errors import SyntaxFault
from bocau.base.ids import AccountId
from bocau.formats.address import parse_address
from bocau.services.jmap import ids
from bocau.services.jmap.addresses import take_addresses
from bocau.services.jmap.apart import answer_changes, changed_since
from bocau.services.jmap.capabilities import SUBMISSION
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import SetError, check_settable, invalid_properties
from bocau.services.jmap.patch import applied
from bocau.services.jmap.standard import (
    get_response,
    run_set,
    take_changes,
    take_get,
    take_set,
)
from bocau.store import ChangeKind, Reading, Writing, identities
from bocau.store.apart import last_change
from bocau.store.identities import Identity

NAME_CHARACTERS_MAX: Final = 300
SIGNATURE_CHARACTERS_MAX: Final = 64 * 1024
PROPERTIES: Final = (
    "id", "name", "email", "replyTo", "bcc", "textSignature", "htmlSignature", "mayDelete",
)  # fmt: skip
DEFAULTS: Final = {"name": "", "replyTo": None, "bcc": None, "textSignature": "", "htmlSignature": ""}
SERVER_SET: Final = ("id", "mayDelete")
SETTABLE: Final = ("email", *DEFAULTS)


async def get(context: Context, arguments: Arguments) -> Arguments:
    asked = take_get(context, arguments, PROPERTIES)
    await keep_identities(context, asked.account_id)
    state, found = context.store.glance(asked.account_id, lambda tx: (_state(tx), identities.identities(tx)))
    told = {ids.identity_id(one.identity_id): tell(one) for one in found}
    wanted = list(told) if asked.ids is None else asked.ids
    chosen = [{name: told[one][name] for name in asked.properties} for one in wanted if one in told]
    return get_response(asked, state, chosen, [one for one in wanted if one not in told])


async def changes(context: Context, arguments: Arguments) -> Arguments:
    asked = take_changes(context, arguments)
    await keep_identities(context, asked.account_id)
    found = context.store.glance(
        asked.account_id,
        lambda tx: changed_since(tx, ChangeKind.IDENTITY, asked.since, _made_at, asked.max_changes),
    )
    return answer_changes(asked, found, lambda name: ids.identity_id(int(name)))


async def set_(context: Context, arguments: Arguments) -> Arguments:
    call = take_set(context, arguments)
    account = call.account_id
    await keep_identities(context, account)
    old_state = context.store.glance(account, _state)
    call.check_state(old_state)

    async def create(name: str, new: Arguments) -> Arguments:
        return await _create(context, account, new)

    async def update(said: str, patch: Arguments) -> None:
        await _update(context, account, said, patch)

    async def destroy(said: str) -> None:
        await _destroy(context, account, said)

    await run_set(context, call, create, update, destroy)
    return call.response(old_state, context.store.glance(account, _state))


async def keep_identities(context: Context, account: AccountId) -> None:
    """Let there be one for each address that the account may write under."""
    directory = context.rooms.directory
    name = directory.account(account).display_name
    wanted = [(str(address), name) for address in directory.own_addresses(account)]
    if not context.store.glance(account, lambda tx: identities.are_kept(identities.identities(tx), wanted)):
        await context.store.write(account, lambda tx: identities.keep(tx, wanted))


def tell(one: Identity) -> Arguments:
    """The Identity object."""
    return {
        "id": ids.identity_id(one.identity_id),
        "name": one.name,
        "email": one.email,
        "replyTo": one.reply_to,
        "bcc": one.bcc,
        "textSignature": one.text_signature,
        "htmlSignature": one.html_signature,
        "mayDelete": not one.is_kept,
    }


def _state(tx: Reading) -> str:
    return str(last_change(tx, ChangeKind.IDENTITY))


def _made_at(tx: Reading, name: str) -> int | None:
    return int(name) if identities.identity(tx, int(name)) is not None else None


async def _create(context: Context, account: AccountId, new: Arguments) -> Arguments:
    check_settable(new, SETTABLE)
    one = _taken(DEFAULTS | new)
    if not context.rooms.directory.may_send_as(account, parse_address(one.email)):
        raise SetError("forbiddenFrom", f"this account may not send as {one.email}")
    made = await context.store.write(account, lambda tx: identities.add(tx, one))
    told = tell(made)
    return {name: value for name, value in told.items() if name not in new or new[name] != value}


async def _update(context: Context, account: AccountId, said: str, patch: Arguments) -> None:
    number = ids.parse_identity(said) or 0

    def job(tx: Writing) -> None:
        one = identities.identity(tx, number)
        if one is None:
            raise SetError("notFound")
        before = tell(one)
        after = applied(before, patch, DEFAULTS)
        if set(after) != set(before):
            raise invalid_properties("no such property", *(set(after) ^ set(before)))
        fixed = [name for name in (*SERVER_SET, "email") if after[name] != before[name]]
        if fixed:
            raise invalid_properties("this cannot be changed", *fixed)
        changed = _taken(after)._replace(identity_id=number, is_kept=one.is_kept)
        if changed != one:
            identities.change(tx, changed)

    await context.store.write(account, job)


async def _destroy(context: Context, account: AccountId, said: str) -> None:
    number = ids.parse_identity(said) or 0

    def job(tx: Writing) -> None:
        one = identities.identity(tx, number)
        if one is None:
            raise SetError("notFound")
        if one.is_kept:
            raise SetError("forbidden", "the account has this address: its identity stays")
        identities.remove(tx, number)

    await context.store.write(account, job)


def _taken(said: Arguments) -> Identity:
    """Check every property. SetError invalidProperties."""
    return Identity(
        0,
        _text(said, "name", NAME_CHARACTERS_MAX),
        _email(said.get("email")),
        take_addresses(said["replyTo"], "replyTo"),
        take_addresses(said["bcc"], "bcc"),
        _text(said, "textSignature", SIGNATURE_CHARACTERS_MAX),
        _text(said, "htmlSignature", SIGNATURE_CHARACTERS_MAX),
    )


def _text(said: Arguments, name: str, limit: int) -> str:
    value: Any = said[name]
    if not isinstance(value, str) or len(value) > limit or not _is_storable(value):
        raise invalid_properties(f"{name} is a text of up to {limit} characters", name)
    return value


def _is_storable(text: str) -> bool:
    """A lone surrogate is no character."""
    return text.encode("utf-8", "replace").decode("utf-8") == text


def _email(value: Any) -> str:
    try:
        return str(parse_address(value if isinstance(value, str) else ""))
    except SyntaxFault:
        raise invalid_properties("email is no address", "email") from None


METHODS: Final = {
    "Identity/get": Registered(SUBMISSION, get),
    "Identity/changes": Registered(SUBMISSION, changes),
    "Identity/set": Registered(SUBMISSION, set_),
}
