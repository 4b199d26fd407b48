"""Sending by JMAP: at once, held, undone; once and never twice (RFC 8621 §7)."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bocau.flow.queue.admin import drop
from bocau.formats.address import parse_address
from bocau.formats.json_date import json_date

from .sending import DRAFT, SendingDesk, alice, world  # noqa: F401

# ruff: noqa: F811


async def status_of(desk: SendingDesk, submission: str) -> dict[str, Any]:
    (one,) = (await desk.call("EmailSubmission/get", ids=[submission]))["list"]
    found: dict[str, Any] = one
    return found


async def test_at_once_for_here_and_elsewhere(alice: SendingDesk) -> None:
    email = await alice.draft(
        DRAFT.replace(b"To:", b"Bcc: secret@there.test\r\nCc: BOB@here.test\r\nTo:").replace(
            b"alice@", b"Alice@"
        )
    )
    told = await alice.submit(email)
    made = told["created"]["k"]
    assert made["undoStatus"] == "final" and made["sendAt"] == json_date(int(alice.world.clock.now()))
    assert [one["email"] for one in made["envelope"]["rcptTo"]] == ["bob@here.test", "secret@there.test"]
    assert made["envelope"]["mailFrom"] == {"email": "Alice@here.test", "parameters": None}
    delivered = {name: one["delivered"] for name, one in made["deliveryStatus"].items()}
    assert delivered == {"bob@here.test": "yes", "secret@there.test": "queued"}
    (got,) = alice.world.inbox("bob")
    (queued,) = alice.world.queue()
    assert b"secret" not in got and [r.address for r in queued.recipients] == ["secret@there.test"]


async def test_what_the_next_server_says_is_told(alice: SendingDesk) -> None:
    remote = (
        await alice.world.remote(replies={"RCPT TO:<no@there.test>": "550 5.1.1 who?"}) if False else None
    )
    del remote
    email = await alice.draft(DRAFT.replace(b"bob@here", b"x@there"))
    made = (await alice.submit(email))["created"]["k"]
    state = (await alice.call("EmailSubmission/get", ids=[]))["state"]
    await alice.world.remote()
    await alice.world.attempt()
    one = (await status_of(alice, made["id"]))["deliveryStatus"]["x@there.test"]
    assert one["delivered"] == "unknown" and one["smtpReply"].startswith("250 ")
    told = await alice.call("EmailSubmission/changes", sinceState=state)
    assert (told["created"], told["updated"]) == ([], [made["id"]])


async def test_a_held_one_goes_when_its_time_has_come_and_only_once(alice: SendingDesk) -> None:
    email, clock = await alice.draft(), alice.world.clock
    made = (await alice.submit(email, envelope=envelope("bob@here.test", HOLDFOR="13")))["created"]["k"]
    assert made["undoStatus"] == "pending" and made["sendAt"] == json_date(int(clock.now()) + 13)
    assert made["deliveryStatus"] is None
    # What is sent is what was handed in, whatever becomes of the draft.
    await alice.world.store.write(
        alice.account, lambda tx: tx.expunge(tx.mailbox_named("Drafts").mailbox_id, only_deleted=False)
    )
    clock.time += 12.9
    assert 0 < await alice.sender().round() <= 0.2
    assert alice.world.inbox("bob") == []
    clock.time += 0.1
    await asyncio.gather(*(alice.sender().round() for _ in range(5)))
    assert len(alice.world.inbox("bob")) == 1
    one = await status_of(alice, made["id"])
    assert (one["undoStatus"], one["deliveryStatus"]["bob@here.test"]["delivered"]) == ("final", "yes")


async def test_a_draft_that_waited_is_put_among_the_sent_ones_when_it_goes(alice: SendingDesk) -> None:
    email = await alice.draft()
    keywords = {"$draft": True, "$scheduled": True, "kept": True}
    await alice.call("Email/set", update={email: {"keywords": keywords}})
    later = json_date(int(alice.world.clock.now()) + 60)
    await alice.submit(email, sendAt=later)
    alice.world.clock.time += 61
    await alice.sender().round()
    one = (await alice.call("Email/get", ids=[email], properties=["keywords", "mailboxIds"]))["list"][0]
    boxes = (await alice.call("Mailbox/get", ids=list(one["mailboxIds"]), properties=["role"]))["list"]
    assert one["keywords"] == {"$seen": True, "kept": True} and [box["role"] for box in boxes] == ["sent"]


async def test_undone_it_is_not_sent_and_afterwards_it_cannot_be(alice: SendingDesk) -> None:
    clock = alice.world.clock
    later = json_date(int(clock.now()) + 60)
    one = (await alice.submit(await alice.draft(), sendAt=later))["created"]["k"]["id"]
    two = (await alice.submit(await alice.draft(), sendAt=later))["created"]["k"]["id"]
    assert (await alice.call("EmailSubmission/query", filter={"undoStatus": "pending"}))["ids"] == [one, two]
    state = (await alice.call("EmailSubmission/query", filter={"undoStatus": "pending"}))["queryState"]
    cancel = {"undoStatus": "canceled"}
    told = await alice.call("EmailSubmission/set", update={one: cancel}, destroy=[two])
    assert told["updated"] == {one: None} and told["notDestroyed"][two]["type"] == "forbidden"
    clock.time += 61
    await alice.sender().round()
    assert len(alice.world.inbox("bob")) == 1
    told = await alice.call("EmailSubmission/set", update={one: cancel, two: cancel})
    assert told["updated"] == {one: None} and told["notUpdated"][two]["type"] == "cannotUnsend"
    changes = await alice.call(
        "EmailSubmission/queryChanges", filter={"undoStatus": "pending"}, sinceQueryState=state
    )
    assert (sorted(changes["removed"]), changes["added"]) == (sorted([one, two]), [])
    told = await alice.call("EmailSubmission/set", destroy=[one, two])
    assert told["destroyed"] == [one, two]
    assert (await alice.call("EmailSubmission/get", ids=None))["list"] == []


async def test_undo_and_sending_at_the_same_moment_agree(alice: SendingDesk) -> None:
    for _ in range(5):
        before = len(alice.world.inbox("bob"))
        later = json_date(int(alice.world.clock.now()) + 1)
        one = (await alice.submit(await alice.draft(), sendAt=later))["created"]["k"]["id"]
        alice.world.clock.time += 1
        _, told = await asyncio.gather(
            alice.sender().round(),
            alice.call("EmailSubmission/set", update={one: {"undoStatus": "canceled"}}),
        )
        is_undone = one in (told["updated"] or {})
        assert len(alice.world.inbox("bob")) - before == (0 if is_undone else 1)


async def test_a_scheduled_email_becomes_a_sent_one_or_a_draft_again(alice: SendingDesk) -> None:
    clock, marks = alice.world.clock, {"keywords/$scheduled": True, "keywords/$draft": True}
    emails, made = [], []
    for _ in range(3):
        email, later = await alice.draft(), json_date(int(clock.now()) + 60)
        told = await alice.submit(email, sendAt=later, onSuccessUpdateEmail={"#k": marks})
        emails.append(email)
        made.append(told["created"]["k"]["id"])
    await alice.call("EmailSubmission/set", update={made[1]: {"undoStatus": "canceled"}})
    await alice.call("Email/set", update={emails[2]: {"keywords/$draft": None}})
    clock.time += 60
    await alice.sender().round()
    told = await alice.call("Email/get", ids=emails, properties=["keywords", "mailboxIds"])
    boxes = alice.world.store.glance(alice.account, lambda tx: {b.mailbox_id: b.name for b in tx.mailboxes()})
    found = [
        (boxes[int(box.partition("-")[2])], sorted(one["keywords"]))  # type: ignore[index]
        for one in told["list"]
        for box in one["mailboxIds"]
    ]
    assert found == [("Sent", ["$seen"]), ("Drafts", ["$draft"]), ("Drafts", ["$scheduled"])]


async def test_on_success_the_email_is_changed_and_answered_under_the_same_call(alice: SendingDesk) -> None:
    email = await alice.draft()
    told = await alice.submit(
        email, onSuccessUpdateEmail={"#k": {"keywords/$seen": True}}, onSuccessDestroyEmail=[]
    )
    assert told["created"]["k"]["id"]
    assert [(name, answer["updated"]) for name, answer in alice.more] == [("Email/set", {email: None})]
    told = await alice.submit("M1", onSuccessDestroyEmail=["#k"])
    assert told["notCreated"]["k"]["properties"] == ["emailId"] and alice.more == []


def envelope(*recipients: str, sender: str = "alice@here.test", **parameters: str) -> dict[str, Any]:
    return {
        "mailFrom": {"email": sender, "parameters": parameters or None},
        "rcptTo": [{"email": one} for one in recipients],
    }


X = "x@there.test"
REFUSED: list[tuple[bytes, dict[str, Any], str]] = [
    (DRAFT.replace(b"alice@", b"bob@"), {}, "forbiddenFrom"),
    (DRAFT.replace(b"From: Alice <alice@here.test>\r\n", b""), {}, "invalidEmail"),
    (b"From: bob@here.test\r\n" + DRAFT, {}, "invalidEmail"),
    (DRAFT.replace(b"To: bob@here.test\r\n", b""), {}, "noRecipients"),
    (DRAFT.replace(b"bob@", b"nobody@"), {}, "invalidRecipients"),
    (DRAFT, envelope(X, sender="bob@here.test"), "forbiddenMailFrom"),
    (DRAFT, envelope("x y"), "invalidRecipients"),
    (DRAFT, envelope(), "noRecipients"),
    (DRAFT, envelope(X, X="1"), "invalidProperties"),
    (DRAFT, envelope(X, AUTH="x"), "invalidProperties"),
    (DRAFT, envelope(X, HOLDFOR="1", HOLDUNTIL="2030-01-01T00:00:00Z"), "invalidProperties"),
    (DRAFT, envelope(X, HOLDFOR="soon"), "invalidProperties"),
    (DRAFT, {"rcptTo": "bob@here.test"}, "invalidProperties"),
    (DRAFT, envelope(*(f"x{n}@there.test" for n in range(1001))), "tooManyRecipients"),
]


@pytest.mark.parametrize(("content", "said", "kind"), REFUSED)
async def test_what_may_not_be_sent(alice: SendingDesk, content: bytes, said: Any, kind: str) -> None:
    told = await alice.submit(await alice.draft(content), **({"envelope": said} if said else {}))
    assert told["notCreated"]["k"]["type"] == kind and alice.world.queue() == []
    match kind:
        case "tooManyRecipients":
            assert told["notCreated"]["k"]["maxRecipients"] == 1000
        case "invalidRecipients":
            assert told["notCreated"]["k"]["invalidRecipients"] in (["nobody@here.test"], ["x y"])
        case "invalidEmail":
            assert told["notCreated"]["k"]["properties"] == ["from"]


async def test_limits_of_the_account_and_of_size(alice: SendingDesk) -> None:
    alice.world.settings = replace(alice.world.settings, messages_per_hour=1, size_max_bytes=2000)
    desk = SendingDesk(alice.world, "alice")
    big = await desk.submit(await desk.draft(DRAFT + b"x" * 2000))
    assert (big["notCreated"]["k"]["type"], big["notCreated"]["k"]["maxSize"]) == ("tooLarge", 2000)
    assert "k" in (await desk.submit(await desk.draft()))["created"]
    assert (await desk.submit(await desk.draft()))["notCreated"]["k"]["type"] == "forbiddenToSend"
    assert len(alice.world.inbox("bob")) == 1
    far = await desk.submit(await desk.draft(), sendAt=json_date(int(alice.world.clock.now()) + 401 * 86_400))
    assert far["notCreated"]["k"]["properties"] == ["sendAt"]


async def test_held_mail_that_is_refused_comes_back(alice: SendingDesk) -> None:
    later = json_date(int(alice.world.clock.now()) + 5)
    one = (await alice.submit(await alice.draft(), sendAt=later))["created"]["k"]["id"]
    await alice.world.directory.remove_account(parse_address("bob@here.test"))
    alice.world.clock.time += 5
    await alice.sender().round()
    (bounce,) = alice.world.inbox("alice")
    assert b"Action: failed" in bounce and b"bob@here.test" in bounce
    told = await status_of(alice, one)
    assert told["undoStatus"] == "final" and told["deliveryStatus"]["bob@here.test"]["delivered"] == "no"


async def test_held_mail_of_a_disabled_account_is_not_sent(alice: SendingDesk) -> None:
    later = json_date(int(alice.world.clock.now()) + 5)
    email = await alice.draft(DRAFT.replace(b"bob@here", b"x@there"))
    one = (await alice.submit(email, sendAt=later))["created"]["k"]["id"]
    await alice.world.directory.set_account(parse_address("alice@here.test"), is_disabled=True)
    alice.world.clock.time += 5
    await alice.sender().round()
    assert alice.world.queue() == []
    assert (await status_of(alice, one))["undoStatus"] == "final"


async def test_reports_that_come_back_are_told(alice: SendingDesk) -> None:
    email = await alice.draft(DRAFT.replace(b"bob@here", b"no@there"))
    made = (await alice.submit(email))["created"]["k"]
    await alice.world.remote(faults={"RCPT": ["550 5.1.1 who?"]})
    await alice.world.attempt()
    one = await status_of(alice, made["id"])
    assert one["deliveryStatus"]["no@there.test"]["delivered"] == "no"
    (blob,) = one["dsnBlobIds"]
    (found,) = (await alice.call("Email/get", ids=[blob], properties=["subject"]))["list"]
    assert found["id"] == blob and one["mdnBlobIds"] == []


async def test_what_an_administrator_takes_out_of_the_queue_is_told(alice: SendingDesk) -> None:
    made = (await alice.submit(await alice.draft(DRAFT.replace(b"bob@here", b"x@there"))))["created"]["k"]
    (queued,) = alice.world.queue()
    assert await drop(alice.world.store, queued.queue_id)
    one = (await status_of(alice, made["id"]))["deliveryStatus"]["x@there.test"]
    assert one["delivered"] == "no" and one["smtpReply"].startswith("550 ")


async def test_an_alias_that_leads_elsewhere_keeps_its_name(alice: SendingDesk) -> None:
    """The queue knows the targets, the submission the address that was written to (RFC 3461 §5.2.7)."""
    team = parse_address("team@here.test")
    await alice.world.directory.set_alias(team, [parse_address(f"{n}@there.test") for n in "xy"])
    made = (await alice.submit(await alice.draft(DRAFT.replace(b"bob@", b"Team@"))))["created"]["k"]
    await alice.world.remote(faults={"RCPT": ["250 ok", "550 5.1.1 who?"]})
    await alice.world.attempt()
    (one,) = (await status_of(alice, made["id"]))["deliveryStatus"].values()
    assert one["delivered"] == "no" and "who?" in one["smtpReply"]


async def test_a_body_that_is_lost_keeps_nothing_else_waiting(alice: SendingDesk) -> None:
    clock, sender = alice.world.clock, alice.sender()
    for subject, seconds in ((b"lost", 5), (b"kept", 5), (b"later", 9)):
        email = await alice.draft(DRAFT.replace(b"hello", subject))
        await alice.submit(email, sendAt=json_date(int(clock.now()) + seconds))
    wrong = "UPDATE held_body SET pack = 77 WHERE submission_id = (SELECT min(submission_id) FROM held_body)"
    await alice.world.store.write(alice.account, lambda tx: tx.sql.execute(wrong))
    clock.time += 5
    assert await sender.round() == 4.0
    clock.time += 4
    await sender.round()
    assert [b"kept" in body or b"later" in body for body in alice.world.inbox("bob")] == [True, True]
    assert len(alice.world.log.events("held body lost")) == 1
