"""Sessions: what reaches the flow, what a failure leaves behind, deadlines, early talkers, memory."""

import pytest

from bocau.base.errors import DiskFull, MailLoop, StoreBusy
from bocau.flow.values import BodyType, Notify
from bocau.formats.address import Address
from bocau.services.smtp.tests.stage import ANN, TLS, Stage

BOB = "RCPT TO:<bob@demo.test>"


def greeted(*arguments: str, **options) -> Stage:
    stage = Stage(*arguments, **options)
    stage.begin()
    stage.say("EHLO client.example" if stage.service.profile.name != "lmtp" else "LHLO client.example")
    return stage


def send(stage: Stage, *body: str | bytes) -> str:
    stage.say("MAIL FROM:<ann@demo.test>", BOB, "DATA")
    return stage.say(*(body or ("hello",)), ".")[-1]


def test_the_envelope_and_its_origin_reach_the_flow():
    stage = greeted()
    stage.say(
        "MAIL FROM:<ann@client.example> BODY=8BITMIME RET=HDRS ENVID=e1 SIZE=99 SMTPUTF8",
        "RCPT TO:<bob@demo.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob@demo.test",
        "RCPT TO:<Postmaster>",
        "DATA",
    )
    reply = stage.say("Subject: hi", "", "..dot", ".")[-1]
    (arrived,) = stage.flow.arrived
    assert arrived.content == b"Subject: hi\r\n\r\n.dot\r\n"
    assert reply == f"250 2.0.0 Ok {arrived.trace_id}"
    envelope, origin = arrived.envelope, arrived.origin
    assert envelope.reverse_path == Address("ann", "client.example")
    assert (envelope.body_type, envelope.ret, envelope.envid) == (BodyType.EIGHT_BIT, "HDRS", "e1")
    assert (envelope.size_declared, envelope.smtputf8) == (99, True)
    bob, postmaster = envelope.recipients
    assert bob.notify == {Notify.SUCCESS, Notify.FAILURE} and bob.original == "rfc822;Bob@demo.test"
    assert postmaster.address == Address("postmaster", "demo.test") and postmaster.notify is None
    assert (origin.client_host, origin.client_port, origin.helo) == ("192.0.2.9", 4711, "client.example")
    assert (origin.protocol, origin.account_id) == ("UTF8SMTP", None)


@pytest.mark.parametrize(
    ("profile", "tls", "hello", "protocol"),
    [
        ("mx", False, "HELO c.example", "SMTP"),
        ("mx", True, "EHLO c.example", "ESMTPS"),
        ("lmtp", False, "LHLO c.example", "LMTP"),
        ("lmtp", True, "LHLO c.example", "LMTPS"),
    ],
)
def test_with_keywords(profile, tls, hello, protocol):
    stage = Stage(profile, tls=tls)
    stage.begin()
    stage.say(hello)
    send(stage)
    assert stage.flow.arrived[0].origin.protocol == protocol


def test_a_login_is_part_of_the_origin():
    stage = greeted("submission", tls=True)
    stage.say("AUTH PLAIN AGFubkBkZW1vLnRlc3QAc2VjcmV0")
    assert send(stage) == "250 2.0.0 Ok q17"
    origin = stage.flow.arrived[0].origin
    assert (origin.protocol, origin.account_id, origin.tls_version) == ("ESMTPSA", ANN, TLS.version)


@pytest.mark.parametrize(
    ("error", "code"),
    [(StoreBusy("x"), "451 4.3.0"), (DiskFull("x"), "452 4.3.1"), (MailLoop("x"), "554 5.4.6")],
)
def test_a_failed_delivery_is_said_and_forgotten(error, code):
    stage = greeted()
    stage.flow.error = error
    assert send(stage).startswith(code)
    stage.flow.error = None
    assert stage.session.transaction.is_empty
    assert stage.say(BOB) == ["503 5.5.1 Bad sequence of commands"]
    assert send(stage).startswith("250") and len(stage.flow.arrived) == 1


def test_lmtp_says_a_common_failure_to_each():
    stage = greeted("lmtp")
    stage.flow.error = StoreBusy("x")
    stage.say("MAIL FROM:<>", BOB, "RCPT TO:<full@demo.test>", "DATA")
    assert [line[:3] for line in stage.say("x", ".")] == ["451", "451"]


def test_our_own_bug_is_not_told_to_the_client():
    stage = greeted()
    stage.flow.error = ZeroDivisionError("secret detail")
    with pytest.raises(ZeroDivisionError):
        send(stage)
    assert stage.session.transaction.is_empty  # service.serve says 421 and logs


# --- bounds --------------------------------------------------------------------------


def test_memory_in_flight_is_bounded_and_given_back():
    stage = greeted()
    stage.service.in_flight._bytes_max = 1000
    stage.say("MAIL FROM:<ann@demo.test>", BOB, "DATA")
    stage.receive(b"x" * 900)
    assert stage.service.in_flight.bytes_taken == 900
    stage.receive(b"x" * 900)
    assert stage.service.in_flight.bytes_taken == 0
    assert stage.receive(b"\r\n.\r\n").startswith(b"452 4.3.1") and not stage.flow.arrived
    stage.say("MAIL FROM:<ann@demo.test>", BOB)
    assert stage.say("BDAT 1200 LAST", b"x" * 1198)[-1].startswith("452 4.3.1")
    assert send(stage).startswith("250")
    assert stage.service.in_flight.bytes_taken == 0


def test_a_refused_body_is_not_kept():
    stage = greeted(message_bytes_max=1000, discard_bytes_max=100_000)
    stage.say("MAIL FROM:<ann@demo.test>", BOB, "DATA")
    assert stage.receive(b"x" * 1500).startswith(b"552 5.3.4")
    assert stage.service.in_flight.bytes_taken == 0
    assert stage.receive(b"x" * 50_000) == b""
    assert stage.service.in_flight.bytes_taken == 0
    assert stage.say("MAIL FROM:<ann@demo.test>", BOB, "DATA", ".") == []  # all of it the old body
    assert send(stage).startswith("250") and len(stage.flow.arrived) == 1


def test_a_body_of_single_octets_is_put_together():
    stage = greeted()
    stage.say("MAIL FROM:<ann@demo.test>", BOB)
    for octet in b"Subject: x\r\n\r\n":
        assert stage.receive(b"BDAT 1\r\n%c" % octet) == b"250 2.0.0 1 octets received\r\n"
    stage.receive(b"BDAT 0 LAST\r\n")
    assert stage.flow.arrived[0].content == b"Subject: x\r\n\r\n"


def test_ten_thousand_recipients():
    stage = greeted()
    stage.say("MAIL FROM:<ann@demo.test>")
    answers = stage.say(*[BOB] * 10_000)
    assert [line[:3] for line in answers] == ["250"] * 1000 + ["452"] * 9000


# --- time ----------------------------------------------------------------------------


def test_a_drip_of_octets_buys_no_time():
    stage = greeted()
    assert stage.session.deadline_seconds == 300
    for octet in b"NOO":
        stage.clock.time += 90
        stage.receive(bytes([octet]))
    assert stage.session.deadline_seconds == 30
    stage.receive(b"P\r\n")
    assert stage.session.deadline_seconds == 300


def test_a_body_has_a_last_moment():
    stage = greeted()
    stage.say("MAIL FROM:<ann@demo.test>", BOB, "DATA")
    for _ in range(17):
        assert stage.session.deadline_seconds == 180
        stage.clock.time += 100
        stage.receive(b"x")
    assert stage.session.deadline_seconds == 100
    stage.receive(b"\r\n.\r\n")
    assert stage.session.deadline_seconds == 300


def test_strangers_on_submission_have_a_minute():
    stage = greeted("submission", tls=True)
    stage.clock.time += 50
    stage.say("NOOP")
    assert stage.session.deadline_seconds == 10
    stage.say("AUTH PLAIN AGFubkBkZW1vLnRlc3QAc2VjcmV0")
    assert stage.session.deadline_seconds == 300


def test_silence_and_shutdown_are_said():
    stage = greeted()
    stage.session.expired()
    assert stage.wire.take().startswith(b"421 4.4.2")
    stage = greeted()
    stage.session.stopping()
    assert stage.wire.take().startswith(b"421 4.3.2")


def test_nothing_can_be_repeated_for_ever():
    for options, lines in (
        ({"idle_commands_max": 50}, ["MAIL FROM:<>", "RSET"]),
        ({"idle_commands_max": 50}, ["MAIL FROM:<ann@c.example> SIZE=99999999999"]),
        ({}, ["NONSENSE"]),
        ({}, ["DATA"]),
        ({}, ["MAIL FROM:<>", "RCPT TO:<nobody@demo.test>"]),
    ):
        stage = greeted(**options)
        answers = stage.say(*lines * 100)
        assert answers[-1].startswith("421 4.7.0") and stage.is_over
    stage = greeted("submission", tls=True)
    assert stage.say(*["AUTH PLAIN", "*"] * 100)[-1].startswith("421 4.7.0")


# --- who talks before it is asked ----------------------------------------------------


def test_early_talkers_are_sent_away():
    stage = Stage()
    stage.wire.inbox = b"EHLO client.example\r\n"
    assert stage.begin().startswith(b"554 5.5.0") and stage.is_over


def test_lmtp_peers_may_hurry():
    stage = Stage("lmtp")
    stage.wire.inbox = b"LHLO client.example\r\n"
    assert stage.begin().startswith(b"220")


def test_what_the_transport_holds_at_starttls_is_dropped():
    stage = greeted(starttls=True)
    stage.wire.inbox = b"MAIL FROM:<smug@x.example>\r\n"
    assert stage.say("STARTTLS")[0].startswith("220")
    assert stage.wire.inbox == b"" and stage.session.hello is None
    assert stage.say("MAIL FROM:<>")[0].startswith("503")


def test_failed_logins_count_as_errors_and_leave_no_identity():
    stage = greeted("submission", tls=True, faults_max=3)
    for _ in range(2):
        assert stage.say("AUTH PLAIN AGFubkBkZW1vLnRlc3QAd3Jvbmc=")[0].startswith("535")
        assert stage.session.login is None and stage.session.authentication is None
    assert stage.say("AUTH PLAIN AGFubkBkZW1vLnRlc3QAd3Jvbmc=")[-1].startswith("421")
    assert "d3Jvbmc" not in repr(stage.log.lines) and "wrong" not in repr(stage.log.lines)
