"""Nothing but the public web can be reached on behalf of a message (SSRF)."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bocau.base.errors import LimitReached
from bocau.runtime import fetch
from bocau.runtime.fetch import Fetcher, FetchFailed, FetchRefused
from bocau.runtime.public_address import is_public

GIF = bytes.fromhex("47494638396101000100800000c8c8c800000021f90400000000002c00000000010001000002024401003b")

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Names:
    """A resolver that knows a few names, and counts."""

    def __init__(self, **names: list[str]) -> None:
        self.names = {name.replace("_", "."): found for name, found in names.items()}
        self.asked: list[str] = []

    async def addresses(self, host: str) -> list[str]:
        self.asked.append(host)
        return self.names.get(host, [])


@pytest.fixture(autouse=True)
def _trusts_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here goes by TLS, and the system's authorities take long to read."""
    monkeypatch.setattr(Fetcher, "_tls", TLS)


@asynccontextmanager
async def web_server(answer: Callable[[str], bytes]) -> AsyncIterator[int]:
    """Answers every request by its path; the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(head.split(b" ")[1].decode()))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def response(body: bytes, status: str = "200 OK", *more: str) -> bytes:
    fields = [f"Content-Length: {len(body)}", "Connection: close", *more]
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""]).encode() + body


LOCAL = [
    # Loopback, private, link-local, shared and special addresses, metadata services, in many spellings.
    "http://127.0.0.1/",
    "http://localhost/",
    "http://localhost./",
    "http://0/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.1/",
    "http://[::]/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://[fd00::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://192.0.0.192/",
    "http://198.18.0.1/",
    "http://192.88.99.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://127.0.0.1.nip.io/",
    "http://10-0-0-1.sslip.example/",
    "http://metadata.google.internal/",
    "http://１２７.０.０.１/",
    "http://127。0。0。1/",
    "http://user@127.0.0.1/",
    "http://public.example@127.0.0.1/",
    "http://127.0.0.1#@public.example/",
    "http://public.example:25/",
    "http://public.example:6379/",
    "http://user:secret@public.example/",
    "ftp://public.example/",
    "file:///etc/passwd",
    "gopher://public.example/",
    "//public.example/",
    "http:///",
    "",
    "http://public.example/\r\nX: y",
    "http://both.example/",
]


@pytest.mark.parametrize("url", LOCAL)
async def test_what_is_not_the_public_web_is_refused(url: str) -> None:
    names = Names(
        public_example=["93.184.216.34"],
        both_example=["93.184.216.34", "10.0.0.1"],
        localhost=["::1", "127.0.0.1"],
    )
    names.names |= {
        "127.0.0.1.nip.io": ["127.0.0.1"],
        "10-0-0-1.sslip.example": ["10.0.0.1"],
        "metadata.google.internal": ["169.254.169.254"],
    }
    with pytest.raises(FetchRefused):
        await Fetcher(names).get_image(url)


@pytest.mark.parametrize("url", [url for url in LOCAL if url.isascii() and url.isprintable()])
async def test_nor_by_a_redirect(url: str) -> None:
    redirect = response(b"", "302 Found", f"Location: {url}")
    async with web_server(lambda path: redirect) as port:
        with pytest.raises((FetchRefused, FetchFailed)):
            await Fetcher(Names(), loopback_port=port).get_image(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1.", "a.0x7f", "x.1"]
)
async def test_a_number_is_no_name(host: str) -> None:
    """It is never looked up: what resolves a name and what connects might read it differently."""

    class Anything(Names):
        async def addresses(self, host: str) -> list[str]:
            await super().addresses(host)
            return ["93.184.216.34"]

    names = Anything()
    with pytest.raises(FetchRefused):
        await Fetcher(names).get_image(f"http://{host}/")
    assert names.asked == []


async def test_the_address_that_was_looked_at_is_the_one_that_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: the name is looked up once, and the socket is made for that answer alone."""
    tried: list[str] = []

    class Spy(fetch.socket.socket):  # type: ignore[name-defined, misc]
        def connect(self, address: tuple[str, int]) -> None:
            tried.append(address[0])
            raise ConnectionRefusedError

    class Rebinding(Names):
        async def addresses(self, host: str) -> list[str]:
            await super().addresses(host)
            return ["93.184.216.34"] if len(self.asked) == 1 else ["127.0.0.1"]

    names = Rebinding()
    monkeypatch.setattr(fetch.socket, "socket", Spy)
    with pytest.raises(FetchFailed):
        await Fetcher(names).get_image("http://rebinding.example/a.png")
    assert names.asked == ["rebinding.example"] and set(tried) == {"93.184.216.34"}
    make = fetch._socket_to(["93.184.216.34"])
    with pytest.raises(OSError, match="looked at"):
        make((2, 1, 6, "", ("127.0.0.1", 80)))


async def test_an_image_is_what_its_octets_say() -> None:
    pages = {
        "/gif": response(GIF, "200 OK", "Content-Type: text/html", "Set-Cookie: a=b"),
        "/svg": response(b"<svg onload=x>", "200 OK", "Content-Type: image/png"),
        "/gone": response(GIF, "404 Not Found"),
        "/long": response(GIF + bytes(fetch.BYTES_MAX)),
        "/once": response(b"", "302 Found", "Location: /gif"),
        "/round": response(b"", "302 Found", "Location: /round"),
        "/packed": response(GIF, "200 OK", "Content-Encoding: gzip"),
    }
    async with web_server(lambda path: pages[path]) as port:
        fetcher, base = Fetcher(Names(), loopback_port=port), f"http://127.0.0.1:{port}"
        assert await fetcher.get_image(f"{base}/gif") == (GIF, "image/gif")
        assert (await fetcher.get_image(f"{base}/once")).type == "image/gif"
        assert (await fetcher.get_image(f"{base}/packed")).data == GIF
        for path in ("/svg", "/gone", "/round"):
            with pytest.raises(FetchRefused):
                await fetcher.get_image(base + path)
        with pytest.raises(LimitReached):
            await fetcher.get_image(f"{base}/long")


async def test_a_post_tells_the_status_and_follows_nothing() -> None:
    async with web_server(lambda path: response(b"", "302 Found", "Location: /x")) as port:
        fetcher = Fetcher(Names(), loopback_port=port)
        assert await fetcher.post(f"http://127.0.0.1:{port}/", {}, b"List-Unsubscribe=One-Click") == 302
    with pytest.raises(FetchRefused):
        await Fetcher(Names(public_example=["93.184.216.34"])).post("http://public.example/", {}, b"")


async def test_who_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "SECONDS_MAX", 0.1)

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(FetchFailed):
            await Fetcher(Names(), loopback_port=port).get_image(f"http://127.0.0.1:{port}/")


def test_public_addresses() -> None:
    for text in ("93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "2a00:1450::1"):
        assert is_public(text), text
    for text in ("2001:db8::1", "2001::1", "3fff::1", "5f00::1", "::", "fe80::1%eth0", "nonsense", "127.1"):
        assert not is_public(text), text
