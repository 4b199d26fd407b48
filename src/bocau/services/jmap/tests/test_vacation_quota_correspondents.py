"""VacationResponse (RFC 8621 §8), Quota (RFC 9425), Correspondent/query."""

from .sending import DRAFT, SendingDesk, alice, world  # noqa: F401

# ruff: noqa: F811


async def test_vacation_is_one_object(alice: SendingDesk) -> None:
    told = await alice.call("VacationResponse/get")
    (one,) = told["list"]
    assert one["id"] == "singleton" and one["isEnabled"] is False and one["textBody"] is None
    patch = {"isEnabled": True, "fromDate": "2027-01-15T08:00:00Z", "textBody": "Tôi đi vắng"}
    said = await alice.call("VacationResponse/set", update={"singleton": patch}, ifInState=told["state"])
    assert said["updated"] == {"singleton": None} and said["newState"] != told["state"]
    (one,) = (await alice.call("VacationResponse/get", ids=["singleton"]))["list"]
    assert {name: one[name] for name in patch} == patch
    wrong = {"isEnabled": 1, "toDate": "soon", "subject": "x" * 251, "id": "x", "colour": "red"}
    for name, value in wrong.items():
        said = await alice.call("VacationResponse/set", update={"singleton": {name: value}})
        assert said["notUpdated"]["singleton"]["properties"] == [name]
    said = await alice.call("VacationResponse/set", create={"k": {}}, destroy=["singleton"], update={"x": {}})
    assert said["notCreated"]["k"]["type"] == said["notDestroyed"]["singleton"]["type"] == "singleton"
    assert said["notUpdated"]["x"]["type"] == "notFound"
    assert (await alice.call("VacationResponse/get", ids=["a", "singleton"]))["notFound"] == ["a"]


async def test_quota_tells_what_is_held_and_what_changed(alice: SendingDesk) -> None:
    told = await alice.call("Quota/get")
    assert [one["id"] for one in told["list"]] == ["mailboxes"]
    before = told["state"]
    await alice.world.store.write(alice.account, lambda tx: tx.set_limit(10_000))
    changes = await alice.call("Quota/changes", sinceState=before)
    assert (changes["created"], changes["updated"], changes["destroyed"]) == (["octets"], [], [])
    assert changes["updatedProperties"] is None
    middle = changes["newState"]
    await alice.draft()
    changes = await alice.call("Quota/changes", sinceState=middle)
    assert (changes["updated"], changes["updatedProperties"]) == (["octets"], ["used"])
    (octets,) = (await alice.call("Quota/get", ids=["octets"]))["list"]
    assert (octets["used"], octets["hardLimit"], octets["warnLimit"]) == (len(DRAFT), 10_000, 9_000)
    asked = {"filter": {"type": "Email"}, "sort": [{"property": "used", "isAscending": False}]}
    found = await alice.call("Quota/query", **asked, calculateTotal=True)
    assert (found["ids"], found["total"]) == (["octets"], 1)
    told = await alice.call("Quota/queryChanges", **asked, sinceQueryState=middle)
    assert (told["removed"], told["added"]) == (["octets"], [{"id": "octets", "index": 0}])
    assert (await alice.call("Quota/query", filter={"x": 1}))["error"] == "unsupportedFilter"
    assert (await alice.call("Quota/query", sort=[{"property": "x"}]))["error"] == "unsupportedSort"
    assert (await alice.call("Quota/changes", sinceState="x"))["error"] == "cannotCalculateChanges"


async def test_correspondents_are_whom_one_has_written_to(alice: SendingDesk) -> None:
    name = "Đặng Thuỳ Trâm".encode()
    to = b"To: " + name + b" <tram.dang@there.test>, bob@here.test"
    for _ in range(2):
        await alice.submit(await alice.draft(DRAFT.replace(b"To: bob@here.test", to)))
    await alice.submit(await alice.draft(DRAFT))
    for text, emails in (
        ("thuy d", ["tram.dang@there.test"]),
        ("DẶNG", ["tram.dang@there.test"]),
        ("tram.dang@th", ["tram.dang@there.test"]),
        ("", ["bob@here.test", "tram.dang@there.test"]),
        ("here", ["bob@here.test"]),
        ("ram", []),
    ):
        told = await alice.call("Correspondent/query", text=text, limit=5)
        assert [one["email"] for one in told["list"]] == emails, text
    (one,) = (await alice.call("Correspondent/query", text="thuy"))["list"]
    assert (one["name"], one["sentCount"]) == ("Đặng Thuỳ Trâm", 2)
    other = SendingDesk(alice.world, "bob")
    assert (await other.call("Correspondent/query", text=""))["list"] == []
