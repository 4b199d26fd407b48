"""Emails over real HTTP: uploaded, attached, read again by JMAP, IMAP and as files (RFC 8621 §4)."""

import email
import email.policy
from typing import Any

import pytest

from harness import Server
from jmap_client import JmapClient

PICTURE = bytes(range(256)) * 1000


@pytest.fixture(scope="module")
def alice(server: Server) -> JmapClient:
    return JmapClient(server)


def _boxes(client: JmapClient) -> dict[str, str]:
    return {box["role"]: box["id"] for box in client.call("Mailbox/get", properties=["role"])["list"]}


def _download(client: JmapClient, blob_id: str) -> bytes:
    return client.ask("GET", f"/jmap/download/{client.account}/{blob_id}/x?type=image/png").body


def _draft(client: JmapClient, **more: Any) -> dict[str, Any]:
    draft = {
        "mailboxIds": {_boxes(client)["drafts"]: True},
        "keywords": {"$draft": True, "$seen": True},
        "from": [{"name": "Lê Văn An", "email": "alice@demo.test"}],
        "to": [{"name": "Bình, Trần", "email": "binh@far.test"}],
        "subject": "Chào bạn 👋",
        "bodyValues": {"t": {"value": "Xin chào\n"}, "h": {"value": "<p>Xin chào <img src='cid:p'></p>"}},
        "textBody": [{"partId": "t", "type": "text/plain"}],
        "htmlBody": [{"partId": "h", "type": "text/html"}],
    }
    return draft | more


def test_a_draft_with_files_is_the_same_everywhere(server: Server, alice: JmapClient) -> None:
    """JMAP makes it; IMAP fetches it; the files come back by download."""
    blob = alice.upload(PICTURE, "image/png")["blobId"]
    files = [
        {"blobId": blob, "type": "image/png", "name": "Ảnh 1.png"},
        {"blobId": blob, "type": "image/png", "cid": "p", "disposition": "inline"},
    ]
    made = alice.call("Email/set", create={"d": _draft(alice, attachments=files)})["created"]["d"]
    found = alice.call("Email/get", ids=[made["id"]], fetchAllBodyValues=True)["list"][0]
    assert found["subject"] == "Chào bạn 👋" and found["to"] == [
        {"name": "Bình, Trần", "email": "binh@far.test"}
    ]
    assert [_download(alice, part["blobId"]) for part in found["attachments"]] == [PICTURE, PICTURE]
    client = server.imap()
    client.select("Drafts")
    uid = client.uid("SEARCH", f"EMAILID {made['id']}")[1][0].decode()
    [(head, octets), *_] = client.uid("FETCH", uid, "(FLAGS BODY.PEEK[])")[1]
    assert b"\\Draft" in head and b"\\Seen" in head and len(octets) == made["size"]
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert message["subject"] == "Chào bạn 👋" and message["to"].addresses[0].display_name == "Bình, Trần"
    assert {part.get_filename(): part.get_payload(decode=True) for part in message.iter_attachments()} == {
        "Ảnh 1.png": PICTURE
    }
    client.logout()


def test_a_draft_is_saved_again_and_again(alice: JmapClient) -> None:
    """Each time as a new email that takes the place of the former one: never none, never two."""
    last = alice.call("Email/set", create={"d": _draft(alice, subject="0")})["created"]["d"]["id"]
    for number in range(1, 6):
        told = alice.call("Email/set", create={"d": _draft(alice, subject=str(number))}, destroy=[last])
        assert told["destroyed"] == [last]
        last = told["created"]["d"]["id"]
    refused = alice.call("Email/set", create={"d": _draft(alice, subject=1)}, destroy=[last])
    assert refused["notDestroyed"][last]["type"] == "forbidden"
    query = {"inMailbox": _boxes(alice)["drafts"], "subject": "5"}
    assert alice.call("Email/query", filter=query)["ids"] == [last]


def test_a_message_is_uploaded_parsed_and_imported(alice: JmapClient) -> None:
    """RFC 8621 §4.8, §4.9"""
    blob = alice.upload(b"Subject: hello\r\n\r\nx\r\n" + b"y" * 200_000 + b"\r\n", "message/rfc822")["blobId"]
    parsed = alice.call("Email/parse", blobIds=[blob], properties=["subject", "size"])["parsed"][blob]
    assert parsed == {"subject": "hello", "size": 200_023}
    told = alice.call(
        "Email/import", emails={"i": {"blobId": blob, "mailboxIds": {_boxes(alice)["inbox"]: True}}}
    )
    found = alice.call(
        "Email/get", ids=[told["created"]["i"]["id"]], properties=["subject", "size", "keywords"]
    )
    assert found["list"][0] == {"id": told["created"]["i"]["id"], **parsed, "keywords": {}}


def test_another_account_s_blobs_and_emails_are_not_there(server: Server, alice: JmapClient) -> None:
    bob = JmapClient(server, "bob")
    upload = alice.upload(b"Subject: secret\r\n\r\n", "message/rfc822")["blobId"]
    email_id = alice.call("Email/set", create={"d": _draft(alice)})["created"]["d"]["id"]
    assert bob.call("Email/get", ids=[email_id])["notFound"] == [email_id]
    assert bob.call("Email/parse", blobIds=[upload, email_id])["notFound"] == [upload, email_id]
    told = bob.call("Email/set", create={"d": _draft(bob, attachments=[{"blobId": upload}])})
    assert told["notCreated"]["d"] == {"type": "blobNotFound", "notFound": [upload]}
