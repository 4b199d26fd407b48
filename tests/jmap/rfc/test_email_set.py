"""RFC 8621 §4.3, §4.6–§4.8: emails created, changed, destroyed, imported, copied; RFC 8620 §5.3."""

import email as email_package
import email.policy
from typing import Any

import pytest
from client import UTC_DATE, Client

USER = "user4"
MESSAGE = b"From: a@x.test\r\nSubject: raw\r\nMessage-ID: <raw@x.test>\r\n\r\nbody\r\n"


def _download(client: Client, email: str) -> Any:
    blob = client.email(email, "blobId")["blobId"]
    octets = client.ask("GET", f"/jmap/download/{client.account}/{blob}/x?type=message/rfc822").body
    return email_package.message_from_bytes(octets, policy=email_package.policy.default)


# --- create (§4.6) -------------------------------------------------------------------------------


def test_create(client: Client) -> None:
    state = client.state("Email")
    told = client.call("Email/set", create={"d": client.drafted(keywords={"$Draft": True, "Über": True})})
    assert told["created"] is None and told["notCreated"]["d"]["properties"] == ["keywords"]
    told = client.call("Email/set", create={"d": client.drafted(keywords={"$Draft": True, "Work": True})})
    made = told["created"]["d"]
    assert set(made) == {"id", "blobId", "threadId", "size"} and told["oldState"] == state != told["newState"]
    found = client.email(made["id"])
    assert {name: found[name] for name in made} == made
    assert found["keywords"] == {"$draft": True, "work": True}  # §4.1.1
    assert found["mailboxIds"] == {client.boxes["drafts"]: True} and UTC_DATE.match(found["receivedAt"])
    assert found["subject"] == "hello" and found["to"] == [{"name": "Far", "email": "far@far.test"}]
    assert found["messageId"] and found["sentAt"]
    changes = client.call("Email/changes", sinceState=state)
    assert (changes["created"], changes["newState"]) == ([made["id"]], told["newState"])


def test_create_with_header_properties(client: Client) -> None:
    more = {
        "header:X-Raw": " raw value", "header:X-Text:asText": "văn bản",
        "header:X-List:asURLs": ["https://x.test/1", "mailto:a@x.test"],
        "header:X-Date:asDate": "2024-02-05T16:30:00+07:00", "header:X-Many:asText:all": ["one", "two"],
        "header:X-People:asGroupedAddresses": [
            {"name": "G", "addresses": [{"name": "A", "email": "a@x.test"}]},
        ],
        "messageId": ["own@x.test"], "inReplyTo": ["before@x.test"], "references": ["a@x.test", "b@x.test"],
        "sentAt": "2024-02-05T16:30:00+07:00", "sender": [{"email": "s@x.test"}],
        "replyTo": [{"name": "R", "email": "r@x.test"}], "cc": [], "bcc": [{"email": "secret@x.test"}],
    }  # fmt: skip
    email = client.draft(**more)
    found = client.email(email, *more)
    assert found == {"id": email} | more | {
        "sender": [{"name": None, "email": "s@x.test"}], "cc": None,
        "bcc": [{"name": None, "email": "secret@x.test"}],
    }  # fmt: skip


def test_create_with_structure(client: Client) -> None:
    blob = client.upload(b"<svg/>", "image/svg+xml")["blobId"]
    structure = {
        "type": "multipart/mixed",
        "subParts": [
            {"partId": "t", "type": "text/plain", "language": ["vi"], "header:X-Part": " p"},
            {
                "blobId": blob,
                "type": "image/svg+xml",
                "name": "ảnh.svg",
                "disposition": "attachment",
                "cid": "c@x",
            },
        ],
    }
    email = client.draft(bodyStructure=structure, textBody=None, bodyValues={"t": {"value": "xin chào\n"}})
    root = client.email(email, "bodyStructure")["bodyStructure"]
    text, picture = root["subParts"]
    assert (root["type"], text["type"], text["language"]) == ("multipart/mixed", "text/plain", ["vi"])
    assert (picture["name"], picture["disposition"], picture["cid"], picture["size"]) == (
        "ảnh.svg", "attachment", "c@x", 6,
    )  # fmt: skip
    assert [part.get_content_type() for part in _download(client, email).iter_parts()] == [
        "text/plain", "image/svg+xml",
    ]  # fmt: skip


def test_create_flat(client: Client) -> None:
    blob = client.upload(b"%PDF", "application/pdf")["blobId"]
    email = client.draft(
        htmlBody=[{"partId": "2", "type": "text/html"}],
        bodyValues={"1": {"value": "a"}, "2": {"value": "<p>a</p>"}},
        attachments=[{"blobId": blob, "type": "application/pdf", "name": "a.pdf"}],
    )
    found = client.email(email, fetchAllBodyValues=True)
    assert [part["type"] for part in found["textBody"] + found["htmlBody"]] == ["text/plain", "text/html"]
    assert [part["name"] for part in found["attachments"]] == ["a.pdf"] and found["hasAttachment"] is True
    assert {one["value"] for one in found["bodyValues"].values()} == {"a", "<p>a</p>"}


VALUES = {"1": {"value": "x"}}
PLAIN = [{"partId": "1", "type": "text/plain"}]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"mailboxIds": {}}, "mailboxIds"), ({"mailboxIds": None}, "mailboxIds"),
        ({"mailboxIds": {"F1-999": True}}, "mailboxIds"), ({"mailboxIds": []}, "mailboxIds"),
        ({"keywords": {"a b": True}}, "keywords"), ({"keywords": {"x": False}}, "keywords"),
        ({"keywords": {"": True}}, "keywords"), ({"keywords": {"x" * 256: True}}, "keywords"),
        ({"keywords": {"a(": True}}, "keywords"), ({"keywords": ["$seen"]}, "keywords"),
        ({"receivedAt": "2024-02-05T16:30:00+07:00"}, "receivedAt"), ({"receivedAt": "now"}, "receivedAt"),
        ({"id": "x"}, "id"), ({"threadId": "x"}, "threadId"), ({"size": 1}, "size"),
        ({"blobId": "x"}, "blobId"),
        ({"preview": "x"}, "preview"), ({"hasAttachment": False}, "hasAttachment"),
        ({"headers": []}, "headers"), ({"header:Subject:asText": "twice"}, None),
        ({"header:Subject:asDate": "x"}, None), ({"header:Content-Type": " text/plain"}, None),
        ({"header:Content-Transfer-Encoding": " 7bit"}, None), ({"subject": 7}, "subject"),
        ({"to": "a@x.test"}, "to"), ({"to": [{"name": "no email"}]}, "to"),
        ({"sentAt": "yesterday"}, "sentAt"),
        ({"nonsense": 1}, "nonsense"), ({"bodyStructure": {"partId": "1", "type": "text/plain"}}, None),
        ({"textBody": []}, False), ({"textBody": PLAIN * 2}, "textBody"),
        ({"textBody": [{"partId": "1", "type": "text/html"}]}, None),
        ({"htmlBody": PLAIN}, None), ({"textBody": [{"partId": "9", "type": "text/plain"}]}, None),
        ({"textBody": [{"partId": "1", "type": "text/plain", "charset": "utf-8"}]}, None),
        ({"textBody": [{"partId": "1", "type": "text/plain", "size": 1}]}, None),
        ({"textBody": [{"partId": "1", "blobId": "x", "type": "text/plain"}]}, None),
        ({"textBody": [{"partId": "1", "type": "text/plain", "headers": []}]}, None),
        ({"textBody": [PLAIN[0] | {"header:Content-Transfer-Encoding": " 8bit"}]}, None),
        ({"bodyValues": {"1": {"value": "x", "isTruncated": True}}}, None),
        ({"bodyValues": {"1": {"value": "x", "isEncodingProblem": True}}}, None),
        ({"bodyValues": {"1": "x"}}, None), ({"bodyValues": None}, None),
    ],
)  # fmt: skip
def test_create_what_is_wrong(client: Client, more: Any, named: Any) -> None:
    """§4.6; RFC 8620 §5.3: properties name what is wrong."""
    if named is False:
        assert client.draft(**more)
        return
    error = client.not_created("Email", client.drafted(**more))
    assert error["type"] == "invalidProperties" and error["properties"], error
    if named is not None:
        assert error["properties"][0].startswith(named)


def test_create_with_lost_blobs(client: Client) -> None:
    """§4.6: blobNotFound names all of them."""
    files = [{"blobId": "U999", "type": "image/png"}, {"blobId": "nothing", "type": "image/png"}]
    error = client.not_created("Email", client.drafted(attachments=files))
    assert error["type"] == "blobNotFound" and set(error["notFound"]) == {"U999", "nothing"}


def test_too_many_keywords(client: Client) -> None:
    many = {f"k{number}": True for number in range(100)}
    assert client.not_created("Email", client.drafted(keywords=many))["type"] == "tooManyKeywords"


# --- update (§4.6) -------------------------------------------------------------------------------


@pytest.fixture
def email(client: Client) -> str:
    return client.put(MESSAGE, client.boxes["inbox"])


def test_update_keywords(client: Client, email: str) -> None:
    state = client.state("Email")
    assert client.updated("Email", email, {"keywords": {"$Seen": True, "a": True}}) is None
    client.updated("Email", email, {"keywords/B": True, "keywords/a": None})
    assert client.email(email, "keywords")["keywords"] == {"$seen": True, "b": True}
    client.updated("Email", email, {"keywords/$forwarded": True, "keywords/none": None})
    client.updated("Email", email, {"keywords": {}})
    assert client.email(email, "keywords")["keywords"] == {}
    told = client.call("Email/changes", sinceState=state)
    assert (told["created"], told["updated"], told["destroyed"]) == ([], [email], [])
    client.updated("Email", email, {})
    assert client.state("Email") == told["newState"]


def test_update_mailboxes(client: Client, email: str) -> None:
    inbox, archive = client.boxes["inbox"], client.boxes["archive"]
    client.updated("Email", email, {f"mailboxIds/{archive}": True})
    assert client.email(email, "mailboxIds")["mailboxIds"] == {inbox: True, archive: True}
    client.updated("Email", email, {f"mailboxIds/{inbox}": None})
    assert client.email(email, "mailboxIds")["mailboxIds"] == {archive: True}
    client.updated("Email", email, {"mailboxIds": {inbox: True}, "keywords/x": True})
    found = client.email(email, "mailboxIds", "keywords", "blobId", "threadId")
    assert found["mailboxIds"] == {inbox: True} and found["keywords"] == {"x": True}


@pytest.mark.parametrize(
    ("patch", "kinds"),
    [
        ({"mailboxIds": {}}, ("invalidProperties",)), ({"mailboxIds": None}, ("invalidProperties",)),
        ({"mailboxIds/F1-999": True}, ("invalidProperties",)),
        ({"keywords/a b": True}, ("invalidProperties",)),
        ({"keywords/x": False}, ("invalidProperties",)), ({"keywords/x/y": True}, ("invalidPatch",)),
        ({"keywords": {}, "keywords/x": True}, ("invalidPatch",)),
        ({"subject": "new"}, ("invalidProperties",)),
        ({"receivedAt": "2020-01-01T00:00:00Z"}, ("invalidProperties",)), ({"no": 1}, ("invalidProperties",)),
        ({"size": 1}, ("invalidProperties",)), ({"id": "x"}, ("invalidProperties",)),
        ({"no/such": 1}, ("invalidPatch", "invalidProperties")),
    ],
)  # fmt: skip
def test_update_what_is_wrong(client: Client, email: str, patch: Any, kinds: Any) -> None:
    before = client.email(email)
    assert client.not_updated("Email", email, patch)["type"] in kinds
    # Nothing of it is done.
    assert client.not_updated("Email", email, patch | {"keywords/half": True})["type"]
    assert client.email(email) == before


def test_an_email_is_in_one_mailbox_at_least(client: Client, email: str) -> None:
    """§4.1.1"""
    error = client.not_updated("Email", email, {f"mailboxIds/{client.boxes['inbox']}": None})
    assert (error["type"], error["properties"]) == ("invalidProperties", ["mailboxIds"])


def test_the_whole_object_may_be_sent_back(client: Client, email: str) -> None:
    """RFC 8620 §5.3: a client may send what it has, with its changes; what is fixed must be as it is."""
    whole = client.email(email)
    assert client.updated("Email", email, whole | {"keywords": {"$flagged": True}}) is None
    assert client.email(email) == whole | {"keywords": {"$flagged": True}}
    error = client.not_updated("Email", email, whole | {"size": 7})
    assert (error["type"], error["properties"]) == ("invalidProperties", ["size"])


def test_destroy(client: Client, email: str) -> None:
    state = client.state("Email")
    told = client.call("Email/set", destroy=[email, email])
    assert told["destroyed"] == [email] and told["notDestroyed"] is None
    assert client.call("Email/get", ids=[email])["notFound"] == [email]
    assert client.call("Email/changes", sinceState=state)["destroyed"] == [email]
    assert client.call("Email/set", destroy=[email])["notDestroyed"][email]["type"] == "notFound"
    assert client.not_updated("Email", email, {"keywords/x": True})["type"] == "notFound"


def test_create_change_destroy_in_one_request(client: Client) -> None:
    """RFC 8620 §5.3: "#" and creation ids, within a call and from call to call."""
    made, read, gone = client.calls(
        ("Email/set", {"create": {"k": client.drafted()}}),
        ("Email/get", {"ids": ["#k"], "properties": ["subject"]}),
        ("Email/set", {"update": {"#k": {"keywords/x": True}}, "create": {"j": client.drafted()}}),
    )
    email = made[1]["created"]["k"]["id"]
    assert read[1]["list"] == [{"id": email, "subject": "hello"}]
    assert list(gone[1]["updated"]) == [email] and gone[1]["created"]["j"]
    told = client.call("Email/set", create={"k": client.drafted()}, destroy=["#k"])
    assert told["destroyed"] == [told["created"]["k"]["id"]]


def test_mailboxes_created_before(client: Client) -> None:
    made, email = client.calls(
        ("Mailbox/set", {"create": {"m": {"name": "for an email"}}}),
        ("Email/set", {"create": {"e": client.drafted(mailboxIds={"#m": True})}}),
    )
    mailbox = made[1]["created"]["m"]["id"]
    assert client.email(email[1]["created"]["e"]["id"], "mailboxIds")["mailboxIds"] == {mailbox: True}


# --- changes (§4.3) ------------------------------------------------------------------------------


def test_changes_in_steps(client: Client) -> None:
    """RFC 8620 §5.2"""
    inbox, state = client.boxes["inbox"], client.state("Email")
    kept, gone = client.put(MESSAGE, inbox), client.put(MESSAGE, inbox)
    client.updated("Email", kept, {"keywords/x": True})
    client.call("Email/set", destroy=[gone])
    other = client.put(MESSAGE, inbox)
    found: dict[str, set[str]] = {"created": set(), "updated": set(), "destroyed": set()}
    for _ in range(10):
        told = client.call("Email/changes", sinceState=state, maxChanges=1)
        assert sum(len(told[name]) for name in found) <= 1 and told["oldState"] == state
        for name, ids in found.items():
            ids.update(told[name])
        state = told["newState"]
        if not told["hasMoreChanges"]:
            break
    assert state == client.state("Email") and found["created"] - {gone} == {kept, other}


# --- Email/import (§4.8) -------------------------------------------------------------------------


def test_import(client: Client) -> None:
    blob = client.upload(MESSAGE, "message/rfc822")["blobId"]
    state, inbox = client.state("Email"), client.boxes["inbox"]
    new = {
        "blobId": blob, "mailboxIds": {inbox: True}, "keywords": {"$Flagged": True},
        "receivedAt": "2020-02-03T04:05:06Z",
    }  # fmt: skip
    told = client.call("Email/import", emails={"i": new}, ifInState=state)
    made = told["created"]["i"]
    assert set(made) == {"id", "blobId", "threadId", "size"} and made["size"] == len(MESSAGE)
    assert told["oldState"] == state and told["newState"] == client.state("Email") != state
    found = client.email(made["id"], "keywords", "receivedAt", "mailboxIds", "subject")
    assert found == {
        "id": made["id"], "keywords": {"$flagged": True}, "receivedAt": "2020-02-03T04:05:06Z",
        "mailboxIds": {inbox: True}, "subject": "raw",
    }  # fmt: skip
    assert client.error("Email/import", emails={"i": new}, ifInState=state) == "stateMismatch"
    assert client.error("Email/import") == client.error("Email/import", emails=[]) == "invalidArguments"


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"blobId": "nothing"}, ("invalidProperties", "blobNotFound")),
        ({"blobId": None}, ("invalidProperties",)),
        ({"mailboxIds": {}}, ("invalidProperties",)),
        ({"mailboxIds": {"F0-0": True}}, ("invalidProperties",)),
        ({"keywords": {"a b": True}}, ("invalidProperties",)), ({"receivedAt": "x"}, ("invalidProperties",)),
    ],
)  # fmt: skip
def test_import_what_is_wrong(client: Client, more: Any, kind: Any) -> None:
    blob = client.upload(MESSAGE, "message/rfc822")["blobId"]
    new = {"blobId": blob, "mailboxIds": {client.boxes["inbox"]: True}} | more
    told = client.call("Email/import", emails={"i": new})
    assert told["created"] is None and told["notCreated"]["i"]["type"] in kind
    assert told["oldState"] == told["newState"]


def test_import_what_is_no_message(client: Client) -> None:
    blob = client.upload(bytes(range(256)))["blobId"]
    new = {"blobId": blob, "mailboxIds": {client.boxes["inbox"]: True}}
    assert client.call("Email/import", emails={"i": new})["notCreated"]["i"]["type"] == "invalidEmail"


def test_received_at_is_that_of_the_newest_trace(client: Client) -> None:
    """§4.8"""
    trace = b"Received: from a by b; Tue, 6 Feb 2024 10:00:00 +0000\r\n"
    older = b"Received: from c by d; Mon, 5 Feb 2024 10:00:00 +0000\r\n"
    email = client.put(trace + older + MESSAGE, client.boxes["inbox"])
    assert client.email(email, "receivedAt")["receivedAt"] == "2024-02-06T10:00:00Z"


# --- Email/copy (§4.7, RFC 8620 §5.4) ------------------------------------------------------------


def test_copy_within_an_account(client: Client, email: str) -> None:
    new = {"x": {"id": email, "mailboxIds": {client.boxes["inbox"]: True}}}
    assert client.error("Email/copy", fromAccountId=client.account, create=new) == "invalidArguments"
    assert client.error("Email/copy", fromAccountId="A9999", create=new) == "fromAccountNotFound"
    assert client.error("Email/copy", create=new) == "invalidArguments"
    assert client.error("Email/copy", fromAccountId=client.account, accountId="A9999") == "accountNotFound"


# --- blobs (RFC 8620 §6) -------------------------------------------------------------------------


def test_upload_and_download(client: Client) -> None:
    told = client.upload(b"some text", "text/plain;charset=utf-8")
    assert set(told) == {"accountId", "blobId", "type", "size"}
    assert (told["accountId"], told["size"]) == (client.account, 9) and told["type"].startswith("text/plain")
    path = f"/jmap/download/{client.account}/{told['blobId']}"
    answer = client.ask("GET", f"{path}/T%C3%AAn%20t%E1%BB%87p.txt?type=text/plain")
    assert (answer.status, answer.body) == (200, b"some text")
    assert answer.headers["content-type"] == "text/plain"
    assert "filename*=UTF-8''T%C3%AAn%20t%E1%BB%87p.txt" in answer.headers["content-disposition"]
    assert "immutable" in answer.headers["cache-control"]
    assert client.ask("GET", f"/jmap/download/{client.account}/nothing/x?type=text/plain").status == 404
    assert client.ask("GET", f"{path}/x?type=text/plain", Authorization="").status == 401
    assert client.ask("GET", f"/jmap/download/A9999/{told['blobId']}/x").status == 404
    assert client.ask("POST", "/jmap/upload/A9999", b"x").status in (403, 404)
    other = client.upload(b"", "application/x-anything")
    assert (other["size"], other["type"]) == (0, "application/x-anything")


def test_blob_copy(client: Client) -> None:
    """RFC 8620 §6.3"""
    blob = client.upload(b"x")["blobId"]
    assert client.error("Blob/copy", fromAccountId="A9999", blobIds=[blob]) == "fromAccountNotFound"
    assert (
        client.error("Blob/copy", fromAccountId=client.account, accountId="A9999", blobIds=[])
        == "accountNotFound"
    )
    told = client.call("Blob/copy", fromAccountId=client.account, blobIds=[blob, "nothing"])
    assert set(told) == {"fromAccountId", "accountId", "copied", "notCopied"}
    assert list(told["copied"]) == [blob]
    assert told["notCopied"]["nothing"]["type"] in ("notFound", "blobNotFound")
