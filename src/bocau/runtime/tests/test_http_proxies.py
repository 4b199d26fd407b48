"""What a proxy says is believed; what anybody else says of himself is not."""

from typing import Any

import pytest

from bocau.runtime.http_proxies import BehindProxies

PROXIES = ("127.0.0.1", "2001:db8::1")


async def seen(client: str, *fields: tuple[str, str], scheme: str = "http") -> tuple[str, str]:
    """Scheme and client as the application behind it sees them."""
    found: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.append((scope["scheme"], scope["client"][0]))

    headers = [(name.encode(), value.encode("latin-1")) for name, value in fields]
    scope = {"type": "http", "scheme": scheme, "client": (client, 5), "headers": headers}
    await BehindProxies(app, PROXIES)(scope, None, None)  # type: ignore[arg-type]
    scheme_seen, client_seen = found[0]
    return scheme_seen, client_seen


PROTO = ("x-forwarded-proto", "https")


@pytest.mark.parametrize("proxy", ["127.0.0.1", "::ffff:127.0.0.1", "2001:db8:0:0::1"])
async def test_a_proxy_is_believed(proxy: str) -> None:
    assert await seen(proxy, PROTO, ("x-forwarded-for", "192.0.2.7")) == ("https", "192.0.2.7")
    assert await seen(proxy, PROTO, scheme="ws") == ("wss", proxy)


async def test_nobody_else_is() -> None:
    assert await seen("192.0.2.9", PROTO, ("x-forwarded-for", "192.0.2.7")) == ("http", "192.0.2.9")
    assert await seen("127.0.0.2", PROTO) == ("http", "127.0.0.2")
    assert await seen("", PROTO) == ("http", "")


@pytest.mark.parametrize(
    ("said", "client"),
    [
        # What the client itself sent comes first; the proxy adds its own word at the end.
        (("127.0.0.1, 198.51.100.1, 192.0.2.7",), "192.0.2.7"),
        (("198.51.100.1", "192.0.2.7"), "192.0.2.7"),
        (("192.0.2.7, 2001:db8::1",), "192.0.2.7"),
        (("192.0.2.7, x",), "127.0.0.1"),
        (("",), "127.0.0.1"),
        (("127.0.0.1, 2001:db8::1",), "127.0.0.1"),
        (("192.0.2.7:99",), "127.0.0.1"),
    ],
)
async def test_the_client_cannot_choose_its_address(said: tuple[str, ...], client: str) -> None:
    assert (await seen("127.0.0.1", *(("x-forwarded-for", one) for one in said)))[1] == client


async def test_the_last_word_on_the_scheme_counts() -> None:
    assert (await seen("127.0.0.1", ("x-forwarded-proto", "https, http")))[0] == "http"
    assert (await seen("127.0.0.1", ("x-forwarded-proto", "evil")))[0] == "http"
    assert (await seen("127.0.0.1"))[0] == "http"
