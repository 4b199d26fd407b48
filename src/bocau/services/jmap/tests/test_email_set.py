"""Email/set: patches of keywords and mailboxes, destroying (RFC 8620 §5.3, RFC 8621 §4.6)."""

import pytest

from bocau.store import Flags

MESSAGE = b"Subject: x\r\n\r\nbody\r\n"


async def read(desk, email_id):
    found = (await desk.call("Email/get", ids=[email_id], properties=["keywords", "mailboxIds"]))["list"]
    return (set(found[0]["keywords"]), set(found[0]["mailboxIds"])) if found else None


async def test_keywords_and_mailboxes_are_patched_or_replaced(desk):
    inbox, sent, trash = map(desk.mailbox_id, ("INBOX", "Sent", "Trash"))
    one = f"M{await desk.deliver(MESSAGE, flags=Flags.FLAGGED, keywords='work')}"
    told = await desk.call("Email/set", update={one: {"keywords/$seen": True, "keywords/WORK": None}})
    assert told["updated"] == {one: None}
    assert told["oldState"] != told["newState"]
    assert await read(desk, one) == ({"$seen", "$flagged"}, {inbox})
    await desk.call("Email/set", update={one: {"mailboxIds/" + sent: True, "keywords": {"$draft": True}}})
    assert await read(desk, one) == ({"$draft"}, {inbox, sent})
    await desk.call("Email/set", update={one: {"mailboxIds": {trash: True}, "keywords": None}})
    assert await read(desk, one) == (set(), {trash})


@pytest.mark.parametrize(
    ("patch", "error"),
    [
        ({"keywords/$seen": False}, "invalidProperties"),
        ({"keywords/$seen/x": True}, "invalidPatch"),
        ({"keywords": {}, "keywords/$seen": True}, "invalidPatch"),
        ({"/keywords": {}}, "invalidPatch"),
        ({"keywords": {"a b": True}}, "invalidProperties"),
        ({"keywords": ["$seen"]}, "invalidProperties"),
        ({"keywords": {f"k{n}": True for n in range(101)}}, "tooManyKeywords"),
        ({"mailboxIds": {}}, "invalidProperties"),
        ({"mailboxIds": {"F1-77": True}}, "invalidProperties"),
        ({"mailboxIds/F1-1": None}, "invalidProperties"),
        ({"mailboxIds/#none": True}, "invalidProperties"),
        ({"mailboxIds/F2-1": True}, "invalidProperties"),
        ({"subject": "y"}, "invalidProperties"),
        ({"id": "M1"}, "invalidProperties"),
    ],
)
async def test_a_wrong_patch_changes_nothing(desk, patch, error):
    one = f"M{await desk.deliver(MESSAGE)}"
    told = await desk.call("Email/set", update={one: patch})
    assert told["notUpdated"][one]["type"] == error
    assert told["updated"] is None
    assert told["oldState"] == told["newState"]
    assert await read(desk, one) == (set(), {desk.mailbox_id()})


async def test_what_does_not_exist_is_not_found_and_the_rest_is_done(desk):
    one, two = [f"M{await desk.deliver(MESSAGE)}" for _ in range(2)]
    update = {said: {"keywords/$seen": True} for said in (one, two, "M1", "Mx", "#none")}
    told = await desk.call("Email/set", update=update, destroy=[two, "M2", "x"])
    assert told["updated"] == {one: None}
    assert told["destroyed"] == [two]
    assert {said: error["type"] for said, error in told["notUpdated"].items()} == {
        two: "willDestroy", "M1": "notFound", "Mx": "notFound", "#none": "notFound"
    }  # fmt: skip
    assert {said: error["type"] for said, error in told["notDestroyed"].items()} == {
        "M2": "notFound", "x": "notFound"
    }  # fmt: skip
    assert await read(desk, two) is None


async def test_a_state_that_has_passed_is_refused(desk):
    one = f"M{await desk.deliver(MESSAGE)}"
    state = (await desk.call("Email/get", ids=[]))["state"]
    await desk.deliver(MESSAGE)
    told = await desk.call("Email/set", ifInState=state, destroy=[one])
    assert told["error"] == "stateMismatch"
    state = (await desk.call("Email/get", ids=[]))["state"]
    assert (await desk.call("Email/set", ifInState=state, destroy=[one]))["destroyed"] == [one]


async def test_a_draft_is_saved_anew_in_one_call(desk):
    """The new one is there before the old one goes; patches may name what was created."""
    drafts, sent = desk.mailbox_id("Drafts"), desk.mailbox_id("Sent")
    new = {"mailboxIds": {drafts: True}, "keywords": {"$draft": True}, "subject": "x"}
    first = (await desk.call("Email/set", create={"a": new}))["created"]["a"]["id"]
    told = await desk.call(
        "Email/set", create={"b": new}, update={"#b": {f"mailboxIds/{sent}": True}}, destroy=[first]
    )
    second = told["created"]["b"]["id"]
    assert (told["updated"], told["destroyed"]) == ({second: None}, [first])
    assert await read(desk, second) == ({"$draft"}, {drafts, sent})
    changes = await desk.call("Email/changes", sinceState=told["oldState"])
    assert (changes["created"], changes["updated"], changes["destroyed"]) == ([second], [], [first])


async def test_a_draft_stays_when_its_successor_cannot_be_made(desk):
    """Else both would be lost; what is no draft is destroyed all the same."""
    draft = await desk.deliver(b"Subject: draft\r\n\r\n", "Drafts", flags=Flags.DRAFT)
    other = await desk.deliver(b"Subject: other\r\n\r\n")
    told = await desk.call(
        "Email/set", create={"new": {"mailboxIds": {}}}, destroy=[f"M{draft}", f"M{other}"]
    )
    assert told["notCreated"]["new"]["type"] == "invalidProperties"
    assert told["notDestroyed"] == {f"M{draft}": told["notDestroyed"][f"M{draft}"]}
    assert told["notDestroyed"][f"M{draft}"]["type"] == "forbidden" and told["destroyed"] == [f"M{other}"]
