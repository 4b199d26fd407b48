"""EmailView/get: an email as it may be shown (docs/jmap.md)."""

import asyncio
import re
from typing import Any, Final

from bocau.base.ids import AccountId
from bocau.formats.header import first_values
from bocau.formats.html.page import joined
from bocau.formats.list_unsubscribe import unsubscribe
from bocau.formats.words import decode_words
from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import BOCAU
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import MethodError, invalid_arguments
from bocau.services.jmap.standard import get_response, optional, take_get
from bocau.services.jmap.viewing.attachments import attachments
from bocau.services.jmap.viewing.opened import NothingToShow, Opened, computed, open_message
from bocau.services.jmap.viewing.sender import is_forged, person, sender_facts
from bocau.services.jmap.viewing.shown import Options
from bocau.services.jmap.viewing.viewing import Viewing
from bocau.store import BlobLost

VIEWS_MAX: Final = 50
"""Of one call."""
DEFAULT: Final = (
    "id",
    "url",
    "kind",
    "hasRemoteImages",
    "quoteStart",
    "sender",
    "unsubscribe",
    "attachments",
)
KNOWN: Final = (*DEFAULT, "hasColours", "isTrusted", "quoteHtml")
_PATH: Final = re.compile(r"(M[0-9]{1,19})(?:_((?:[1-9][0-9]{0,4}_){0,99}[1-9][0-9]{0,4}))?\Z", re.ASCII)


async def get(context: Context, arguments: Arguments) -> Arguments:
    """Ids are those of emails, or blob ids of messages within them ("M12_3")."""
    asked = take_get(context, arguments, KNOWN, DEFAULT, more=("images", "scheme", "language"))
    options = Options(
        _choice(arguments, "images", ("blocked", "shown", "trusted")) == "shown",
        _choice(arguments, "scheme", ("light", "dark")),
        _choice(arguments, "language", ("en", "vi")),
    )
    if asked.ids is None or len(asked.ids) > VIEWS_MAX:
        raise MethodError("requestTooLarge", f"name at most {VIEWS_MAX} ids")
    found, missing = [], []
    for said in asked.ids:
        try:
            view = _View(context, said, options, arguments.get("images") == "trusted")
            found.append(await view.told(asked.properties))
        except (NothingToShow, BlobLost):
            missing.append(said)
        await asyncio.sleep(0)
    return get_response(asked, "0", found, missing)


def _choice(arguments: Arguments, name: str, allowed: tuple[str, ...]) -> str:
    """The first one when nothing is said."""
    value: str = optional(arguments, name, str, allowed[0])
    if value not in allowed:
        raise invalid_arguments(f"{name} is one of {', '.join(allowed)}")
    return value


class _View:
    """One email, or a message within it. NothingToShow."""

    def __init__(self, context: Context, said: str, options: Options, asks_trust: bool) -> None:
        parsed = _PATH.match(said)
        email_id = ids.parse_email(context.account_id, parsed[1]) if parsed is not None else None
        if parsed is None or email_id is None:
            raise NothingToShow(said[:50])
        self.context = context
        self.said = said
        self.email_id: int = email_id
        self.path: str = (parsed[2] or "").replace("_", ".")
        self.options = options
        self.asks_trust = asks_trust

    @property
    def account(self) -> AccountId:
        return self.context.account_id

    async def told(self, properties: list[str]) -> dict[str, Any]:
        rooms, viewing = self.context.rooms, viewing_of(self.context)
        message = await open_message(rooms, self.account, self.email_id, self.path)
        values = first_values(message.header, 0, len(message.header))
        is_trusted = not self.path and _is_trusted(self.context, values)
        if self.asks_trust and is_trusted:
            self.options = self.options._replace(shows_images=True)
        shown = await viewing.shown(rooms, self.account, self.email_id, self.path, self.options, message)
        caller = self.context.caller
        told: dict[str, Any] = {
            "id": self.said,
            "url": viewing.view_url(
                caller.login, caller.session_id, rooms.clock.now(), self.email_id, self.path, self.options
            ),
            "kind": "html" if shown.is_html else "text",
            "hasRemoteImages": shown.cleaned.has_remote and not self.options.shows_images,
            "quoteStart": shown.cleaned.has_quote,
            "hasColours": shown.cleaned.has_colours,
            "isTrusted": is_trusted,
            "unsubscribe": _unsubscribe(values),
        }
        if "attachments" in properties:
            told["attachments"] = await computed(
                message.data, lambda: attachments(message, self.email_id, shown.used)
            )
        if "sender" in properties:
            told["sender"] = await sender_facts(
                rooms, self.account, self.email_id, message.header, is_enclosed=bool(self.path)
            )
        if "quoteHtml" in properties:
            told["quoteHtml"] = await self._quote(viewing, message)
        return {name: told[name] for name in properties}

    async def _quote(self, viewing: Viewing, message: Opened) -> str:
        options = Options(language=self.options.language, is_quote=True)
        rooms = self.context.rooms
        shown = await viewing.shown(rooms, self.account, self.email_id, self.path, options, message)
        return joined(shown.cleaned.body, shown.cleaned.references, lambda one: "")


def viewing_of(context: Context) -> Viewing:
    """MethodError where nothing is shown, as in tests of other things."""
    if context.rooms.viewing is None:
        raise MethodError("serverUnavailable")
    return context.rooms.viewing


def _unsubscribe(values: dict[bytes, bytes]) -> dict[str, str] | None:
    found = unsubscribe(
        decode_words(values.get(b"list-unsubscribe", b"")),
        decode_words(values.get(b"list-unsubscribe-post", b"")),
    )
    return None if found is None else {"kind": found.way.value, "target": found.target}


def _is_trusted(context: Context, values: dict[bytes, bytes]) -> bool:
    """Whether the account has said that this sender's images are always shown; whoever borrows a colleague's
    name shall not learn by them who reads."""
    from bocau.services.jmap.viewing.trust import image_senders

    who = person(values.get(b"from"))
    is_chosen = who.shown.lower() in context.store.glance(context.account_id, image_senders)
    return is_chosen and not is_forged(context.rooms, values, who)


METHODS: Final = {"EmailView/get": Registered(BOCAU, get)}
