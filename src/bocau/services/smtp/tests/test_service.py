"""The service on real sockets: a stock client, TLS, failures that must not spread."""

import asyncio
import smtplib
import socket
import ssl
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bocau.runtime.clock import SystemClock
from bocau.runtime.listener import Listener
from bocau.runtime.tls import ensure_self_signed, server_context
from bocau.services.smtp import MX, SUBMISSION, SmtpDeadlines, SmtpService, SmtpSettings, TraceIds
from bocau.services.smtp.tests.stage import Flow, Log, People

SETTINGS = SmtpSettings("mx.demo.test", "demo.test")
MESSAGE = b"Subject: dots\r\n\r\n.\r\n..two\r\n" + b"a line of ordinary length, as they come\r\n" * 300


@pytest.fixture(scope="module")
def tls_context(tmp_path_factory):
    place = tmp_path_factory.mktemp("tls")
    ensure_self_signed(place / "cert.pem", place / "key.pem", ["mx.demo.test"])
    return server_context(place / "cert.pem", place / "key.pem")


@asynccontextmanager
async def listening(profile=MX, settings=SETTINGS, starttls=None, implicit=None):
    flow, clock, log = Flow(), SystemClock(), Log()
    service = SmtpService(
        profile,
        settings,
        flow=flow,
        directory=People(),
        clock=clock,
        log=log,
        new_trace_id=TraceIds(clock),
        tls_context=starttls,
    )
    sock = socket.create_server(("127.0.0.1", 0))
    listener = Listener(sock, service.serve, log=log, tls_context=implicit)
    listener.start()
    try:
        yield listener.address, flow, log
    finally:
        await listener.stop(1.0)


def trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def test_a_stock_client_delivers_byte_for_byte(tls_context):
    def client(address):
        with smtplib.SMTP(*address, timeout=10) as smtp:
            smtp.starttls(context=trusting())
            smtp.ehlo()
            assert smtp.has_extn("chunking") and not smtp.has_extn("starttls") and not smtp.has_extn("auth")
            return smtp.sendmail("ann@client.example", ["bob@demo.test", "nobody@demo.test"], MESSAGE)

    async with listening(starttls=tls_context) as (address, flow, _):
        refused = await asyncio.to_thread(client, address)
    assert list(refused) == ["nobody@demo.test"]
    (arrived,) = flow.arrived
    assert arrived.content == MESSAGE
    assert arrived.origin.protocol == "ESMTPS" and arrived.origin.tls_version.startswith("TLSv1.")


async def test_submission_with_implicit_tls_and_a_login(tls_context):
    def client(address):
        with smtplib.SMTP_SSL(*address, timeout=10, context=trusting()) as smtp:
            with pytest.raises(smtplib.SMTPSenderRefused):
                smtp.sendmail("ann@demo.test", ["carl@ext.test"], MESSAGE)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                smtp.login("ann@demo.test", "wrong")
            smtp.login("ann@demo.test", "secret")
            smtp.sendmail("ann@demo.test", ["carl@ext.test"], MESSAGE)

    async with listening(SUBMISSION, implicit=tls_context) as (address, flow, _):
        await asyncio.to_thread(client, address)
    assert [each.origin.protocol for each in flow.arrived] == ["ESMTPSA"]


async def talk(address, *flights: bytes) -> list[bytes]:
    """Say one flight after each reply line; then everything until the server closes."""
    reader, writer = await asyncio.open_connection(*address)
    heard = []
    for flight in flights:
        heard.append(await reader.readline())
        writer.write(flight)
    writer.write_eof()
    heard += (await reader.read()).splitlines(keepends=True)
    writer.close()
    return heard


async def test_a_client_may_close_its_half_and_still_hear_everything():
    async with listening() as (address, flow, _):
        heard = await talk(
            address,
            b"HELO c\r\n",
            b"MAIL FROM:<>\r\nRCPT TO:<bob@demo.test>\r\nBDAT 4 LAST\r\nhi\r\nBDAT 9 LAST\r\nhal",
        )
    assert [line[:3] for line in heard[-3:]] == [b"250", b"250", b"250"] and len(flow.arrived) == 1


async def test_half_a_message_is_none():
    async with listening() as (address, flow, _):
        await talk(
            address,
            b"HELO c\r\n",
            b"MAIL FROM:<>\r\n",
            b"RCPT TO:<bob@demo.test>\r\n",
            b"DATA\r\n",
            b"half\r\n.",
        )
    assert not flow.arrived


async def test_starttls_injection_is_refused(tls_context):
    async with listening(starttls=tls_context) as (address, _, _):
        heard = await talk(address, b"HELO c\r\n", b"STARTTLS\r\nRSET\r\n")
    assert heard[-1].startswith(b"554 5.5.0")


async def test_early_talkers_are_refused():
    async with listening() as (address, _, log):
        with socket.create_connection(address) as client:
            # The listener has not run yet: this waits in the kernel before any greeting.
            client.sendall(b"EHLO bot.example\r\nMAIL FROM:<>\r\n")
            client.setblocking(False)
            heard = await asyncio.get_running_loop().sock_recv(client, 1000)
    assert heard.startswith(b"554 5.5.0")
    assert log.lines[0][1]["reason"] == "talks before the greeting"


async def test_our_own_bug_costs_one_session_only():
    async with listening() as (address, flow, log):
        reader, writer = await asyncio.open_connection(*address)
        await reader.readline()
        flow.error = ZeroDivisionError("the secret of the house")
        heard = await talk(
            address,
            b"HELO c\r\n",
            b"MAIL FROM:<>\r\n",
            b"RCPT TO:<bob@demo.test>\r\n",
            b"DATA\r\n",
            b"x\r\n.\r\n",
        )
        writer.write(b"HELO other.example\r\n")
        assert (await reader.readline()).startswith(b"250")
        writer.close()
    assert heard[-1] == b"421 4.3.0 Internal error\r\n"
    assert any(isinstance(fields.get("error"), ZeroDivisionError) for _, fields in log.lines)


async def test_silence_ends_with_a_word():
    quick = replace(SETTINGS, deadlines=SmtpDeadlines(hello_seconds=0.05))
    async with listening(settings=quick) as (address, _, _):
        reader, writer = await asyncio.open_connection(*address)
        heard = await reader.read()
        writer.close()
    assert heard.endswith(b"421 4.4.2 Silent for too long\r\n")
