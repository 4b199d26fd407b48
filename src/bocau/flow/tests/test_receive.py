"""Mail from strangers: one write, one copy an account, honest outcomes."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from bocau.base.errors import (
    HeaderTooLarge,
    MailLoop,
    MessageTooLarge,
    NeverFits,
    NoSuchAddress,
    OverQuota,
    RelayDenied,
)
from bocau.flow.local import delivery
from bocau.flow.local.delivery import AT_ONCE_BYTES_MAX
from bocau.flow.tests.conftest import MAIL, NOW, Notify, World, recipient
from bocau.formats.address import parse_address
from bocau.formats.header import HEADER_BYTES_MAX
from bocau.store.email import new_email


async def test_copy_is_the_message_below_our_trace_fields(world: World) -> None:
    await world.account("alice")
    arrived = world.arrived("alice@here.test", sender="bob@there.test", protocol="ESMTPS")
    outcomes = await world.flow.receive(arrived)
    assert [o.error for o in outcomes] == [None]
    (body,) = world.inbox("alice")
    assert body.endswith(MAIL)
    trace = body[: -len(MAIL)].decode()
    assert trace.startswith("Return-Path: <bob@there.test>\r\nReceived: from client.test ([192.0.2.7])")
    assert "by mail.here.test with ESMTPS id trace1" in trace and "for <alice@here.test>;" in trace


async def test_accounts_share_one_blob_and_get_one_copy_each(world: World) -> None:
    await world.account("alice")
    await world.account("bob")
    await world.directory.set_alias(parse_address("team@here.test"), [parse_address("alice@here.test")])
    recipients = ("alice@here.test", "alice+tag@here.test", "team@here.test", "bob@here.test")
    outcomes = await world.flow.receive(world.arrived(*recipients, sender=""))
    assert [o.error for o in outcomes] == [None] * 4
    assert len(world.inbox("alice")) == len(world.inbox("bob")) == 1
    assert world.inbox("alice")[0].startswith(b"Return-Path: <>\r\n")
    assert b"for <" not in world.inbox("alice")[0]


async def test_rcpt_is_refused_by_meaning(world: World) -> None:
    await world.account("alice", limit_bytes=1000)
    flow = world.flow
    flow.check_recipient(parse_address("alice@here.test"), 900)
    with pytest.raises(NeverFits):
        flow.check_recipient(parse_address("alice@here.test"), 1001)
    await flow.receive(world.arrived("alice@here.test"))
    with pytest.raises(OverQuota) as full:
        flow.check_recipient(parse_address("alice@here.test"), 999)
    assert type(full.value) is OverQuota, "room may be made for that"
    with pytest.raises(NoSuchAddress):
        flow.check_recipient(parse_address("nobody@here.test"), None)
    with pytest.raises(RelayDenied):
        flow.check_recipient(parse_address("x@there.test"), None)


async def test_one_full_mailbox_at_mx_is_bounced_and_the_others_get_the_mail(world: World) -> None:
    await world.account("alice")
    await world.account("bob", limit_bytes=10)
    arrived = world.arrived("alice@here.test", "bob@here.test", sender="x@there.test", envid="E+1")
    outcomes = await world.flow.receive(arrived)
    assert [o.error for o in outcomes] == [None, None]
    assert len(world.inbox("alice")) == 1 and world.inbox("bob") == []
    (bounce,) = world.queue()
    assert bounce.reverse_path == "" and bounce.recipients[0].address == "x@there.test"
    text = world.store.blobs.read(bounce.blob)
    assert b"Final-Recipient: rfc822; bob@here.test" in text and b"Status: 5.2.2" in text
    assert b"Original-Envelope-Id: E+1" in text and b"alice@here.test" not in text.split(b"rfc822; bob")[0]


async def test_at_mx_an_error_means_that_nobody_got_it(world: World) -> None:
    await world.account("bob", limit_bytes=10)
    outcomes = await world.flow.receive(
        world.arrived("bob@here.test", "nobody@here.test", sender="x@there.test")
    )
    assert [type(o.error) for o in outcomes] == [NeverFits, NoSuchAddress]
    assert world.queue() == []


async def test_lmtp_answers_for_each_and_sends_no_bounce(world: World) -> None:
    await world.account("alice")
    await world.account("bob", limit_bytes=10)
    arrived = world.arrived("bob@here.test", "alice@here.test", sender="x@there.test", protocol="LMTP")
    outcomes = await world.flow.receive(arrived)
    assert [type(o.error) for o in outcomes] == [NeverFits, type(None)]
    assert len(world.inbox("alice")) == 1 and world.queue() == []


async def test_full_member_of_a_group_is_reported_even_by_lmtp(world: World) -> None:
    await world.account("alice")
    await world.account("bob", limit_bytes=10)
    members = [parse_address("alice@here.test"), parse_address("bob@here.test")]
    await world.directory.set_group(parse_address("team@here.test"), members, [])
    arrived = world.arrived("team@here.test", sender="alice@here.test", protocol="LMTP")
    assert [o.error for o in await world.flow.receive(arrived)] == [None]
    copy, bounce = sorted(world.inbox("alice"), key=lambda body: b"multipart/report" in body)
    assert copy.endswith(MAIL) and b"5.2.2" in bounce and bounce.startswith(b"Return-Path: <>\r\n")


async def test_null_sender_and_notify_never_get_no_bounce(world: World) -> None:
    await world.account("alice")
    await world.account("bob", limit_bytes=10)
    await world.flow.receive(world.arrived("alice@here.test", "bob@here.test", sender=""))
    never = recipient("bob@here.test", Notify.NEVER)
    await world.flow.receive(world.arrived("alice@here.test", never, sender="x@there.test"))
    assert world.queue() == []
    assert world.log.events("undeliverable report")[0]["to"] == parse_address("bob@here.test")


async def test_success_is_confirmed_when_asked(world: World) -> None:
    await world.account("alice")
    asked = recipient("alice@here.test", Notify.SUCCESS, original="rfc822;a+l@x.test")
    await world.flow.receive(world.arrived(asked, sender="x@there.test"))
    (receipt,) = world.queue()
    text = world.store.blobs.read(receipt.blob)
    assert b"Action: delivered" in text and b"Original-Recipient: rfc822; a+l@x.test" in text
    assert receipt.recipients[0].notify == "NEVER"


async def test_alias_to_elsewhere_is_queued_in_the_same_write_without_the_local_return_path(
    world: World,
) -> None:
    await world.account("alice")
    targets = [parse_address("alice@here.test"), parse_address("a@there.test")]
    await world.directory.set_alias(parse_address("both@here.test"), targets)
    await world.flow.receive(world.arrived("both@here.test", sender="s@third.test"))
    (queued,) = world.queue()
    assert queued.reverse_path == "s@third.test" and queued.recipients[0].orcpt == "rfc822;both@here.test"
    sent = world.store.blobs.read(queued.blob, queued.skip_bytes)
    assert sent.startswith(b"Received: ") and sent.endswith(MAIL)
    assert world.inbox("alice")[0].endswith(sent)


async def test_loops_and_giants_are_refused_whole(world: World) -> None:
    await world.account("alice")
    world.settings = replace(world.settings, size_max_bytes=10_000)
    with pytest.raises(MessageTooLarge):
        await world.flow.receive(world.arrived("alice@here.test", content=b"x" * 10_001))
    for count, is_loop in ((100, False), (101, True)):
        arrived = world.arrived("alice@here.test", content=b"Received: x\r\n" * count + MAIL)
        if is_loop:
            with pytest.raises(MailLoop):
                await world.flow.receive(arrived)
        else:
            await world.flow.receive(arrived)
    assert len(world.inbox("alice")) == 1


@pytest.mark.parametrize("verb", ["receive", "submit"])
async def test_a_header_of_more_than_a_megabyte_is_refused(world: World, verb: str) -> None:
    await world.account("alice")
    start, end = b"From: alice@here.test\r\nX: ", b"\r\n\r\n"
    for more, is_refused in ((0, False), (1, True)):
        header = start + b"x" * (HEADER_BYTES_MAX - len(start + end) + more) + end
        arrived = world.arrived("alice@here.test", content=header + b"body\r\n")
        if is_refused:
            with pytest.raises(HeaderTooLarge):
                await getattr(world.flow, verb)(arrived)
        else:
            await getattr(world.flow, verb)(arrived)
    assert len(world.inbox("alice")) == 1


@pytest.mark.parametrize("content", [b"", b"\r\n", b"Subject: no more than this\r\n", b"only a body\r\n"])
async def test_a_message_may_end_with_its_header(world: World, content: bytes) -> None:
    await world.account("alice")
    await world.flow.receive(world.arrived("alice@here.test", content=content))
    assert world.inbox("alice")[0].endswith(content)


@pytest.mark.parametrize("content", [b"", b"\r\n", b"no field, no empty line\r\n", b"Subject: only\r\n"])
async def test_odd_little_messages_are_taken(world: World, content: bytes) -> None:
    await world.account("alice")
    await world.flow.receive(world.arrived("alice@here.test", content=content))
    assert world.inbox("alice")[0].endswith(content)


async def test_large_messages_are_read_in_a_thread(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.account("alice")
    threads = []

    def noted(*arguments: Any) -> Any:
        threads.append(threading.current_thread())
        return new_email(*arguments)

    monkeypatch.setattr(delivery, "new_email", noted)
    large = MAIL + b"x" * AT_ONCE_BYTES_MAX + b"\r\n"
    for content in (MAIL, large):
        await world.flow.receive(world.arrived("alice@here.test", content=content))
    assert [thread is threading.main_thread() for thread in threads] == [True, False]
    assert world.inbox("alice")[1].endswith(large)


async def test_mailbox_removed_since_rcpt_is_no_crash(world: World) -> None:
    alice = await world.account("alice")
    await world.store.write(alice, lambda tx: tx.delete_account())
    (outcome,) = await world.flow.receive(world.arrived("alice@here.test"))
    assert outcome.error is not None
    assert world.clock.now() == NOW
