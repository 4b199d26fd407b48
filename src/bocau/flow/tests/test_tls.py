"""STARTTLS between strangers, and the smarthost that must prove itself before it sees a password."""

import ssl
from pathlib import Path

import pytest

from bocau.flow.settings import Smarthost, SmarthostTls
from bocau.flow.tests.conftest import World
from bocau.flow.tests.remote import MODERN
from bocau.rules.routing import Hop
from bocau.runtime.tls import ensure_self_signed


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    files = (folder / "cert.pem", folder / "key.pem")
    ensure_self_signed(*files, ["relay.test", "localhost"])
    return files


@pytest.fixture
def context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


async def send(world: World) -> None:
    await world.flow.submit(world.arrived("x@there.test"))
    await world.attempt()


async def test_offered_tls_is_used_whatever_the_certificate(world: World, context: ssl.SSLContext) -> None:
    remote = await world.remote(tls=context)
    await send(world)
    assert world.queue() == [] and len(remote.taken) == 1
    assert [c.split(" ")[0] for c in remote.commands[:3]] == ["EHLO", "STARTTLS", "EHLO"]


@pytest.mark.parametrize("fault", ["454 4.7.0 not now", "502 what", "220 go ahead\n220 and then nonsense"])
async def test_broken_tls_falls_back_to_clear_text(world: World, context: ssl.SSLContext, fault: str) -> None:
    class NoTls(ssl.SSLContext):
        pass

    remote = await world.remote(tls=context, faults={"STARTTLS": [fault]})
    if fault.startswith("220"):
        # Agrees, and then cannot: no suite in common.
        broken = NoTls(ssl.PROTOCOL_TLS_SERVER)
        remote.tls = broken
    await send(world)
    assert world.queue() == [] and len(remote.taken) == 1


async def test_smarthost_gets_everything_after_a_login_inside_tls(
    world: World, context: ssl.SSLContext
) -> None:
    remote = await world.remote(tls=context, extensions=(*MODERN, "AUTH PLAIN"))
    hop = Hop("127.0.0.1", remote.port)
    world.outbound_settings(smarthost=Smarthost(hop, "me", "secret", is_certificate_checked=False))
    await send(world)
    assert world.queue() == [] and len(remote.taken) == 1
    assert remote.commands.index("STARTTLS") < remote.commands.index("AUTH PLAIN AG1lAHNlY3JldA==")
    assert "secret" not in repr(world.settings)


async def test_unproven_smarthost_never_sees_the_password(world: World, context: ssl.SSLContext) -> None:
    remote = await world.remote(tls=context, extensions=(*MODERN, "AUTH PLAIN"))
    world.outbound_settings(smarthost=Smarthost(Hop("127.0.0.1", remote.port), "me", "secret"))
    await send(world)
    assert len(world.queue()) == 1 and not any(c.startswith("AUTH") for c in remote.commands)


async def test_smarthost_without_tls_never_sees_the_password(world: World) -> None:
    remote = await world.remote(extensions=(*MODERN, "AUTH PLAIN"))
    world.outbound_settings(smarthost=Smarthost(Hop("127.0.0.1", remote.port), "me", "secret"))
    await send(world)
    assert len(world.queue()) == 1 and not any(c.startswith("AUTH") for c in remote.commands)


async def test_wrong_password_keeps_the_mail(world: World, context: ssl.SSLContext) -> None:
    remote = await world.remote(
        tls=context, extensions=(*MODERN, "AUTH PLAIN"), faults={"AUTH": ["535 5.7.8 wrong"]}
    )
    hop = Hop("127.0.0.1", remote.port)
    tls = SmarthostTls.REQUIRED
    world.outbound_settings(smarthost=Smarthost(hop, "me", "x", tls, is_certificate_checked=False))
    await send(world)
    (message,) = world.queue()
    assert message.recipients[0].last_reply == "535 5.7.8 wrong" and remote.taken == []
