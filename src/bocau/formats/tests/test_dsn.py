"""RFC 3461 §6, RFC 3464, RFC 6533: reports that people understand and programs can read."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats import dsn_words
from bocau.formats.address import parse_address
from bocau.formats.dsn import RETURNED_BYTES_MAX, Action, RecipientReport, Report, build_dsn
from bocau.formats.mime import scan
from bocau.formats.text import decoded_text

MESSAGE = (
    b"From: alice@demo.test\r\nSubject: =?utf-8?q?Ch=C3=A0o?=\r\n"
    b"Message-ID: <1@demo.test>\r\n\r\nsecret body\r\n"
)
BOB = RecipientReport(
    address=parse_address("bob@x.test"),
    status="5.1.1",
    original="rfc822;Bob+2Bsales@old.test",
    diagnostic="550 5.1.1 <bob@x.test>: no such user",
    remote_mta="mx.x.test",
    last_attempt_at=1_000_000,
)
REPORT = Report(
    action=Action.FAILED,
    recipients=(BOB,),
    reverse_path=parse_address("alice@demo.test"),
    postmaster=parse_address("postmaster@demo.test"),
    reporting_mta="mx.demo.test",
    arrived_at=999_000,
    message=MESSAGE,
    at=1_000_001,
    message_id="<report.1@mx.demo.test>",
    envid="QQ+2B314",
)


def parts(report: Report) -> tuple[EmailMessage, list[EmailMessage]]:
    data = build_dsn(report)
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")
    assert not any(part.defects for part in message.walk())
    return message, list(message.iter_parts())  # type: ignore[arg-type]


def groups(report: Report) -> list[Message]:
    _, (_, status, _) = parts(report)
    return status.get_payload()  # type: ignore[return-value]


def test_header() -> None:
    message, _ = parts(REPORT)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert message["from"] == "Mail Delivery System <postmaster@demo.test>"
    assert message["to"] == "alice@demo.test"
    assert message["auto-submitted"] == "auto-replied"
    assert message["message-id"] == "<report.1@mx.demo.test>"
    assert message["in-reply-to"] == "<1@demo.test>"
    assert message["date"] == "Mon, 12 Jan 1970 13:46:41 +0000"
    assert message["subject"] == "Your message could not be delivered / Không gửi được thư của bạn"


def test_part_for_people_has_both_languages_and_the_remote_words() -> None:
    _, (text, _, _) = parts(REPORT)
    words = text.get_content()
    for expected in (
        "There is no such address",
        "Địa chỉ này không tồn tại",
        "550 5.1.1 <bob@x.test>: no such user",
        "mx.x.test",
        "Subject of your message: Chào",
        "Tiêu đề thư của bạn: Chào",
    ):
        assert expected in words, expected


def test_part_for_programs() -> None:
    per_message, recipient = groups(REPORT)
    assert per_message.items() == [
        ("Original-Envelope-Id", "QQ+314"),
        ("Reporting-MTA", "dns; mx.demo.test"),
        ("Arrival-Date", "Mon, 12 Jan 1970 13:30:00 +0000"),
    ]
    assert recipient.items() == [
        ("Original-Recipient", "rfc822; Bob+sales@old.test"),
        ("Final-Recipient", "rfc822; bob@x.test"),
        ("Action", "failed"),
        ("Status", "5.1.1"),
        ("Remote-MTA", "dns; mx.x.test"),
        ("Diagnostic-Code", "smtp; 550 5.1.1 <bob@x.test>: no such user"),
        ("Last-Attempt-Date", "Mon, 12 Jan 1970 13:46:40 +0000"),
    ]


def test_delay_says_until_when() -> None:
    late = replace(BOB, status="4.4.1", will_retry_until=1_400_000)
    report = replace(REPORT, action=Action.DELAYED, recipients=(late,), ret="FULL")
    _, recipient = groups(report)
    assert recipient["Action"] == "delayed"
    assert recipient["Will-Retry-Until"] == "Sat, 17 Jan 1970 04:53:20 +0000"
    assert "I keep trying until: Sat, 17 Jan 1970" in parts(report)[1][0].get_content()


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_its_words(action: Action) -> None:
    message, (text, _, _) = parts(replace(REPORT, action=action))
    assert dsn_words.SUBJECTS[action].english in message["subject"]
    assert "mx.demo.test" in text.get_content()


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        (REPORT, "message/rfc822"),
        (replace(REPORT, ret="FULL"), "message/rfc822"),
        (replace(REPORT, ret="HDRS"), "text/rfc822-headers"),
        # RFC 3461 §4.3: RET concerns failures; other reports bring the header only.
        (replace(REPORT, ret="FULL", action=Action.DELIVERED), "text/rfc822-headers"),
        (replace(REPORT, ret="FULL", action=Action.DELAYED), "text/rfc822-headers"),
        (replace(REPORT, message=MESSAGE + b"x\r\n" * RETURNED_BYTES_MAX), "text/rfc822-headers"),
        (replace(REPORT, message=MESSAGE + b"x\r\n" * RETURNED_BYTES_MAX, ret="FULL"), "message/rfc822"),
        (replace(REPORT, message=MESSAGE + b"x" * 999 + b"\r\n", ret="FULL"), "text/rfc822-headers"),
        (replace(REPORT, message=MESSAGE + b"\0\r\n", ret="FULL"), "text/rfc822-headers"),
        (replace(REPORT, message=MESSAGE + b"bare\nlf\r\n", ret="FULL"), "text/rfc822-headers"),
        (replace(REPORT, smtputf8=True), "message/global"),
        (replace(REPORT, smtputf8=True, ret="HDRS"), "message/global-headers"),
    ],
)
def test_what_is_returned(report: Report, kind: str) -> None:
    data = build_dsn(report)
    root = scan(data)
    returned = root.children[2]
    assert f"{returned.type.decode()}/{returned.subtype.decode()}" == kind
    body = data[returned.body_start : returned.end]
    assert (b"secret body" in body) == kind.startswith(
        ("message/rfc822", "message/global")
    ) or "headers" in kind
    if kind in ("message/rfc822", "message/global"):
        assert body == report.message
    else:
        assert b"secret body" not in body and b"Message-ID: <1@demo.test>" in body


def test_international_addresses() -> None:
    report = replace(
        REPORT, recipients=(replace(BOB, address=parse_address("lê@x.test"), diagnostic="550 không có"),)
    )
    data = build_dsn(report)
    root = scan(data)
    status = root.children[1]
    assert (status.type, status.subtype, status.encoding) == (b"message", b"global-delivery-status", b"8bit")
    assert "Final-Recipient: utf-8; lê@x.test\r\n" in decoded_text(data, status)
    assert "Diagnostic-Code: smtp; 550 không có\r\n" in decoded_text(data, status)
    assert b"Content-Transfer-Encoding: 8bit\r\n" in data[: root.body_start]


def test_an_ordinary_report_needs_no_8bit_transport() -> None:
    assert build_dsn(REPORT).isascii()


def test_many_recipients_are_all_reported_to_programs() -> None:
    report = replace(REPORT, recipients=(BOB,) * 1000)
    assert len(groups(report)) == 1001
    assert parts(report)[1][0].get_content().count("<bob@x.test>\n") <= 400


def test_a_message_that_contains_the_boundary() -> None:
    boundary = scan(build_dsn(REPORT)).parameters[1][1]
    hostile = MESSAGE + b"--" + boundary + b"--\r\n"
    data = build_dsn(replace(REPORT, message=hostile))
    returned = scan(data).children[2]
    assert data[returned.body_start : returned.end] == hostile


@given(st.text(max_size=100), st.text(max_size=100), st.text(max_size=20), st.binary(max_size=200))
def test_nothing_said_outside_breaks_the_report(said: str, host: str, status: str, message: bytes) -> None:
    recipient = replace(BOB, diagnostic=said, remote_mta=host, status=status, original=host)
    report = replace(REPORT, recipients=(recipient,), message=message, envid=said, reporting_mta=host)
    data = build_dsn(report)
    root = scan(data)
    assert len(root.children) == 3
    status_part = root.children[1]
    body = data[status_part.body_start : status_part.end]
    assert body.count(b"\r\nFinal-Recipient:") == body.count(b"\r\nStatus:") == 1
    assert body.count(b"\r\n\r\n") == 1
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
