"""What IMAP marks \\Deleted is not there for JMAP (RFC 8621 §4.1.1)."""

from bocau.store import Flags
from bocau.store.verify import verify

from .desk import ALICE

NEWEST = [{"property": "receivedAt", "isAscending": False}]


def message(number, reply_to=0):
    reply = f"References: <{reply_to}@x>\r\n" if reply_to else ""
    return f"Message-ID: <{number}@x>\r\n{reply}Subject: s\r\nFrom: a{number}@x.test\r\n\r\nword\r\n".encode()


async def mark(desk, email, *, mailbox="INBOX", deleted=True):
    """As IMAP does, in one mailbox."""

    def job(tx):
        box = tx.mailbox_named(mailbox).mailbox_id
        rows = tx.sql.rows("SELECT uid FROM message WHERE mailbox_id = ? AND email_id = ?", (box, email))
        spans = [(uid, uid) for (uid,) in rows]
        bits = {"add": Flags.DELETED} if deleted else {"remove": Flags.DELETED}
        return tx.change_keywords(box, spans, **bits)

    await desk.store.write(ALICE, job)


async def box(desk, name="INBOX"):
    told = await desk.call("Mailbox/get", ids=[desk.mailbox_id(name)])
    found = told["list"][0]
    return tuple(found[name] for name in ("totalEmails", "unreadEmails", "totalThreads", "unreadThreads"))


async def found(desk, **arguments):
    return (await desk.call("Email/query", **{"sort": NEWEST} | arguments))["ids"]


async def test_it_is_nowhere_to_be_seen(desk):
    one, other = await desk.deliver(message(1)), await desk.deliver(message(2, reply_to=1))
    gone, left = f"M{one}", f"M{other}"
    thread = (await desk.call("Email/get", ids=[left]))["list"][0]["threadId"]
    inbox = desk.mailbox_id()
    assert await box(desk) == (2, 2, 1, 1)
    await mark(desk, one)
    assert await box(desk) == (1, 1, 1, 1)
    told = await desk.call("Email/get", ids=[gone, left])
    assert told["notFound"] == [gone] and [email["id"] for email in told["list"]] == [left]
    assert [email["id"] for email in (await desk.call("Email/get"))["list"]] == [left]
    assert (await desk.call("Thread/get", ids=[thread]))["list"] == [{"id": thread, "emailIds": [left]}]
    for filter in (None, {"inMailbox": inbox}, {"text": "word"}, {"from": "x.test"}, {"notKeyword": "$seen"}):
        for collapse in (False, True):
            assert await found(desk, filter=filter, collapseThreads=collapse) == [left]
    assert await found(desk, filter={"inMailbox": inbox}, sort=[{"property": "from"}]) == [left]
    told = await desk.call("SearchSnippet/get", filter={"text": "word"}, emailIds=[gone])
    assert told["notFound"] == [gone]
    told = await desk.call("Email/set", update={gone: {"keywords/x": True}}, destroy=[f"M{one}0"])
    assert told["notUpdated"][gone]["type"] == "notFound"
    assert (await desk.call("Email/set", destroy=[gone]))["notDestroyed"][gone]["type"] == "notFound"
    assert (await desk.call("Email/parse", blobIds=[gone]))["notFound"] == [gone]
    await mark(desk, other)
    assert await box(desk) == (0, 0, 0, 0)
    assert (await desk.call("Thread/get"))["list"] == []
    # A mailbox of nothing but such messages is empty, and may go.
    told = await desk.call("Mailbox/set", create={"m": {"name": "m"}})
    assert told["created"]["m"]["totalEmails"] == 0


async def test_changes_tell_that_it_went_and_came_back(desk):
    email = await desk.deliver(message(1))
    state = (await desk.call("Email/get", ids=[]))["state"]
    asked = {"filter": {"inMailbox": desk.mailbox_id()}, "sort": NEWEST}
    query_state = (await desk.call("Email/query", **asked))["queryState"]

    async def told(kind, since=None):
        found = await desk.call(f"{kind}/changes", sinceState=since or state)
        return [len(found[name]) for name in ("created", "updated", "destroyed")]

    await mark(desk, email)
    assert await told("Email") == [0, 0, 1] == await told("Thread")
    hidden = (await desk.call("Email/get", ids=[]))["state"]
    changes = await desk.call("Email/queryChanges", **asked, sinceQueryState=query_state)
    assert (changes["removed"], changes["added"]) == ([f"M{email}"], [])
    query_state = changes["newQueryState"]
    await mark(desk, email, deleted=False)
    assert await told("Email", hidden) == [1, 0, 0] == await told("Thread", hidden)
    # Who has not looked meanwhile has it still.
    assert await told("Email") == [0, 1, 0]
    changes = await desk.call("Email/queryChanges", **asked, sinceQueryState=query_state)
    assert changes["added"] == [{"id": f"M{email}", "index": 0}]
    assert [str(fault) async for fault in verify(desk.store)] == []


async def test_one_of_two_places(desk):
    email = await desk.deliver(message(1))
    name, inbox, trash = f"M{email}", desk.mailbox_id(), desk.mailbox_id("Trash")
    await desk.call("Email/set", update={name: {f"mailboxIds/{trash}": True}})
    state = (await desk.call("Email/get", ids=[]))["state"]
    await mark(desk, email, mailbox="Trash")

    async def mailboxes():
        return (await desk.call("Email/get", ids=[name], properties=["mailboxIds"]))["list"][0]["mailboxIds"]

    assert await mailboxes() == {inbox: True} and await box(desk, "Trash") == (0, 0, 0, 0)
    assert (await desk.call("Email/changes", sinceState=state))["updated"] == [name]
    assert await found(desk, filter={"inMailbox": trash}) == []
    # Put there again, it is the same message.
    await desk.call("Email/set", update={name: {f"mailboxIds/{trash}": True}})
    assert await mailboxes() == {inbox: True, trash: True}
    assert desk.store.glance(ALICE, lambda tx: tx.mailbox_named("Trash")).message_count == 1
    await mark(desk, email, mailbox="Trash")
    told = await desk.call("Email/set", destroy=[name])
    assert told["destroyed"] == [name]
    assert desk.store.glance(ALICE, lambda tx: tx.mailbox_named("Trash")).message_count == 0


async def test_a_mailbox_of_nothing_else_may_go(desk):
    made = await desk.call("Mailbox/set", create={"m": {"name": "m"}})
    email = await desk.deliver(message(1), "m")
    await mark(desk, email, mailbox="m")
    told = await desk.call("Mailbox/set", destroy=[made["created"]["m"]["id"]])
    assert told["notDestroyed"] is None
