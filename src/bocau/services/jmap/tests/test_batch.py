"""EmailBatch: everything that matches is changed, in portions, and can be made as it was (docs/jmap.md)."""

import pytest

from bocau.base.errors import NotPermitted
from bocau.store import Flags, batchwork
from bocau.store import batches as rows
from bocau.store.batchrunner import BatchRunner

from .desk import ALICE, Desk


@pytest.fixture
async def mail(desk, monkeypatch):
    """Ten emails, the odd ones seen, and portions of three."""
    monkeypatch.setattr(rows, "PORTION_EMAILS", 3)
    emails = [
        await desk.deliver(f"Subject: {number}\r\n\r\n".encode(), flags=Flags(number % 2), keywords="old")
        for number in range(10)
    ]
    return desk, [f"M{email}" for email in emails]


def runner(desk: Desk) -> BatchRunner:
    return BatchRunner(desk.store, lambda topic, heard: lambda: None, lambda why: None)


async def portion(desk: Desk) -> None:
    ((account, batch),) = desk.store.glance(ALICE, lambda tx: rows.open_batches(tx.sql, 10))
    await runner(desk)._portion(account, batch)


async def create(desk, **new):
    told = await desk.call("EmailBatch/set", create={"b": new})
    return told["created"]["b"] if told["created"] else told["notCreated"]["b"]


async def status(desk, batch, status):
    told = await desk.call("EmailBatch/set", update={batch["id"]: {"status": status}})
    return told["notUpdated"]


async def told(desk, batch):
    return (await desk.call("EmailBatch/get", ids=[batch["id"]]))["list"][0]


async def everything(desk):
    found = await desk.call("Email/get", ids=None, properties=["keywords", "mailboxIds"])
    return sorted((one["id"], sorted(one["keywords"]), sorted(one["mailboxIds"])) for one in found["list"])


async def test_moves_all_but_some_and_back(mail):
    desk, emails = mail
    before = await everything(desk)
    inbox, archive = desk.mailbox_id(), desk.mailbox_id("Archive")
    batch = await create(
        desk, filter={"inMailbox": inbox}, exclude=[emails[4]], update={"mailboxIds": {archive: True}}
    )
    assert (batch["total"], batch["done"], batch["status"], batch["canUndo"]) == (9, 0, "waiting", False)
    later = await desk.deliver(b"Subject: later\r\n\r\n")
    await runner(desk).work()
    done = await told(desk, batch)
    assert (done["done"], done["failed"], done["status"], done["canUndo"]) == (9, 0, "done", True)
    left = await desk.call("Email/query", filter={"inMailbox": inbox})
    assert set(left["ids"]) == {emails[4], f"M{later}"}
    assert await status(desk, batch, "undone") is None
    assert (await told(desk, batch))["status"] == "running"
    await runner(desk).work()
    assert (await told(desk, batch))["status"] == "undone"
    assert [one for one in await everything(desk) if one[0] != f"M{later}"] == before


@pytest.mark.parametrize(
    "update",
    [
        {"keywords/$seen": True, "keywords/new": True},
        {"keywords/$seen": None, "keywords/old": None},
        {"keywords": {"$flagged": True}},
    ],
    ids=str,
)
async def test_undoing_restores_what_it_touched_and_nothing_else(mail, update):
    desk, emails = mail
    before = await everything(desk)
    batch = await create(desk, filter=None, update=update)
    await runner(desk).work()
    assert await everything(desk) != before
    if "keywords" not in update:
        await desk.call("Email/set", update={emails[0]: {"keywords/$flagged": True}})
    await status(desk, batch, "undone")
    await runner(desk).work()
    after = await everything(desk)
    assert after[1:] == before[1:]
    assert after[0][1] == sorted([*before[0][1], *(["$flagged"] if "keywords" not in update else [])])


async def test_goes_on_where_it_was_interrupted(mail):
    """Each portion and its count are one transaction."""
    desk, _ = mail
    batch = await create(desk, filter=None, update={"keywords/x": True})
    await portion(desk)
    assert (await told(desk, batch))["done"] == 3
    assert (await told(desk, batch))["status"] == "running"
    await runner(desk).work()  # another process
    assert (await told(desk, batch))["done"] == 10
    found = await desk.call("Email/query", filter={"hasKeyword": "x"})
    assert len(found["ids"]) == 10


async def test_canceled_and_undone(mail):
    desk, _ = mail
    before = await everything(desk)
    batch = await create(desk, filter=None, update={"keywords/x": True})
    assert (await create(desk, filter=None, destroy=True))["type"] == "rateLimit"
    await portion(desk)
    assert await status(desk, batch, "canceled") is None
    await runner(desk).work()
    canceled = await told(desk, batch)
    assert (canceled["done"], canceled["status"], canceled["canUndo"]) == (3, "canceled", True)
    assert await status(desk, batch, "canceled") is not None
    await status(desk, batch, "undone")
    await runner(desk).work()
    assert await everything(desk) == before
    assert await status(desk, batch, "undone") is not None


async def test_destroys_without_a_way_back(mail):
    desk, emails = mail
    batch = await create(desk, filter={"hasKeyword": "$seen"}, destroy=True)
    await desk.call("Email/set", destroy=[emails[1]])
    await runner(desk).work()
    done = await told(desk, batch)
    assert (done["done"], done["failed"], done["canUndo"]) == (4, 1, False)
    assert len((await desk.call("Email/query"))["ids"]) == 5
    assert await status(desk, batch, "undone") is not None


async def test_clients_hear_of_progress(mail):
    desk, _ = mail
    state = (await desk.call("EmailBatch/get", ids=[]))["state"]
    batch = await create(desk, filter=None, update={"keywords/x": True})
    made = await desk.call("EmailBatch/changes", sinceState=state)
    assert made["created"] == [batch["id"]]
    await runner(desk).work()
    changed = await desk.call("EmailBatch/changes", sinceState=made["newState"])
    assert changed["updated"] == [batch["id"]]
    assert (await desk.call("EmailBatch/set", destroy=[batch["id"]]))["destroyed"] == [batch["id"]]
    gone = await desk.call("EmailBatch/changes", sinceState=changed["newState"])
    assert gone["destroyed"] == [batch["id"]]


@pytest.mark.parametrize(
    "new",
    [
        {},
        {"filter": None},
        {"filter": None, "update": {}},
        {"filter": None, "update": {"subject": "x"}},
        {"filter": None, "update": {"keywords/x": True}, "destroy": True},
        {"filter": None, "update": {"mailboxIds": {"F1-999": True}}},
        {"filter": {"colour": "red"}, "destroy": True},
        {"filter": None, "destroy": True, "exclude": "M1"},
        {"filter": None, "destroy": True, "more": 1},
    ],
    ids=str,
)
async def test_refused(mail, new):
    desk, _ = mail
    assert (await create(desk, **new))["type"] == "invalidProperties"
    assert (await desk.call("EmailBatch/get", ids=None))["list"] == []


async def test_nothing_that_matches_is_done_at_once(desk):
    batch = await create(desk, filter={"hasKeyword": "none"}, destroy=True)
    assert (batch["total"], batch["status"]) == (0, "done")


async def test_too_many(mail, monkeypatch):
    from bocau.services.jmap.methods import batch as module

    desk, _ = mail
    monkeypatch.setattr(module, "EMAILS_MAX", 9)
    assert (await create(desk, filter=None, destroy=True))["type"] == "tooLarge"


async def test_old_ones_are_forgotten(mail):
    desk, _ = mail
    batch = await create(desk, filter=None, update={"keywords/x": True})
    await runner(desk).work()
    later = BatchRunner(desk.store, lambda topic, heard: lambda: None, lambda why: None, now=lambda: 2**40)
    await later._sweep()
    assert (await desk.call("EmailBatch/get", ids=[batch["id"]]))["notFound"] == [batch["id"]]


async def test_a_portion_that_is_refused_keeps_nothing_waiting(mail, monkeypatch):
    desk, _ = mail
    batch = await create(desk, filter=None, update={"keywords/x": True})
    change, calls = batchwork.change_emails, []

    def refuse_the_second(tx, patches):
        calls.append(1)
        if len(calls) == 2:
            raise NotPermitted("for some reason")
        return change(tx, patches)

    monkeypatch.setattr(batchwork, "change_emails", refuse_the_second)
    await runner(desk).work()
    found = await told(desk, batch)
    assert (found["done"], found["failed"], found["status"]) == (7, 3, "done")
    await status(desk, batch, "undone")
    await runner(desk).work()
    assert (await desk.call("Email/query", filter={"hasKeyword": "x"}))["ids"] == []
