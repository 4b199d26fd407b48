"""JMAP over WebSocket: requests and pushes on one connection (RFC 8887).

Request → Response | RequestError          WebSocketPushEnable → StateChange … → WebSocketPushDisable
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from bocau.base.errors import TryLater
from bocau.runtime.asgi import Receive, Send
from bocau.services.jmap import wire
from bocau.services.jmap.api import Api
from bocau.services.jmap.context import Caller
from bocau.services.jmap.errors import RequestError
from bocau.services.jmap.push.feed import Ended, Feed
from bocau.services.jmap.states import parse_push_state

SUBPROTOCOL: Final = "jmap"
UNSUPPORTED_DATA: Final = 1003
GOING_AWAY: Final = 1001
TRY_AGAIN_LATER: Final = 1013
ID_CHARACTERS_MAX: Final = 255
WAKE_SECONDS: Final = 3600.0
TYPES_MAX: Final = 100


class JmapSocket:
    """One connection."""

    def __init__(self, api: Api, feed: Feed, caller: Caller, send: Send) -> None:
        self._api = api
        self._feed = feed
        self._caller = caller
        self._send = send
        # It follows from the beginning, if only to hear when its credentials end.
        self._follower = feed.follow(caller, ())
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: dict[str, Callable[[dict[str, Any], str | None], None]] = {
            "Request": self._request,
            "WebSocketPushEnable": self._enable,
            "WebSocketPushDisable": self._disable,
        }

    async def serve(self, receive: Receive) -> None:
        """Answer until the client goes, or its credentials do."""
        self._start(self._push)
        try:
            while (message := await receive())["type"] == "websocket.receive":
                text = message.get("text")
                if text is None:
                    await self._send({"type": "websocket.close", "code": UNSUPPORTED_DATA})
                    return
                await self._take(text)
        finally:
            self._follower.end()
            for task in tuple(self._tasks):
                task.cancel()
            self._feed.leave(self._follower)

    def _start(self, work: Callable[[], Awaitable[None]]) -> None:
        # Not the coroutine itself: a task that is cancelled before it begins would never await it.
        task = asyncio.ensure_future(_until_gone(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, text: str) -> None:
        request_id = None
        try:
            document = wire.decode(text.encode("utf-8"))
            request_id = _id_of(document)
            answer = self._answers.get(str(document.get("@type"))) if isinstance(document, dict) else None
            if answer is None:
                raise RequestError("notRequest", 400, "@type is none that we know")
            answer(document, request_id)
        except RequestError as error:
            await self._refuse(error, request_id)

    async def _refuse(self, error: RequestError, request_id: str | None) -> None:
        await self._tell({"@type": "RequestError", "requestId": request_id, **error.problem()})

    async def _tell(self, document: dict[str, Any]) -> None:
        await self._send({"type": "websocket.send", "text": wire.encode(document).decode("utf-8")})

    # --- requests -------------------------------------------------------------------

    def _request(self, document: dict[str, Any], request_id: str | None) -> None:
        self._start(partial(self._run, document, request_id))

    async def _run(self, document: dict[str, Any], request_id: str | None) -> None:
        more = {} if request_id is None else {"requestId": request_id}
        try:
            with self._api.turn(self._caller):
                body = await self._api.run(self._caller, document, **{"@type": "Response"}, **more)
                await self._send({"type": "websocket.send", "text": body.decode("utf-8")})
        except RequestError as error:
            await self._refuse(error, request_id)
        except TryLater as error:
            await self._refuse(RequestError("serverUnavailable", 503, str(error)), request_id)

    # --- push -----------------------------------------------------------------------

    def _enable(self, document: dict[str, Any], request_id: str | None) -> None:
        """RFC 8887 §4.3.5.2."""
        types, state = document.get("dataTypes"), document.get("pushState")
        is_list = isinstance(types, list) and all(isinstance(one, str) for one in types)
        if not (types is None or is_list) or not (state is None or isinstance(state, str)):
            raise RequestError("notRequest", 400, "dataTypes is a list or null, pushState a text")
        self._follower.want(None if types is None else frozenset(types[:TYPES_MAX]))
        if state is not None:
            self._feed.catch_up(self._follower, parse_push_state(state))

    def _disable(self, document: dict[str, Any], request_id: str | None) -> None:
        self._follower.want(())

    async def _push(self) -> None:
        try:
            while True:
                news = await self._follower.next(WAKE_SECONDS)
                if news is not None:
                    told = news.told(self._follower.account)
                    await self._tell({**told, "pushState": str(news.modseq)})
        except Ended:
            await self._send({"type": "websocket.close", "code": GOING_AWAY})


async def _until_gone(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except OSError:
        pass  # The client has gone while it was told something.


def _id_of(document: Any) -> str | None:
    """What the answer repeats. RequestError notRequest."""
    said = document.get("id") if isinstance(document, dict) else None
    if said is not None and (not isinstance(said, str) or len(said) > ID_CHARACTERS_MAX):
        raise RequestError("notRequest", 400, "id is a text")
    return said
