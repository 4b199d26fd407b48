"""Over a socket: a standard client, a slow reader, goodbyes, and TLS that drops what came before it."""

import asyncio
import imaplib
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from bocau.runtime.tls import ensure_self_signed, server_context
from bocau.services.imap import ImapService, ImapSettings
from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import PASSWORD, SETTINGS, Home, listening

LOGIN = f"l LOGIN alice@example.org {PASSWORD}\r\n".encode()


async def read_until(reader: asyncio.StreamReader, mark: bytes) -> bytes:
    return await asyncio.wait_for(reader.readuntil(mark), 10)


async def test_imaplib_does_a_days_work(home: Home) -> None:
    await home.deliver(mail.PLAIN, mail.MIXED, mail.NESTED)

    def work(port: int) -> None:
        client = imaplib.IMAP4("127.0.0.1", port)
        client.login("alice@example.org", PASSWORD)
        assert client.select("INBOX")[1] == [b"3"]
        _, data = client.fetch("1", "(RFC822)")
        answer: Any = data[0]
        assert answer[1] == mail.PLAIN
        assert client.append("Sent", "(\\Seen)", None, mail.MIXED)[0] == "OK"
        assert client.uid("SEARCH", "SUBJECT", "nested")[1] == [b"3"]
        assert client.store("3", "+FLAGS", "\\Deleted")[0] == "OK"
        assert client.expunge()[1] == [b"3"]
        assert client.copy("1:2", "Archive")[0] == "OK"
        assert client.status("Archive", "(MESSAGES)")[1] == [b"Archive (MESSAGES 2)"]
        assert client.unselect()[0] == "OK"
        assert client.enable("UTF8=ACCEPT")[0] == "OK"
        assert client.create('"Thư từ"')[0] == "OK"
        assert client.logout()[0] == "BYE"

    async with listening(home) as port:
        await asyncio.to_thread(work, port)


async def test_imapclient_idles(home: Home) -> None:
    imapclient = pytest.importorskip("imapclient")

    def begin(port: int) -> Any:
        client = imapclient.IMAPClient("127.0.0.1", port, ssl=False)
        client.login("alice@example.org", PASSWORD)
        client.select_folder("INBOX")
        client.idle()
        return client

    def end(client: Any) -> Any:
        heard = client.idle_check(timeout=10)
        client.idle_done()
        client.logout()
        return heard

    async with listening(home) as port:
        client = await asyncio.to_thread(begin, port)
        await home.deliver(mail.PLAIN)
        assert (1, b"EXISTS") in await asyncio.to_thread(end, client)


async def test_a_client_that_does_not_read_holds_little_memory(home: Home) -> None:
    body = b"Subject: x\r\n\r\n" + b"y" * 900_000
    await home.deliver(*[body] * 20)
    async with listening(home) as port:
        slow = socket.create_connection(("127.0.0.1", port))
        slow.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(slow, LOGIN + b"s SELECT INBOX\r\nf FETCH 1:* BODY.PEEK[]\r\n")
        await asyncio.sleep(0.2)
        [session] = home.service.sessions
        transport: Any = session.connection._transport
        assert transport.get_write_buffer_size() < 3_000_000
        # Another session is answered meanwhile.
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(LOGIN + b"n NOOP\r\n")
        assert b"n OK" in await read_until(reader, b"n OK NOOP completed\r\n")
        writer.close()
        received = b""
        while not received.endswith(b"f OK FETCH completed\r\n"):
            received += await asyncio.wait_for(loop.sock_recv(slow, 1 << 20), 10)
        assert received.count(b"FETCH (BODY[] {900014}\r\n") == 20
        slow.close()


async def test_a_disabled_account_is_sent_away(home: Home) -> None:
    async with listening(home) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(LOGIN + b"s SELECT INBOX\r\ni IDLE\r\n")
        await read_until(reader, b"+ idling\r\n")
        home.bell.ring(["directory"])
        home.directory.disabled.add(1)
        home.bell.ring(["directory"])
        assert b"* BYE the account" in await read_until(reader, b"changed\r\n")
        assert await reader.read() == b""
        writer.close()


async def test_an_idle_client_hears_that_we_are_still_here(home: Home) -> None:
    home.service.settings = ImapSettings(allows_plain_login=True, still_here_seconds=0.02, idle_seconds=0.08)
    async with listening(home) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(LOGIN + b"i IDLE\r\n")
        await read_until(reader, b"* OK Still here\r\n* OK Still here\r\n")
        # …but not for ever.
        assert b"* BYE" in await asyncio.wait_for(reader.read(), 5)
        writer.close()


async def test_plaintext_behind_starttls_is_never_answered(home: Home, tmp_path: Path) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    ensure_self_signed(certificate, key, "localhost")
    context = server_context(certificate, key)
    home.service = ImapService(home.store, home.directory, ImapSettings(), tls_context=lambda: context)  # type: ignore[arg-type]
    async with listening(home) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        greeting = await read_until(reader, b"\r\n")
        assert b"LOGINDISABLED" in greeting and b"STARTTLS" in greeting and b"AUTH=" not in greeting
        writer.write(LOGIN)
        assert (
            await read_until(reader, b"\r\n")
            == b"l NO [PRIVACYREQUIRED] STARTTLS first: no passwords in clear text\r\n"
        )
        writer.write(b"a STARTTLS\r\nb NOOP\r\n")
        assert await read_until(reader, b"\r\n") == b"a OK begin TLS now\r\n"
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        await writer.start_tls(client)
        writer.write(b"c CAPABILITY\r\n")
        answer = await read_until(reader, b"c OK CAPABILITY completed\r\n")
        assert b"b OK" not in answer and b"AUTH=PLAIN" in answer and b"STARTTLS" not in answer
        writer.write(b"d STARTTLS\r\n" + LOGIN)
        assert (await read_until(reader, b"\r\n")).startswith(b"d BAD")
        assert (await read_until(reader, b"\r\n")).startswith(b"l OK")
        writer.close()


def test_settings_are_those_of_the_tests() -> None:
    assert SETTINGS.allows_plain_login and not ImapSettings().allows_plain_login
