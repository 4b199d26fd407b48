"""RFC 8620 §2–§3, §5: the session, requests, references, the shapes that all types share."""

from typing import Any

import pytest
from client import ID, Client

from jmap_client import USING

USER = "user1"
CORE, MAIL = USING[:2]
LIMITS = (
    "maxSizeUpload", "maxConcurrentUpload", "maxSizeRequest", "maxConcurrentRequests", "maxCallsInRequest",
    "maxObjectsInGet", "maxObjectsInSet",
)  # fmt: skip
GETTABLE = ("Mailbox", "Thread", "Email", "Identity", "EmailSubmission", "VacationResponse", "Quota")
FOLLOWED = ("Mailbox", "Thread", "Email", "Identity", "EmailSubmission", "Quota")
CHANGEABLE = ("Mailbox", "Email", "Identity", "EmailSubmission", "VacationResponse")


# --- the session (RFC 8620 §2) -------------------------------------------------------------------


def test_the_session(client: Client) -> None:
    session = client.session
    core = session["capabilities"][CORE]
    assert all(type(core[name]) is int and core[name] > 0 for name in LIMITS)
    assert isinstance(core["collationAlgorithms"], list)
    account = session["accounts"][client.account]
    assert ID.match(client.account) and account["isPersonal"] is True and account["isReadOnly"] is False
    for capability, account_id in session["primaryAccounts"].items():
        assert capability in session["accounts"][account_id]["accountCapabilities"]
    assert all(capability in session["capabilities"] for capability in account["accountCapabilities"])
    for variable in ("{types}", "{closeafter}", "{ping}"):
        assert variable in session["eventSourceUrl"]
    assert "{accountId}" in session["uploadUrl"] and session["state"]
    mail = account["accountCapabilities"][MAIL]  # RFC 8621 §1.3.1
    assert mail["maxMailboxesPerEmail"] is None or mail["maxMailboxesPerEmail"] >= 1
    assert mail["maxSizeMailboxName"] >= 100 and mail["mayCreateTopLevelMailbox"] is True
    assert mail["maxMailboxDepth"] >= 1 and mail["maxSizeAttachmentsPerEmail"] > 0
    assert "receivedAt" in mail["emailQuerySortOptions"]
    submission = account["accountCapabilities"][USING[2]]  # RFC 8621 §1.3.2
    assert submission["maxDelayedSend"] >= 0 and isinstance(submission["submissionExtensions"], dict)
    assert account["accountCapabilities"][USING[3]] == {}


def test_the_session_is_not_cached(client: Client) -> None:
    answer = client.ask("GET", "/jmap/session")
    assert answer.status == 200 and answer.headers["content-type"].startswith("application/json")
    assert "no-store" in answer.headers["cache-control"]


# --- requests (RFC 8620 §3) ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (b"not json", "notJSON"),
        (b'{"using": ["urn:ietf:params:jmap:core"], "methodCalls": [["Core/echo", {}, "0"]]', "notJSON"),
        (b'"\\ud800"', "notJSON"),
        (b'{"a": "\xff"}', "notJSON"),
        ([], "notRequest"),
        ({"methodCalls": []}, "notRequest"),
        ({"using": [CORE]}, "notRequest"),
        ({"using": CORE, "methodCalls": []}, "notRequest"),
        ({"using": [CORE], "methodCalls": {}}, "notRequest"),
        ({"using": [CORE], "methodCalls": [["Core/echo", {}]]}, "notRequest"),
        ({"using": [CORE], "methodCalls": [["Core/echo", [], "0"]]}, "notRequest"),
        ({"using": [CORE], "methodCalls": [[1, {}, "0"]]}, "notRequest"),
        ({"using": [CORE], "methodCalls": [["Core/echo", {}, 0]]}, "notRequest"),
        ({"using": [CORE], "methodCalls": [], "createdIds": []}, "notRequest"),
        ({"using": [CORE, "urn:x"], "methodCalls": []}, "unknownCapability"),
    ],
)  # fmt: skip
def test_no_request(client: Client, document: Any, kind: str) -> None:
    """RFC 8620 §3.6.1"""
    status, problem = client.problem(document)
    assert (status, problem["type"]) == (400, f"urn:ietf:params:jmap:error:{kind}")
    assert problem["status"] == 400


def test_echo_and_order(client: Client) -> None:
    """RFC 8620 §3.4, §4: responses come in the order of the calls, with their ids."""
    told = {"a": [1, 2.5, None, True, {"ô": "👋"}], "empty": {}}
    calls = [("Core/echo", told), ("No/such", {}), ("Core/echo", {})]
    answered = client.bare(*calls, using=[CORE])
    assert answered == [
        ["Core/echo", told, "0"], ["error", {"type": "unknownMethod"}, "1"], ["Core/echo", {}, "2"],
    ]  # fmt: skip


def test_a_method_needs_its_capability(client: Client) -> None:
    """RFC 8620 §3.3"""
    (answered,) = client.bare(("Mailbox/get", {"accountId": client.account, "ids": []}), using=[CORE])
    assert answered == ["error", {"type": "unknownMethod"}, "0"]


def test_the_session_state_of_an_answer(client: Client) -> None:
    answer = client.post({"using": [CORE], "methodCalls": []}).json
    assert answer["sessionState"] == client.session["state"] and "createdIds" not in answer
    answer = client.post({"using": [CORE], "methodCalls": [], "createdIds": {}}).json
    assert answer["createdIds"] == {}


def test_unknown_properties_of_a_request_are_let_pass(client: Client) -> None:
    assert client.post({"using": [CORE], "methodCalls": [], "more": 1}).status == 200


# --- references (RFC 8620 §3.7) ------------------------------------------------------------------


def _reference(path: Any, name: str = "Core/echo", of: str = "0") -> dict[str, Any]:
    return {"resultOf": of, "name": name, "path": path}


def _referred(client: Client, told: Any, reference: Any) -> Any:
    _, (_, answered, _) = client.bare(("Core/echo", told), ("Core/echo", {"#x": reference}), using=[CORE])
    return answered.get("x", answered.get("type"))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/a", [{"b": [1, 2]}, {"b": [3]}]),
        ("/a/*/b", [1, 2, 3]),
        ("/a/1/b/0", 3),
        ("/a/*", [{"b": [1, 2]}, {"b": [3]}]),
        ("/x~1y/m~0n", "z"),
        ("/none", "invalidResultReference"),
        ("/a/2", "invalidResultReference"),
        ("/a/-", "invalidResultReference"),
        ("/a/01", "invalidResultReference"),
        ("a", "invalidResultReference"),
        (7, "invalidResultReference"),
    ],
)
def test_references(client: Client, path: Any, found: Any) -> None:
    told = {"a": [{"b": [1, 2]}, {"b": [3]}], "x/y": {"m~n": "z"}}
    assert _referred(client, told, _reference(path)) == found


def test_references_that_lead_nowhere(client: Client) -> None:
    for reference in (_reference("/a", of="1"), _reference("/a", of="9"), _reference("/a", "Mailbox/get"), 1):
        assert _referred(client, {"a": 1}, reference) == "invalidResultReference"
    # To an error, whose name is not the method's.
    _, (_, told, _) = client.bare(
        ("No/such", {}), ("Core/echo", {"#x": _reference("/type", "No/such")}), using=[CORE]
    )
    assert told["type"] == "invalidResultReference"


def test_an_argument_is_not_given_twice(client: Client) -> None:
    _, (_, told, _) = client.bare(
        ("Core/echo", {"a": 1}), ("Core/echo", {"x": 1, "#x": _reference("/a")}), using=[CORE]
    )
    assert told["type"] == "invalidArguments"


# --- /get, /changes, /set, /query of all types (RFC 8620 §5) -------------------------------------


@pytest.mark.parametrize("kind", GETTABLE)
def test_get(client: Client, kind: str) -> None:
    """RFC 8620 §5.1"""
    told = client.call(f"{kind}/get")
    assert set(told) == {"accountId", "state", "list", "notFound"} and told["notFound"] == []
    assert isinstance(told["state"], str) and told["accountId"] == client.account
    assert client.call(f"{kind}/get", ids=None)["list"] == told["list"]
    empty = client.call(f"{kind}/get", ids=[])
    assert (empty["list"], empty["notFound"], empty["state"]) == ([], [], told["state"])
    lost = client.call(f"{kind}/get", ids=["nothing", "nothing", "F9-9"])
    assert (lost["list"], lost["notFound"]) == ([], ["nothing", "F9-9"])
    for one in client.call(f"{kind}/get", properties=[])["list"]:
        assert list(one) == ["id"]
    for one in told["list"]:
        twice = client.call(f"{kind}/get", ids=[one["id"], one["id"]])
        assert [found["id"] for found in twice["list"]] == [one["id"]]


@pytest.mark.parametrize("kind", GETTABLE)
@pytest.mark.parametrize(
    "wrong",
    [
        {"ids": "x"},
        {"ids": [1]},
        {"properties": "id"},
        {"properties": ["no"]},
        {"properties": [1]},
        {"no": 1},
    ],
)
def test_get_of_what_is_wrong(client: Client, kind: str, wrong: Any) -> None:
    assert client.error(f"{kind}/get", **wrong) == "invalidArguments"


@pytest.mark.parametrize("kind", FOLLOWED)
def test_changes(client: Client, kind: str) -> None:
    """RFC 8620 §5.2"""
    state = client.state(kind)
    told = client.call(f"{kind}/changes", sinceState=state)
    told.pop("updatedProperties", None)
    assert told == {
        "accountId": client.account, "oldState": state, "newState": state, "hasMoreChanges": False,
        "created": [], "updated": [], "destroyed": [],
    }  # fmt: skip
    assert client.error(f"{kind}/changes") == "invalidArguments"
    assert client.error(f"{kind}/changes", sinceState=1) == "invalidArguments"
    assert client.error(f"{kind}/changes", sinceState=state, maxChanges=0) == "invalidArguments"
    assert client.error(f"{kind}/changes", sinceState=state, maxChanges=-1) == "invalidArguments"
    for never in ("", "nonsense", "99999999999", "-1", "1.2.3.4"):
        assert client.error(f"{kind}/changes", sinceState=never) == "cannotCalculateChanges"


@pytest.mark.parametrize("kind", CHANGEABLE)
def test_set(client: Client, kind: str) -> None:
    """RFC 8620 §5.3"""
    state = client.state(kind)
    told = client.call(f"{kind}/set", ifInState=state)
    nothing = ("created", "updated", "destroyed", "notCreated", "notUpdated", "notDestroyed")
    assert told == {"accountId": client.account, "oldState": state, "newState": state} | dict.fromkeys(
        nothing
    )
    assert client.error(f"{kind}/set", ifInState="other", create={"x": {}}) == "stateMismatch"
    told = client.call(f"{kind}/set", update={"lost": {}, "nothing": {}}, destroy=["nothing", "#never"])
    assert told["notUpdated"]["lost"]["type"] == "notFound"
    assert told["notUpdated"]["nothing"]["type"] == "willDestroy"
    if kind != "VacationResponse":
        assert {name: one["type"] for name, one in told["notDestroyed"].items()} == {
            "nothing": "notFound", "#never": "notFound",
        }  # fmt: skip
    for wrong in ({"create": []}, {"create": {"x": 1}}, {"update": {"x": 1}}, {"destroy": {}}, {"no": 1}):
        assert client.error(f"{kind}/set", **wrong) == "invalidArguments"


@pytest.mark.parametrize("kind", ("Mailbox", "Email", "EmailSubmission", "Quota"))
def test_query(client: Client, kind: str) -> None:
    """RFC 8620 §5.5"""
    told = client.call(f"{kind}/query")
    assert {"accountId", "queryState", "canCalculateChanges", "position", "ids"} == set(told)
    assert told["position"] == 0 and isinstance(told["canCalculateChanges"], bool)
    assert client.call(f"{kind}/query", calculateTotal=True)["total"] == len(told["ids"])
    assert (
        client.call(f"{kind}/query", filter=None, sort=None, position=None, limit=None)["ids"] == told["ids"]
    )
    assert client.call(f"{kind}/query", filter={}, sort=[])["ids"] == told["ids"]
    assert client.call(f"{kind}/query", limit=0)["ids"] == []
    assert client.error(f"{kind}/query", limit=-1) == "invalidArguments"
    assert client.error(f"{kind}/query", position="0") == "invalidArguments"
    assert client.error(f"{kind}/query", anchor="nothing") == "anchorNotFound"
    assert client.error(f"{kind}/query", sort=[{"property": "no"}]) == "unsupportedSort"
    assert client.error(f"{kind}/query", filter={"no": 1}) == "unsupportedFilter"
    assert client.error(f"{kind}/query", filter=[]) == "invalidArguments"
    assert client.error(f"{kind}/query", no=1) == "invalidArguments"
    for wrong in (
        {"operator": "XOR", "conditions": []},
        {"operator": "AND"},
        {"operator": "AND", "conditions": {}},
    ):
        assert client.error(f"{kind}/query", filter=wrong) in ("invalidArguments", "unsupportedFilter")
    changes = client.call(f"{kind}/queryChanges", sinceQueryState=told["queryState"])
    assert changes == {
        "accountId": client.account, "oldQueryState": told["queryState"],
        "newQueryState": told["queryState"], "removed": [], "added": [],
    }  # fmt: skip
    assert client.error(f"{kind}/queryChanges") == "invalidArguments"
    assert client.error(f"{kind}/queryChanges", sinceQueryState="no") == "cannotCalculateChanges"


@pytest.mark.parametrize("kind", (*GETTABLE, "SearchSnippet"))
def test_accounts(client: Client, kind: str) -> None:
    """RFC 8620 §3.6.2"""
    for told, error in (({}, "invalidArguments"), ({"accountId": "A9999"}, "accountNotFound")):
        ((name, answered, _),) = client.bare((f"{kind}/get", told), using=USING)
        assert (name, answered["type"]) == ("error", error)
