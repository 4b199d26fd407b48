"""Push: what is told to whom, how often, encrypted how (RFC 8620 §7, RFC 8291)."""

import asyncio
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bocau.base.errors import NoSuchAccount, Refused, TryLater
from bocau.base.ids import AccountId
from bocau.directory import Account
from bocau.formats.address import Address
from bocau.runtime.log import get_log
from bocau.services.jmap.callers import Callers
from bocau.services.jmap.context import Caller
from bocau.services.jmap.errors import RequestError
from bocau.services.jmap.push import feed as feed_module
from bocau.services.jmap.push import subscribers as subscribers_module
from bocau.services.jmap.push.encryption import encrypted
from bocau.services.jmap.push.event_source import wishes_of
from bocau.services.jmap.push.feed import Ended, Feed, Follower
from bocau.services.jmap.push.subscribers import Subscribers
from bocau.services.jmap.push.types import TYPES, types_of
from bocau.store import ChangeKind

from .desk import ALICE, Desk

MESSAGE = b"Subject: news\r\n\r\nhello\r\n"


def test_every_kind_of_change_concerns_known_types() -> None:
    assert types_of(ChangeKind) == TYPES


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"types=*&closeafter=no&ping=0", (None, False, 0, "")),
        (b"types=Email,Mailbox&closeafter=state&ping=300", ({"Email", "Mailbox"}, True, 300, "")),
        (b"types=Email&closeafter=no&ping=99999&lastEventId=7", ({"Email"}, False, 900, "7")),
        (b"", (None, False, 0, "")),
    ],
)
def test_wishes(query: bytes, expected: tuple[Any, ...]) -> None:
    """RFC 8620 §7.3."""
    assert wishes_of(query) == expected


@pytest.mark.parametrize("query", [b"ping=-1", b"ping=1_0", b"ping=x", b"closeafter=never", b"a=1&" * 100])
def test_wishes_that_cannot_be_read(query: bytes) -> None:
    with pytest.raises(RequestError):
        wishes_of(query)


# --- streams -------------------------------------------------------------------------------------


class _Directory:
    """A directory in which alice is, until she is not."""

    def __init__(self) -> None:
        self.is_valid = True

    def is_still_valid(self, login: object) -> bool:
        return self.is_valid

    def account(self, account_id: AccountId) -> Account:
        if account_id != ALICE:
            raise NoSuchAccount("nobody")
        return Account(ALICE, Address("alice", "example.org"), "", False, False, None, 0)


def _feed(desk: Desk) -> Feed:
    return Feed(desk.rooms, Callers(cast("Any", _Directory()), cast("Any", None)))


def _follow(feed: Feed, desk: Desk, wanted: Any = None) -> Follower:
    return feed.follow(desk.context.caller, wanted)


async def test_the_first_news_comes_at_once_and_more_of_it_together(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "SECONDS_BETWEEN", 0.05)
    follower = _follow(_feed(desk), desk)
    await desk.deliver(MESSAGE)
    first = await follower.next(5.0)
    assert first is not None and set(first.changed) == {"Email", "Thread", "Mailbox", "EmailDelivery"}
    loop = asyncio.get_running_loop()
    told_at = loop.time()
    for _ in range(5):
        await desk.deliver(MESSAGE)
    second = await follower.next(5.0)
    assert second is not None and loop.time() - told_at >= 0.04
    state = (await desk.call("Email/get", ids=[]))["state"]
    assert second.told(ALICE) == {
        "@type": "StateChange",
        "changed": {f"A{ALICE}": {"Email": state, "Thread": state, "Mailbox": state, "EmailDelivery": "6"}},
    }
    assert await follower.next(0.1) is None


async def test_only_what_is_wanted_is_told(desk: Desk) -> None:
    feed = _feed(desk)
    follower = _follow(feed, desk, {"EmailDelivery"})
    await desk.call("Preferences/set", update={"singleton": {"language": "vi"}})
    assert await follower.next(0.05) is None
    await desk.deliver(MESSAGE)
    news = await follower.next(5.0)
    assert news is not None and set(news.changed) == {"EmailDelivery"}


async def test_who_comes_back_hears_what_it_has_missed(desk: Desk) -> None:
    """Last-Event-ID and pushState (RFC 8620 §7.3, RFC 8887 §4.3.5.2)."""
    feed = _feed(desk)
    modseq = desk.store.glance(ALICE, lambda tx: tx.modseq())
    await desk.deliver(MESSAGE)
    follower = _follow(feed, desk)
    feed.catch_up(follower, modseq)
    news = await follower.next(5.0)
    assert news is not None and "EmailDelivery" in news.changed
    again = _follow(feed, desk)
    feed.catch_up(again, news.modseq)
    assert await again.next(0.05) is None


async def test_streams_are_counted(desk: Desk) -> None:
    feed = _feed(desk)
    followers = [_follow(feed, desk) for _ in range(feed_module.FOLLOWERS_PER_ACCOUNT_MAX)]
    with pytest.raises(RequestError):
        _follow(feed, desk)
    feed.leave(followers.pop())
    _follow(feed, desk)


async def test_streams_end_by_the_clock(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that has expired: nobody rings for it."""
    monkeypatch.setattr(feed_module, "CHECK_SECONDS", 0.02)
    directory = _Directory()
    feed = Feed(desk.rooms, Callers(cast("Any", directory), cast("Any", None)))
    follower = _follow(feed, desk)
    directory.is_valid = False
    with pytest.raises(Ended):
        await follower.next(5.0)


async def test_streams_end_with_their_credentials_and_with_the_server(desk: Desk) -> None:
    directory = _Directory()
    feed = Feed(desk.rooms, Callers(cast("Any", directory), cast("Any", None)))
    follower = _follow(feed, desk)
    directory.is_valid = False
    await feed._check_credentials()
    with pytest.raises(Ended):
        await follower.next(5.0)
    directory.is_valid = True
    other = _follow(feed, desk)
    feed.close()
    with pytest.raises(Ended):
        await other.next(5.0)


# --- subscriptions -------------------------------------------------------------------------------


class _Net:
    """The web: what was posted, and what it answers."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Mapping[str, str], Any]] = []
        self.answers: list[int | Exception] = []
        self.came = asyncio.Event()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        import json

        is_clear = headers.get("Content-Encoding") is None
        self.posted.append((url, headers, json.loads(body) if is_clear else body))
        self.came.set()
        answer = self.answers.pop(0) if self.answers else 201
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def next(self) -> Any:
        """The next push."""
        async with asyncio.timeout(5):
            while not self.posted:
                self.came.clear()
                await self.came.wait()
        return self.posted.pop(0)[2]


def _subscribers(desk: Desk, net: _Net, directory: _Directory | None = None) -> Subscribers:
    found = cast("Any", directory or _Directory())
    return Subscribers(desk.store, found, net.post, desk.rooms.clock, get_log("push"))


async def _subscribe(desk: Desk, **more: Any) -> str:
    new = {"deviceClientId": "d", "url": "https://push.example.org/x", **more}
    answer = await desk.call_bare("PushSubscription/set", create={"s": new})
    return str(answer["created"]["s"]["id"])


async def _verified(desk: Desk, net: _Net, pushing: Subscribers, **more: Any) -> str:
    number = await _subscribe(desk, **more)
    await pushing.look()
    told = await net.next()
    assert told["@type"] == "PushVerification" and told["pushSubscriptionId"] == number
    patch = {"verificationCode": told["verificationCode"]}
    answer = await desk.call_bare("PushSubscription/set", update={number: patch})
    assert answer["updated"] == {number: None}
    return number


async def test_nothing_is_pushed_before_the_code_came_back(desk: Desk) -> None:
    """RFC 8620 §7.2.2."""
    net = _Net()
    pushing = _subscribers(desk, net)
    number = await _subscribe(desk)
    await pushing.look()
    assert (await net.next())["@type"] == "PushVerification"
    await desk.deliver(MESSAGE)
    await pushing.look()
    await asyncio.sleep(0)
    assert net.posted == []
    answer = await desk.call_bare("PushSubscription/set", update={number: {"verificationCode": "guess"}})
    assert answer["notUpdated"][number]["type"] == "invalidProperties"


async def test_changes_are_pushed(desk: Desk) -> None:
    net = _Net()
    pushing = _subscribers(desk, net)
    await _verified(desk, net, pushing, types=["EmailDelivery"])
    await pushing.look()
    await desk.deliver(MESSAGE)
    await pushing.look()
    assert await net.next() == {"@type": "StateChange", "changed": {f"A{ALICE}": {"EmailDelivery": "1"}}}


async def test_a_failed_push_is_tried_again_with_what_came_meanwhile(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers_module, "RETRIES_SECONDS", (0.01, 0.01))
    net = _Net()
    pushing = _subscribers(desk, net)
    await _verified(desk, net, pushing, types=["EmailDelivery"])
    net.answers = [TryLater("no answer"), 503, 201]
    await desk.deliver(MESSAGE)
    await pushing.look()
    for _ in range(3):
        assert (await net.next())["changed"] == {f"A{ALICE}": {"EmailDelivery": "1"}}


@pytest.mark.parametrize("answer", [410, 404, Refused("not on the public internet")])
async def test_a_url_that_is_gone_is_forgotten(desk: Desk, answer: int | Exception) -> None:
    net = _Net()
    pushing = _subscribers(desk, net)
    await _verified(desk, net, pushing)
    net.answers = [answer]
    await desk.deliver(MESSAGE)
    await pushing.look()
    await net.next()
    await asyncio.gather(*(line.task for line in pushing._lines.values() if line.task is not None))
    assert (await desk.call_bare("PushSubscription/get", ids=None))["list"] == []


async def test_a_subscription_ends_with_its_login(desk: Desk) -> None:
    net, directory = _Net(), _Directory()
    pushing = _subscribers(desk, net, directory)
    await _verified(desk, net, pushing)
    directory.is_valid = False
    await desk.deliver(MESSAGE)
    await pushing.look()
    assert net.posted == []
    assert (await desk.call_bare("PushSubscription/get", ids=None))["list"] == []


async def test_only_those_of_the_same_login_are_told_and_no_secrets(desk: Desk) -> None:
    """RFC 8620 §7.2.1."""
    number = await _subscribe(desk)
    (found,) = (await desk.call_bare("PushSubscription/get", ids=[number]))["list"]
    assert set(found) == {"id", "deviceClientId", "verificationCode", "expires", "types"}
    assert found["verificationCode"] is None
    answer = await desk.call_bare("PushSubscription/get", ids=None, properties=["url"])
    assert answer["error"] == "forbidden"
    login = desk.context.caller.login
    other = type(login)(login.account_id, login.address, None, login.credential_id + 1)
    desk.context.caller = Caller(other, "127.0.0.1")
    assert (await desk.call_bare("PushSubscription/get", ids=[number]))["notFound"] == [number]
    answer = await desk.call_bare("PushSubscription/set", destroy=[number])
    assert answer["notDestroyed"][number]["type"] == "notFound"


@pytest.mark.parametrize(
    ("new", "named"),
    [
        ({"url": "http://push.example.org/"}, "url"),
        ({"url": "https://user:secret@push.example.org/"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "javascript:x"}, "url"),
        ({"keys": {"p256dh": "AAAA", "auth": "AAAA"}}, "keys"),
        ({"expires": "2001-01-01T00:00:00Z"}, "expires"),
        ({"types": "Email"}, "types"),
        ({"verificationCode": "x"}, "verificationCode"),
        ({"deviceClientId": ""}, "deviceClientId"),
    ],
)
async def test_what_is_no_subscription(desk: Desk, new: dict[str, Any], named: str) -> None:
    good = {"deviceClientId": "d", "url": "https://push.example.org/x"}
    answer = await desk.call_bare("PushSubscription/set", create={"s": good | new})
    assert answer["notCreated"]["s"] | {"description": ""} == {
        "type": "invalidProperties",
        "description": "",
        "properties": [named],
    }


def _b64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_encryption_is_that_of_the_standard() -> None:
    """RFC 8291 §5, its example."""
    number = int.from_bytes(_b64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    body = encrypted(
        b"When I grow up, I want to be a watermelon",
        _b64("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        _b64("BTBZMqHH6r4Tts7J_aSIgg"),
        private_key=ec.derive_private_key(number, ec.SECP256R1()),
        salt=_b64("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert body == _b64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIg"
        "Dll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNW"
        "QexSgSxsj_Qulcy4a-fN"
    )
