"""JMAP's core over real HTTP: who asks, what is refused, what is bounded (RFC 8620; E-11)."""

import http.client
import json
import select
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from harness import Server, eventually
from jmap_client import JmapClient

CORE = "urn:ietf:params:jmap:core"
MB = 1024 * 1024
ASKED_AGAIN = 8
"""Each on a connection of its own, to one of two workers."""


@pytest.fixture(scope="module")
def alice(server: Server) -> JmapClient:
    return JmapClient(server)


def _kind(answer: Any) -> str:
    return str(answer.json["type"]).removeprefix("urn:ietf:params:jmap:error:")


def _refused(held: list[http.client.HTTPConnection]) -> str:
    """The limit that the first of the connections to be answered is told of; the others wait."""
    ready, _, _ = select.select([connection.sock for connection in held], [], [], 20.0)
    answered = next(connection for connection in held if connection.sock in ready)
    return str(json.loads(answered.getresponse().read())["limit"])


@contextmanager
def _held(client: JmapClient, path: str, count: int) -> Iterator[list[http.client.HTTPConnection]]:
    """So many requests whose bodies never come, until the end."""
    head = {"Authorization": client.authorization, "Content-Type": "application/json", "Content-Length": "10"}
    held: list[http.client.HTTPConnection] = []
    try:
        for _ in range(count):
            connection = client.connection()
            held.append(connection)
            connection.putrequest("POST", path)
            for name, value in head.items():
                connection.putheader(name, value)
            connection.endheaders()
        yield held
    finally:
        for connection in held:
            connection.close()


# --- who asks ------------------------------------------------------------------------------------


def test_the_session_object(alice: JmapClient) -> None:
    """RFC 8620 §2."""
    session = alice.session
    account = session["accounts"][alice.account]
    assert session["username"] == account["name"] == "alice@demo.test"
    assert set(account["accountCapabilities"]) == set(session["capabilities"]) - {
        CORE,
        "urn:ietf:params:jmap:websocket",
    }
    core = session["capabilities"][CORE]
    assert core["maxSizeUpload"] == 50 * MB and core["maxCallsInRequest"] >= 16
    assert session["apiUrl"].endswith("/jmap/api") and session["apiUrl"].startswith("http://127.0.0.1:")
    for variable in ("{accountId}", "{blobId}", "{name}", "{type}"):
        assert variable in session["downloadUrl"]
    echo = alice.post({"using": [CORE], "methodCalls": [["Core/echo", {"x": [1, None]}, "t"]]}).json
    assert echo == {
        "methodResponses": [["Core/echo", {"x": [1, None]}, "t"]],
        "sessionState": session["state"],
    }


def test_the_well_known_address_leads_to_it(alice: JmapClient) -> None:
    answer = alice.ask("GET", "/.well-known/jmap", Authorization="")
    assert (answer.status, answer.headers["location"]) == (307, "/jmap/session")


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic !", "Basic " + b64encode(b"alice@demo.test").decode(), "Bearer x", "Digest x=y"],
)
def test_nobody_gets_nothing(alice: JmapClient, authorization: str) -> None:
    for method, path in (
        ("GET", "/jmap/session"),
        ("POST", "/jmap/api"),
        ("POST", "/jmap/upload/A1"),
        ("GET", "/jmap/download/A1/M1/x"),
        ("GET", "/jmap/eventsource"),
    ):
        if authorization.startswith(("Bearer", "Digest")) and path != "/jmap/session":
            continue
        answer = alice.ask(method, path, Authorization=authorization)
        assert answer.status == 401 and "Basic" in str(answer.headers.get_all("www-authenticate"))


def test_a_browser_is_not_made_to_ask_for_a_password(alice: JmapClient) -> None:
    answer = alice.ask("POST", "/jmap/api", b"{}", Authorization="", X_CSRF_Token="x")
    assert answer.status == 401 and answer.headers.get_all("www-authenticate") == ['Bearer realm="bocau"']


def test_a_token_of_another_scope_is_refused(server: Server, alice: JmapClient) -> None:
    def bearer(scope: str) -> int:
        made = server.json("token", "add", "alice@demo.test", "--label", f"for {scope}", "--scope", scope)
        return alice.ask("GET", "/jmap/session", Authorization=f"Bearer {made['token']}").status

    assert (bearer("jmap"), bearer("imap")) == (200, 403)


def test_other_origins_may_ask_without_cookies(alice: JmapClient) -> None:
    answer = alice.ask("OPTIONS", "/jmap/api", Authorization="", Origin="https://other.example")
    assert answer.status == 204 and answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/jmap/api"), ("POST", "/jmap/session"), ("PUT", "/jmap/api")]
)
def test_another_method_is_not_allowed(alice: JmapClient, method: str, path: str) -> None:
    assert alice.ask(method, path).status == 405


# --- requests ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "notJSON"),
        (b"[" * 2 * MB, "notJSON"),
        (b'{"using": [], "methodCalls": [], "using": []}', "notJSON"),
        (b"{}", "notRequest"),
        (b'{"using": ["urn:x"], "methodCalls": []}', "unknownCapability"),
        (b" " * (10 * MB + 1), "limit"),
    ],
    ids=["empty", "deep", "twice", "object", "capability", "large"],
)
def test_what_is_no_request(alice: JmapClient, body: bytes, kind: str) -> None:
    """RFC 8620 §3.6.1."""
    answer = alice.post(body)
    assert (answer.status, _kind(answer)) == (400, kind)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_request_is_json_by_its_name_too(alice: JmapClient) -> None:
    answer = alice.ask("POST", "/jmap/api", b'{"using": [], "methodCalls": []}', Content_Type="text/plain")
    assert (answer.status, _kind(answer)) == (400, "notJSON")


def test_one_more_than_promised_is_refused(alice: JmapClient) -> None:
    core = alice.session["capabilities"][CORE]
    calls = [["Core/echo", {}, "0"]] * (core["maxCallsInRequest"] + 1)
    answer = alice.post({"using": [CORE], "methodCalls": calls})
    assert (_kind(answer), answer.json["limit"]) == ("limit", "maxCallsInRequest")
    many = [f"U{number}" for number in range(core["maxObjectsInGet"] + 1)]
    assert alice.call("Blob/get", ids=many)["type"] == "requestTooLarge"
    create = {f"c{number}": {"data": []} for number in range(core["maxObjectsInSet"] + 1)}
    assert alice.call("Blob/upload", create=create)["type"] == "requestTooLarge"


def test_requests_at_the_same_time_are_counted_over_all_workers(server: Server, alice: JmapClient) -> None:
    """Bodies that never come hold their places."""
    limit = alice.session["capabilities"][CORE]["maxConcurrentRequests"]
    with _held(alice, "/jmap/api", limit + 1) as held:
        assert _refused(held) == "maxConcurrentRequests"
        for _ in range(ASKED_AGAIN):  # Whoever of the two workers it is.
            answer = alice.post({"using": [CORE], "methodCalls": []})
            assert (answer.status, answer.json["limit"]) == (400, "maxConcurrentRequests")
        assert JmapClient(server, "bob").post({"using": [CORE], "methodCalls": []}).status == 200
    eventually(lambda: alice.post({"using": [CORE], "methodCalls": []}).status == 200)


def test_created_ids_go_on_to_the_next_request(alice: JmapClient) -> None:
    """RFC 8620 §3.3."""
    create = {"b": {"data": [{"data:asText": "x"}]}}
    using = [CORE, "urn:ietf:params:jmap:blob"]
    calls = [["Blob/upload", {"accountId": alice.account, "create": create}, "0"]]
    made = alice.post({"using": using, "methodCalls": calls, "createdIds": {"k": "v"}}).json["createdIds"]
    assert made["k"] == "v"
    calls = [["Blob/get", {"accountId": alice.account, "ids": ["#b"]}, "0"]]
    answer = alice.post({"using": using, "methodCalls": calls, "createdIds": made}).json
    assert [one["id"] for one in answer["methodResponses"][0][1]["list"]] == [made["b"]]


@pytest.mark.parametrize("account", ["A999", "A1", "nonsense", "", None, 7])
def test_accounts_of_others_are_not_found(alice: JmapClient, account: Any) -> None:
    """Every method of the registry, with every wrong account (F-6)."""
    from bocau.services.jmap.methods import METHODS

    without = ("Core/", "PushSubscription/")
    names = [name for name in METHODS if not name.startswith(without)]
    for start in range(0, len(names), 16):
        calls = [[name, {"accountId": account}, name] for name in names[start : start + 16]]
        using = sorted({METHODS[name].capability for name in names})
        for found, told, name in alice.post({"using": using, "methodCalls": calls}).json["methodResponses"]:
            kinds = ("accountNotFound", "fromAccountNotFound", "invalidArguments")
            assert found == "error" and told["type"] in kinds, (name, told)


# --- uploads and downloads -----------------------------------------------------------------------


def test_what_goes_in_comes_out(alice: JmapClient) -> None:
    """RFC 8620 §6.1, §6.2; small in memory, large by way of a file."""
    for data in (b"", b"<script>", bytes(range(256)) * 20_000):
        told = alice.upload(data, "text/html; charset=utf-8")
        assert (told["accountId"], told["type"], told["size"]) == (alice.account, "text/html", len(data))
        answer = alice.ask("GET", f"/jmap/download/{alice.account}/{told['blobId']}/x.html?type=text/html")
        assert (answer.status, answer.body) == (200, data)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "private" in answer.headers["cache-control"] and "immutable" in answer.headers["cache-control"]


def test_a_range_of_a_download(alice: JmapClient) -> None:
    blob = alice.upload(bytes(range(256)) * 4096, "image/png")["blobId"]
    path = f"/jmap/download/{alice.account}/{blob}/x?type=image/png"
    answer = alice.ask("GET", path, Range="bytes=1000-300000")
    assert (answer.status, answer.headers["content-range"]) == (206, "bytes 1000-300000/1048576")
    assert answer.body == (bytes(range(256)) * 4096)[1000:300001]
    assert alice.ask("GET", path, Range="bytes=2000000-").status == 416
    again = alice.ask("GET", path, If_None_Match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert alice.ask("HEAD", path).headers["content-length"] == "1048576"


def test_blobs_and_accounts_of_others_are_not_there(server: Server, alice: JmapClient) -> None:
    bob = JmapClient(server, "bob")
    blob = bob.upload(b"secret")["blobId"]
    assert alice.ask("GET", f"/jmap/download/{bob.account}/{blob}/x").status == 404
    assert alice.ask("GET", f"/jmap/download/{alice.account}/{blob}/x").status == 404
    assert alice.ask("POST", f"/jmap/upload/{bob.account}", b"x").status == 404
    for path in (
        "",
        f"/{alice.account}",
        f"/{alice.account}/../../etc/passwd/x",
        f"/{alice.account}/%2e%2e/x",
    ):
        assert alice.ask("GET", f"/jmap/download{path}").status == 404


def test_too_much_is_refused_before_and_while_it_comes(alice: JmapClient) -> None:
    answer = alice.ask("POST", f"/jmap/upload/{alice.account}", b"x" * (50 * MB + 1))
    assert (answer.status, answer.json["limit"]) == (413, "maxSizeUpload")
    pieces = (b"y" * MB for _ in range(51))
    answer = alice.ask("POST", f"/jmap/upload/{alice.account}", pieces)
    assert (answer.status, answer.json["limit"]) == (413, "maxSizeUpload")
    assert alice.upload(b"z" * 50 * MB)["size"] == 50 * MB


def test_uploads_at_the_same_time_are_counted_over_all_workers(alice: JmapClient) -> None:
    limit = alice.session["capabilities"][CORE]["maxConcurrentUpload"]
    path = f"/jmap/upload/{alice.account}"
    with _held(alice, path, limit + 1) as held:
        assert _refused(held) == "maxConcurrentUpload"
        for _ in range(ASKED_AGAIN):
            assert alice.ask("POST", path, b"x").json["limit"] == "maxConcurrentUpload"
    eventually(lambda: alice.ask("POST", path, b"x").status == 201)


def test_an_upload_that_breaks_off_leaves_nothing(server: Server, alice: JmapClient) -> None:
    # The web side starts a little later than the rest, and has files of its own.
    assert alice.upload(b"before")["size"] == 6
    before = sorted(path.name for path in server.data.iterdir())
    connection = alice.connection()
    connection.putrequest("POST", f"/jmap/upload/{alice.account}")
    connection.putheader("Authorization", alice.authorization)
    connection.putheader("Content-Length", str(10 * MB))
    connection.endheaders()
    connection.send(b"x" * MB)
    connection.close()
    assert alice.upload(b"after")["size"] == 5
    assert sorted(path.name for path in server.data.iterdir()) == before
