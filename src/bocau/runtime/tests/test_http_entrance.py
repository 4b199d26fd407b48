"""Which names are ours, and what may be said without TLS."""

from typing import Any

import pytest

from bocau.runtime.asgi import Message, Receive, Scope, Send, respond
from bocau.runtime.http_entrance import Entrance


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, 200, b"inside")


async def _ask(
    host: str | None,
    *,
    scheme: str = "https",
    client: str = "192.0.2.1",
    method: str = "GET",
    port: int = 443,
) -> tuple[int, dict[bytes, bytes]]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "scheme": scheme,
        "method": method,
        "client": (client, 1),
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"c=d",
        "headers": [] if host is None else [(b"host", host.encode("latin-1"))],
    }
    entrance = Entrance(_app, ("mail.example.org",), port, allows_plain_on_loopback=True)
    await entrance(scope, None, send)  # type: ignore[arg-type]
    return sent[0]["status"], dict(sent[0]["headers"])


@pytest.mark.parametrize(
    "host",
    [
        "mail.example.org",
        "MAIL.example.org:443",
        "mail.example.org.",
        "localhost:2443",
        "127.0.0.1:2443",
        "[::1]",
        "[2001:db8::1]:443",
        "192.0.2.7",
    ],
)
async def test_our_names_and_any_address(host: str) -> None:
    assert (await _ask(host))[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "mail.example.org.evil.example",
        "mail.example.org@evil.example",
        "evil.example:mail.example.org",
        "mail.example.org:443x",
        "mail.example.org:²",
        "[::1",
        "a, mail.example.org",
        "mail\xe9.example.org",
    ],
)
async def test_other_names_are_misdirected(host: str | None) -> None:
    """DNS rebinding: the browser says the name of the page (F-5)."""
    assert (await _ask(host))[0] == 421


async def test_plain_http_is_sent_on_to_https() -> None:
    status, headers = await _ask("mail.example.org", scheme="http")
    assert (status, headers[b"location"]) == (308, b"https://mail.example.org/a%20b?c=d")
    status, headers = await _ask("[2001:db8::1]:80", scheme="http", port=2443)
    assert headers[b"location"] == b"https://[2001:db8::1]:2443/a%20b?c=d"


async def test_a_password_is_not_asked_for_twice_in_the_clear() -> None:
    """What has been posted has been seen already: it is refused, not sent on."""
    assert (await _ask("mail.example.org", scheme="http", method="POST"))[0] == 403
    assert (await _ask("mail.example.org", scheme="http", port=0))[0] == 403


async def test_this_host_itself_may_do_without() -> None:
    assert (await _ask("localhost", scheme="http", client="127.0.0.1", method="POST"))[0] == 200
    assert (await _ask("localhost", scheme="http", client="::1", method="POST"))[0] == 200
