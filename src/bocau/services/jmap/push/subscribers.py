"""Pushes to subscribed URLs, sent by the background process (RFC 8620 §7.2).

once a second: accounts with subscriptions whose modseq has moved → types that changed → a line for each URL
line: one push under way, what comes meanwhile is told together; retried with growing pauses, then given up

After a start every subscriber is told of all states once: nobody knows what it has heard before.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bocau.base.errors import NoSuchAccount, Refused, TryLater
from bocau.base.ids import AccountId
from bocau.directory import Directory, Login
from bocau.runtime.clock import Clock
from bocau.runtime.log import Log
from bocau.runtime.waker import is_set_within
from bocau.services.jmap import ids, wire
from bocau.services.jmap.push.encryption import PLAINTEXT_BYTES_MAX, encrypted
from bocau.services.jmap.push.types import QUOTA, TYPES, news_since, states
from bocau.store import MailStore
from bocau.store.pushing import PushSubscription, push_subscriptions, remove_subscription, subscribers

LOOK_SECONDS: Final = 1.0
RETRIES_SECONDS: Final = (5.0, 30.0, 300.0, 1800.0)
"""Pauses after a failure; after the last one the news is given up, the subscription stays."""
PUSH_LIVES_SECONDS: Final = 24 * 3600
"""How long a push service keeps a push for a device that is away (RFC 8030 §5.2)."""
GONE: Final = (404, 410)
_EVERYBODY: Final = AccountId(0)

Post = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]
"""POST by the public web alone: the status. Refused (never there), TryLater."""


@dataclass
class _Line:
    """What one subscription has yet to be told."""

    account: AccountId
    subscription: PushSubscription
    changed: dict[str, str] = field(default_factory=dict)
    is_unverified: bool = False
    """Its verification code has yet to be sent."""
    task: "asyncio.Task[None] | None" = None


class Subscribers:
    """All push subscriptions of the server."""

    def __init__(self, store: MailStore, directory: Directory, post: Post, clock: Clock, log: Log) -> None:
        self._store = store
        self._directory = directory
        self._post = post
        self._clock = clock
        self._log = log
        self._told: dict[AccountId, int] = {}
        self._quotas: dict[AccountId, str] = {}
        """The state of Quota that was told last."""
        self._lines: dict[int, _Line] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Look and push until told to stop."""
        try:
            while not stop.is_set():
                try:
                    await self.look()
                except TryLater as exc:
                    self._log.warning("pushing must wait", why=str(exc))
                await is_set_within(stop, LOOK_SECONDS)
        finally:
            for line in tuple(self._lines.values()):
                if line.task is not None:
                    line.task.cancel()

    async def look(self) -> None:
        """Put down what is to be pushed, and begin to."""
        now = int(self._clock.now())
        found = await self._store.read(_EVERYBODY, lambda tx: subscribers(tx, now))
        for account in self._told.keys() - found.keys():
            del self._told[account]
            self._quotas.pop(account, None)
            self._forget(account, ())
        for account, modseq in found.items():
            since = self._told.get(account)
            if since != modseq:
                await self._look_at(account, since, now)
                self._told[account] = modseq

    async def _look_at(self, account: AccountId, since: int | None, now: int) -> None:
        try:
            subscriptions, changed = self._store.glance(
                account,
                lambda tx: (
                    push_subscriptions(tx, now),
                    states(tx, TYPES) if since is None else news_since(tx, since, self._quotas.get(account)),
                ),
            )
        except NoSuchAccount:
            return
        self._quotas[account] = changed.get(QUOTA, self._quotas.get(account, ""))
        self._forget(account, [one.subscription_id for one in subscriptions])
        for one in subscriptions:
            if self._is_void(account, one):
                await self._remove(account, one)
            else:
                self._put_down(account, one, changed)

    def _forget(self, account: AccountId, but: Collection[int]) -> None:
        """Drop the lines of subscriptions that are gone."""
        for number, line in tuple(self._lines.items()):
            if line.account == account and number not in but and line.task is None:
                del self._lines[number]

    def _is_void(self, account: AccountId, one: PushSubscription) -> bool:
        """Whether the login that made it opens no more."""
        try:
            address = self._directory.account(account).address
        except NoSuchAccount:
            return True
        return not self._directory.is_still_valid(Login(account, address, None, one.credential_id))

    async def _remove(self, account: AccountId, one: PushSubscription) -> None:
        await self._store.write(account, lambda tx: remove_subscription(tx, one.subscription_id))
        self._log.info("push subscription removed", account=account, subscription=one.subscription_id)

    def _put_down(self, account: AccountId, one: PushSubscription, changed: Mapping[str, str]) -> None:
        line = self._lines.get(one.subscription_id)
        if line is None:
            line = self._lines[one.subscription_id] = _Line(account, one, is_unverified=not one.is_verified)
        line.subscription = one
        if one.is_verified:
            line.is_unverified = False
            line.changed |= {name: state for name, state in changed.items() if one.wants(name)}
        if line.task is None and (line.changed or line.is_unverified):
            line.task = asyncio.create_task(self._push(line))

    # --- pushing ----------------------------------------------------------------------

    async def _push(self, line: _Line) -> None:
        try:
            while line.changed or line.is_unverified:
                await self._push_once(line)
        except Exception as exc:
            self._log.exception("pushing failed", exc)
        finally:
            line.task = None
            if line.subscription.is_verified:
                self._lines.pop(line.subscription.subscription_id, None)

    async def _push_once(self, line: _Line) -> None:
        """Take what is to be told and tell it; what fails for good is dropped."""
        account, changed, line.changed = line.account, line.changed, {}
        is_verification, line.is_unverified = line.is_unverified, False
        body = _verification(line.subscription) if is_verification else _state_change(account, changed)
        for pause in (*RETRIES_SECONDS, 0.0):
            status = await self._attempt(line.subscription, body)
            if status in GONE:
                await self._remove(account, line.subscription)
                line.changed = {}
                return
            if status and status != 429 and status < 500:
                return
            await asyncio.sleep(pause)
            if not is_verification:
                changed |= line.changed
                line.changed = {}
                body = _state_change(account, changed)

    async def _attempt(self, one: PushSubscription, document: dict[str, Any]) -> int:
        """The status; 0: nobody answered; 410 for where nothing may ever be sent to."""
        body = wire.encode(document)[:PLAINTEXT_BYTES_MAX]
        headers = {"TTL": str(PUSH_LIVES_SECONDS), "Content-Type": "application/json"}
        if one.p256dh is not None and one.auth is not None:
            body = encrypted(body, one.p256dh, one.auth)
            headers |= {"Content-Encoding": "aes128gcm"}
        try:
            return await self._post(one.url, headers, body)
        except TryLater:
            return 0
        except Refused as exc:
            self._log.warning("push refused", subscription=one.subscription_id, why=str(exc))
            return GONE[0]


def _verification(one: PushSubscription) -> dict[str, Any]:
    return {
        "@type": "PushVerification",
        "pushSubscriptionId": ids.push_subscription_id(one.subscription_id),
        "verificationCode": one.verification_code,
    }


def _state_change(account: AccountId, changed: Mapping[str, str]) -> dict[str, Any]:
    return {"@type": "StateChange", "changed": {ids.account_id(account): dict(changed)}}
