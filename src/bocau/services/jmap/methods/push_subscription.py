"""PushSubscription/get and /set (RFC 8620 §7.2): of a login, not of an account; without a state.

create → a code is sent to the URL → the client hands it in by an update → changes are pushed
"""

import binascii
import hmac
import secrets
from base64 import urlsafe_b64decode
from typing import Any, Final
from urllib.parse import urlsplit

from bocau.base.errors import LimitReached
from bocau.formats.json_date import json_date, parse_utc_date
from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import CORE
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import MethodError, SetError, invalid_properties
from bocau.services.jmap.hourly import Hourly
from bocau.services.jmap.patch import applied
from bocau.services.jmap.push.encryption import AUTH_BYTES, is_public_key
from bocau.services.jmap.standard import SetCall, id_list, objects, only, optional, run_set
from bocau.store.pushing import (
    PushSubscription,
    add_subscription,
    change_subscription,
    push_subscriptions,
    remove_subscription,
)

LIFE_SECONDS_MAX: Final = 30 * 86_400
"""A subscription that its client does not renew within this time ends."""
URL_CHARACTERS_MAX: Final = 2048
DEVICE_CHARACTERS_MAX: Final = 255
TYPES_MAX: Final = 100
PER_HOUR_MAX: Final = 100
"""Subscriptions that an account makes at one worker: each sends a code to whatever URL it names."""
CODE_BYTES: Final = 24
_hourly: Final = Hourly(PER_HOUR_MAX)
PROPERTIES: Final = ("id", "deviceClientId", "verificationCode", "expires", "types")
SECRET: Final = frozenset(("url", "keys"))
"""Never told (RFC 8620 §7.2.1)."""


async def get(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "ids", "properties")
    properties = optional(arguments, "properties", list, PROPERTIES)
    if not SECRET.isdisjoint(map(str, properties)):
        raise MethodError("forbidden", "url and keys are not told")
    if not set(map(str, properties)).issubset(PROPERTIES):
        raise MethodError("invalidArguments", "no such property")
    own = {_id(one): one for one in _own(context)}
    wanted = id_list(arguments, "ids")
    chosen = list(own) if wanted is None else wanted
    return {
        "list": [_told(own[one], properties) for one in chosen if one in own],
        "notFound": [one for one in chosen if one not in own],
    }


def _own(context: Context) -> list[PushSubscription]:
    """Those that were made with the same credentials."""
    now = int(context.rooms.clock.now())
    found = context.store.glance(context.account_id, lambda tx: push_subscriptions(tx, now))
    return [one for one in found if one.credential_id == context.caller.login.credential_id]


def _id(one: PushSubscription) -> str:
    return ids.push_subscription_id(one.subscription_id)


def _told(one: PushSubscription, properties: list[str]) -> Arguments:
    told = {
        "id": _id(one),
        "deviceClientId": one.device_client_id,
        "verificationCode": one.verification_code if one.is_verified else None,
        "expires": json_date(one.expires_at),
        "types": None if one.types is None else list(one.types),
    }
    return {name: told[name] for name in ("id", *properties)}


async def set_(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "create", "update", "destroy")
    call = SetCall(
        context.account_id,
        None,
        objects(arguments, "create"),
        objects(arguments, "update"),
        id_list(arguments, "destroy") or [],
    )
    count = len(call.create) + len(call.update) + len(call.destroy)
    if count > context.rooms.settings.limits.max_objects_in_set:
        raise MethodError("requestTooLarge", "more objects than maxObjectsInSet")

    async def create(name: str, new: Arguments) -> Arguments:
        return await _create(context, new)

    async def update(said: str, patch: Arguments) -> Arguments | None:
        return await _update(context, said, patch)

    async def destroy(said: str) -> None:
        one = _known(context, said)
        await context.store.write(context.account_id, lambda tx: remove_subscription(tx, one.subscription_id))

    await run_set(context, call, create, update, destroy)
    told = call.response("", "")
    return {name: value for name, value in told.items() if name not in ("accountId", "oldState", "newState")}


# --- create --------------------------------------------------------------------------------------


async def _create(context: Context, new: Arguments) -> Arguments:
    unknown = set(new).difference(("deviceClientId", "url", "keys", "expires", "types"))
    if unknown:
        raise invalid_properties("may not be set", *sorted(unknown))
    device, url = new.get("deviceClientId"), new.get("url")
    if not isinstance(device, str) or not 0 < len(device) <= DEVICE_CHARACTERS_MAX:
        raise invalid_properties("a text of some length", "deviceClientId")
    if not isinstance(url, str) or not _is_secure_url(url):
        raise invalid_properties("an https URL", "url")
    p256dh, auth = _keys(new.get("keys"))
    one = PushSubscription(
        0,
        context.caller.login.credential_id,
        device,
        url,
        p256dh,
        auth,
        secrets.token_urlsafe(CODE_BYTES),
        False,
        _types(new.get("types")),
        _expires(context, new.get("expires")),
    )
    _hourly.count(context.account_id, context.rooms.clock.monotonic())
    try:
        number = await context.store.write(context.account_id, lambda tx: add_subscription(tx, one))
    except LimitReached as error:
        raise SetError("overQuota", str(error)) from None
    told = {"id": ids.push_subscription_id(number), "expires": json_date(one.expires_at)}
    return told | ({"keys": None} if one.p256dh is None else {})


def _is_secure_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= URL_CHARACTERS_MAX
    return is_plain and parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def _keys(said: object) -> tuple[bytes | None, bytes | None]:
    if said is None:
        return None, None
    match said:
        case {"p256dh": str(point), "auth": str(secret)} if len(said) == 2:  # type: ignore[arg-type]
            p256dh, auth = _octets(point), _octets(secret)
            if len(auth) == AUTH_BYTES and is_public_key(p256dh):
                return p256dh, auth
    raise invalid_properties("keys are {p256dh, auth} of RFC 8291", "keys")


def _octets(text: str) -> bytes:
    """URL-safe base64, with or without its end."""
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (binascii.Error, ValueError):
        return b""


def _types(said: object) -> tuple[str, ...] | None:
    if said is None:
        return None
    if not isinstance(said, list) or len(said) > TYPES_MAX or not all(isinstance(one, str) for one in said):
        raise invalid_properties("a list of types", "types")
    return tuple(one[:DEVICE_CHARACTERS_MAX] for one in said)


def _expires(context: Context, said: object) -> int:
    latest = int(context.rooms.clock.now()) + LIFE_SECONDS_MAX
    if said is None:
        return latest
    at = parse_utc_date(said)
    if at is None or at <= context.rooms.clock.now():
        raise invalid_properties("a UTCDate in the future", "expires")
    return min(at, latest)


# --- update --------------------------------------------------------------------------------------


def _known(context: Context, said: str) -> PushSubscription:
    for one in _own(context):
        if _id(one) == said:
            return one
    raise SetError("notFound")


async def _update(context: Context, said: str, patch: Arguments) -> Arguments | None:
    one = _known(context, said)
    wanted: dict[str, Any] = applied(_told(one, list(PROPERTIES)), patch)
    unknown = set(wanted).difference(PROPERTIES)
    fixed = [name for name in ("id", "deviceClientId") if wanted.get(name) != _told(one, [name])[name]]
    if unknown or fixed:
        raise invalid_properties("may not be changed", *sorted(unknown), *fixed)
    expires_at = one.expires_at
    if "expires" in patch:
        expires_at = _expires(context, wanted.get("expires"))
    changed = one._replace(
        types=_types(wanted.get("types")),
        expires_at=expires_at,
        is_verified=one.is_verified or _is_right(one, patch),
    )
    await context.store.write(context.account_id, lambda tx: change_subscription(tx, changed))
    told = json_date(expires_at)
    return {"expires": told} if "expires" in patch and patch["expires"] != told else None


def _is_right(one: PushSubscription, patch: Arguments) -> bool:
    """SetError for a code that is not the one that was sent."""
    if "verificationCode" not in patch:
        return False
    said = patch["verificationCode"]
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), one.verification_code.encode()):
        raise invalid_properties("this is not the code", "verificationCode")
    return True


METHODS: Final = {
    "PushSubscription/get": Registered(CORE, get),
    "PushSubscription/set": Registered(CORE, set_),
}
