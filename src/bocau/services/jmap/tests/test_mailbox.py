"""Mailbox/get, /changes, /set (RFC 8621 §2)."""

import pytest

from bocau.store import Flags
from bocau.store.verify import verify

MESSAGE = b"Message-ID: <1@x>\r\nSubject: x\r\n\r\nbody\r\n"
REPLY = b"Message-ID: <2@x>\r\nReferences: <1@x>\r\nSubject: Re: x\r\n\r\nbody\r\n"


@pytest.fixture(autouse=True)
async def sound(desk):
    yield
    assert [str(fault) async for fault in verify(desk.store)] == []


async def create(desk, name, **more):
    told = await desk.call("Mailbox/set", create={"c": {"name": name, **more}})
    return told["created"]["c"]["id"]


async def tree(desk):
    """Whole name → (role, isSubscribed)."""
    boxes = {box["id"]: box for box in (await desk.call("Mailbox/get"))["list"]}

    def path(box):
        return box["name"] if box["parentId"] is None else f"{path(boxes[box['parentId']])}/{box['name']}"

    return {path(box): (box["role"], box["isSubscribed"]) for box in boxes.values()}


def types(errors):
    return {said: (error["type"], error.get("properties")) for said, error in errors.items()}


async def counts(desk, name):
    properties = ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"]
    told = await desk.call("Mailbox/get", ids=[desk.mailbox_id(name)], properties=properties)
    return [told["list"][0][one] for one in properties]


async def test_a_new_account_has_its_mailboxes(desk):
    told = await desk.call("Mailbox/get", ids=[desk.mailbox_id(), "F1-99", "x"])
    assert told["notFound"] == ["F1-99", "x"]
    rights = told["list"][0].pop("myRights")
    assert [right for right, is_given in rights.items() if not is_given] == ["mayRename", "mayDelete"]
    assert told["list"] == [{
        "id": "F1-1", "name": "Inbox", "parentId": None, "role": "inbox", "sortOrder": 0,
        "isSubscribed": True, "totalEmails": 0, "unreadEmails": 0, "totalThreads": 0, "unreadThreads": 0,
    }]  # fmt: skip


async def test_a_thread_is_unread_where_any_of_its_emails_lies_but_for_the_trash(desk):
    await desk.deliver(MESSAGE, flags=Flags.SEEN)
    await desk.deliver(REPLY, "Archive")
    await desk.deliver(b"Subject: draft\r\n\r\n", "Drafts", flags=Flags.DRAFT)
    assert await counts(desk, "INBOX") == [1, 0, 1, 1]
    assert await counts(desk, "Archive") == [1, 1, 1, 1]
    assert await counts(desk, "Drafts") == [1, 0, 1, 0]
    reply = (await desk.call("Email/query", filter={"inMailbox": desk.mailbox_id("Archive")}))["ids"][0]
    state = (await desk.call("Mailbox/get", ids=[]))["state"]
    await desk.call("Email/set", update={reply: {"mailboxIds": {desk.mailbox_id("Trash"): True}}})
    assert await counts(desk, "INBOX") == [1, 0, 1, 0]
    assert await counts(desk, "Trash") == [1, 1, 1, 1]
    changes = await desk.call("Mailbox/changes", sinceState=state)
    assert set(changes["updated"]) == {desk.mailbox_id(name) for name in ("INBOX", "Archive", "Trash")}
    assert changes["updatedProperties"] == ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"]


async def test_they_are_created_in_any_order_with_what_the_server_adds(desk):
    told = await desk.call("Mailbox/set", create={
        "leaf": {"name": "Lá", "parentId": "#twig", "isSubscribed": False},
        "twig": {"name": "Twig", "parentId": "#root"},
        "root": {"name": "Root", "role": "flagged", "sortOrder": 7},
    })  # fmt: skip
    assert told["notCreated"] is None
    root = told["created"]["root"]
    assert {key: value for key, value in root.items() if key not in ("id", "myRights")} == {
        "parentId": None, "isSubscribed": True,
        "totalEmails": 0, "unreadEmails": 0, "totalThreads": 0, "unreadThreads": 0,
    }  # fmt: skip
    found = await tree(desk)
    assert (found["Root"], found["Root/Twig/Lá"]) == (("flagged", True), (None, False))
    changes = await desk.call("Mailbox/changes", sinceState=told["oldState"], maxChanges=2)
    assert (len(changes["created"]), changes["hasMoreChanges"]) == (2, True)
    rest = await desk.call("Mailbox/changes", sinceState=changes["newState"], maxChanges=2)
    ids = {made["id"] for made in told["created"].values()}
    assert ({*changes["created"], *rest["created"]}, rest["hasMoreChanges"]) == (ids, False)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "100%"}, "name"),
        ({"name": "a", "parentId": "F1-99"}, "parentId"),
        ({"name": "a", "parentId": "#none"}, "parentId"),
        ({"name": "a", "parentId": 1}, "parentId"),
        ({"name": "a", "role": "trash"}, "role"),
        ({"name": "a", "role": "inbox"}, "role"),
        ({"name": "a", "sortOrder": -1}, "sortOrder"),
        ({"name": "a", "sortOrder": True}, "sortOrder"),
        ({"name": "a", "isSubscribed": 1}, "isSubscribed"),
        ({"name": "a", "totalEmails": 0}, "totalEmails"),
    ],
)
async def test_a_wrong_mailbox_is_not_created(desk, said, wrong):
    before = await tree(desk)
    told = await desk.call("Mailbox/set", create={"c": said})
    assert types(told["notCreated"]) == {"c": ("invalidProperties", [wrong])}
    assert await tree(desk) == before


@pytest.mark.parametrize("name", ["inbox", "Trash"])
async def test_a_mailbox_that_exists_is_named(desk, name):
    told = await desk.call("Mailbox/set", create={"c": {"name": name}})
    error = told["notCreated"]["c"]
    assert (error["type"], error["properties"]) == ("alreadyExists", ["name"])
    found = await desk.call("Mailbox/get", ids=[error["existingId"]])
    assert found["list"][0]["name"].lower() == name.lower()


async def test_renaming_takes_children_and_subscriptions_along(desk):
    root = await create(desk, "Root")
    leaf = await create(desk, "Leaf", parentId=root)
    told = await desk.call("Mailbox/set", update={
        root: {"name": "Stem", "parentId": desk.mailbox_id("Archive"), "sortOrder": 3},
        leaf: {"isSubscribed": False, "totalEmails": 0, "id": leaf},
        desk.mailbox_id(): {"name": "Other"},
        desk.mailbox_id("Sent"): {"parentId": desk.mailbox_id("Sent")},
        desk.mailbox_id("Junk"): {"myRights/mayDelete": False},
        desk.mailbox_id("Trash"): {"id": "F1-1"},
    })  # fmt: skip
    assert told["updated"] == {root: None, leaf: None}
    assert types(told["notUpdated"]) == {
        desk.mailbox_id(): ("forbidden", None),
        desk.mailbox_id("Sent"): ("invalidProperties", ["parentId"]),
        desk.mailbox_id("Junk"): ("invalidPatch", None),
        desk.mailbox_id("Trash"): ("invalidProperties", ["id"]),
    }
    found = await tree(desk)
    assert (found["Archive/Stem"], found["Archive/Stem/Leaf"]) == ((None, True), (None, False))
    assert "Root" not in found


async def test_names_and_roles_are_exchanged_in_one_call(desk):
    one, two = await create(desk, "One", role="flagged"), await create(desk, "Two", role="all")
    inside = await create(desk, "Inside", parentId=one)
    told = await desk.call("Mailbox/set", update={
        one: {"name": "Two", "role": "all"},
        two: {"name": "One", "role": "flagged"},
        inside: {"parentId": two},
    })  # fmt: skip
    assert told["notUpdated"] is None
    found = {box["id"]: (box["name"], box["role"]) for box in (await desk.call("Mailbox/get"))["list"]}
    assert (found[one], found[two]) == (("Two", "all"), ("One", "flagged"))
    assert (await tree(desk))["One/Inside"] == (None, True)
    told = await desk.call("Mailbox/set", update={one: {"name": "One"}, two: {"name": "Drafts"}})
    assert types(told["notUpdated"]) == dict.fromkeys((one, two), ("alreadyExists", ["name"]))
    assert {"One", "Two", "Drafts"} <= set(await tree(desk))


async def test_a_name_that_is_given_up_is_free_in_the_same_call(desk):
    old = await create(desk, "Old")
    told = await desk.call("Mailbox/set", create={"new": {"name": "Old"}}, destroy=[old])
    assert (set(told["created"]), told["destroyed"]) == ({"new"}, [old])


async def test_destroying_asks_for_children_and_emails(desk):
    root = await create(desk, "Root")
    leaf = await create(desk, "Leaf", parentId=root)
    await desk.deliver(MESSAGE, "Root/Leaf")
    both = f"M{await desk.deliver(REPLY, 'Root/Leaf')}"
    await desk.call("Email/set", update={both: {f"mailboxIds/{desk.mailbox_id()}": True}})
    told = await desk.call("Mailbox/set", destroy=[root, leaf, desk.mailbox_id(), "F1-99"])
    assert types(told["notDestroyed"]) == {
        root: ("mailboxHasChild", None), leaf: ("mailboxHasEmail", None),
        desk.mailbox_id(): ("forbidden", None), "F1-99": ("notFound", None),
    }  # fmt: skip
    told = await desk.call("Mailbox/set", destroy=[root, leaf], onDestroyRemoveEmails=True)
    assert told["destroyed"] == [leaf, root]
    changes = await desk.call("Email/changes", sinceState=told["oldState"])
    assert (changes["updated"], len(changes["destroyed"])) == ([both], 1)
    assert await counts(desk, "INBOX") == [1, 1, 1, 1]


async def test_another_trash_counts_all_anew(desk):
    await desk.deliver(MESSAGE, flags=Flags.SEEN)
    await desk.deliver(REPLY, "Trash")
    assert await counts(desk, "INBOX") == [1, 0, 1, 0]
    state = (await desk.call("Mailbox/get", ids=[]))["state"]
    trash, archive = desk.mailbox_id("Trash"), desk.mailbox_id("Archive")
    await desk.call("Mailbox/set", update={archive: {"role": "trash"}, trash: {"role": None}})
    assert await counts(desk, "INBOX") == [1, 0, 1, 1]
    changes = await desk.call("Mailbox/changes", sinceState=state)
    assert desk.mailbox_id() in changes["updated"]
    assert changes["updatedProperties"] is None
