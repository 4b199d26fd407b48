"""Mailbox/query and Mailbox/queryChanges (RFC 8621 §2.3, §2.4)."""

import pytest

from .desk import ALICE
from .test_query_changes import applied

TREE = ("a", "a/z", "a/z/deep", "a/b", "c")


@pytest.fixture
async def boxes(desk):
    for name in TREE:
        await desk.store.write(ALICE, lambda tx, name=name: tx.create_mailbox(name))
    return desk


async def names(desk, filter=None, **more):
    told = await desk.call("Mailbox/query", filter=filter, **more)
    named = {one["id"]: one["name"] for one in (await desk.call("Mailbox/get", ids=None))["list"]}
    return [named[one] for one in told["ids"]]


BY_NAME = [{"property": "name"}]


async def test_filters(boxes):
    desk = boxes
    no_role = {"hasAnyRole": False}
    assert await names(desk, no_role, sort=BY_NAME) == ["a", "b", "c", "deep", "z"]
    assert await names(desk, {"role": "inbox"}) == ["Inbox"]
    assert await names(desk, {"role": None, "parentId": None}, sort=BY_NAME) == ["a", "c"]
    assert await names(desk, {"parentId": desk.mailbox_id("a")}, sort=BY_NAME) == ["b", "z"]
    assert await names(desk, {"name": "EE"}) == ["deep"]
    assert await names(desk, {"isSubscribed": False}, sort=BY_NAME) == ["a", "b", "c", "deep", "z"]
    either = {"operator": "OR", "conditions": [{"role": "inbox"}, {"name": "deep"}]}
    assert await names(desk, either, sort=[{"property": "name", "isAscending": False}]) == ["Inbox", "deep"]
    assert (await desk.call("Mailbox/query", filter={"colour": 1}))["error"] == "unsupportedFilter"
    assert (await desk.call("Mailbox/query", filter={"name": 1}))["error"] == "invalidArguments"
    assert (await desk.call("Mailbox/query", sort=[{"property": "id"}]))["error"] == "unsupportedSort"


async def test_trees(boxes):
    desk = boxes
    no_role = {"hasAnyRole": False}
    assert await names(desk, no_role, sort=BY_NAME, sortAsTree=True) == ["a", "b", "z", "deep", "c"]
    down = [{"property": "name", "isAscending": False}]
    assert await names(desk, no_role, sort=down, sortAsTree=True) == ["c", "a", "z", "deep", "b"]
    named = {"operator": "OR", "conditions": [{"name": "a"}, {"name": "deep"}, {"name": "b"}]}
    found = await names(
        desk, {"operator": "AND", "conditions": [no_role, named]}, filterAsTree=True, sort=BY_NAME
    )
    assert found == ["a", "b"]


@pytest.mark.parametrize("as_tree", [False, True])
async def test_changes_lead_to_the_list(boxes, as_tree):
    desk = boxes
    query = {"filter": {"hasAnyRole": False}, "sort": BY_NAME, "sortAsTree": as_tree, "filterAsTree": as_tree}
    told = await desk.call("Mailbox/query", **query)
    steps = [
        lambda tx: tx.create_mailbox("a/q"),
        lambda tx: tx.rename_mailbox(tx.mailbox_named("a").mailbox_id, "x"),
        lambda tx: tx.rename_mailbox(tx.mailbox_named("x/z").mailbox_id, "c/z"),
        lambda tx: tx.delete_mailbox(tx.mailbox_named("x/b").mailbox_id),
        lambda tx: tx.subscribe("c", True),
    ]
    for step in steps:
        await desk.store.write(ALICE, step)
        changes = await desk.call("Mailbox/queryChanges", **query, sinceQueryState=told["queryState"])
        now = await desk.call("Mailbox/query", **query)
        assert applied(told["ids"], changes) == now["ids"]
        assert changes["newQueryState"] == now["queryState"]
        told = now


async def test_counts_move_nothing(boxes):
    desk = boxes
    state = (await desk.call("Mailbox/query"))["queryState"]
    await desk.deliver(b"Subject: x\r\n\r\n")
    told = await desk.call("Mailbox/queryChanges", sinceQueryState=state, sortAsTree=True)
    assert (told["removed"], told["added"]) == ([], [])
    assert (await desk.call("Mailbox/queryChanges", sinceQueryState="x"))["error"] == "cannotCalculateChanges"
    told = await desk.call("Mailbox/queryChanges", sinceQueryState="99999-1")
    assert told["error"] == "cannotCalculateChanges"
