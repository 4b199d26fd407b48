"""Email/get, Email/parse (RFC 8621 §4.2, §4.9)."""

import asyncio
from base64 import b64encode

import pytest

from bocau.formats.tests.corpus import corpus
from bocau.services.jmap.blobs import resolve
from bocau.services.jmap.email.budget import FIELD_BYTES_BEYOND, Budget
from bocau.services.jmap.email.telling import needed, tell_email, tell_header, tell_row
from bocau.services.jmap.email.wanted import ALL, PART, take_wanted
from bocau.services.jmap.errors import MethodError
from bocau.services.jmap.methods import email_get
from bocau.store import Flags
from bocau.store.emails import email_rows

from .desk import ALICE, BOB, Desk

MIXED = (
    b"From: Joe Bloggs <joe@example.com>\r\nTo: alice@example.org\r\nSubject: =?utf-8?q?Xin_ch=C3=A0o?=\r\n"
    b"Date: Thu, 30 Oct 2014 14:12:00 +0800\r\nMessage-ID: <1@x>\r\nReferences: <0@x> <00@x>\r\n"
    b"X-Twice: 1\r\nX-Twice: 2\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
    b"--a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nch\xc3\xa0o b\xe1\xba\xa1n\r\n"
    b"--a\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"<b>hi</b> =C3=A9\r\n--a--\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nwithin\r\n"
    b"--b\r\nContent-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: attachment\r\n\r\nAAAA\r\n--b--\r\n"
)


async def one(desk: Desk, email, **arguments):
    """The one email of an Email/get."""
    told = await desk.call("Email/get", ids=[f"M{email}"], **arguments)
    assert told.get("notFound") == [], told
    return told["list"][0]


async def test_the_example_of_the_rfc(desk):
    """RFC 8621 §4.2.1"""
    email = await desk.deliver(MIXED, flags=Flags.SEEN, keywords="Work")
    told = await desk.call(
        "Email/get",
        ids=[f"M{email}", "M1", "f123u456", f"M{(BOB << 32) + 1}"],
        properties=[
            "threadId", "mailboxIds", "from", "subject", "receivedAt", "header:List-POST:asURLs", "htmlBody",
            "bodyValues", "keywords",
        ],
        bodyProperties=["partId", "blobId", "size", "type"],
        fetchHTMLBodyValues=True,
        maxBodyValueBytes=256,
    )  # fmt: skip
    assert told["list"] == [
        {
            "id": f"M{email}",
            "threadId": f"T{email}",
            "mailboxIds": {desk.mailbox_id(): True},
            "keywords": {"$seen": True, "work": True},
            "from": [{"name": "Joe Bloggs", "email": "joe@example.com"}],
            "subject": "Xin chào",
            "receivedAt": "2020-09-13T12:26:40Z",
            "header:List-POST:asURLs": None,
            "htmlBody": [{"partId": "1.2", "blobId": f"M{email}_1_2", "size": 12, "type": "text/html"}],
            "bodyValues": {"1.2": {"value": "<b>hi</b> é", "isEncodingProblem": False, "isTruncated": False}},
        }
    ]
    assert told["notFound"] == ["M1", "f123u456", f"M{(BOB << 32) + 1}"]
    assert told["state"] == f"{desk.store.glance(ALICE, lambda tx: tx.modseq())}-1"


async def test_properties_when_none_are_named(desk):
    """RFC 8621 §4.2"""
    told = await one(desk, await desk.deliver(MIXED))
    assert set(told) == set(ALL) - {"headers", "bodyStructure"}
    assert told["bodyValues"] == {} and told["hasAttachment"] is True
    assert told["references"] == ["0@x", "00@x"] and told["sentAt"] == "2014-10-30T14:12:00+08:00"
    assert set(told["textBody"][0]) == set(PART) - {"headers", "subParts"}


async def test_which_values_are_fetched(desk):
    """RFC 8621 §4.2: fetchTextBodyValues, fetchHTMLBodyValues, fetchAllBodyValues"""
    email = await desk.deliver(MIXED)

    async def fetched(**arguments):
        return set((await one(desk, email, properties=["bodyValues"], **arguments))["bodyValues"])

    assert await fetched(fetchTextBodyValues=True) == {"1.1"}
    assert await fetched(fetchHTMLBodyValues=True) == {"1.2"}
    assert await fetched(fetchAllBodyValues=True) == {"1.1", "1.2"}
    assert await fetched() == set()


async def test_header_properties(desk):
    """RFC 8621 §4.1.3: the last field of a name, or all; headers of parts; spelling as asked for"""
    asked = ["header:X-Twice", "header:x-twice:asText:all", "header:X-None", "header:X-None:all", "headers"]
    email = await desk.deliver(MIXED)
    told = await one(
        desk,
        email,
        properties=[*asked, "attachments"],
        bodyProperties=["header:Content-Type:asText", "headers"],
    )
    assert [told[name] for name in asked[:-1]] == [" 2", ["1", "2"], None, []]
    assert told["headers"][1] == {"name": "To", "value": " alice@example.org"}
    assert told["attachments"][0]["header:Content-Type:asText"] == "message/rfc822"
    assert told["attachments"][1]["headers"][1] == {"name": "Content-Transfer-Encoding", "value": " base64"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"properties": ["nonsense"]},
        {"properties": ["header:From:asText"]},
        {"properties": ["header:From:asRaw:al"]},
        {"properties": [1]},
        {"properties": [f"header:X-{n}" for n in range(201)]},
        {"bodyProperties": ["id"]},
        {"bodyProperties": "size"},
        {"bodyProperties": ["header:Subject:asDate"]},
        {"maxBodyValueBytes": -1},
        {"fetchAllBodyValues": 1},
        {"ids": "M1"},
        {"nonsense": 1},
    ],
)
async def test_wrong_arguments(desk, arguments):
    told = await desk.call("Email/get", **{"ids": [], **arguments})
    assert told["error"] == "invalidArguments"


async def test_all_emails_when_no_ids_are_named(desk):
    """RFC 8620 §5.1"""
    emails = [await desk.deliver(MIXED) for _ in range(3)]
    told = await desk.call("Email/get", ids=None, properties=["id"])
    assert told["list"] == [{"id": f"M{email}"} for email in emails]
    told = await desk.call("Email/get", ids=[f"M{n}" for n in range(1001)])
    assert told["error"] == "requestTooLarge"


async def test_a_list_is_told_without_reading_any_message(desk, monkeypatch):
    emails = [await desk.deliver(MIXED) for _ in range(3)]
    monkeypatch.setattr(desk.store.blobs, "read", lambda *_: pytest.fail("a body was read"))
    properties = sorted(
        ALL - {"headers", "bodyStructure", "bodyValues", "textBody", "htmlBody", "attachments"}
    )
    told = await desk.call("Email/get", ids=[f"M{one}" for one in emails], properties=properties)
    assert [email["subject"] for email in told["list"]] == ["Xin chào"] * 3


async def test_long_messages_are_read_in_a_thread(desk, monkeypatch):
    threads = []
    run = asyncio.to_thread

    async def noted(job, *arguments):
        threads.append(job)
        return await run(job, *arguments)

    long = MIXED.replace(b"AAAA", b"AAAA" * email_get.BODY_NOW_BYTES_MAX)
    email = await desk.deliver(long)
    monkeypatch.setattr(asyncio, "to_thread", noted)
    told = await one(desk, email, properties=["attachments", "hasAttachment"], bodyProperties=["size"])
    assert told["attachments"][1] == {"size": 3 * email_get.BODY_NOW_BYTES_MAX} and len(threads) == 1


async def test_limits_of_one_call(desk):
    """What is too much is truncated, or refused as a whole."""
    email = await desk.deliver(MIXED)
    budget = Budget(value_bytes=8, parts=6)
    row = desk.store.glance(ALICE, lambda tx: email_rows(tx, [email]))[email]
    wanted = take_wanted({"fetchAllBodyValues": True}, ["bodyValues", "bodyStructure"])
    told = tell_email(row, MIXED, wanted, budget)
    assert [value["value"] for value in told["bodyValues"].values()] == ["chào b", ""]
    assert all(value["isTruncated"] for value in told["bodyValues"].values())
    with pytest.raises(MethodError, match="requestTooLarge"):
        tell_email(row, MIXED, wanted, budget)


async def test_long_headers_do_not_hold_up_a_list(desk):
    """The first ones are read in full, of the others as much as a list shows."""
    people = b", ".join(b"someone-%06d@example.org" % number for number in range(30_000))
    emails = [await desk.deliver(b"To: " + people + b"\r\n\r\nx\r\n") for _ in range(8)]
    answer = await desk.call("Email/get", ids=[f"M{one}" for one in emails], properties=["to"])
    counts = [len(email["to"]) for email in answer["list"]]
    assert counts[:4] == [30_000] * 4 and all(0 < count < FIELD_BYTES_BEYOND for count in counts[4:])


async def test_a_lost_body_hides_no_other_email(desk):
    lost, kept = await desk.deliver(b"Subject: lost\r\n\r\n"), await desk.deliver(MIXED)
    await desk.store.write(
        ALICE, lambda tx: tx.sql.execute("UPDATE email SET pack = 999 WHERE email_id = ?", (lost,))
    )
    told = await desk.call("Email/get", ids=[f"M{lost}", f"M{kept}"], fetchAllBodyValues=True)
    assert [email["subject"] for email in told["list"]] == ["lost", "Xin chào"]


async def test_rows_tell_what_messages_tell(desk):
    """Real mail: the quick way and the long way never differ; all properties of all parts can be told."""
    asked = sorted(ALL - {"headers", "bodyStructure", "bodyValues", "textBody", "htmlBody", "attachments"})
    quick = take_wanted({}, asked)
    full = take_wanted({"bodyProperties": sorted(PART), "fetchAllBodyValues": True}, ALL)
    for name, data in list(corpus().items())[::4]:
        email = await desk.deliver(data)
        row = desk.store.glance(ALICE, lambda tx, email=email: email_rows(tx, [email]))[email]
        assert not needed(row, quick) or row.listed is None, name
        told = tell_email(row, data, full, Budget())
        if row.listed is not None:
            assert tell_row(row, quick) == {key: told[key] for key in asked}, name
        assert tell_header(row, data, quick, Budget()) == {key: told[key] for key in asked}, name
        again = tell_email(row._replace(has_attachment=None), data, quick, Budget())
        assert again["hasAttachment"] == told["hasAttachment"], name


# --- Email/parse ------------------------------------------------------------------------------------


async def test_an_enclosed_message_is_parsed(desk):
    """RFC 8621 §4.9"""
    email = await desk.deliver(MIXED)
    blob, picture = f"M{email}_2", f"M{email}_3"
    told = await desk.call(
        "Email/parse",
        blobIds=[blob, picture, "M9", f"M{(BOB << 32) + 1}"],
        properties=["id", "blobId", "threadId", "size", "subject", "textBody", "bodyValues", "preview"],
        bodyProperties=["partId", "blobId"],
        fetchTextBodyValues=True,
    )
    assert told["parsed"][blob] == {
        "id": None,
        "blobId": blob,
        "threadId": None,
        "size": 24,
        "subject": "inner",
        "preview": "within",
        "textBody": [{"partId": "1", "blobId": f"{blob}_1"}],
        "bodyValues": {"1": {"value": "within", "isEncodingProblem": False, "isTruncated": False}},
    }
    assert told["notParsable"] == [picture] and told["notFound"] == ["M9", f"M{(BOB << 32) + 1}"]


async def test_messages_within_messages(desk):
    """The parts of what is parsed are blobs too, at any depth."""
    innermost = "Content-Type: text/plain\r\n\r\ndeep"
    nested = (
        f"Content-Type: message/rfc822\r\n\r\nSubject: 2\r\nContent-Type: message/rfc822\r\n\r\n{innermost}"
    )
    email = await desk.deliver(nested.encode())
    blob_id = f"M{email}"
    for _ in range(2):
        told = await desk.call("Email/parse", blobIds=[blob_id], properties=["attachments"])
        blob_id = told["parsed"][blob_id]["attachments"][0]["blobId"]
    told = await desk.call(
        "Email/parse", blobIds=[blob_id], properties=["bodyValues"], fetchAllBodyValues=True
    )
    assert told["parsed"][blob_id]["bodyValues"]["1"]["value"] == "deep"


@pytest.mark.parametrize("encoding", ["base64", "7bit"])
async def test_parts_of_a_message_that_is_encoded(desk, encoding):
    """Some mailers encode messages in spite of RFC 2046 §5.2.1: their parts are found all the same."""
    body = b64encode(MIXED) if encoding == "base64" else MIXED
    head = f"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    email = await desk.deliver(head.encode() + body)
    told = await desk.call("Email/parse", blobIds=[f"M{email}_1"], bodyProperties=["blobId", "size"])
    [message, picture] = told["parsed"][f"M{email}_1"]["attachments"]
    source = await resolve(desk.rooms, ALICE, picture["blobId"])
    assert await source.octets(desk.store) == b"\0\0\0" and picture["size"] == source.size == 3
    source = await resolve(desk.rooms, ALICE, message["blobId"])
    assert await source.octets(desk.store, 0, 8) == b"Subject:" and message["size"] == source.size
    told = await desk.call("Email/parse", blobIds=[message["blobId"]], properties=["subject"])
    assert told["parsed"][message["blobId"]]["subject"] == "inner"


async def test_default_properties_of_parse(desk):
    """RFC 8621 §4.9"""
    email = await desk.deliver(MIXED)
    told = await desk.call("Email/parse", blobIds=[f"M{email}"])
    stored = {"id", "blobId", "threadId", "mailboxIds", "keywords", "size", "receivedAt"}
    assert set(told["parsed"][f"M{email}"]) == ALL - stored - {"headers", "bodyStructure"}
    assert (told["notParsable"], told["notFound"]) == (None, None)
    assert (await desk.call("Email/parse"))["error"] == "invalidArguments"
