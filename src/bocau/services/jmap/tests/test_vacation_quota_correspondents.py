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


async def test_who_is_forgotten_can_be_put_back(alice: SendingDesk) -> None:
    async def known() -> list[tuple[str, int]]:
        told = await alice.call("Correspondent/query", text="")
        return [(one["email"], one["sentCount"]) for one in told["list"]]

    for _ in range(2):
        await alice.submit(await alice.draft(DRAFT))
    told = await alice.call("Correspondent/forget", emails=["BOB@here.test", "nobody@here.test"])
    assert [one["email"] for one in told["list"]] == ["bob@here.test"]
    assert told["notFound"] == ["nobody@here.test"]
    assert await known() == []
    await alice.submit(await alice.draft(DRAFT))
    assert await known() == [("bob@here.test", 1)]
    await alice.call("Correspondent/remember", list=told["list"])
    assert await known() == [("bob@here.test", 3)]


async def test_what_is_put_back_is_as_it_was_told(alice: SendingDesk) -> None:
    one = {"name": "B", "email": "b@x.test", "sentCount": 1, "lastSentAt": "9999-01-01T00:00:00Z"}
    for wrong in (
        {"email": "b"},
        {"sentCount": 0},
        {"sentCount": True},
        {"name": "\ud800"},
        {"lastSentAt": "now"},
    ):
        told = await alice.call("Correspondent/remember", list=[one | wrong])
        assert told["error"] == "invalidArguments", wrong
    for method, name in (("Correspondent/remember", "list"), ("Correspondent/forget", "emails")):
        told = await alice.call(method, **{name: [one] * 101})
        assert told["error"] == "requestTooLarge"
    assert (await alice.call("Correspondent/forget", emails=[7]))["error"] == "invalidArguments"
    await alice.call("Correspondent/remember", list=[one])
    (kept,) = (await alice.call("Correspondent/query", text="b"))["list"]
    assert kept["lastSentAt"] < "9999"
