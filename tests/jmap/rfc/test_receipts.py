"""RFC 9007: receipts between two people of one server."""

from typing import Any

import pytest
from client import Client

USER = "user3"
READER = "user10"
SET = {"keywords/$mdnsent": True}
DISPOSITION = {"actionMode": "manual-action", "sendingMode": "mdn-sent-manually", "type": "displayed"}


@pytest.fixture(scope="module")
def reader(client: Client) -> Client:
    return Client(client.server, READER)


def _asking(client: Client, reader: Client, message_id: str = "<asks@x.test>") -> str:
    """An email that lies with its reader and wants a receipt."""
    author, to = client.server.address(USER), client.server.address(READER)
    text = (
        f"From: {author}\r\nTo: {to}\r\nSubject: asks\r\nMessage-ID: {message_id}\r\n"
        f"Disposition-Notification-To: {author}\r\n\r\nread me\r\n"
    )
    return reader.put(text.encode(), reader.boxes["inbox"])


def _send(reader: Client, receipts: Any, updates: Any) -> list[Any]:
    (identity,) = (
        one["id"]
        for one in reader.call("Identity/get")["list"]
        if one["email"] == reader.server.address(READER)
    )
    arguments = {"identityId": identity, "send": receipts, "onSuccessUpdateEmail": updates}
    return reader.calls(("MDN/send", arguments))


def test_a_receipt_goes_out_and_is_remembered(client: Client, reader: Client) -> None:
    """§2.1: the receipt, the response of the Email/set that it implies, the keyword; and only once."""
    email = _asking(client, reader)
    receipt = {
        "forEmailId": email,
        "disposition": DISPOSITION,
        "reportingUA": "test; 1",
        "textBody": "đã đọc",
    }
    sent, implied = _send(reader, {"k": receipt}, {"#k": SET})
    assert (sent[0], sent[1]["notSent"], implied[0], sent[2]) == ("MDN/send", None, "Email/set", implied[2])
    assert sent[1]["sent"]["k"]["originalMessageId"] == "<asks@x.test>"
    assert sent[1]["sent"]["k"]["finalRecipient"].startswith("rfc822; ")
    assert list(implied[1]["updated"]) == [email]
    assert reader.email(email, "keywords")["keywords"]["$mdnsent"] is True
    ((_, told, _),) = _send(reader, {"k": receipt}, {"#k": SET})
    assert told["sent"] is None and told["notSent"]["k"]["type"] == "mdnAlreadySent"

    original = client.put(
        b"From: a@x.test\r\nMessage-ID: <asks@x.test>\r\n\r\nmine\r\n", client.boxes["sent"]
    )
    (came,) = client.query(filter={"inMailbox": client.boxes["inbox"], "body": "đã đọc"})
    blob = client.email(came, "blobId")["blobId"]
    parsed = client.call("MDN/parse", blobIds=[blob, original, "U999999"])
    assert (parsed["notParsable"], parsed["notFound"]) == ([original], ["U999999"])
    found = parsed["parsed"][blob]
    assert set(found) == {
        "forEmailId", "subject", "textBody", "includeOriginalMessage", "reportingUA", "disposition",
        "mdnGateway", "originalRecipient", "finalRecipient", "originalMessageId", "error", "extensionFields",
    }  # fmt: skip
    assert found["forEmailId"] == original and found["disposition"] == DISPOSITION
    assert found["reportingUA"] == "test; 1" and found["textBody"].strip() == "đã đọc"


def test_each_receipt_stands_for_itself(client: Client, reader: Client) -> None:
    good, silent = (
        _asking(client, reader, "<g@x.test>"),
        reader.put(b"From: a@x.test\r\n\r\nx\r\n", reader.boxes["inbox"]),
    )
    new = {
        "good": good,
        "silent": silent,
        "gone": "M999999999",
        "unmarked": _asking(client, reader, "<u@x.test>"),
    }
    receipts = {name: {"forEmailId": email, "disposition": DISPOSITION} for name, email in new.items()}
    answered = _send(reader, receipts, {f"#{name}": SET for name in new if name != "unmarked"})
    told = answered[0][1]
    assert list(told["sent"]) == ["good"]
    assert {name: error["type"] for name, error in told["notSent"].items()} == {
        "silent": "notFound", "gone": "notFound", "unmarked": "invalidProperties",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"identityId": "I999999", "send": {}},
        {"identityId": None, "send": {}},
        {"identityId": "I1", "send": []},
        {"identityId": "I1", "send": {}, "colour": "red"},
    ],
)
def test_calls_that_are_wrong(reader: Client, wrong: Any) -> None:
    assert reader.error("MDN/send", **wrong) == "invalidArguments"


def test_the_capability_must_be_named(reader: Client) -> None:
    ((name, told, _),) = reader.bare(
        ("MDN/parse", {"accountId": reader.account, "blobIds": []}), using=["urn:ietf:params:jmap:core"]
    )
    assert (name, told["type"]) == ("error", "unknownMethod")
