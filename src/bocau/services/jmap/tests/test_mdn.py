"""Read receipts (RFC 9007)."""

import asyncio
from typing import Any

from bocau.formats.header import get

from .sending import DRAFT, SendingDesk, alice, world  # noqa: F401

# ruff: noqa: F811
SET = {"keywords/$mdnsent": True}
ASKING = (
    b"From: bob@here.test\r\nTo: alice@here.test\r\nSubject: =?utf-8?q?B=C3=A1o_c=C3=A1o?=\r\n"
    b"Message-ID: <7@here.test>\r\nDisposition-Notification-To: Bob <bob@here.test>\r\n\r\nread this\r\n"
)


def receipt(email: str, **more: Any) -> dict[str, Any]:
    disposition = {
        "actionMode": "manual-action",
        "sendingMode": "mdn-sent-manually",
        "type": "displayed",
    }
    return {"forEmailId": email, "disposition": disposition, **more}


async def send(desk: SendingDesk, mdn: dict[str, Any], patch: dict[str, Any] | None = None) -> dict[str, Any]:
    changes = {} if patch is None else {"onSuccessUpdateEmail": {"#k": patch}}
    return await desk.call("MDN/send", identityId=await desk.identity(), send={"k": mdn}, **changes)


async def keywords(desk: SendingDesk, email: str) -> dict[str, bool]:
    told = await desk.call("Email/get", ids=[email], properties=["keywords"])
    found: dict[str, bool] = told["list"][0]["keywords"]
    return found


async def test_a_receipt_is_sent_once_and_read_by_the_other_side(alice: SendingDesk) -> None:
    email = await alice.draft(ASKING, "INBOX")
    extension = {"X-Room": "12"}
    told = await send(alice, receipt(email, extensionFields=extension, reportingUA="web; 1"), SET)
    sent = told["sent"]["k"]
    assert (sent["finalRecipient"], sent["originalMessageId"]) == ("rfc822; alice@here.test", "<7@here.test>")
    assert [name for name, _ in alice.more] == ["Email/set"]
    assert await keywords(alice, email) == {"$mdnsent": True}
    (got,) = alice.world.inbox("bob")
    assert get(got, b"return-path") == b"<>" and get(got, b"in-reply-to") == b"<7@here.test>"
    again = await send(alice, receipt(email), SET)
    assert again["notSent"]["k"]["type"] == "mdnAlreadySent" and len(alice.world.inbox("bob")) == 1

    bob = SendingDesk(alice.world, "bob")
    original = await bob.draft(ASKING, "Sent")
    (blob,) = (await bob.call("Email/get", ids=None, properties=["id"]))["list"][:1]
    read = await bob.call("MDN/parse", blobIds=[blob["id"], original, "U77"])
    assert (read["notParsable"], read["notFound"]) == ([original], ["U77"])
    (one,) = read["parsed"].values()
    assert one["disposition"]["type"] == "displayed" and one["extensionFields"] == extension
    assert one["subject"] == "Read: Báo cáo" and one["reportingUA"] == "web; 1"
    assert one["forEmailId"] == original


async def test_the_keyword_may_be_one_of_all_that_are_set(alice: SendingDesk) -> None:
    """RFC 9007 §2.1: a patch may name the property whole (RFC 8620 §5.3)."""
    email = await alice.draft(ASKING, "INBOX")
    told = await send(alice, receipt(email), {"keywords": {"$mdnsent": True, "$seen": True}})
    assert told["sent"] and await keywords(alice, email) == {"$mdnsent": True, "$seen": True}
    other = await alice.draft(ASKING, "INBOX")
    told = await send(alice, receipt(other), {"keywords": {"$seen": True}})
    assert told["notSent"]["k"]["type"] == "invalidProperties"


async def test_two_at_the_same_moment_are_one(alice: SendingDesk) -> None:
    email = await alice.draft(ASKING, "INBOX")
    told = await asyncio.gather(send(alice, receipt(email), SET), send(alice, receipt(email), SET))
    kinds = sorted(one["notSent"]["k"]["type"] if one["notSent"] else "" for one in told)
    assert kinds == ["", "mdnAlreadySent"] and len(alice.world.inbox("bob")) == 1


async def test_the_receipt_belongs_to_the_submission(alice: SendingDesk) -> None:
    asking = DRAFT.replace(b"Subject:", b"Disposition-Notification-To: alice@here.test\r\nSubject:")
    made = (await alice.submit(await alice.draft(asking)))["created"]["k"]
    bob = SendingDesk(alice.world, "bob")
    (mail,) = (await bob.call("Email/get", ids=None, properties=["id"]))["list"]
    assert (await send(bob, receipt(mail["id"]), SET))["sent"]
    (one,) = (await alice.call("EmailSubmission/get", ids=[made["id"]]))["list"]
    assert len(one["mdnBlobIds"]) == 1 and one["dsnBlobIds"] == []
    assert one["deliveryStatus"]["bob@here.test"]["displayed"] == "yes"


async def test_what_is_refused(alice: SendingDesk) -> None:
    email = await alice.draft(ASKING, "INBOX")
    unasked = await alice.draft(DRAFT, "INBOX")
    for mdn, patch, kind in (
        (receipt(email), None, "invalidProperties"),
        (receipt(email), {"keywords/$seen": True}, "invalidProperties"),
        (receipt("M1"), SET, "notFound"),
        (receipt(unasked), SET, "notFound"),
        (receipt(email, disposition={"type": "displayed"}), SET, "invalidProperties"),
        (receipt(email, finalRecipient="rfc822; bob@here.test"), SET, "forbidden"),
        (receipt(email, extensionFields={"X\r\nBcc": "x"}), SET, "invalidProperties"),
        (receipt(email, mdnGateway="x"), SET, "invalidProperties"),
    ):
        told = await send(alice, mdn, patch)
        assert told["notSent"]["k"]["type"] == kind, mdn
    assert alice.world.inbox("bob") == [] and await keywords(alice, email) == {}
    assert (await alice.call("MDN/send", identityId="I1", send={}))["error"] == "invalidArguments"


async def test_nothing_said_by_a_client_becomes_a_field(alice: SendingDesk) -> None:
    email = await alice.draft(ASKING, "INBOX")
    evil = "x\r\nBcc: eve@there.test\r\n\r\nbody"
    await send(alice, receipt(email, subject=evil, reportingUA=evil, extensionFields={"X-A": evil}), SET)
    (got,) = alice.world.inbox("bob")
    assert b"\nBcc" not in got and alice.world.queue() == []


async def test_words_that_nobody_chose_are_in_the_language_of_the_account(alice: SendingDesk) -> None:
    await alice.call("Preferences/set", update={"singleton": {"language": "vi"}})
    told = await send(alice, receipt(await alice.draft(ASKING, "INBOX")), SET)
    assert told["sent"]["k"]["subject"] == "Đã đọc: Báo cáo"
