"""Identities: one for each address of the account, and what its owner adds (RFC 8621 §6)."""

from bocau.formats.address import parse_address

from .sending import SendingDesk, alice, world  # noqa: F401


async def emails(desk: SendingDesk) -> dict[str, bool]:
    return {one["email"]: one["mayDelete"] for one in (await desk.call("Identity/get"))["list"]}


async def test_each_address_of_the_account_has_one_that_stays(alice: SendingDesk) -> None:  # noqa: F811
    directory, own = alice.world.directory, parse_address("alice@here.test")
    await directory.set_alias(parse_address("sales@here.test"), [own])
    await directory.set_alias(parse_address("shop@here.test"), [parse_address("sales@here.test")])
    await directory.set_alias(parse_address("both@here.test"), [own, parse_address("bob@here.test")])
    await directory.set_group(parse_address("team@here.test"), [own], [alice.account])
    await directory.set_group(parse_address("others@here.test"), [own], [])
    wanted = ["alice@here.test", "sales@here.test", "shop@here.test", "team@here.test"]
    assert await emails(alice) == dict.fromkeys(wanted, False)
    state = (await alice.call("Identity/get"))["state"]
    await directory.remove_alias(parse_address("shop@here.test"))
    assert "shop@here.test" not in await emails(alice)
    told = await alice.call("Identity/changes", sinceState=state)
    assert (len(told["destroyed"]), told["created"], told["updated"]) == (1, [], [])


async def test_creating_changing_destroying_and_what_changes_tells(alice: SendingDesk) -> None:  # noqa: F811
    before = (await alice.call("Identity/get"))["state"]
    new = {"email": "alice+shop@here.test", "name": "Cửa hàng", "replyTo": [{"email": "x@y.test"}]}
    told = await alice.call("Identity/set", create={"a": new, "b": {"email": "bob@here.test"}})
    made = told["created"]["a"]["id"]
    assert told["created"]["a"]["mayDelete"] is True and "email" not in told["created"]["a"]
    assert told["notCreated"]["b"]["type"] == "forbiddenFrom"
    changes = await alice.call("Identity/changes", sinceState=before)
    assert changes["created"] == [made] and changes["newState"] == told["newState"] != before
    told = await alice.call(
        "Identity/set",
        update={made: {"textSignature": "--\nA", "name": None}},
        ifInState=told["newState"],
    )
    assert told["updated"] == {made: None}
    middle = told["newState"]
    (one,) = (await alice.call("Identity/get", ids=[made]))["list"]
    assert (one["name"], one["textSignature"], one["replyTo"]) == (
        "",
        "--\nA",
        [{"name": None, "email": "x@y.test"}],
    )
    assert (await alice.call("Identity/changes", sinceState=changes["newState"]))["updated"] == [made]
    told = await alice.call("Identity/set", destroy=[made, await alice.identity(), "I999"])
    assert told["destroyed"] == [made]
    assert [one["type"] for one in told["notDestroyed"].values()] == ["forbidden", "notFound"]
    assert (await alice.call("Identity/changes", sinceState=middle))["destroyed"] == [made]


async def test_what_cannot_be_set_is_named(alice: SendingDesk) -> None:  # noqa: F811
    own = await alice.identity()
    for patch, properties in (
        ({"email": "alice+x@here.test"}, ["email"]),
        ({"mayDelete": True}, ["mayDelete"]),
        ({"replyTo": [{"name": "no address"}]}, ["replyTo"]),
        ({"bcc": [{"email": "not an address"}]}, ["bcc"]),
        ({"name": "x" * 301}, ["name"]),
        ({"colour": "red"}, ["colour"]),
    ):
        told = await alice.call("Identity/set", update={own: patch})
        assert told["notUpdated"][own]["type"] == "invalidProperties", patch
        assert told["notUpdated"][own]["properties"] == properties
    told = await alice.call("Identity/set", create={"k": {"email": "no address"}})
    assert told["notCreated"]["k"]["properties"] == ["email"]
    assert (await alice.call("Identity/set", ifInState="0"))["error"] == "stateMismatch"
    assert (await alice.call("Identity/changes", sinceState="999999"))["error"] == "cannotCalculateChanges"
