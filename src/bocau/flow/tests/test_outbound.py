"""Sending to a scripted server: each phase times each fault, and what becomes of the recipients."""

import pytest

from bocau.flow.outbound import Outbound
from bocau.flow.tests import remote as fake
from bocau.flow.tests.conftest import MAIL, NOW, Notify, World, recipient
from bocau.flow.tests.remote import PLAIN, Remote
from bocau.flow.values import BodyType


async def queue(
    world: World, *recipients: object, sender: str = "alice@here.test", **changes: object
) -> None:
    await world.flow.submit(world.arrived(*(recipients or ("x@there.test",)), sender=sender, **changes))


async def bounce_text(world: World) -> bytes:
    bounces = [body for body in world.inbox("alice") if b"multipart/report" in body]
    assert len(bounces) == 1
    return bounces[0]


@pytest.fixture
async def alice(world: World) -> World:
    await world.account("alice")
    return world


@pytest.mark.parametrize("extensions", [fake.MODERN, PLAIN, ("8BITMIME",), ()])
async def test_message_arrives_as_it_is(alice: World, extensions: tuple[str, ...]) -> None:
    remote = await alice.remote(extensions=extensions)
    await queue(alice, "x@there.test", "y@there.test", body_type=BodyType.EIGHT_BIT)
    await alice.attempt()
    (taken,) = remote.taken
    assert taken.body.endswith(b"Subject: hello\r\n\r\n.dot\r\nbody\r\n") and b"Return-Path" not in taken.body
    assert taken.mail.startswith("MAIL FROM:<alice@here.test>")
    assert [line.split(" ")[1] for line in taken.recipients] == ["TO:<x@there.test>", "TO:<y@there.test>"]
    assert alice.queue() == [] and len(alice.log.events("sent")) == 2
    assert alice.log.events("sent")[0]["reply"] == "250 2.0.0 taken as 4711"


async def test_large_message_is_streamed(alice: World) -> None:
    for extensions in (fake.MODERN, PLAIN):
        remote = await alice.remote(extensions=extensions)
        content = MAIL + b"..x\r\n.\r\nline\r\n" * 100_000
        await queue(alice, content=content)
        await alice.attempt()
        assert remote.taken[0].body.endswith(content)


FINAL = {"5xx": "550 5.7.1 no"}
PASSING = {
    "4xx": "450 4.2.0 later",
    "421": "421 4.3.2 closing",
    "garbage": fake.GARBAGE,
    "close": fake.CLOSE,
    "reset": fake.RESET,
    "silence": fake.SILENCE,
    "endless": fake.ENDLESS,
    "long line": fake.LONG_LINE,
    "drip": fake.DRIP,
}
PHASES = ("banner", "EHLO", "MAIL", "RCPT", "DATA", "dot")


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("fault", PASSING)
async def test_passing_faults_are_retried_never_bounced(alice: World, phase: str, fault: str) -> None:
    extensions = PLAIN if phase == "DATA" else fake.MODERN
    await alice.remote(extensions=extensions, faults={phase: [PASSING[fault]]})
    await queue(alice)
    await alice.attempt(short=True)
    (message,) = alice.queue()
    (r,) = message.recipients
    assert r.attempts == 1 and 240 <= r.next_attempt_at - NOW <= 360 and r.last_reply
    assert alice.inbox("alice") == []


@pytest.mark.parametrize("phase", PHASES)
async def test_5xx_bounces_once_with_the_words_of_the_server(alice: World, phase: str) -> None:
    extensions = PLAIN if phase == "DATA" else fake.MODERN
    faults = {phase: ["554-5.7.1 not\n554 5.7.1 welcome here"]}
    if phase == "EHLO":
        faults["HELO"] = faults["EHLO"]
    await alice.remote(extensions=extensions, faults=faults)
    await queue(alice)
    await alice.attempt()
    text = await bounce_text(alice)
    assert alice.queue() == []
    assert b"Diagnostic-Code: smtp; 554 5.7.1 not welcome here" in text and b"Status: 5.7.1" in text
    assert b"Remote-MTA: dns; mx.there.test" in text and b"Action: failed" in text
    assert text.startswith(b"Return-Path: <>\r\n")


async def test_passing_fault_goes_to_the_next_exchanger(alice: World) -> None:
    good = await alice.remote()
    bad = await Remote(faults={"banner": ["421 busy"]}).start("127.0.0.2", good.port)
    alice.remotes.append(bad)
    alice.dns.mx_of["there.test"] = [(20, "mx.there.test"), (10, "bad.there.test")]
    alice.dns.hosts["bad.there.test"] = ["127.0.0.2"]
    for fault in ({"banner": ["421 busy"]}, {"RCPT": ["451 4.7.1 greylisted"]}, {"MAIL": [fake.RESET]}):
        bad.faults = dict(fault)
        await queue(alice)
        await alice.attempt()
        assert alice.queue() == []
    assert len(good.taken) == 3 and bad.connection_count == 3


async def test_dead_address_goes_to_the_next_address(alice: World) -> None:
    remote = await alice.remote()
    alice.dns.hosts["mx.there.test"] = ["127.0.0.9", "127.0.0.1"]
    await queue(alice)
    await alice.attempt()
    assert len(remote.taken) == 1


async def test_loss_after_the_final_dot_waits_instead_of_trying_the_next_host(alice: World) -> None:
    good = await alice.remote()
    bad = await Remote(faults={"dot taken": ["yes"]}).start("127.0.0.2", good.port)
    alice.remotes.append(bad)
    alice.dns.mx_of["there.test"] = [(20, "mx.there.test"), (10, "bad.there.test")]
    alice.dns.hosts["bad.there.test"] = ["127.0.0.2"]
    await queue(alice)
    await alice.attempt()
    assert len(bad.taken) == 1 and good.taken == [] and len(alice.queue()) == 1


async def test_quit_changes_nothing(alice: World) -> None:
    for fault in ("550 no", fake.CLOSE, fake.GARBAGE, fake.RESET):
        remote = await alice.remote(faults={"QUIT": [fault]})
        await queue(alice)
        await alice.attempt()
        assert len(remote.taken) == 1 and alice.queue() == []


async def test_recipients_split_by_outcome(alice: World) -> None:
    remote = await alice.remote(faults={"RCPT": ["250 ok", "450 4.2.1 later", "550 5.1.1 unknown", "250 ok"]})
    await queue(alice, *[f"r{i}@there.test" for i in range(4)])
    await alice.attempt()
    assert [line[8:20] for line in remote.taken[0].recipients] == ["<r0@there.te", "<r3@there.te"]
    (message,) = alice.queue()
    assert [r.status.name for r in message.recipients] == ["DELIVERED", "WAITING", "BOUNCED", "DELIVERED"]
    text = await bounce_text(alice)
    assert b"r2@there.test" in text and b"r1@there.test" not in text and b"550 5.1.1 unknown" in text
    remote.faults = {}
    alice.clock.time += 400
    await alice.attempt()
    assert len(remote.taken) == 2 and alice.queue() == []


async def test_all_recipients_refused_although_data_is_welcome(alice: World) -> None:
    remote = await alice.remote(extensions=("PIPELINING",), faults={"RCPT": ["550 5.1.1 unknown"]})
    await queue(alice, "r1@there.test", "r2@there.test")
    await alice.attempt()
    assert alice.queue() == [] and remote.taken == []
    assert (await bounce_text(alice)).count(b"Final-Recipient") == 2


async def test_too_many_recipients_go_on_in_the_next_transaction(alice: World) -> None:
    remote = await alice.remote(faults={"RCPT": ["250 ok", "452 4.5.3 enough", "552 enough", "250 ok"]})
    await queue(alice, "r0@there.test", "r1@there.test", "r2@there.test")
    await alice.attempt()
    assert [len(taken.recipients) for taken in remote.taken] == [1, 2] and alice.queue() == []
    assert remote.connection_count == 1


async def test_stated_recipient_limit_is_kept(alice: World) -> None:
    remote = await alice.remote(extensions=(*fake.MODERN, "LIMITS MAILMAX=10 RCPTMAX=2"))
    await queue(alice, *[f"r{i}@there.test" for i in range(5)])
    await alice.attempt()
    assert [len(taken.recipients) for taken in remote.taken] == [2, 2, 1]


async def test_parameters_are_passed_on(alice: World) -> None:
    remote = await alice.remote()
    who = recipient("x@there.test", Notify.SUCCESS, Notify.FAILURE, original="rfc822;a+b=c@d.test")
    await queue(alice, who, ret="HDRS", envid="one+two", body_type=BodyType.EIGHT_BIT)
    await alice.attempt()
    (taken,) = remote.taken
    assert taken.mail == (
        f"MAIL FROM:<alice@here.test> SIZE={len(taken.body)} BODY=8BITMIME RET=HDRS ENVID=one+2Btwo"
    )
    assert taken.recipients == ["RCPT TO:<x@there.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb+3Dc@d.test"]
    assert alice.inbox("alice") == []


async def test_success_is_confirmed_as_relayed_when_the_next_server_cannot(alice: World) -> None:
    await alice.remote(extensions=PLAIN)
    await queue(alice, recipient("x@there.test", Notify.SUCCESS))
    await alice.attempt()
    text = await bounce_text(alice)
    assert b"Action: relayed" in text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"body_type": BodyType.BINARY, "content": MAIL + b"\0\n"}, b"5.6.1"),
        ({"smtputf8": True, "content": "Subject: thư\r\n\r\nx\r\n".encode()}, b"5.6.7"),
        ({"content": MAIL + b"x" * 2000}, b"5.3.4"),
    ],
)
async def test_what_the_server_cannot_take_bounces(
    alice: World, changes: dict[str, object], status: bytes
) -> None:
    remote = await alice.remote(extensions=("PIPELINING", "SIZE 2000"))
    await queue(alice, **changes)
    await alice.attempt()
    text = await bounce_text(alice)
    assert remote.taken == [] and b"Status: " + status in text
    assert b"Diagnostic-Code: x-bocau" in text and b"Remote-MTA" not in text


async def test_utf8_and_binary_go_where_they_are_welcome(alice: World) -> None:
    remote = await alice.remote()
    content = "Subject: thư\r\n\r\n\n\0x\r\n".encode()
    await queue(alice, content=content, smtputf8=True, body_type=BodyType.BINARY)
    await alice.attempt()
    (taken,) = remote.taken
    assert taken.mail.endswith("BODY=BINARYMIME SMTPUTF8") and taken.body.endswith(content)


async def test_dns_no_is_a_bounce_and_dns_silence_is_not(alice: World) -> None:
    await alice.remote()
    for domain, status in (("gone.test", b"5.1.2"), ("null.test", b"5.1.10"), ("empty.test", b"5.4.4")):
        alice.dns.mx_of["null.test"] = [(0, "")]
        alice.dns.hosts["empty.test"] = []
        await queue(alice, f"x@{domain}")
        await alice.attempt()
        assert b"Status: " + status in alice.inbox("alice")[-1]
    alice.dns.broken = {"there.test"}
    await queue(alice)
    await alice.attempt()
    assert len(alice.queue()) == 1 and len(alice.inbox("alice")) == 3


async def test_we_are_never_our_own_next_hop(alice: World) -> None:
    await alice.remote()
    alice.dns.mx_of["there.test"] = [(10, "mail.here.test")]
    await queue(alice)
    await alice.attempt()
    assert b"Status: 5.4.6" in await bounce_text(alice)


async def test_bounce_of_a_bounce_goes_to_the_log(alice: World) -> None:
    await alice.remote(faults={"RCPT": ["550 5.1.1 unknown"]})
    await queue(alice, sender="")
    await alice.attempt()
    assert alice.queue() == [] and alice.inbox("alice") == []
    assert alice.log.events("undeliverable report")


async def test_bounce_for_elsewhere_is_queued_and_notify_never_is_kept(alice: World) -> None:
    remote = await alice.remote(faults={"RCPT": ["550 5.1.1 unknown"]})
    await queue(alice, recipient("x@there.test", Notify.NEVER), sender="s@third.test")
    await alice.attempt()
    assert alice.queue() == []
    alice.dns.broken = {"third.test"}
    await queue(alice, sender="s@third.test")
    await alice.attempt()
    (bounce,) = alice.queue()
    assert (bounce.reverse_path, bounce.recipients[0].address) == ("", "s@third.test")
    assert remote.taken == []


async def test_connection_is_used_again(alice: World) -> None:
    remote = await alice.remote()
    outbound = alice.outbound()
    for _ in range(3):
        await queue(alice)
    await alice.run_queue(lambda: len(remote.taken) == 3 and not alice.queue(), alice.runner(outbound))
    assert remote.connection_count <= 3
    await queue(alice)
    outbound = alice.outbound()
    first = await lease_one(alice, outbound)
    await queue(alice)
    second = await lease_one(alice, outbound)
    assert first == second
    await outbound.close()
    assert remote.commands[-1] == "QUIT"


async def lease_one(world: World, outbound: Outbound) -> int:
    """Send one message by `outbound`; returns how many connections the server has seen."""
    from bocau.base.ids import AccountId

    def job(tx):
        return tx.queue.lease("there.test", int(NOW), int(NOW) + 9, messages=1, recipients=9)

    (lease,) = await world.store.write(AccountId(0), job)
    attempt = await outbound.deliver(lease)
    assert [v.fate.value for v in attempt.verdicts.values()] == ["sent"]
    return world.remotes[0].connection_count
