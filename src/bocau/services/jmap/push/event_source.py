"""GET /jmap/eventsource: changes as a stream of events (RFC 8620 §7.3)."""

import asyncio
from collections.abc import Collection
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

from bocau.base.errors import SyntaxFault
from bocau.base.wiretext import number
from bocau.runtime.asgi import Receive, Scope, Send, header
from bocau.services.jmap import wire
from bocau.services.jmap.context import Caller
from bocau.services.jmap.errors import RequestError
from bocau.services.jmap.push.feed import Ended, Feed, Follower
from bocau.services.jmap.states import parse_push_state

PING_SECONDS_MIN: Final = 1
PING_SECONDS_MAX: Final = 900
SILENCE_SECONDS: Final = 300.0
"""A client that wants no pings gets a comment so often: how else would we notice that it is gone?"""
TYPES_MAX: Final = 100
QUERY_NUMBER_MAX: Final = 2**31
_HEADERS: Final = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"access-control-allow-origin", b"*"),
]


class Wishes(NamedTuple):
    """The query of the URL."""

    types: Collection[str] | None
    """None: all."""
    ends_after_state: bool
    ping_seconds: int
    """0: never."""
    last_event_id: str
    """What a browser's EventSource cannot say by a header when it begins."""


def wishes_of(query: bytes) -> Wishes:
    """RequestError for what is not as in §7.3."""
    try:
        asked = {
            name: values[-1] for name, values in parse_qs(query.decode("latin-1"), max_num_fields=20).items()
        }
        names = asked.get("types", "*")
        close = asked.get("closeafter", "no")
        ping = number(asked.get("ping", "0").encode("latin-1"), maximum=QUERY_NUMBER_MAX)
    except (SyntaxFault, ValueError):
        raise RequestError(
            "notRequest", 400, "types, closeafter and ping are not as they should be"
        ) from None
    types = None if names == "*" else frozenset(names.split(",")[:TYPES_MAX])
    if close not in ("state", "no"):
        raise RequestError("notRequest", 400, 'closeafter is "state" or "no"')
    seconds = min(max(ping, PING_SECONDS_MIN), PING_SECONDS_MAX) if ping else 0
    return Wishes(types, close == "state", seconds, asked.get("lastEventId", ""))


async def stream(feed: Feed, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
    """Send events until one side ends it. RequestError."""
    wishes = wishes_of(scope["query_string"])
    follower = feed.follow(caller, wishes.types)
    watch = asyncio.ensure_future(_until_gone(receive, follower))
    try:
        # The header is the later word: the browser says it when it comes back.
        _catch_up(feed, follower, header(scope, b"last-event-id") or wishes.last_event_id)
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await _send(send, b":\n\n")
        await _tell(follower, wishes, send)
    except Ended:
        pass
    finally:
        watch.cancel()
        feed.leave(follower)
    await send({"type": "http.response.body", "body": b""})


def _catch_up(feed: Feed, follower: Follower, last_event_id: str) -> None:
    if last_event_id:
        feed.catch_up(follower, parse_push_state(last_event_id))


async def _until_gone(receive: Receive, follower: Follower) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    follower.end()


async def _tell(follower: Follower, wishes: Wishes, send: Send) -> None:
    while True:
        news = await follower.next(wishes.ping_seconds or SILENCE_SECONDS)
        if news is not None:
            await _send(send, _event("state", news.told(follower.account), news.modseq))
            if wishes.ends_after_state:
                return
        elif wishes.ping_seconds:
            await _send(send, _event("ping", {"interval": wishes.ping_seconds}))
        else:
            await _send(send, b":\n\n")


def _event(name: str, data: dict[str, Any], event_id: int | None = None) -> bytes:
    identity = b"" if event_id is None else b"id: %d\n" % event_id
    return b"event: %s\n%sdata: %s\n\n" % (name.encode("ascii"), identity, wire.encode(data))


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
