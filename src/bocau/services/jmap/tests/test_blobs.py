"""Blobs by their ids; Blob/copy, /upload, /get, /lookup (RFC 8620 §6.3, RFC 9404)."""

from base64 import b64encode

import pytest

from bocau.services.jmap.blobs import NoSuchBlob, email_blob_id, resolve
from bocau.store.uploads import KEPT_SECONDS, WAITING_MAX, add_upload, sweep_uploads

from .desk import ALICE, BOB, Desk

MESSAGE = (
    b"From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n"
)


async def _octets(desk: Desk, blob_id: str) -> bytes:
    return await (await resolve(desk.rooms, ALICE, blob_id)).octets(desk.store)


async def test_an_email_and_its_parts(desk: Desk) -> None:
    email = await desk.deliver(MESSAGE)
    assert await _octets(desk, email_blob_id(email)) == MESSAGE
    assert await _octets(desk, email_blob_id(email, "1")) == b"hello"
    source = await resolve(desk.rooms, ALICE, email_blob_id(email, "2"))
    assert (source.type, source.size, await source.octets(desk.store, 1)) == ("image/png", 3, b"\x01\x02")


@pytest.mark.parametrize(
    "blob_id", ["", "M1", "U1", "M{}_9", "M{}_0", "M{}_1_", "M{}.1", "X{}", "M0{}", "M{}" + "_1" * 200]
)
async def test_what_is_not_there_is_not_found(desk: Desk, blob_id: str) -> None:
    email = await desk.deliver(MESSAGE)
    with pytest.raises(NoSuchBlob):
        await resolve(desk.rooms, ALICE, blob_id.format(email))


async def test_blobs_of_others_are_not_found(desk: Desk) -> None:
    email = await desk.deliver(MESSAGE)
    made = await desk.call("Blob/upload", create={"b": {"data": [{"data:asText": "secret"}]}})
    for blob_id in (email_blob_id(email), made["created"]["b"]["id"]):
        with pytest.raises(NoSuchBlob):
            await resolve(desk.rooms, BOB, blob_id)


async def test_a_blob_of_many_sources(desk: Desk) -> None:
    """RFC 9404 §4.1: texts, octets, ranges, and blobs of the same call."""
    create = {
        "a": {"data": [{"data:asText": "héllo"}, {"data:asBase64": b64encode(b"\xff!").decode()}]},
        "b": {"data": [{"blobId": "#a", "offset": 1, "length": 2}, {"blobId": "#a"}], "type": "text/plain"},
    }
    made = (await desk.call("Blob/upload", create=create))["created"]
    assert made["b"] | {"id": ""} == {"id": "", "type": "text/plain", "size": 10}
    assert await _octets(desk, made["b"]["id"]) == "éhéllo".encode() + b"\xff!"


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ({}, "invalidProperties"),
        ({"data:asText": "a", "data:asBase64": "YQ=="}, "invalidProperties"),
        ({"data:asBase64": "!"}, "invalidProperties"),
        ({"blobId": "U99"}, "blobNotFound"),
        ({"blobId": "#none"}, "notFound"),
        ({"blobId": "#ok", "offset": 1, "length": 2}, "invalidProperties"),
        ({"blobId": "#ok", "offset": -1}, "invalidProperties"),
        ("text", "invalidProperties"),
    ],
)
async def test_a_source_that_is_none_is_refused(desk: Desk, source: object, kind: str) -> None:
    create = {"ok": {"data": [{"data:asText": "xy"}]}, "bad": {"data": [source]}}
    answer = await desk.call("Blob/upload", create=create)
    assert list(answer["created"]) == ["ok"]
    assert answer["notCreated"]["bad"]["type"] == kind


async def test_octets_texts_and_digests(desk: Desk) -> None:
    """RFC 9404 §4.2, with the example of its figure: the quick brown fox."""
    text = "The quick brown fox jumped over the lazy dog."
    made = (await desk.call("Blob/upload", create={"a": {"data": [{"data:asText": text}]}}))["created"]
    blob_id = made["a"]["id"]
    properties = ["data:asText", "digest:sha", "size"]
    answer = await desk.call("Blob/get", ids=[blob_id, "U99"], properties=properties, offset=4, length=9)
    assert answer["list"] == [
        {
            "id": blob_id,
            "data:asText": "quick bro",
            "digest:sha": "QiRAPtfyX8K6tm1iOAtZ87Xj3Ww=",
            "size": 45,
        }
    ]
    assert answer["notFound"] == ["U99"]
    answer = await desk.call("Blob/get", ids=[blob_id], offset=40, length=50)
    assert answer["list"] == [{"id": blob_id, "data:asText": " dog.", "size": 45, "isTruncated": True}]


async def test_octets_that_are_no_text(desk: Desk) -> None:
    create = {"a": {"data": [{"data:asBase64": b64encode(b"\xff").decode()}]}}
    blob_id = (await desk.call("Blob/upload", create=create))["created"]["a"]["id"]
    (found,) = (await desk.call("Blob/get", ids=[blob_id], properties=["data"]))["list"]
    assert found == {"id": blob_id, "data:asBase64": "/w==", "isEncodingProblem": True}
    (found,) = (await desk.call("Blob/get", ids=[blob_id], properties=["data:asText"]))["list"]
    assert found == {"id": blob_id, "data:asText": None, "isEncodingProblem": True}


async def test_what_refers_to_a_blob(desk: Desk) -> None:
    """RFC 9404 §4.3."""
    email = await desk.deliver(MESSAGE)
    blob_id = email_blob_id(email, "2")
    answer = await desk.call("Blob/lookup", typeNames=["Email", "Mailbox"], ids=[blob_id, "U7"])
    matched = {"Email": [f"M{email}"], "Mailbox": [desk.mailbox_id()]}
    assert answer["list"] == [{"id": blob_id, "matchedIds": matched}]
    assert answer["notFound"] == ["U7"]
    assert (await desk.call("Blob/lookup", typeNames=["Foo"], ids=[]))["error"] == "unknownDataType"


async def test_copying_within_the_own_account_alone(desk: Desk) -> None:
    """RFC 8620 §6.3."""
    blob_id = email_blob_id(await desk.deliver(MESSAGE))
    answer = await desk.call("Blob/copy", fromAccountId=f"A{ALICE}", blobIds=[blob_id, "U9"])
    assert (answer["copied"], list(answer["notCopied"])) == ({blob_id: blob_id}, ["U9"])
    answer = await desk.call("Blob/copy", fromAccountId=f"A{BOB}", blobIds=[blob_id])
    assert answer["error"] == "fromAccountNotFound"


async def test_uploads_are_swept_and_counted(desk: Desk) -> None:
    ref = desk.store.blobs.stage(b"x", ALICE)

    await desk.store.write(
        ALICE, lambda tx: [add_upload(tx, "a/b", ref) for _ in range(WAITING_MAX)], heavy=True
    )
    before = desk.store.blobs.stage(b"x", ALICE).offset
    answer = await desk.call("Blob/upload", create={"a": {"data": [{"data:asText": "x" * 100_000}]}})
    assert answer["notCreated"]["a"]["type"] == "overQuota"
    # What is refused was not written first.
    assert desk.store.blobs.stage(b"x", ALICE).offset - before < 1000
    await desk.store.write(
        ALICE, lambda tx: tx.sql.execute("UPDATE upload SET created_at = created_at - ?", (KEPT_SECONDS + 1,))
    )
    assert (await desk.call("Blob/upload", create={"a": {"data": [{"data:asText": "x"}]}}))["created"]
    swept = 0
    while count := await desk.store.write(ALICE, sweep_uploads):
        swept += count
    assert swept >= WAITING_MAX - 1
    assert desk.store.glance(ALICE, lambda tx: tx.sql.value("SELECT count(*) FROM upload")) == 1
