"""RFC 8621 §3, §4.1, §4.2, §4.9: threads; the properties of emails, their header fields and bodies."""

from base64 import b64encode
from typing import Any

import pytest
from client import ID, UTC_DATE, Client

USER = "user3"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
NESTED = b"From: in@x.test\r\nSubject: within\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\nnested text\r\n"
MIXED = (
    b"Received: from a by b; Mon, 5 Feb 2024 10:00:00 +0000\r\n"
    b"Received: from c by d; Mon, 5 Feb 2024 09:00:00 +0000\r\n"
    b"From: =?utf-8?q?L=C3=AA_V=C4=83n?= <Van@X.test>, second@x.test\r\n"
    b"To: Friends: a@x.test, \"B, C\" <b@x.test>;, last@x.test\r\n"
    b"Cc: undisclosed-recipients:;\r\n"
    b"Sender: s@x.test\r\nReply-To: r@x.test\r\n"
    b"Subject: =?utf-8?b?" + b64encode("Chào bạn".encode()) + b"?=\r\n folded\r\n"
    b"Date: Mon, 5 Feb 2024 16:30:00 +0700\r\n"
    b"Message-ID: <one@x.test>\r\nIn-Reply-To: <zero@x.test>\r\n"
    b"References: <minus@x.test>\r\n <zero@x.test>\r\n"
    b"List-Post: <mailto:list@x.test>, <https://x.test/post>\r\n"
    b"X-Twice: first\r\nX-Twice:  second \r\n"
    b"Resent-From: x@x.test\r\nResent-From: y@x.test\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n"
    b"--m\r\nContent-Type: multipart/related; boundary=r\r\n\r\n"
    b"--r\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
    b"--a\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"caf=E9 plain=\r\n\r\n--a\r\nContent-Type: text/html; charset=utf-8\r\nContent-Language: en, vi\r\n\r\n"
    b"<p>caf\xc3\xa9</p>\r\n--a--\r\n"
    b"--r\r\nContent-Type: image/png\r\nContent-ID: <pic@x>\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: inline; filename*=utf-8''%E1%BA%A3nh.png\r\nContent-Location: http://x.test/p\r\n\r\n"
    + b64encode(PICTURE) + b"\r\n--r--\r\n"
    b"--m\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Disposition: attachment\r\n\r\n%PDF\r\n"
    b"--m\r\nContent-Type: message/rfc822\r\n\r\n" + NESTED + b"\r\n--m--\r\n"
)  # fmt: skip


@pytest.fixture(scope="module")
def mixed(client: Client) -> str:
    return client.put(
        MIXED, client.boxes["inbox"], receivedAt="2024-02-05T10:00:01Z", keywords={"$Seen": True}
    )


# --- threads (§3) --------------------------------------------------------------------------------


def test_threads(client: Client) -> None:
    inbox, state = client.boxes["inbox"], client.state("Thread")
    head = b"From: a@x.test\r\nSubject: thread\r\nMessage-ID: <t1@x.test>\r\n\r\nx\r\n"
    reply = b"From: b@x.test\r\nSubject: Re: thread\r\nMessage-ID: <t2@x.test>\r\n"
    reply += b"In-Reply-To: <t1@x.test>\r\n\r\nx\r\n"
    later = client.put(reply, inbox, receivedAt="2024-03-02T00:00:00Z")
    told = client.call("Thread/changes", sinceState=state)
    thread = client.email(later, "threadId")["threadId"]
    assert told["created"] == [thread] and ID.match(thread)
    state = told["newState"]
    earlier = client.put(head, inbox, receivedAt="2024-03-01T00:00:00Z")
    assert client.email(earlier, "threadId")["threadId"] == thread
    found = client.call("Thread/get", ids=[thread])
    assert found["list"] == [{"id": thread, "emailIds": [earlier, later]}]  # Oldest first.
    assert client.call("Thread/changes", sinceState=state)["updated"] == [thread]
    state = client.state("Thread")
    client.updated("Email", later, {"keywords/$seen": True})
    told = client.call("Thread/changes", sinceState=state)
    assert (told["created"], told["updated"], told["destroyed"]) == ([], [], [])
    client.call("Email/set", destroy=[earlier])
    assert client.call("Thread/changes", sinceState=state)["updated"] == [thread]
    client.call("Email/set", destroy=[later])
    assert client.call("Thread/changes", sinceState=state)["destroyed"] == [thread]
    assert client.call("Thread/get", ids=[thread])["notFound"] == [thread]


# --- what the store knows (§4.1.1) ---------------------------------------------------------------


def test_metadata(client: Client, mixed: str) -> None:
    told = client.email(mixed)
    expected = {
        "id", "blobId", "threadId", "mailboxIds", "keywords", "size", "receivedAt", "messageId", "inReplyTo",
        "references", "sender", "from", "to", "cc", "bcc", "replyTo", "subject", "sentAt", "hasAttachment",
        "preview", "bodyValues", "textBody", "htmlBody", "attachments",
    }  # fmt: skip
    assert set(told) == expected  # §4.2
    assert all(ID.match(told[name]) for name in ("id", "blobId", "threadId"))
    assert told["mailboxIds"] == {client.boxes["inbox"]: True} and told["keywords"] == {"$seen": True}
    assert told["size"] == len(MIXED) and told["receivedAt"] == "2024-02-05T10:00:01Z"
    assert told["bodyValues"] == {} and told["hasAttachment"] is True
    assert told["preview"].startswith("café plain") and len(told["preview"]) <= 256
    answer = client.ask("GET", f"/jmap/download/{client.account}/{told['blobId']}/a.eml?type=message/rfc822")
    assert answer.body == MIXED and answer.headers["content-type"] == "message/rfc822"


def test_convenience_properties(client: Client, mixed: str) -> None:
    """§4.1.3"""
    told = client.email(mixed)
    assert told["from"] == [
        {"name": "Lê Văn", "email": "Van@X.test"}, {"name": None, "email": "second@x.test"},
    ]  # fmt: skip
    assert [one["email"] for one in told["to"]] == ["a@x.test", "b@x.test", "last@x.test"]
    assert told["to"][1]["name"] == "B, C" and told["cc"] == [] and told["bcc"] is None
    assert (
        told["sender"] == [{"name": None, "email": "s@x.test"}] and told["replyTo"][0]["email"] == "r@x.test"
    )
    assert told["subject"] == "Chào bạn folded" and told["sentAt"] == "2024-02-05T16:30:00+07:00"
    assert told["messageId"] == ["one@x.test"] and told["inReplyTo"] == ["zero@x.test"]
    assert told["references"] == ["minus@x.test", "zero@x.test"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("header:X-Twice", "  second "), ("header:x-twice:all", [" first", "  second "]),
        ("header:X-Twice:asText", "second"), ("header:X-Twice:asText:all", ["first", "second"]),
        ("header:X-None", None), ("header:X-None:all", []), ("header:X-None:asText", None),
        ("header:Subject:asText", "Chào bạn folded"),
        ("header:Subject:asRaw", " =?utf-8?b?Q2jDoG8gYuG6oW4=?=\r\n folded"),
        ("header:Message-ID:asMessageIds", ["one@x.test"]),
        ("header:Date:asDate", "2024-02-05T16:30:00+07:00"),
        ("header:Date:asRaw", " Mon, 5 Feb 2024 16:30:00 +0700"),
        ("header:List-Post:asURLs", ["mailto:list@x.test", "https://x.test/post"]),
        ("header:List-Id:asText", None), ("header:Keywords:asText:all", []), ("header:Comments:asText", None),
        ("header:From:asRaw:all", [" =?utf-8?q?L=C3=AA_V=C4=83n?= <Van@X.test>, second@x.test"]),
        ("header:X-Twice:asURLs", None), ("header:X-Twice:asDate", None),
        ("header:X-Twice:asMessageIds", None),
        ("header:Resent-From:asAddresses:all", [
            [{"name": None, "email": "x@x.test"}], [{"name": None, "email": "y@x.test"}],
        ]),
        ("header:To:asGroupedAddresses", [
            {"name": "Friends", "addresses": [
                {"name": None, "email": "a@x.test"}, {"name": "B, C", "email": "b@x.test"},
            ]},
            {"name": None, "addresses": [{"name": None, "email": "last@x.test"}]},
        ]),
        ("header:Cc:asGroupedAddresses", [{"name": "undisclosed-recipients", "addresses": []}]),
    ],
)  # fmt: skip
def test_header_forms(client: Client, mixed: str, name: str, value: Any) -> None:
    """§4.1.2; the key is as it was asked for."""
    assert client.email(mixed, name) == {"id": mixed, name: value}


@pytest.mark.parametrize(
    "name",
    [
        "header:Subject:asDate", "header:Subject:asAddresses", "header:From:asText", "header:Date:asURLs",
        "header:From:asNothing", "header:", "header:Subject:all:asText", "header:a b", "Header:Subject",
        "header:Message-ID:asAddresses", "header:Received:asText:some", "subjects",
    ],
)  # fmt: skip
def test_forms_that_are_not_allowed(client: Client, mixed: str, name: str) -> None:
    """§4.1.2: only some forms for the fields that are known."""
    assert client.error("Email/get", ids=[mixed], properties=[name]) == "invalidArguments"


def test_all_headers(client: Client, mixed: str) -> None:
    """§4.1.3: in order, raw, names as they are."""
    headers = client.email(mixed, "headers")["headers"]
    assert headers[0] == {"name": "Received", "value": " from a by b; Mon, 5 Feb 2024 10:00:00 +0000"}
    assert [one["value"] for one in headers if one["name"] == "X-Twice"] == [" first", "  second "]
    assert {"name": "References", "value": " <minus@x.test>\r\n <zero@x.test>"} in headers


# --- bodies (§4.1.4) -----------------------------------------------------------------------------


def _types(parts: Any) -> list[str]:
    return [part["type"] for part in parts]


def test_structure(client: Client, mixed: str) -> None:
    root = client.email(
        mixed, "bodyStructure", bodyProperties=["partId", "type", "subParts", "size", "blobId"]
    )
    root = root["bodyStructure"]
    assert (root["type"], root["partId"], root["blobId"]) == ("multipart/mixed", None, None)
    related, pdf, nested = root["subParts"]
    alternative, picture = related["subParts"]
    assert _types(alternative["subParts"]) == ["text/plain", "text/html"]
    assert _types([related, pdf, nested]) == ["multipart/related", "application/pdf", "message/rfc822"]
    assert nested.get("subParts") in (None, []) and picture["size"] == len(PICTURE)
    parts = [*alternative["subParts"], picture, pdf, nested]
    assert len({part["partId"] for part in parts}) == 5 and all(ID.match(part["blobId"]) for part in parts)


def test_lists(client: Client, mixed: str) -> None:
    told = client.email(mixed)
    assert _types(told["textBody"]) == ["text/plain"] and _types(told["htmlBody"]) == ["text/html"]
    assert _types(told["attachments"]) == ["image/png", "application/pdf", "message/rfc822"]
    defaults = {
        "partId", "blobId", "size", "name", "type", "charset", "disposition", "cid", "language", "location",
    }  # fmt: skip
    assert all(set(part) == defaults for part in told["attachments"] + told["textBody"])
    text, html, (picture, pdf, nested) = told["textBody"][0], told["htmlBody"][0], told["attachments"]
    assert (text["charset"], html["charset"], picture["charset"]) == ("iso-8859-1", "utf-8", None)
    assert html["language"] == ["en", "vi"] and text["language"] is None
    assert (picture["cid"], picture["name"], picture["disposition"]) == ("pic@x", "ảnh.png", "inline")
    assert picture["location"] == "http://x.test/p" and pdf["name"] == "a.pdf" and pdf["cid"] is None
    for part, data in ((picture, PICTURE), (pdf, b"%PDF"), (nested, NESTED), (text, b"caf\xe9 plain")):
        got = client.ask("GET", f"/jmap/download/{client.account}/{part['blobId']}/x?type={part['type']}")
        assert got.body == data and part["size"] == len(data), part


def test_implicit_charset(client: Client) -> None:
    """§4.1.4: us-ascii for text/* without one, null for the rest."""
    email = client.put(b"From: a@x.test\r\nContent-Type: text/plain\r\n\r\nx\r\n", client.boxes["inbox"])
    assert client.email(email)["textBody"][0]["charset"] == "us-ascii"
    email = client.put(b"From: a@x.test\r\n\r\nx\r\n", client.boxes["inbox"])
    told = client.email(email)
    assert told["textBody"][0]["charset"] == "us-ascii" and told["textBody"] == told["htmlBody"]
    assert (told["hasAttachment"], told["subject"], told["sentAt"], told["to"]) == (False, None, None, None)


def test_body_properties(client: Client, mixed: str) -> None:
    asked = ["partId", "headers", "header:Content-Type", "header:Content-Type:asText", "header:X:all"]
    (part,) = client.email(mixed, "textBody", bodyProperties=asked)["textBody"]
    assert set(part) == set(asked) and part["header:X:all"] == []
    assert part["header:Content-Type"] == " text/plain; charset=iso-8859-1"
    assert part["headers"][0] == {"name": "Content-Type", "value": " text/plain; charset=iso-8859-1"}
    assert client.error("Email/get", ids=[mixed], bodyProperties=["no"]) == "invalidArguments"


def test_values(client: Client, mixed: str) -> None:
    """§4.2: fetch…Values, isTruncated."""

    def values(**more: Any) -> Any:
        return client.email(mixed, "bodyValues", **more)["bodyValues"]

    text, html = (client.email(mixed)[name][0]["partId"] for name in ("textBody", "htmlBody"))
    assert values() == {}
    whole = {"value": "café plain", "isEncodingProblem": False, "isTruncated": False}
    assert values(fetchTextBodyValues=True) == {text: whole}
    assert values(fetchHTMLBodyValues=True)[html]["value"] == "<p>café</p>"
    assert set(values(fetchAllBodyValues=True)) == set(
        values(fetchTextBodyValues=True, fetchHTMLBodyValues=True)
    )
    # Cut between characters: é is two octets in UTF-8.
    cut = values(fetchTextBodyValues=True, maxBodyValueBytes=4)[text]
    assert cut == {"value": "caf", "isEncodingProblem": False, "isTruncated": True}
    assert values(fetchTextBodyValues=True, maxBodyValueBytes=0) == {text: whole}
    assert values(fetchTextBodyValues=True, maxBodyValueBytes=1000) == {text: whole}
    for wrong in ({"maxBodyValueBytes": -1}, {"maxBodyValueBytes": "1"}, {"fetchAllBodyValues": 1}):
        assert client.error("Email/get", ids=[mixed], **wrong) == "invalidArguments"


def test_encoding_problems(client: Client) -> None:
    for head, body in (
        (b"Content-Type: text/plain; charset=no-such-set\r\n", b"caf\xe9"),
        (b"Content-Type: text/plain; charset=utf-8\r\n", b"caf\xe9"),
        (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: no-such\r\n", b"x"),
    ):
        email = client.put(b"From: a@x.test\r\n" + head + b"\r\n" + body + b"\r\n", client.boxes["inbox"])
        (value,) = client.email(email, "bodyValues", fetchAllBodyValues=True)["bodyValues"].values()
        assert value["isEncodingProblem"] is True, head


def test_line_ends_of_values(client: Client) -> None:
    """§4.1.4: CRLF becomes LF."""
    email = client.put(b"From: a@x.test\r\n\r\none\r\ntwo\r\n", client.boxes["inbox"])
    (value,) = client.email(email, "bodyValues", fetchAllBodyValues=True)["bodyValues"].values()
    assert value["value"].replace("\r\n", "\n") == value["value"] == "one\ntwo\n"


def _lists_of(client: Client, body: bytes) -> tuple[list[str], list[str], list[str]]:
    email = client.put(b"From: a@x.test\r\nMIME-Version: 1.0\r\n" + body, client.boxes["inbox"])
    told = client.email(email, bodyProperties=["type", "name"])
    return tuple(  # type: ignore[return-value]
        [part["name"] or part["type"] for part in told[name]]
        for name in ("textBody", "htmlBody", "attachments")
    )


def _multipart(kind: str, *parts: bytes) -> bytes:
    inner = b"".join(b"--%s\r\n%s\r\n" % (kind.encode(), part) for part in parts)
    return b"Content-Type: multipart/%s; boundary=%s\r\n\r\n%s--%s--\r\n" % (
        kind.encode(), kind.encode(), inner, kind.encode(),
    )  # fmt: skip


def _leaf(kind: str, name: str = "", disposition: str = "") -> bytes:
    disposed = f"Content-Disposition: {disposition}\r\n" if disposition else ""
    named = f'; name="{name}"' if name else ""
    return f"Content-Type: {kind}{named}\r\n{disposed}\r\nx".encode()


@pytest.mark.parametrize(
    ("body", "lists"),
    [
        (_leaf("text/html"), (["text/html"], ["text/html"], [])),
        (_leaf("image/png"), (["image/png"], ["image/png"], [])),
        (_leaf("application/pdf"), ([], [], ["application/pdf"])),
        (_leaf("text/plain", "n", "attachment"), ([], [], ["n"])),
        (
            _multipart("mixed", _leaf("text/plain", "a"), _leaf("image/png", "b"), _leaf("text/plain", "c")),
            (["a", "b"], ["a", "b"], ["c"]),
        ),
        (
            _multipart("mixed", _leaf("text/plain"), _leaf("image/png", "b", "inline"), _leaf("text/plain")),
            (["text/plain", "b", "text/plain"],) * 2 + ([],),
        ),
        (
            _multipart(
                "mixed",
                _multipart("alternative", _leaf("text/plain"), _leaf("text/html")),
                _leaf("image/png", "p"),
            ),
            (["text/plain", "p"], ["text/html", "p"], []),
        ),
        (
            _multipart("related", _leaf("text/html"), _leaf("image/png", "p"), _leaf("text/css", "s")),
            (["text/html"], ["text/html"], ["p", "s"]),
        ),
        (
            _multipart("alternative", _leaf("text/plain"), _leaf("text/html"), _leaf("text/calendar", "c")),
            (["text/plain"], ["text/html"], ["c"]),
        ),
        (_multipart("alternative", _leaf("text/plain")), (["text/plain"], ["text/plain"], [])),
        (_multipart("mixed", _leaf("message/rfc822")), ([], [], ["message/rfc822"])),
    ],
)  # fmt: skip
def test_the_suggested_algorithm(client: Client, body: bytes, lists: Any) -> None:
    """§4.1.4"""
    assert _lists_of(client, body) == lists


@pytest.mark.parametrize(
    ("disposition", "has"),
    [("inline; filename=p.png", False), ("attachment; filename=p.png", True), ("", True)],
)
def test_has_attachment(client: Client, disposition: str, has: bool) -> None:
    """§4.1.4: what is inline is none."""
    body = _multipart("related", _leaf("text/html"), _leaf("image/png", "", disposition))
    email = client.put(b"From: a@x.test\r\nMIME-Version: 1.0\r\n" + body, client.boxes["inbox"])
    found = client.email(email, "hasAttachment", "attachments")
    assert len(found["attachments"]) == 1 and found["hasAttachment"] is has
    assert client.query(filter={"hasAttachment": has, "inMailbox": client.boxes["inbox"]}).count(email) == 1


def test_the_last_of_several_fields(client: Client) -> None:
    """§4.1.3"""
    twice = b"Subject: one\r\nSubject: two\r\nFrom: a@x.test\r\n"
    twice += b"Date: nonsense\r\nMessage-ID: nonsense\r\n\r\nx\r\n"
    found = client.email(client.put(twice, client.boxes["inbox"]), "subject", "sentAt", "messageId")
    assert (found["subject"], found["sentAt"], found["messageId"]) == ("two", None, None)


def test_dates_are_utc(client: Client, mixed: str) -> None:
    for email in client.query():
        assert UTC_DATE.match(client.email(email, "receivedAt")["receivedAt"])


# --- Email/parse (§4.9) --------------------------------------------------------------------------


def test_parse(client: Client, mixed: str) -> None:
    nested = client.email(mixed)["attachments"][2]["blobId"]
    junk = client.upload(bytes(range(256)))["blobId"]
    told = client.call("Email/parse", blobIds=[nested, junk, "nothing"], fetchAllBodyValues=True)
    assert told["notParsable"] == [junk] and told["notFound"] == ["nothing"]
    parsed = told["parsed"][nested]
    assert set(parsed) == {
        "messageId", "inReplyTo", "references", "sender", "from", "to", "cc", "bcc", "replyTo", "subject",
        "sentAt", "hasAttachment", "preview", "bodyValues", "textBody", "htmlBody", "attachments",
    }  # fmt: skip
    assert (
        parsed["subject"] == "within"
        and next(iter(parsed["bodyValues"].values()))["value"] == "nested text\n"
    )
    asked = ["id", "mailboxIds", "keywords", "receivedAt", "threadId", "blobId", "size"]
    parsed = client.call("Email/parse", blobIds=[nested], properties=asked)["parsed"][nested]
    assert parsed == dict.fromkeys(asked) | {"blobId": nested, "size": len(NESTED)}
    told = client.call("Email/parse", blobIds=[])
    assert (told["parsed"], told["notParsable"], told["notFound"]) == (None, None, None)
    assert client.error("Email/parse") == "invalidArguments"
    assert client.error("Email/parse", blobIds=[nested], properties=["no"]) == "invalidArguments"
