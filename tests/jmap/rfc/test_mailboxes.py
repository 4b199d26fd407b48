"""RFC 8621 §2: mailboxes."""

from typing import Any

import pytest
from client import ID, Client

USER = "user2"
RIGHTS = {
    "mayReadItems", "mayAddItems", "mayRemoveItems", "maySetSeen", "maySetKeywords", "mayCreateChild",
    "mayRename", "mayDelete", "maySubmit",
}  # fmt: skip
COUNTS = {"totalEmails", "unreadEmails", "totalThreads", "unreadThreads"}
PROPERTIES = {"id", "name", "parentId", "role", "sortOrder", "isSubscribed", "myRights"} | COUNTS


def _message(number: int, reply_to: int | None = None) -> bytes:
    reply = "" if reply_to is None else f"References: <{reply_to}@boxes>\r\n"
    subject = f"Re: t{reply_to}" if reply else f"t{number}"
    head = f"From: a@x.test\r\nSubject: {subject}\r\nMessage-ID: <{number}@boxes>\r\n"
    return f"{head}{reply}\r\nbody\r\n".encode()


# --- Mailbox/get (§2.1) --------------------------------------------------------------------------


def test_properties(client: Client) -> None:
    """§2"""
    found = client.call("Mailbox/get")["list"]
    for box in found:
        assert set(box) == PROPERTIES and ID.match(box["id"])
        assert isinstance(box["name"], str) and box["name"]
        assert set(box["myRights"]) == RIGHTS and all(
            isinstance(may, bool) for may in box["myRights"].values()
        )
        assert all(type(box[count]) is int and box[count] >= 0 for count in (*COUNTS, "sortOrder"))
        assert isinstance(box["isSubscribed"], bool) and box["parentId"] is None
    roles = [box["role"] for box in found if box["role"] is not None]
    assert len(roles) == len(set(roles)) and {"inbox", "drafts", "sent", "trash", "junk"} <= set(roles)
    assert all(role == role.lower() for role in roles)
    (inbox,) = [box for box in found if box["role"] == "inbox"]
    assert inbox["name"] == "Inbox"
    assert set(client.call("Mailbox/get", properties=["name", "role"])["list"][0]) == {"id", "name", "role"}


# --- Mailbox/set (§2.5) --------------------------------------------------------------------------


def test_create(client: Client) -> None:
    """RFC 8620 §5.3: told is what the server has set, the id at least."""
    before = client.state("Mailbox")
    told = client.call("Mailbox/set", create={"m": {"name": "Made", "isSubscribed": False}})
    made = told["created"]["m"]
    assert told["oldState"] == before != told["newState"] == client.state("Mailbox")
    whole = {"name": "Made", "isSubscribed": False} | made
    assert whole == client.box(made["id"])
    assert (whole["parentId"], whole["role"], whole["sortOrder"]) == (None, None, 0)
    assert all(whole[count] == 0 for count in COUNTS)
    changes = client.call("Mailbox/changes", sinceState=before)
    assert (changes["created"], changes["updated"]) == ([made["id"]], [])


def test_create_within_what_is_created(client: Client) -> None:
    """RFC 8620 §5.3: creation ids, whatever the order."""
    create = {
        "c": {"name": "C", "parentId": "#b"}, "a": {"name": "A", "parentId": None},
        "b": {"name": "B", "parentId": "#a", "sortOrder": 7, "role": None},
    }  # fmt: skip
    told = client.call("Mailbox/set", create=create)
    made = {name: one["id"] for name, one in told["created"].items()}
    assert client.box(made["c"])["parentId"] == made["b"] and client.box(made["b"])["parentId"] == made["a"]
    assert client.box(made["b"])["sortOrder"] == 7


@pytest.mark.parametrize(
    ("new", "named"),
    [
        ({}, "name"), ({"name": ""}, "name"), ({"name": None}, "name"), ({"name": 7}, "name"),
        ({"name": "x" * 300}, "name"),
        ({"name": "p", "parentId": "F1-999"}, "parentId"), ({"name": "p", "parentId": "#none"}, "parentId"),
        ({"name": "p", "parentId": 1}, "parentId"), ({"name": "p", "role": "inbox"}, "role"),
        ({"name": "p", "role": "drafts"}, "role"), ({"name": "p", "role": "nonsense"}, "role"),
        ({"name": "p", "sortOrder": -1}, "sortOrder"), ({"name": "p", "sortOrder": "1"}, "sortOrder"),
        ({"name": "p", "sortOrder": 2**31}, "sortOrder"), ({"name": "p", "isSubscribed": 1}, "isSubscribed"),
        ({"name": "p", "totalEmails": 0}, "totalEmails"), ({"name": "p", "id": "x"}, "id"),
        ({"name": "p", "myRights": {}}, "myRights"), ({"name": "p", "colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_create_what_is_wrong(client: Client, new: Any, named: str) -> None:
    error = client.not_created("Mailbox", new)
    assert (error["type"], error["properties"]) == ("invalidProperties", [named])


def test_two_of_one_name(client: Client) -> None:
    """§2: not two with the same name and parent."""
    parent = client.mailbox("Two")
    one = client.mailbox("same", parentId=parent)
    for existing, new in (
        (one, {"name": "same", "parentId": parent}),
        (parent, {"name": "Two"}),
        (client.boxes["inbox"], {"name": "inbox"}),
    ):
        error = client.not_created("Mailbox", new)
        assert (error["type"], error["existingId"], error["properties"]) == (
            "alreadyExists", existing, ["name"],
        )  # fmt: skip
    other = client.mailbox("same")
    error = client.not_updated("Mailbox", other, {"parentId": parent})
    assert (error["type"], error["existingId"]) == ("alreadyExists", one)
    assert client.updated("Mailbox", one, {"name": "same"}) is None
    told = client.call(
        "Mailbox/set", create={"x": {"name": "n", "parentId": parent}, "y": {"name": "n", "parentId": parent}}
    )
    assert len(told["created"]) == len(told["notCreated"]) == 1


def test_names_are_net_unicode(client: Client) -> None:
    """§2: any characters but controls; not only ASCII."""
    for name in ("Thư quan trọng", "a.b", "a&b", "“x”", "👋", "two  spaces"):
        assert client.box(client.mailbox(name))["name"].strip() == name.strip()
    assert client.not_created("Mailbox", {"name": "a\x00b"})["type"] == "invalidProperties"
    assert client.not_created("Mailbox", {"name": "a\nb"})["type"] == "invalidProperties"


def test_update(client: Client) -> None:
    mailbox = client.mailbox("Before")
    parent = client.mailbox("Above")
    state = client.state("Mailbox")
    client.updated(
        "Mailbox", mailbox, {"name": "After", "parentId": parent, "sortOrder": 9, "isSubscribed": False}
    )
    found = client.box(mailbox)
    assert (found["name"], found["parentId"], found["sortOrder"], found["isSubscribed"]) == (
        "After", parent, 9, False,
    )  # fmt: skip
    assert client.call("Mailbox/changes", sinceState=state)["updated"] == [mailbox]
    assert client.call("Mailbox/changes", sinceState=state)["updatedProperties"] is None
    client.updated("Mailbox", mailbox, client.box(mailbox) | {"parentId": None})  # The whole object.
    assert client.box(mailbox)["parentId"] is None


@pytest.mark.parametrize(
    ("patch", "kind"),
    [
        ({"name": ""}, "invalidProperties"), ({"totalEmails": 7}, "invalidProperties"),
        ({"id": "x"}, "invalidProperties"), ({"no": 1}, "invalidProperties"),
        ({"myRights/mayDelete": False}, "invalidPatch"), ({"name": "a", "name/x": "b"}, "invalidPatch"),
        ({"/name": "x"}, "invalidPatch"), ({"parentId": "F1-999"}, "invalidProperties"),
    ],
)  # fmt: skip
def test_update_what_is_wrong(client: Client, patch: Any, kind: str) -> None:
    mailbox = client.mailbox(f"wrong {abs(hash(str(patch)))}")
    before = client.box(mailbox)
    assert client.not_updated("Mailbox", mailbox, patch)["type"] in (kind, "invalidProperties")
    assert client.box(mailbox) == before


def test_update_names_all_that_is_wrong(client: Client) -> None:
    """RFC 8620 §5.3: properties lists all that were invalid; what the server sets may be said as it is."""
    mailbox = client.mailbox("All wrong")
    before = client.box(mailbox)
    patch = before | {"name": "Other", "id": "x", "totalEmails": 7, "unreadThreads": 7, "no": None}
    error = client.not_updated("Mailbox", mailbox, patch)
    assert error["type"] == "invalidProperties"
    assert set(error["properties"]) == {"id", "totalEmails", "unreadThreads", "no"}
    assert client.box(mailbox) == before


def test_no_mailbox_is_within_itself(client: Client) -> None:
    """§2: no loops."""
    one = client.mailbox("loop")
    two = client.mailbox("inner", parentId=one)
    for mailbox, parent in ((one, one), (one, two)):
        error = client.not_updated("Mailbox", mailbox, {"parentId": parent})
        assert (error["type"], error["properties"]) == ("invalidProperties", ["parentId"])


def test_roles(client: Client) -> None:
    """§2: one mailbox a role; two may change theirs in one call."""
    mailbox = client.mailbox("Roles")
    boxes = client.boxes
    error = client.not_updated("Mailbox", mailbox, {"role": "junk"})
    assert (error["type"], error["properties"]) == ("invalidProperties", ["role"])
    told = client.call("Mailbox/set", update={mailbox: {"role": "junk"}, boxes["junk"]: {"role": None}})
    assert told["notUpdated"] is None and client.boxes["junk"] == mailbox
    client.call("Mailbox/set", update={boxes["junk"]: {"role": "junk"}, mailbox: {"role": None}})
    assert client.boxes == boxes


def test_destroy(client: Client) -> None:
    """§2.5: mailboxHasChild, mailboxHasEmail, onDestroyRemoveEmails."""
    outer = client.mailbox("Outer")
    inner = client.mailbox("Inner", parentId=outer)
    email = client.put(_message(1), inner)
    both = client.put(_message(2), inner)
    client.updated("Email", both, {f"mailboxIds/{outer}": True})
    state = client.state("Email")

    def kept(mailbox: str, **more: Any) -> Any:
        return client.call("Mailbox/set", destroy=[mailbox], **more)["notDestroyed"][mailbox]["type"]

    assert kept(outer) == "mailboxHasChild" and kept(inner) == "mailboxHasEmail"
    assert kept(inner, onDestroyRemoveEmails=False) == "mailboxHasEmail"
    assert kept(outer, onDestroyRemoveEmails=True) == "mailboxHasChild"
    told = client.call("Mailbox/set", destroy=[inner], onDestroyRemoveEmails=True)
    assert told["destroyed"] == [inner]
    assert client.call("Email/get", ids=[email])["notFound"] == [email]
    assert client.email(both, "mailboxIds")["mailboxIds"] == {outer: True}
    changes = client.call("Email/changes", sinceState=state)
    assert (changes["destroyed"], changes["updated"]) == ([email], [both])
    told = client.call("Mailbox/set", destroy=[outer, client.boxes["inbox"]], onDestroyRemoveEmails=True)
    assert told["destroyed"] == [outer] and told["notDestroyed"][client.boxes["inbox"]]["type"] == "forbidden"


def test_destroy_outer_and_inner_together(client: Client) -> None:
    outer = client.mailbox("Together")
    inner = client.mailbox("inner", parentId=outer)
    assert set(client.call("Mailbox/set", destroy=[outer, inner])["destroyed"]) == {outer, inner}


# --- counts (§2) ---------------------------------------------------------------------------------


def _counts(client: Client, mailbox: str) -> tuple[int, ...]:
    box = client.box(mailbox)
    return box["totalEmails"], box["unreadEmails"], box["totalThreads"], box["unreadThreads"]


def test_counts(client: Client) -> None:
    one, other = client.mailbox("Counted"), client.mailbox("Counted too")
    first = client.put(_message(10), one)
    client.put(_message(11, reply_to=10), other, keywords={"$seen": True})
    client.put(_message(12), one, keywords={"$draft": True})
    assert _counts(client, one) == (2, 1, 2, 1)
    assert _counts(client, other) == (1, 0, 1, 1)  # Unread elsewhere in the thread.
    client.updated("Email", first, {"keywords/$seen": True})
    assert _counts(client, one) == (2, 0, 2, 0) and _counts(client, other) == (1, 0, 1, 0)
    state = client.state("Mailbox")
    client.updated("Email", first, {"keywords/$seen": None})
    changes = client.call("Mailbox/changes", sinceState=state)
    assert set(changes["updated"]) == {one, other} and set(changes["updatedProperties"]) == COUNTS
    # What is in the Trash makes no thread elsewhere unread.
    client.updated("Email", first, {"mailboxIds": {client.boxes["trash"]: True}})
    assert _counts(client, one) == (1, 0, 1, 0) and _counts(client, other) == (1, 0, 1, 0)
    assert _counts(client, client.boxes["trash"]) == (1, 1, 1, 1)


def test_changes_one_by_one(client: Client) -> None:
    """RFC 8620 §5.2: maxChanges; following them leads to the newest state."""
    state = client.state("Mailbox")
    made = {client.mailbox(f"step {number}") for number in range(3)}
    found: list[str] = []
    for _ in range(3):
        told = client.call("Mailbox/changes", sinceState=state, maxChanges=1)
        assert len(told["created"]) + len(told["updated"]) + len(told["destroyed"]) <= 1
        found += told["created"]
        state = told["newState"]
        if not told["hasMoreChanges"]:
            break
    assert set(found) == made and state == client.state("Mailbox")


# --- Mailbox/query (§2.3) ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tree(client: Client) -> dict[str, str]:
    made = {"z": client.mailbox("qqz", sortOrder=1)}
    made["zb"] = client.mailbox("qqb", parentId=made["z"], sortOrder=2)
    made["za"] = client.mailbox("qqa", parentId=made["z"], sortOrder=3, isSubscribed=False)
    made["a"] = client.mailbox("qqA", sortOrder=4)
    return made


def _found(client: Client, tree: dict[str, str], filter: Any = None, **more: Any) -> list[str]:
    """Names of those of the tree."""
    names = {mailbox: name for name, mailbox in tree.items()}
    told = client.call("Mailbox/query", filter=filter, **more)["ids"]
    return [names[mailbox] for mailbox in told if mailbox in names]


def test_filters(client: Client, tree: dict[str, str]) -> None:
    def names(filter: Any) -> set[str]:
        return set(_found(client, tree, filter))

    assert names({"parentId": tree["z"]}) == {"za", "zb"} and names({"parentId": None}) == {"z", "a"}
    assert names({"name": "QQA"}) == {"za", "a"} and names({"isSubscribed": False}) == {"za"}
    assert names({"role": "inbox"}) == set() and names({"role": None}) == set(tree)
    assert names({"hasAnyRole": False}) == set(tree) and names({"hasAnyRole": True}) == set()
    assert client.call("Mailbox/query", filter={"role": "inbox"})["ids"] == [client.boxes["inbox"]]
    either = {"operator": "OR", "conditions": [{"name": "qqz"}, {"name": "qqb"}]}
    assert names(either) == {"z", "zb"}
    assert names({"operator": "NOT", "conditions": [either]}) == {"a", "za"}
    assert names({"operator": "AND", "conditions": [either, {"parentId": None}]}) == {"z"}
    assert names({"name": "qq", "parentId": None}) == {"z", "a"}


def test_sorts(client: Client, tree: dict[str, str]) -> None:
    q = {"name": "qq"}
    assert _found(client, tree, q, sort=[{"property": "sortOrder"}]) == ["z", "zb", "za", "a"]
    assert _found(client, tree, q, sort=[{"property": "sortOrder", "isAscending": False}]) == [
        "a",
        "za",
        "zb",
        "z",
    ]
    assert _found(client, tree, q, sort=[{"property": "name"}])[2:] == ["zb", "z"]
    assert _found(client, tree, q, sort=[{"property": "name"}], sortAsTree=True) == ["a", "z", "za", "zb"]
    found = _found(client, tree, {"name": "qqa"}, sort=[{"property": "name"}], filterAsTree=True)
    assert found == ["a"]  # qz, the parent of the other, does not match.


def test_pages(client: Client, tree: dict[str, str]) -> None:
    """RFC 8620 §5.5"""
    asked = {"filter": {"name": "qq"}, "sort": [{"property": "sortOrder"}]}
    whole = client.call("Mailbox/query", **asked)["ids"]
    told = client.call("Mailbox/query", **asked, position=1, limit=2, calculateTotal=True)
    assert (told["ids"], told["position"], told["total"]) == (whole[1:3], 1, 4)
    assert client.call("Mailbox/query", **asked, position=-1)["ids"] == whole[-1:]
    told = client.call("Mailbox/query", **asked, anchor=whole[2], anchorOffset=-1, limit=1)
    assert (told["ids"], told["position"]) == (whole[1:2], 1)


def test_query_changes(client: Client, tree: dict[str, str]) -> None:
    """§2.4, RFC 8620 §5.6"""
    asked = {"filter": {"name": "qq"}, "sort": [{"property": "sortOrder"}]}
    before = client.call("Mailbox/query", **asked)
    client.updated("Mailbox", tree["z"], {"sortOrder": 9})
    made = client.mailbox("qq new")
    told = client.call(
        "Mailbox/queryChanges", **asked, sinceQueryState=before["queryState"], calculateTotal=True
    )
    ids = [one for one in before["ids"] if one not in told["removed"]]
    for one in told["added"]:
        ids.insert(one["index"], one["id"])
    now = client.call("Mailbox/query", **asked)
    assert ids == now["ids"] and made in ids and told["total"] == len(ids)
    assert told["newQueryState"] == now["queryState"] and told["oldQueryState"] == before["queryState"]
    error = client.error("Mailbox/queryChanges", **asked, sinceQueryState=before["queryState"], maxChanges=1)
    assert error == "tooManyChanges"
