"""RFC 9404, section by section; uploads and downloads of RFC 8620 §6."""

import hashlib
from base64 import b64encode
from typing import Any

import pytest
from client import Client

USER = "user7"
FOX = "The quick brown fox jumped over the lazy dog."
MESSAGE = b"From: a@x.test\r\nSubject: blob\r\n\r\nhello\r\n"
CAPABILITY = "urn:ietf:params:jmap:blob"


def _upload(client: Client, **create: Any) -> Any:
    return client.call("Blob/upload", create=create)


def _blob(client: Client, *sources: Any, **more: Any) -> dict[str, Any]:
    told = _upload(client, b={"data": list(sources), **more})
    assert told["notCreated"] is None, told
    return dict(told["created"]["b"])


def _get(client: Client, blob_id: str, *properties: str, **more: Any) -> dict[str, Any]:
    if properties:
        more["properties"] = list(properties)
    (found,) = client.call("Blob/get", ids=[blob_id], **more)["list"]
    assert found["id"] == blob_id
    return {name: value for name, value in found.items() if name != "id"}


def test_what_the_account_is_told(client: Client) -> None:
    """§3.1"""
    session = client.session
    assert session["capabilities"][CAPABILITY] == {}
    told = session["accounts"][client.account]["accountCapabilities"][CAPABILITY]
    assert set(told) == {
        "maxSizeBlobSet",
        "maxDataSources",
        "supportedTypeNames",
        "supportedDigestAlgorithms",
    }
    assert told["maxDataSources"] >= 64
    assert {"sha", "sha-256"} <= set(told["supportedDigestAlgorithms"])
    assert {"Email", "Mailbox", "Thread"} <= set(told["supportedTypeNames"])
    assert client.bare(("Blob/get", {"accountId": client.account, "ids": []}), using=[])[0][0] == "error"


# --- Blob/upload (§4.1) --------------------------------------------------------------------------


def test_sources_become_one_blob(client: Client) -> None:
    first = _blob(client, {"data:asText": "héllo "}, {"data:asBase64": b64encode(b"\x00\xff").decode()})
    assert first["size"] == 9 and isinstance(first["type"], str)
    ranged = {"blobId": first["id"], "offset": 1, "length": 2}
    second = _blob(client, ranged, {"blobId": first["id"], "offset": 6}, type="image/png")
    assert (second["type"], second["size"]) == ("image/png", 5)
    assert (
        _get(client, second["id"], "data:asBase64")["data:asBase64"]
        == b64encode("é".encode() + b" \x00\xff").decode()
    )


def test_null_is_as_if_it_were_not_there(client: Client) -> None:
    source = {"data:asText": "abc", "data:asBase64": None, "blobId": None, "offset": None, "length": None}
    made = _blob(client, source, type=None)
    again = {"blobId": made["id"], "offset": None, "length": None, "data:asText": None}
    assert _get(client, _blob(client, again)["id"], "data")["data:asText"] == "abc"


def test_no_source_makes_an_empty_blob(client: Client) -> None:
    made = _blob(client)
    assert made["size"] == 0 and _get(client, made["id"]) == {"data:asText": "", "size": 0}
    nothing = _blob(client, {"blobId": made["id"], "offset": 0, "length": 0}, {"data:asText": ""})
    assert nothing["size"] == 0


def test_blobs_of_one_call_refer_to_each_other_in_any_order(client: Client) -> None:
    told = _upload(
        client,
        whole={"data": [{"blobId": "#left"}, {"blobId": "#right", "offset": 1}]},
        right={"data": [{"data:asText": "xyz"}, {"blobId": "#left", "length": 1}]},
        left={"data": [{"data:asText": "ab"}]},
    )
    assert told["notCreated"] is None
    assert _get(client, told["created"]["whole"]["id"], "data")["data:asText"] == "abyza"


def test_a_circle_fails_and_nothing_else(client: Client) -> None:
    told = _upload(
        client,
        one={"data": [{"blobId": "#two"}]},
        two={"data": [{"blobId": "#one"}]},
        other={"data": [{"data:asText": "x"}]},
    )
    assert list(told["created"]) == ["other"] and set(told["notCreated"]) == {"one", "two"}


def test_a_created_blob_has_a_name_for_the_calls_after(client: Client) -> None:
    """RFC 8620 §5.3"""
    text = MESSAGE.decode()
    answered = client.calls(
        ("Blob/upload", {"create": {"m": {"data": [{"data:asText": text}], "type": "message/rfc822"}}}),
        ("Email/import", {"emails": {"e": {"blobId": "#m", "mailboxIds": {client.boxes["inbox"]: True}}}}),
    )
    assert answered[1][1]["created"]["e"]["size"] == len(MESSAGE)


@pytest.mark.parametrize(
    "new",
    [
        {}, {"data": None}, {"data": "text"}, {"data": ["text"]}, {"data": [{}]},
        {"data": [{"data:asText": 7}]},
        {"data": [{"data:asText": "a", "data:asBase64": "YQ=="}]},
        {"data": [{"data:asText": "a", "offset": 0}]},
        {"data": [{"data:asBase64": "YQ"}]},
        {"data": [{"data:asBase64": "Y\nQ=="}]},
        {"data": [{"data:asBase64": "Y-_="}]},
        {"data": [{"data:asText": "a", "blobId": "U1"}]},
        {"data": [{"data:asHex": "61"}]},
        {"data": [{"data:asText": "a"}], "type": "no type"},
        {"data": [{"data:asText": "a"}], "name": "x"},
        {"data": [{"data:asText": "a"}] * 101},
    ],
)  # fmt: skip
def test_what_is_no_blob(client: Client, new: Any) -> None:
    """Nothing is guessed: a wrong source is a `notCreated`."""
    told = _upload(client, x=new)
    assert told["created"] is None and told["notCreated"]["x"]["type"] == "invalidProperties"


@pytest.mark.parametrize("text", ["\\ud800", "\\udc00\\ud800", "a\\udfffb"])
def test_text_that_is_no_unicode(client: Client, text: str) -> None:
    source = f'{{"data": [{{"data:asText": "{text}"}}]}}'
    call = f'["Blob/upload", {{"accountId": "{client.account}", "create": {{"x": {source}}}}}, "0"]'
    body = f'{{"using": ["urn:ietf:params:jmap:core", "{CAPABILITY}"], "methodCalls": [{call}]}}'
    answer = client.post(body.encode())
    if answer.status == 200:
        assert answer.json["methodResponses"][0][1]["notCreated"]["x"]["type"] == "invalidProperties"
    else:
        assert (answer.status, answer.json["type"]) == (400, "urn:ietf:params:jmap:error:notJSON")


def test_ranges_that_go_beyond_the_end(client: Client) -> None:
    blob = _blob(client, {"data:asText": "abc"})["id"]
    for wrong in ({"offset": 4}, {"offset": 1, "length": 3}, {"length": 4}):
        told = _upload(client, x={"data": [{"blobId": blob, **wrong}]})
        assert told["notCreated"]["x"]["type"] == "invalidProperties", wrong
    assert _blob(client, {"blobId": blob, "offset": 3})["size"] == 0
    told = _upload(client, x={"data": [{"blobId": "U999999"}]})
    assert told["notCreated"]["x"] | {"description": ""} == {
        "type": "blobNotFound", "notFound": ["U999999"], "description": "",
    }  # fmt: skip


def test_a_blob_that_is_too_large(client: Client) -> None:
    """`maxSizeBlobSet`, by ranges that multiply."""
    big = _blob(client, *[{"data:asText": "x" * 50_000}] * 100)["id"]
    told = _upload(client, x={"data": [{"blobId": big}] * 11})
    assert told["notCreated"]["x"]["type"] == "tooLarge"


# --- Blob/get (§4.2) -----------------------------------------------------------------------------


def test_the_properties_that_are_told_unasked(client: Client) -> None:
    blob = _blob(client, {"data:asText": FOX})["id"]
    assert _get(client, blob) == _get(client, blob, properties=None) == {"data:asText": FOX, "size": 45}
    octets = _blob(client, {"data:asBase64": b64encode(b"\xfe\xff").decode()})["id"]
    told = _get(client, octets)
    assert told["data:asBase64"] == "/v8=" and told["size"] == 2 and "data:asText" not in told


def test_ranges_and_their_digests(client: Client) -> None:
    blob = _blob(client, {"data:asText": FOX})["id"]
    told = _get(client, blob, "data:asText", "digest:sha", "digest:sha-256", "size", offset=4, length=9)
    assert told == {
        "data:asText": "quick bro",
        "digest:sha": b64encode(hashlib.sha1(b"quick bro").digest()).decode(),
        "digest:sha-256": b64encode(hashlib.sha256(b"quick bro").digest()).decode(),
        "size": 45,
    }
    assert _get(client, blob, "digest:sha") == {
        "digest:sha": b64encode(hashlib.sha1(FOX.encode()).digest()).decode()
    }
    assert _get(client, blob, "data:asText", offset=40) == {"data:asText": " dog."}
    for more in ({"offset": 40, "length": 50}, {"offset": 46}, {"length": 46}):
        assert _get(client, blob, "data:asText", **more)["isTruncated"] is True
    assert _get(client, blob, "data:asText", offset=45) == {"data:asText": ""}
    assert "isTruncated" not in _get(client, blob, "data:asText", offset=45, length=0)


def test_a_range_that_cuts_a_character(client: Client) -> None:
    blob = _blob(client, {"data:asText": "aé"})["id"]
    told = _get(client, blob, "data:asText", "data:asBase64", length=2)
    assert told == {"data:asText": None, "data:asBase64": "YcM=", "isEncodingProblem": True}
    assert _get(client, blob, "data:asText", length=1) == {"data:asText": "a"}
    assert _get(client, blob, "data:asBase64", length=2) == {"data:asBase64": "YcM="}


def test_what_is_asked_for_wrongly(client: Client) -> None:
    for wrong in (
        {"ids": None}, {"ids": "U1"}, {"ids": [], "offset": -1}, {"ids": [], "length": "1"},
        {"ids": [], "properties": ["digest:md5"]}, {"ids": [], "properties": ["colour"]},
    ):  # fmt: skip
        assert client.error("Blob/get", **wrong) == "invalidArguments", wrong
    told = client.call("Blob/get", ids=["U999999", "x", "A1"])
    assert told["list"] == [] and sorted(told["notFound"]) == ["A1", "U999999", "x"]
    assert "state" not in told


# --- Blob/lookup (§4.3) --------------------------------------------------------------------------


def test_where_a_blob_is_used(client: Client) -> None:
    email = client.put(MESSAGE, client.boxes["inbox"])
    found = client.email(email, "blobId", "threadId", "bodyStructure")
    loose = _blob(client, {"data:asText": "loose"})["id"]
    part = found["bodyStructure"]["blobId"]
    told = client.call(
        "Blob/lookup", typeNames=["Mailbox", "Thread", "Email"], ids=[found["blobId"], part, loose, "U999999"]
    )
    matched = {"Mailbox": [client.boxes["inbox"]], "Thread": [found["threadId"]], "Email": [email]}
    assert told["list"] == [
        {"id": found["blobId"], "matchedIds": matched},
        {"id": part, "matchedIds": matched},
        {"id": loose, "matchedIds": {"Mailbox": [], "Thread": [], "Email": []}},
    ]
    assert told["notFound"] == ["U999999"]
    client.call("Email/set", destroy=[email])
    assert client.call("Blob/lookup", typeNames=["Email"], ids=[part])["notFound"] == [part]


def test_types_that_are_not_known(client: Client) -> None:
    for wrong in (["Email", "Foo"], [7]):
        assert client.error("Blob/lookup", typeNames=wrong, ids=[]) in ("unknownDataType", "invalidArguments")
    assert client.error("Blob/lookup", typeNames=["Foo"], ids=[]) == "unknownDataType"
    assert client.error("Blob/lookup", ids=[]) == "invalidArguments"


# --- upload and download (RFC 8620 §6) -----------------------------------------------------------


def test_what_was_uploaded_comes_back(client: Client) -> None:
    told = client.upload(b"\x00\x01octets", "image/png")
    assert set(told) == {"accountId", "blobId", "type", "size"}
    assert (told["accountId"], told["type"], told["size"]) == (client.account, "image/png", 8)
    path = f"/jmap/download/{client.account}/{told['blobId']}/a%22b%C3%A9.png?type=text/plain"
    answer = client.ask("GET", path)
    assert (answer.status, answer.body) == (200, b"\x00\x01octets")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "immutable" in answer.headers["cache-control"]
    assert client.ask("GET", path, Range="bytes=2-4").body == b"oct"


def test_uploads_and_downloads_that_are_not_theirs(client: Client) -> None:
    other = Client(client.server, "user10")
    mine = client.upload(b"mine")["blobId"]
    assert other.ask("GET", f"/jmap/download/{client.account}/{mine}/x?type=a/b").status == 404
    assert other.ask("GET", f"/jmap/download/{other.account}/{mine}/x?type=a/b").status == 404
    assert other.ask("POST", f"/jmap/upload/{client.account}", b"x").status == 404
    assert other.call("Blob/get", ids=[mine])["notFound"] == [mine]
    told = _upload(other, x={"data": [{"blobId": mine}]})
    assert told["notCreated"]["x"]["type"] == "blobNotFound"
