"""What an account may have this server send to others."""

import pytest

from bocau.base.errors import LimitReached
from bocau.base.ids import AccountId
from bocau.services.jmap import hourly
from bocau.services.jmap.hourly import Hourly
from bocau.services.jmap.methods import push_subscription

from .desk import ALICE, BOB, Desk


def test_so_many_in_an_hour_for_each_account() -> None:
    kept = Hourly(2)
    for now in (0.0, 10.0):
        kept.count(ALICE, now)
    with pytest.raises(LimitReached):
        kept.count(ALICE, 3599.0)
    kept.count(BOB, 3599.0)
    kept.count(ALICE, 3601.0)
    with pytest.raises(LimitReached):
        kept.count(ALICE, 3602.0)


def test_accounts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hourly, "ACCOUNTS_MAX", 2)
    kept = Hourly(1)
    for account in (1, 2, 3):
        kept.count(AccountId(account), 0.0)
    kept.count(AccountId(1), 1.0)


async def test_push_subscriptions_made_and_destroyed_do_not_flood_anybody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_subscription, "_hourly", Hourly(2))
    new = {"deviceClientId": "a", "url": "https://push.example/x"}
    refused = None
    for _ in range(3):
        answer = await desk.call_bare("PushSubscription/set", create={"a": new})
        refused = answer.get("notCreated")
        if not refused:
            await desk.call_bare("PushSubscription/set", destroy=[answer["created"]["a"]["id"]])
    assert refused is not None and refused["a"]["type"] == "rateLimit"
