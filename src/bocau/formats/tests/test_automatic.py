"""Messages that the server writes for somebody: whatever is in them, they stay one (RFC 3834, RFC 8098)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.address import Address
from bocau.formats.address_list import Mailbox, parse_address_list
from bocau.formats.automatic import phrase
from bocau.formats.header import fields, get
from bocau.formats.mdn import NewReceipt, Notification, build_mdn, parse_mdn
from bocau.formats.mime import scan
from bocau.formats.text import decoded_text
from bocau.formats.vacation_reply import Reply, build_reply
from bocau.formats.words import decode_words
from bocau.rules.vacation import addressed, may_answer

ALICE = Address("alice", "here.test")
X = Address("x", "there.test")
texts = st.text(max_size=60)
NAMES = ["date", "from", "to", "subject", "message-id", "auto-submitted", "x-auto-response-suppress"]


def reply(**more: object) -> bytes:
    values = {"name": "A", "address": ALICE, "reader": X, "message": b"", "at": 0, "message_id": "<1@x>"}
    values |= {"subject": "S", "text": "T", "html": None}
    return build_reply(Reply(**(values | more)))  # type: ignore[arg-type]


@given(texts, texts, texts, st.binary(max_size=200))
def test_no_text_breaks_out_of_its_place(name: str, subject: str, text: str, message: bytes) -> None:
    answer = reply(name=name, subject=subject, text=text, message=message)
    found = [field.name.decode() for field in fields(answer)]
    known = {*NAMES, "in-reply-to", "references", "mime-version", "content-type", "content-transfer-encoding"}
    assert set(found) <= known and len(found) == len(set(found))
    assert answer.replace(b"\r\n", b"").isascii() and b"\r" not in answer.replace(b"\r\n", b"")


@given(texts)
def test_the_text_comes_through(text: str) -> None:
    answer = reply(text=text)
    printable = "".join(c for c in text if c.isprintable() or c == "\n").encode("utf-8", "replace").decode()
    got = decoded_text(answer, scan(answer)).replace("\r\n", "\n").rstrip("\n")
    if printable == text:
        assert got == text.rstrip("\n")


@pytest.mark.parametrize("name", ["Ann", "Ann O'Hara", "Nguyễn Văn An", "Dr. A, B", 'a "b" c', "=?x?q?y?="])
def test_a_name_comes_through(name: str) -> None:
    (mailbox,) = parse_address_list(phrase(name) + b" <a@b.test>")
    assert isinstance(mailbox, Mailbox) and decode_words(mailbox.name or b"") == name


@given(texts, texts, st.binary(max_size=300), st.booleans())
def test_a_receipt_reads_as_it_was_written(agent: str, text: str, original: bytes, encloses: bool) -> None:
    said = Notification(
        "rfc822; alice@here.test", "manual-action", "mdn-sent-manually", "displayed", reporting_ua=agent
    )
    built = build_mdn(NewReceipt(said, "A", ALICE, (X,), "S", text, original, encloses, 0, "<1@x>"))
    read = parse_mdn(built)
    assert read is not None and read.notification.type == "displayed"
    assert read.notification.final_recipient == "rfc822; alice@here.test"
    assert read.includes_original == encloses and get(built, b"bcc") is None


@given(st.binary(max_size=500))
def test_reading_never_raises(data: bytes) -> None:
    head = b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\n--x\r\n"
    parse_mdn(data)
    parse_mdn(head + b"Content-Type: message/disposition-notification\r\n\r\n" + data)
    may_answer(X, data)
    addressed(b"To: " + data)
