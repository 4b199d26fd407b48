"""Email/set create (RFC 8621 §4.6), Email/import (§4.8), Email/copy (§4.7): what is kept, what is refused."""

import email
import email.policy
import json
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocau.base.errors import BocauError, OverQuota
from bocau.services.jmap.errors import SetError
from bocau.services.jmap.methods.email_create import create
from bocau.store import Flags
from bocau.store.emails import email_blob, places_of
from bocau.store.uploads import add_upload

from .desk import ALICE, BOB, Desk

HTML = {"partId": "h", "type": "text/html"}
TEXT = {"partId": "t", "type": "text/plain"}
VALUES = {"t": {"value": "chào"}, "h": {"value": "<p>chào</p>"}}


async def make(desk: Desk, **new: Any) -> dict[str, Any]:
    return await create(desk.context, ALICE, {"mailboxIds": {desk.mailbox_id("Drafts"): True}, **new})


async def upload(desk: Desk, data: bytes, kind: str = "application/octet-stream") -> str:
    blob = desk.store.blobs.stage(data, ALICE)
    return f"U{(await desk.store.write(ALICE, lambda tx: add_upload(tx, kind, blob))).upload_id}"


def octets(desk: Desk, made: dict[str, Any]) -> bytes:
    ref = desk.store.glance(ALICE, lambda tx: email_blob(tx, int(made["id"][1:])))
    return desk.store.blobs.read(ref)


async def told(desk: Desk, made: dict[str, Any], *properties: str, **arguments: Any) -> dict[str, Any]:
    answer = await desk.call("Email/get", ids=[made["id"]], properties=list(properties), **arguments)
    return answer["list"][0]


async def test_a_draft(desk):
    """RFC 8621 §4.6.1"""
    made = await make(
        desk,
        keywords={"$seen": True, "$draft": True},
        **{"from": [{"name": "Joe Bloggs", "email": "joe@example.com"}]},
        subject="World domination",
        receivedAt="2018-07-10T01:03:11Z",
        sentAt="2018-07-10T11:03:11+10:00",
        bodyStructure={
            "type": "multipart/alternative",
            "subParts": [
                {"partId": "bd48", "type": "text/plain"},
                {"partId": "bd49", "type": "text/html"},
            ],
        },
        bodyValues={
            "bd48": {"value": "I have the most brilliant plan.", "isTruncated": False},
            "bd49": {"value": "<!DOCTYPE html><p>Let me tell you</p>", "isTruncated": False},
        },
    )
    assert set(made) == {"id", "blobId", "threadId", "size"} and made["size"] == len(octets(desk, made))
    found = await told(
        desk, made, "from", "subject", "sentAt", "receivedAt", "keywords", "mailboxIds", "bodyStructure",
        bodyProperties=["type"],
    )  # fmt: skip
    assert found == {
        "id": made["id"],
        "from": [{"name": "Joe Bloggs", "email": "joe@example.com"}],
        "subject": "World domination",
        "sentAt": "2018-07-10T11:03:11+10:00",
        "receivedAt": "2018-07-10T01:03:11Z",
        "keywords": {"$seen": True, "$draft": True},
        "mailboxIds": {desk.mailbox_id("Drafts"): True},
        "bodyStructure": {
            "type": "multipart/alternative",
            "subParts": [{"type": "text/plain"}, {"type": "text/html"}],
        },
    }


async def test_what_is_missing_is_added(desk):
    """RFC 5322 §3.6"""
    message = email.message_from_bytes(octets(desk, await make(desk)), policy=email.policy.default)
    assert message["from"] == "alice@example.org" and message["mime-version"] == "1.0"
    assert message["message-id"].endswith("@example.org>") and message["date"].datetime
    assert message.get_content_type() == "text/plain" and message.get_content() == ""


async def test_several_mailboxes_hold_one_email(desk):
    """RFC 8621 §4.1.1: mailboxIds; the keywords are those of every place."""
    boxes = [desk.mailbox_id(name) for name in ("Drafts", "INBOX", "Archive")]
    made = await create(
        desk.context, ALICE, {"mailboxIds": dict.fromkeys(boxes, True), "keywords": {"Mine": True}}
    )
    places = desk.store.glance(ALICE, lambda tx: places_of(tx, [int(made["id"][1:])]))
    assert {f"F1-{place.mailbox_id}" for place in places} == set(boxes)
    assert {place.keywords for place in places} == {"mine"}
    desk.context.created_ids["box"] = boxes[1]
    made = await create(desk.context, ALICE, {"mailboxIds": {"#box": True}})
    assert (await told(desk, made, "mailboxIds"))["mailboxIds"] == {boxes[1]: True}


@pytest.mark.parametrize(
    ("asked", "shape"),
    [
        ({}, "text/plain"),
        ({"textBody": [TEXT]}, "text/plain"),
        ({"htmlBody": [HTML]}, "text/html"),
        ({"textBody": [TEXT], "htmlBody": [HTML]}, "alternative(text/plain text/html)"),
        ({"textBody": [TEXT], "attachments": ["file"]}, "mixed(text/plain image/png)"),
        ({"attachments": ["file"]}, "mixed(image/png)"),
        ({"htmlBody": [HTML], "attachments": ["picture"]}, "related(text/html image/png)"),
        (
            {"textBody": [TEXT], "htmlBody": [HTML], "attachments": ["file", "picture"]},
            "mixed(alternative(text/plain related(text/html image/png)) image/png)",
        ),
        ({"textBody": [TEXT], "attachments": ["picture"]}, "mixed(text/plain image/png)"),
    ],
)
async def test_which_structure_is_made(desk, asked, shape):
    """RFC 8621 §4.6"""
    blob = await upload(desk, b"\x89PNG\r\n\x1a\n", "image/png")
    parts = {
        "file": {"blobId": blob, "name": "Ảnh.png"},
        "picture": {"blobId": blob, "cid": "p@x", "disposition": "inline"},
    }
    files = [parts[one] for one in asked.get("attachments", [])]
    made = await make(desk, bodyValues=VALUES, **asked | {"attachments": files})
    found = await told(
        desk, made, "bodyStructure", "attachments", bodyProperties=["type", "cid", "name", "size"]
    )
    assert drawn(found["bodyStructure"]) == shape
    assert all(one["size"] == 8 for one in found["attachments"])
    # What is inline, and no HTML is there to show it, is read after the text.
    inline = "picture" in asked.get("attachments", []) and "htmlBody" not in asked
    assert len(found["attachments"]) == (0 if inline else len(files))


def drawn(part: dict[str, Any]) -> str:
    kind = part["type"].removeprefix("multipart/")
    return f"{kind}({' '.join(map(drawn, part['subParts']))})" if "subParts" in part else kind


async def test_what_is_attached_comes_back_as_it_was(desk):
    """Every octet of a file; a message as a message (RFC 2046 §5.2.1), which can be parsed."""
    file = bytes(range(256)) * 300
    inner = b"Subject: Xin =?utf-8?q?ch=C3=A0o?=\r\n\r\n\xe1\xba\xa1 8 bit\r\n"
    odd = b"Subject: long\r\n\r\n" + b"x" * 2000
    blobs = [await upload(desk, file), await upload(desk, inner), await upload(desk, odd)]
    made = await make(
        desk,
        attachments=[
            {"blobId": blobs[0], "type": "text/plain", "name": "a.txt"},
            {"blobId": blobs[1], "type": "message/rfc822"},
            {"blobId": blobs[2], "type": "message/rfc822"},
        ],
    )
    found = await told(
        desk,
        made,
        "attachments",
        bodyProperties=["blobId", "size", "header:Content-Transfer-Encoding:asText"],
    )
    assert [list(one.values())[1:] for one in found["attachments"]] == [
        [len(file), "base64"], [len(inner), "8bit"], [len(odd), "base64"],
    ]  # fmt: skip
    text, *_ = email.message_from_bytes(octets(desk, made), policy=email.policy.default).iter_attachments()
    assert text.get_payload(decode=True) == file
    parsed = await desk.call("Email/parse", blobIds=[part["blobId"] for part in found["attachments"][1:]])
    assert [one["subject"] for one in parsed["parsed"].values()] == ["Xin chào", "long"]
    assert max(map(len, octets(desk, made).split(b"\r\n"))) <= 998


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"id": "M1", "size": 1}, ["id", "size"]),
    ({"nonsense": 1}, ["nonsense"]),
    ({"mailboxIds": {}}, ["mailboxIds"]),
    ({"mailboxIds": {"F1-99": True}}, ["mailboxIds"]),
    ({"mailboxIds": {"F1-1": False}}, ["mailboxIds"]),
    ({"mailboxIds": {"#none": True}}, ["mailboxIds"]),
    ({"mailboxIds": {"F1-1": True, "F1-99": True}}, ["mailboxIds"]),
    ({"mailboxIds": {"F2-1": True}}, ["mailboxIds"]),
    ({"keywords": {"a b": True}}, ["keywords"]),
    ({"keywords": {"$deleted": True}}, ["keywords"]),
    ({"keywords": {"x": False}}, ["keywords"]),
    ({"receivedAt": "2018-07-10T11:03:11+10:00"}, ["receivedAt"]),
    ({"headers": [{"name": "X", "value": "y"}]}, ["headers"]),
    ({"from": [{"email": "a@b"}], "header:From": " c@d"}, ["header:From"]),
    ({"header:X-A": " 1", "header:x-a:asText": "2"}, ["header:x-a:asText"]),
    ({"header:Subject:asDate": "2018-07-10T01:03:11Z"}, ["header:Subject:asDate"]),
    ({"header:Content-Type": " text/plain"}, ["header:Content-Type"]),
    ({"header:Content-Language:asText": "en"}, ["header:Content-Language:asText"]),
    ({"subject": 1}, ["subject"]),
    ({"header:X": " a\r\nBcc: b@c"}, ["header:X"]),
    ({"header:X:all": " a"}, ["header:X:all"]),
    ({"bodyStructure": TEXT, "textBody": [TEXT]}, ["bodyStructure", "textBody"]),
    ({"bodyStructure": {**TEXT, "header:Subject": " a"}, "subject": "b"}, ["bodyStructure/header:Subject"]),
    ({"textBody": [{**TEXT, "header:Subject": " a"}], "subject": "b"}, ["textBody/0/header:Subject"]),
    ({"textBody": [TEXT, TEXT]}, ["textBody"]),
    ({"textBody": [HTML]}, ["textBody/0/type"]),
    ({"htmlBody": [TEXT]}, ["htmlBody/0/type"]),
    ({"textBody": [{"partId": "none"}]}, ["textBody/0/partId"]),
    ({"textBody": [{"type": "text/plain"}]}, ["textBody/0/partId"]),
    ({"textBody": [{**TEXT, "blobId": "U1"}]}, ["textBody/0/partId", "textBody/0/blobId"]),
    ({"textBody": [{**TEXT, "charset": "utf-8"}]}, ["textBody/0/charset"]),
    ({"textBody": [{**TEXT, "size": 4}]}, ["textBody/0/size"]),
    ({"textBody": [{**TEXT, "headers": []}]}, ["textBody/0/headers"]),
    (
        {"textBody": [{**TEXT, "header:Content-Transfer-Encoding": " 7bit"}]},
        ["textBody/0/header:Content-Transfer-Encoding"],
    ),
    ({"textBody": [{**TEXT, "header:Content-Type": " text/plain"}]}, ["textBody/0/type"]),
    (
        {"textBody": [{"partId": "t", "header:Content-Type": " text/plain; charset=koi8-r"}]},
        ["textBody/0/header:Content-Type"],
    ),
    ({"textBody": [{**TEXT, "cid": "a", "header:Content-ID": " <b>"}]}, ["textBody/0/header:Content-ID"]),
    ({"textBody": [{**TEXT, "disposition": "a b"}]}, ["textBody/0/disposition"]),
    ({"textBody": [{**TEXT, "type": "text/plain\r\nX: y"}]}, ["textBody/0/type"]),
    ({"textBody": [{**TEXT, "name": "x" * 256}]}, ["textBody/0/name"]),
    ({"textBody": [{**TEXT, "cid": "a> b"}]}, ["textBody/0/cid"]),
    ({"textBody": [{**TEXT, "language": ["e n"]}]}, ["textBody/0/language"]),
    ({"textBody": [{**TEXT, "location": "a\nb"}]}, ["textBody/0/location"]),
    ({"textBody": [{**TEXT, "subject": "a"}]}, ["textBody/0/subject"]),
    ({"bodyValues": {"t": {"value": "x", "isTruncated": True}}}, ["bodyValues/t/isTruncated"]),
    ({"bodyValues": {"t": {"value": "x", "isEncodingProblem": True}}}, ["bodyValues/t/isEncodingProblem"]),
    ({"bodyValues": {"t": "x"}}, ["bodyValues/t"]),
    ({"bodyStructure": {"type": "multipart/mixed"}}, ["bodyStructure/partId", "bodyStructure/type"]),
    ({"bodyStructure": {"type": "multipart/mixed", "subParts": []}}, ["bodyStructure/subParts"]),
    ({"bodyStructure": {"type": "text/plain", "subParts": [TEXT]}}, ["bodyStructure/type"]),
    ({"bodyStructure": {**TEXT, "subParts": [TEXT]}}, ["bodyStructure/subParts"]),
    ({"attachments": [{"subParts": [TEXT]}]}, ["attachments/0/subParts"]),
    ({"attachments": [{"partId": "t", "type": "message/rfc822"}]}, ["attachments/0/type"]),
]


@pytest.mark.parametrize(("new", "properties"), REFUSED, ids=lambda value: json.dumps(value)[:60])
async def test_what_is_no_email(desk, new, properties):
    """RFC 8621 §4.6"""
    before = desk.store.glance(ALICE, lambda tx: tx.modseq())
    with pytest.raises(SetError) as raised:
        await make(desk, **{"bodyValues": VALUES, **new})
    assert raised.value.kind == "invalidProperties"
    assert raised.value.properties and set(raised.value.properties) <= set(properties)
    assert desk.store.glance(ALICE, lambda tx: tx.modseq()) == before


async def test_header_given_by_its_form(desk):
    """RFC 8621 §4.1.3, §4.6; format=flowed is the client's to say."""
    made = await make(
        desk,
        bodyValues=VALUES,
        textBody=[{"partId": "t", "header:Content-Type": " text/plain; format=flowed"}],
        **{
            "header:X-Raw": "raw",
            "header:X-All:asText:all": ["một", "hai"],
            "header:Date": " 1 Jan 2020 00:00 GMT",
        },
        to=[],
        cc=None,
    )
    found = await told(
        desk, made, "header:X-Raw", "header:X-All:asText:all", "sentAt", "to", "header:Content-Type:asText"
    )
    assert found == {
        "id": made["id"],
        "header:X-Raw": "raw",
        "header:X-All:asText:all": ["một", "hai"],
        "sentAt": "2020-01-01T00:00:00Z",
        "to": None,
        "header:Content-Type:asText": "text/plain; format=flowed; charset=utf-8",
    }
    assert b"Date: 1 Jan" in octets(desk, made)


async def test_blobs_that_are_missing(desk):
    """RFC 8621 §4.6: blobNotFound names them all."""
    foreign = f"M{(BOB << 32) + 1}"
    with pytest.raises(SetError) as raised:
        await make(desk, attachments=[{"blobId": "U9"}, {"blobId": foreign}, {"blobId": "#none"}])
    assert raised.value.told() == {"type": "blobNotFound", "notFound": ["U9", foreign, "#none"]}


async def test_limits(desk, monkeypatch):
    await desk.store.write(ALICE, lambda tx: tx.set_limit(1000))
    with pytest.raises(OverQuota):
        await make(desk, subject="x" * 2000)
    await desk.store.write(ALICE, lambda tx: tx.set_limit(None))
    monkeypatch.setattr("bocau.services.jmap.email.building.ATTACHMENTS_BYTES_MAX", 100)
    with pytest.raises(BocauError, match="100 bytes"):
        await make(desk, bodyValues={"t": {"value": "x" * 101}}, textBody=[TEXT])
    for new in (
        {"attachments": [TEXT] * 1001},
        {"bodyStructure": {"subParts": [{"subParts": [TEXT] * 600}] * 2}},
        {f"header:X-{n}": "x" for n in range(1001)},
        {f"header:X-{n}:asText": "x " * 100_000 for n in range(6)},
        {"header:X:asText": "ệ" * 300_000},
        {"to": [{"email": "a@example.org"}] * 10_001},
        {"to": [{"email": "someone.with.a.long.name@example.org"}] * 10_000},
        {"to": [{"email": "a@b", "name": "x" * 1001}]},
    ):
        with pytest.raises(SetError, match="invalidProperties"):
            await make(desk, **{"bodyValues": VALUES, **new})
    with pytest.raises(SetError, match="tooManyKeywords"):
        await make(desk, keywords={f"k{n}": True for n in range(51)})


# --- what is written reads back ----------------------------------------------------------------------

WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn"]), max_size=60)
BODIES = st.one_of(
    st.text(alphabet="ab =.\t\r\n-Fromệ👋<>\0", max_size=300),
    st.text(max_size=100),
    st.sampled_from(["dài " * 500, "x" * 3000, "From me\n.\n..\n-- \n", "--b\n--b--\n", "a\r\nb\rc\n\n"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=BODIES,
    html=BODIES,
    subject=WORDS,
    names=st.lists(
        st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80), max_size=3
    ),
    file=st.binary(max_size=300),
)
async def test_what_is_written_reads_back(desk, text, html, subject, names, file):
    """By Email/get, and by Python's own reader."""
    blob = await upload(desk, file)
    made = await make(
        desk,
        subject=subject,
        bodyValues={"t": {"value": text}, "h": {"value": html}},
        textBody=[TEXT],
        htmlBody=[HTML],
        attachments=[{"blobId": blob, "type": "application/x-odd", "name": name} for name in names],
    )
    found = await told(
        desk, made, "subject", "textBody", "htmlBody", "attachments", "bodyValues", fetchAllBodyValues=True
    )
    values = [found["bodyValues"][found[name][0]["partId"]] for name in ("textBody", "htmlBody")]
    assert [value["value"] for value in values] == [text.replace("\r\n", "\n"), html.replace("\r\n", "\n")]
    assert not any(value["isEncodingProblem"] or value["isTruncated"] for value in values)
    assert found["subject"] == unicodedata.normalize("NFC", subject)
    shown = [name.translate(dict.fromkeys((*range(32), *range(127, 160)))) or None for name in names]
    assert [one["name"] for one in found["attachments"]] == shown
    assert [one["size"] for one in found["attachments"]] == [len(file)] * len(names)
    data = octets(desk, made)
    assert data.count(b"\n") == data.count(b"\r\n") and max(map(len, data.split(b"\r\n"))) <= 998
    parts = [part for part in email.message_from_bytes(data).walk() if not part.is_multipart()]
    read = [part.get_payload(decode=True) for part in parts]
    assert [one.decode() for one in read[:2]] == [
        value.replace("\r\n", "\n").replace("\n", "\r\n") for value in (text, html)
    ]
    assert read[2:] == [file] * len(names)


# --- Email/import, Email/copy ------------------------------------------------------------------------

MESSAGE = (
    b"Received: from a by b; Thu, 30 Oct 2014 14:12:00 +0800\r\nReceived: by c; 1 Jan 2000 00:00:00 +0000\r\n"
    b"Subject: imported\r\n\r\nhello\r\n"
)


async def test_import(desk):
    """RFC 8621 §4.8"""
    blob = await upload(desk, MESSAGE, "message/rfc822")
    boxes = {desk.mailbox_id(): True}
    answer = await desk.call(
        "Email/import",
        emails={
            "plain": {"blobId": blob, "mailboxIds": boxes, "keywords": {"$seen": True}},
            "dated": {"blobId": blob, "mailboxIds": boxes, "receivedAt": "2020-01-02T03:04:05Z"},
            "unix": {"blobId": await upload(desk, MESSAGE.replace(b"\r\n", b"\n")), "mailboxIds": boxes},
            "none": {"blobId": "U99", "mailboxIds": boxes},
            "nowhere": {"blobId": blob, "mailboxIds": {}},
            "lost": {"blobId": blob, "mailboxIds": {"F1-99": True}},
            "odd": {"blobId": blob, "mailboxIds": boxes, "subject": "x"},
            "text": {"blobId": await upload(desk, b"hello\r\nthere: x\r\n"), "mailboxIds": boxes},
            "empty": {"blobId": await upload(desk, b""), "mailboxIds": boxes},
        },
    )
    assert set(answer["created"]) == {"plain", "dated", "unix"}
    assert all(one["size"] == len(MESSAGE) for one in answer["created"].values())
    assert {name: one["type"] for name, one in answer["notCreated"].items()} == {
        "none": "invalidProperties", "nowhere": "invalidProperties", "lost": "invalidProperties",
        "odd": "invalidProperties", "text": "invalidEmail", "empty": "invalidEmail",
    }  # fmt: skip
    assert answer["oldState"] != answer["newState"]
    found = await told(desk, answer["created"]["plain"], "receivedAt", "keywords", "subject")
    assert found["receivedAt"] == "2014-10-30T06:12:00Z" and found["keywords"] == {"$seen": True}
    assert (await told(desk, answer["created"]["dated"], "receivedAt"))[
        "receivedAt"
    ] == "2020-01-02T03:04:05Z"
    assert octets(desk, answer["created"]["unix"]) == MESSAGE
    assert desk.context.created_ids["plain"] == answer["created"]["plain"]["id"]


async def test_import_in_a_state(desk):
    """RFC 8621 §4.8: ifInState"""
    state = (await desk.call("Email/get", ids=[]))["state"]
    email_id = await desk.deliver(MESSAGE, flags=Flags.SEEN)
    emails = {"a": {"blobId": f"M{email_id}", "mailboxIds": {desk.mailbox_id(): True}}}
    assert (await desk.call("Email/import", ifInState=state, emails=emails))["error"] == "stateMismatch"
    state = (await desk.call("Email/get", ids=[]))["state"]
    assert (await desk.call("Email/import", ifInState=state, emails=emails))["created"]["a"]


async def test_import_over_quota(desk):
    blob = await upload(desk, MESSAGE)
    await desk.store.write(ALICE, lambda tx: tx.set_limit(10))
    answer = await desk.call(
        "Email/import", emails={"a": {"blobId": blob, "mailboxIds": {desk.mailbox_id(): True}}}
    )
    assert answer["notCreated"]["a"]["type"] == "overQuota"


@pytest.mark.parametrize("refusal", ["overQuota", "invalidProperties"])
async def test_what_is_refused_was_not_written_first(desk, refusal):
    """One upload, imported a thousand times in vain, would fill the disk."""
    blob = await upload(desk, MESSAGE + b"x" * 100_000)
    mailbox = desk.mailbox_id()
    if refusal == "overQuota":
        await desk.store.write(ALICE, lambda tx: tx.set_limit(10))
    else:
        mailbox = mailbox.partition("-")[0] + "-999"
    before = desk.store.blobs.stage(b"x", ALICE).offset
    answer = await desk.call("Email/import", emails={"a": {"blobId": blob, "mailboxIds": {mailbox: True}}})
    assert answer["notCreated"]["a"]["type"] == refusal
    assert desk.store.blobs.stage(b"x", ALICE).offset - before < 1000


async def test_nothing_can_be_copied_from(desk):
    """RFC 8620 §5.4: there is one account, and it is not another one."""
    assert (await desk.call("Email/copy", fromAccountId="A2", create={}))["error"] == "fromAccountNotFound"
    assert (await desk.call("Email/copy", fromAccountId="A1", create={}))["error"] == "invalidArguments"
    assert (await desk.call("Email/copy", create={}))["error"] == "invalidArguments"
