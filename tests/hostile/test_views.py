"""The routes of shown mail over HTTP: what they serve, to whom, and for how long."""

import base64
import json
import re
import urllib.error
import urllib.request
from email.message import Message
from typing import Any

import pytest

from harness import HOST, Server

PNG = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
MESSAGE = b"\r\n".join(
    [
        b"From: x@far.example",
        b"MIME-Version: 1.0",
        b"Content-Type: multipart/related; boundary=b",
        b"",
        b"--b",
        b"Content-Type: text/html",
        b"",
        b"<img src=cid:good><img src=cid:bad><img src=https://far.example/x.png>",
        b"--b",
        b"Content-Type: text/html",
        b"Content-ID: <good>",
        b"Content-Transfer-Encoding: base64",
        b"",
        PNG,
        b"--b",
        b"Content-Type: image/png",
        b"Content-ID: <bad>",
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='pwn()'/>",
        b"--b--",
        b"",
    ]
)


def get(server: Server, path: str, body: bytes | None = None, **fields: str) -> tuple[int, Message, bytes]:
    request = urllib.request.Request(f"http://{HOST}:{server.port('http')}{path}", body, fields)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def view_of(server: Server, user: str) -> str:
    """The address of the page of the newest message, its images shown."""
    login = base64.b64encode(f"{user}@demo.test:{server.password}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    session = json.loads(get(server, "/jmap/session", **headers)[2])
    account = {"accountId": next(iter(session["accounts"]))}
    found = {"resultOf": "0", "name": "Email/query", "path": "/ids"}
    calls: list[Any] = [
        ["Email/query", account, "0"],
        ["EmailView/get", {**account, "#ids": found, "images": "shown"}, "1"],
    ]
    using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:bocau:params:jmap"]
    request = json.dumps({"using": using, "methodCalls": calls}).encode()
    responses = json.loads(get(server, "/jmap/api", request, **headers)[2])["methodResponses"]
    return str(responses[1][1]["list"][0]["url"])


@pytest.fixture(scope="module")
def page(server: Server) -> str:
    server.deliver(MESSAGE, "alice")
    return view_of(server, "alice")


def images(server: Server, page: str) -> list[str]:
    return re.findall(r'src="([^"]+)"', get(server, page)[2].decode())


def test_a_part_is_an_image_by_its_octets(server: Server, page: str) -> None:
    """t3: what it says of itself is not believed, in either direction."""
    good, bad, _ = images(server, page)
    status, headers, octets = get(server, good)
    assert (status, headers["content-type"], octets) == (200, "image/png", base64.b64decode(PNG))
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert get(server, bad)[0] == 404


def test_an_address_opens_its_own_thing_and_no_other(server: Server, page: str) -> None:
    good, _, remote = images(server, page)
    for path in (page, good, remote):
        token = path.rpartition("/")[2]
        for place in {"/view/", "/cid/", "/px/"} - {path.removesuffix(token)}:
            assert get(server, place + token)[0] == 404
        assert get(server, path[:-1] + ("A" if path[-1] != "A" else "B"))[0] == 404
        assert get(server, path, b"")[0] == 405


def test_an_address_ends_with_the_password(server: Server) -> None:
    server.deliver(MESSAGE, "bob")
    page = view_of(server, "bob")
    assert get(server, page)[0] == 200
    server.cli("account", "set", "bob@demo.test", "--password", input="another horse battery\n")
    assert get(server, page)[0] == 404
