"""RFC 8621 §4.6: what a new email is made of, and what is said of one that is wrong (RFC 8620 §5.3)."""

import email as email_package

import pytest
from client import Client

USER = "user10"
PLAIN = {"partId": "1", "type": "text/plain"}


@pytest.mark.parametrize("body", ["bodyStructure", "textBody"])
def test_create_with_header_on_the_root_part(client: Client, body: str) -> None:
    """§4.6: the root part's fields are the email's own; the server adds none that is there already."""
    given = {"From": "Root <root@x.test>", "Message-ID": "<root@x.test>", "Subject": "root"}
    given |= {"Date": "Mon, 05 Feb 2024 16:30:00 +0700", "MIME-Version": "1.0"}
    part = PLAIN | {f"header:{name}": f" {value}" for name, value in given.items()}
    whole = {"textBody": None, "from": None, "subject": None} | {
        body: part if body == "bodyStructure" else [part]
    }
    blob = client.email(client.draft(**whole), "blobId")["blobId"]
    octets = client.ask("GET", f"/jmap/download/{client.account}/{blob}/x?type=message/rfc822").body
    message = email_package.message_from_bytes(octets)
    assert {name: message.get_all(name) for name in given} == {n: [value] for n, value in given.items()}


def test_create_with_a_value_of_no_text_type(client: Client) -> None:
    """RFC 2046 §4.1.2: charset is a parameter of text; §4.1.4 tells null for other types."""
    picture = {"partId": "2", "type": "image/svg+xml", "name": "a.svg"}
    given = {"partId": "2", "header:Content-Type": " application/json"}
    for part in (picture, given):
        email = client.draft(bodyValues={"1": {"value": "x"}} | {"2": {"value": "ảnh"}}, attachments=[part])
        (found,) = client.email(email, "attachments")["attachments"]
        assert found["charset"] is None and found["size"] == len("ảnh".encode())


def test_every_wrong_property_is_named(client: Client) -> None:
    """RFC 8620 §5.3: properties lists all that were invalid, as the client calls them."""
    marked = {"1": {"value": "x", "isTruncated": True, "isEncodingProblem": True}}
    for new, named in (
        (client.drafted(bodyValues=marked), {"bodyValues/1/isTruncated", "bodyValues/1/isEncodingProblem"}),
        (
            client.drafted() | {"header:Content-Foo": " x", "header:content-bar:asText": "y"},
            {"header:Content-Foo", "header:content-bar:asText"},
        ),
        (client.drafted(id="x", size=1), {"id", "size"}),
    ):
        assert set(client.not_created("Email", new)["properties"]) == named
    told = client.call("Email/import", emails={"i": {}})["notCreated"]["i"]
    assert (told["type"], set(told["properties"])) == ("invalidProperties", {"blobId", "mailboxIds"})
    for kind in ("Identity", "EmailSubmission"):
        assert set(client.not_created(kind, {"id": "x", "no": 1})["properties"]) == {"id", "no"}
