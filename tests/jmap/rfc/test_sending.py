"""RFC 8621 §6–§8, RFC 9425, RFC 9007: identities, submissions, the vacation response, quotas, receipts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from client import ID, UTC_DATE, Client

from harness import eventually

USER = "user6"
RECIPIENT = "user7@demo.test"


@pytest.fixture(scope="module")
def identity(client: Client) -> str:
    return str(client.call("Identity/get")["list"][0]["id"])


def _later(seconds: int = 86_400) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _held(client: Client, identity: str, **more: Any) -> tuple[str, str]:
    """(submission, email) that wait for tomorrow."""
    email = client.draft(to=[{"email": RECIPIENT}], keywords={"$draft": True})
    new = {"identityId": identity, "emailId": email, "sendAt": _later()} | more
    told = client.call("EmailSubmission/set", create={"s": new})
    assert told["notCreated"] is None, told
    return str(told["created"]["s"]["id"]), email


# --- identities (§6) -----------------------------------------------------------------------------


def test_identities(client: Client, identity: str) -> None:
    found = client.call("Identity/get")["list"]
    for one in found:
        assert set(one) == {
            "id", "name", "email", "replyTo", "bcc", "textSignature", "htmlSignature", "mayDelete",
        }  # fmt: skip
        assert ID.match(one["id"]) and "@" in one["email"] and isinstance(one["mayDelete"], bool)
        assert isinstance(one["name"], str) and isinstance(one["textSignature"], str)
    assert found[0]["email"] == client.server.address(USER)


def test_set_identities(client: Client) -> None:
    state, address = client.state("Identity"), client.server.address(USER)
    new = {
        "email": address,
        "name": "Tên",
        "bcc": [{"name": None, "email": "b@x.test"}],
        "textSignature": "-- \nT",
    }
    told = client.call("Identity/set", create={"i": new})
    made = told["created"]["i"]
    assert made == {"id": made["id"], "replyTo": None, "htmlSignature": "", "mayDelete": True}
    (found,) = client.call("Identity/get", ids=[made["id"]])["list"]
    assert found == new | made
    assert client.call("Identity/changes", sinceState=state)["created"] == [made["id"]]
    state = client.state("Identity")
    client.updated("Identity", made["id"], {"name": "Other", "replyTo": [{"name": "R", "email": "r@x.test"}]})
    assert client.call("Identity/changes", sinceState=state)["updated"] == [made["id"]]
    (found,) = client.call("Identity/get", ids=[made["id"]])["list"]
    assert client.updated("Identity", made["id"], found) is None  # The whole object.
    error = client.not_updated("Identity", made["id"], {"email": "other@x.test"})
    assert (error["type"], error["properties"]) == ("invalidProperties", ["email"])
    for patch in (
        {"name": 7},
        {"no": 1},
        {"mayDelete": False},
        {"replyTo": "r@x.test"},
        {"bcc": [{"name": "x"}]},
    ):
        assert client.not_updated("Identity", made["id"], patch)["type"] == "invalidProperties"
    assert client.call("Identity/set", destroy=[made["id"]])["destroyed"] == [made["id"]]


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        ({}, "invalidProperties"), ({"email": "nonsense"}, "invalidProperties"),
        ({"email": "somebody@elsewhere.test"}, "forbiddenFrom"), ({"email": RECIPIENT}, "forbiddenFrom"),
        ({"email": "user6@demo.test", "id": "x"}, "invalidProperties"),
        ({"email": "user6@demo.test", "mayDelete": True}, "invalidProperties"),
        ({"email": "user6@demo.test", "name": None, "no": 1}, "invalidProperties"),
    ],
)  # fmt: skip
def test_identities_that_are_wrong(client: Client, new: Any, kind: str) -> None:
    assert client.not_created("Identity", new)["type"] == kind


# --- submissions (§7) ----------------------------------------------------------------------------


def test_send(client: Client, identity: str) -> None:
    """§7.5: two calls in one request, the implied Email/set under the same call id."""
    boxes, state = client.boxes, client.state("EmailSubmission")
    patch = {
        "keywords/$draft": None,
        f"mailboxIds/{boxes['drafts']}": None,
        f"mailboxIds/{boxes['sent']}": True,
    }
    email = client.drafted(to=[{"email": RECIPIENT}], subject="sent", keywords={"$draft": True})
    answered = client.calls(
        ("Email/set", {"create": {"e": email}}),
        ("EmailSubmission/set", {
            "create": {"s": {"identityId": identity, "emailId": "#e"}}, "onSuccessUpdateEmail": {"#s": patch},
        }),
    )  # fmt: skip
    assert [(name, tag) for name, _, tag in answered] == [
        ("Email/set", "0"), ("EmailSubmission/set", "1"), ("Email/set", "1"),
    ]  # fmt: skip
    made, email_id = answered[1][1]["created"]["s"], answered[0][1]["created"]["e"]["id"]
    assert list(answered[2][1]["updated"]) == [email_id]
    found = client.email(email_id, "mailboxIds", "keywords")
    assert found["mailboxIds"] == {boxes["sent"]: True} and "$draft" not in found["keywords"]
    (told,) = client.call("EmailSubmission/get", ids=[made["id"]])["list"]
    assert set(told) == {
        "id", "identityId", "emailId", "threadId", "envelope", "sendAt", "undoStatus", "deliveryStatus",
        "dsnBlobIds", "mdnBlobIds",
    }  # fmt: skip
    assert (told["identityId"], told["emailId"]) == (identity, email_id) and UTC_DATE.match(told["sendAt"])
    assert told["undoStatus"] == "final" and told["dsnBlobIds"] == told["mdnBlobIds"] == []
    assert told["envelope"]["mailFrom"]["email"] == client.server.address(USER)
    assert [one["email"] for one in told["envelope"]["rcptTo"]] == [RECIPIENT]
    assert client.call("EmailSubmission/changes", sinceState=state)["created"] == [made["id"]]
    other = Client(client.server, "user7")
    eventually(lambda: other.query(filter={"subject": "sent"}))

    def status() -> Any:
        return client.call("EmailSubmission/get", ids=[made["id"]])["list"][0]["deliveryStatus"][RECIPIENT]

    assert eventually(lambda: status()["delivered"] == "yes" and status())["smtpReply"]
    assert status()["displayed"] == "unknown"


def test_on_success_destroy(client: Client, identity: str) -> None:
    email = client.draft(to=[{"email": RECIPIENT}])
    answered = client.calls(
        ("EmailSubmission/set", {
            "create": {"s": {"identityId": identity, "emailId": email}}, "onSuccessDestroyEmail": ["#s"],
        })
    )  # fmt: skip
    assert answered[1][0] == "Email/set" and answered[1][1]["destroyed"] == [email]
    assert client.call("Email/get", ids=[email])["notFound"] == [email]


def test_nothing_is_implied_by_failure(client: Client) -> None:
    email = client.draft(to=[{"email": RECIPIENT}])
    answered = client.calls(
        ("EmailSubmission/set", {
            "create": {"s": {"identityId": "I999", "emailId": email}}, "onSuccessDestroyEmail": ["#s"],
        })
    )  # fmt: skip
    assert len(answered) == 1 and answered[0][1]["notCreated"]["s"]["type"] == "invalidProperties"
    assert client.email(email, "id")


def test_envelope(client: Client, identity: str) -> None:
    """§7: given, it decides; recipients in the message do not."""
    email = client.draft(to=[{"email": "nobody@nowhere.test"}], subject="by envelope")
    own = client.server.address(USER)
    envelope = {
        "mailFrom": {"email": own, "parameters": None},
        "rcptTo": [{"email": RECIPIENT, "parameters": None}],
    }
    told = client.call(
        "EmailSubmission/set", create={"s": {"identityId": identity, "emailId": email, "envelope": envelope}}
    )
    made = told["created"]["s"]["id"]
    (found,) = client.call("EmailSubmission/get", ids=[made], properties=["envelope"])["list"]
    assert [one["email"] for one in found["envelope"]["rcptTo"]] == [RECIPIENT]
    other = Client(client.server, "user7")
    eventually(lambda: other.query(filter={"subject": "by envelope"}))


@pytest.mark.parametrize(
    ("more", "kinds"),
    [
        ({"identityId": "I999"}, ("invalidProperties",)), ({"identityId": None}, ("invalidProperties",)),
        ({"emailId": "M1"}, ("invalidProperties", "emailNotFound")), ({"emailId": 7}, ("invalidProperties",)),
        ({"envelope": {"mailFrom": {"email": "user6@demo.test"}, "rcptTo": []}}, ("noRecipients",)),
        (
            {"envelope": {"mailFrom": {"email": "user6@demo.test"}, "rcptTo": [{"email": "nonsense"}]}},
            ("invalidRecipients",),
        ),
        (
            {"envelope": {"mailFrom": {"email": "x@y.test"}, "rcptTo": [{"email": RECIPIENT}]}},
            ("forbiddenMailFrom", "forbiddenFrom"),
        ),
        ({"envelope": 1}, ("invalidProperties",)), ({"undoStatus": "final"}, ("invalidProperties",)),
        ({"id": "x"}, ("invalidProperties",)), ({"threadId": "x"}, ("invalidProperties",)),
        ({"no": 1}, ("invalidProperties",)),
    ],
)  # fmt: skip
def test_submissions_that_are_wrong(client: Client, identity: str, more: Any, kinds: Any) -> None:
    email = client.draft(to=[{"email": RECIPIENT}])
    error = client.not_created("EmailSubmission", {"identityId": identity, "emailId": email} | more)
    assert error["type"] in kinds, error
    if error["type"] == "invalidRecipients":
        assert error["invalidRecipients"] == ["nonsense"]


def test_a_message_without_recipients(client: Client, identity: str) -> None:
    email = client.draft(to=None)
    error = client.not_created("EmailSubmission", {"identityId": identity, "emailId": email})
    assert error["type"] == "noRecipients"


def test_from_of_somebody_else(client: Client, identity: str) -> None:
    email = client.draft(to=[{"email": RECIPIENT}], **{"from": [{"email": "other@elsewhere.test"}]})
    error = client.not_created("EmailSubmission", {"identityId": identity, "emailId": email})
    assert error["type"] == "forbiddenFrom"


def test_undo(client: Client, identity: str) -> None:
    """§7.5: pending may be canceled; final may not."""
    made, email = _held(client, identity)
    (told,) = client.call("EmailSubmission/get", ids=[made])["list"]
    assert (told["undoStatus"], told["deliveryStatus"]) == ("pending", None)
    state = client.state("EmailSubmission")
    for patch in ({"undoStatus": "final"}, {"undoStatus": "no"}, {"sendAt": _later(9)}, {"emailId": "M1"}):
        assert client.not_updated("EmailSubmission", made, patch)["type"] == "invalidProperties"
    client.updated("EmailSubmission", made, told | {"undoStatus": "canceled"})  # The whole object.
    assert client.call("EmailSubmission/changes", sinceState=state)["updated"] == [made]
    (told,) = client.call("EmailSubmission/get", ids=[made], properties=["undoStatus"])["list"]
    assert told == {"id": made, "undoStatus": "canceled"}
    assert client.call("EmailSubmission/set", destroy=[made])["destroyed"] == [made]
    new = {"identityId": identity, "emailId": email}
    final = client.call("EmailSubmission/set", create={"s": new})["created"]["s"]["id"]
    assert client.not_updated("EmailSubmission", final, {"undoStatus": "canceled"})["type"] == "cannotUnsend"


def test_hold(client: Client, identity: str) -> None:
    """RFC 4865 by parameters of the envelope."""
    for parameters in ({"HOLDFOR": "3600"}, {"HOLDUNTIL": _later()}):
        sender = {"email": client.server.address(USER), "parameters": parameters}
        envelope = {"mailFrom": sender, "rcptTo": [{"email": RECIPIENT}]}
        made, _ = _held(client, identity, envelope=envelope, sendAt=None)
        (told,) = client.call("EmailSubmission/get", ids=[made])["list"]
        assert told["undoStatus"] == "pending" and told["sendAt"] > _later(3000)
        client.updated("EmailSubmission", made, {"undoStatus": "canceled"})


def test_query_submissions(client: Client, identity: str) -> None:
    """§7.3, §7.4"""
    before = client.call("EmailSubmission/query")
    made, email = _held(client, identity)
    thread = client.email(email, "threadId")["threadId"]
    for filter, is_in in (
        ({"identityIds": [identity]}, True), ({"identityIds": ["I999"]}, False),
        ({"emailIds": [email]}, True),
        ({"threadIds": [thread]}, True), ({"threadIds": []}, False), ({"undoStatus": "pending"}, True),
        ({"undoStatus": "final"}, False), ({"before": _later()}, None),
        ({"after": "2020-01-01T00:00:00Z"}, True),
        ({"before": "2020-01-01T00:00:00Z"}, False),
        ({"operator": "NOT", "conditions": [{"emailIds": [email]}]}, False),
    ):  # fmt: skip
        found = client.call("EmailSubmission/query", filter=filter)["ids"]
        assert is_in is None or (made in found) is is_in, filter
    for name in ("emailId", "threadId", "sentAt"):
        assert made in client.call("EmailSubmission/query", sort=[{"property": name}])["ids"]
    told = client.call("EmailSubmission/queryChanges", sinceQueryState=before["queryState"])
    assert made in [one["id"] for one in told["added"]]
    client.updated("EmailSubmission", made, {"undoStatus": "canceled"})


# --- the vacation response (§8) ------------------------------------------------------------------


def test_vacation(client: Client) -> None:
    (told,) = client.call("VacationResponse/get")["list"]
    assert told == {
        "id": "singleton", "isEnabled": False, "fromDate": None, "toDate": None, "subject": None,
        "textBody": None, "htmlBody": None,
    }  # fmt: skip
    assert client.call("VacationResponse/get", ids=["singleton", "other"])["notFound"] == ["other"]
    state = client.state("VacationResponse")
    new = {
        "isEnabled": True, "fromDate": "2030-01-01T00:00:00Z", "toDate": "2030-02-01T00:00:00Z",
        "subject": "Đi vắng", "textBody": "text", "htmlBody": "<p>text</p>",
    }  # fmt: skip
    client.updated("VacationResponse", "singleton", new)
    (told,) = client.call("VacationResponse/get", ids=None)["list"]
    assert told == {"id": "singleton"} | new and client.state("VacationResponse") != state
    client.updated("VacationResponse", "singleton", told | {"isEnabled": False})  # The whole object.
    client.updated("VacationResponse", "singleton", dict.fromkeys(new) | {"isEnabled": False})
    assert client.not_created("VacationResponse", {"isEnabled": True})["type"] == "singleton"
    told = client.call("VacationResponse/set", destroy=["singleton"])
    assert told["notDestroyed"]["singleton"]["type"] == "singleton"
    for patch in ({"isEnabled": 1}, {"fromDate": "tomorrow"}, {"subject": 7}, {"no": 1}):
        assert client.not_updated("VacationResponse", "singleton", patch)["type"] == "invalidProperties"
    assert client.not_updated("VacationResponse", "other", {})["type"] == "notFound"


# --- quotas (RFC 9425) ---------------------------------------------------------------------------


def test_quotas(client: Client) -> None:
    told = client.call("Quota/get")
    for one in told["list"]:
        assert {"id", "resourceType", "used", "hardLimit", "scope", "name", "types"} <= set(one)
        assert one["resourceType"] in ("count", "octets") and one["scope"] in ("account", "domain", "global")
        assert type(one["used"]) is int and type(one["hardLimit"]) is int and isinstance(one["types"], list)
    ids = {one["id"] for one in told["list"]}
    assert set(client.call("Quota/query")["ids"]) == ids
    assert set(client.call("Quota/query", filter={"type": "Email"})["ids"]) <= ids


# --- receipts (RFC 9007) -------------------------------------------------------------------------


def test_receipts(client: Client, identity: str) -> None:
    asked = b"From: far@far.test\r\nMessage-ID: <ask@far.test>\r\nSubject: please\r\n"
    asked += b"Disposition-Notification-To: "
    email = client.put(asked + RECIPIENT.encode() + b"\r\n\r\nx\r\n", client.boxes["inbox"])
    receipt = {
        "forEmailId": email, "subject": "Read",
        "disposition": {
            "actionMode": "manual-action", "sendingMode": "mdn-sent-manually", "type": "displayed",
        },
    }  # fmt: skip
    patch = {"#k": {"keywords/$mdnsent": True}}
    send: dict[str, Any] = {"identityId": identity, "send": {"k": receipt}, "onSuccessUpdateEmail": patch}
    told, implied = client.calls(("MDN/send", send))
    assert list(told[1]["sent"]) == ["k"] and not told[1]["notSent"]
    assert implied[0] == "Email/set" and client.email(email, "keywords")["keywords"] == {"$mdnsent": True}
    again = client.call("MDN/send", **send)
    assert again["notSent"]["k"]["type"] == "mdnAlreadySent"
    other = Client(client.server, "user7")
    (received,) = eventually(lambda: other.query(filter={"subject": "Read"}))
    blob = other.email(received, "blobId")["blobId"]
    told = other.call("MDN/parse", blobIds=[blob, "nothing"])
    assert told["notFound"] == ["nothing"]
    parsed = told["parsed"][blob]
    assert parsed["disposition"]["type"] == "displayed" and parsed["originalMessageId"] == "<ask@far.test>"
