"""What emails are sorted and threaded by: the collation, addresses, Message-IDs."""

from struct import unpack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.casemap import casemap
from bocau.formats.digest import digest
from bocau.formats.email_keys import KEY_CHARACTERS_MAX, EmailKeys
from bocau.formats.message_ids import REFERENCES_MAX, VALUE_BYTES_MAX, first_key, keys_in, message_key


def keys_of(header: str) -> EmailKeys:
    return digest(header.replace("\n", "\r\n").encode() + b"\r\n\r\n").keys


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("hello_World", "HELLO_WORLD"),
        ("é", "E\N{COMBINING ACUTE ACCENT}"),
        ("straße", "STRAßE"),
        ("ǆ", "Dz\N{COMBINING CARON}"),
        ("ﬁ", "fi"),
        ("đ", "Đ"),
        ("\N{LATIN SMALL LETTER Y WITH DIAERESIS}", "Y\N{COMBINING DIAERESIS}"),
    ],
)
def test_casemap_is_the_simple_title_case_decomposed(text: str, key: str) -> None:
    assert casemap(text) == key  # RFC 5051 §2


@given(st.text())
def test_casemap_of_ascii_is_no_special_case(text: str) -> None:
    assert casemap(text + "é") == casemap(text) + casemap("é") or not text.isascii()


@pytest.mark.parametrize(
    ("field", "mailbox", "name"),
    [
        ("Bob <bob@x.test>", "BOB", "BOB"),
        ("bob@x.test, al@x.test", "BOB", "BOB@X.TEST"),
        ('"" <bob@x.test>', "BOB", "BOB@X.TEST"),
        ("=?utf-8?q?=C3=89ve?= <eve@x.test>", "EVE", "E\N{COMBINING ACUTE ACCENT}VE"),
        ("Team: a@x.test, b@x.test;", "TEAM", "TEAM"),
        ("undisclosed-recipients:;", "UNDISCLOSED-RECIPIENTS", "UNDISCLOSED-RECIPIENTS"),
        ("bob", "BOB", "BOB"),
        ("", "", ""),
    ],
)
def test_addresses_as_rfc_5256_and_5957_sort_them(field: str, mailbox: str, name: str) -> None:
    found = keys_of(f"From: {field}\nTo: {field}\nCc: {field}")
    assert (found.from_key, found.to_key, found.cc_key) == (mailbox, mailbox, mailbox)
    assert (found.from_name, found.to_name) == (name, name)


def test_subjects_are_decoded_before_they_are_cut() -> None:
    found = keys_of("Subject: =?utf-8?q?Re=3A_b=C3=A1o?= =?utf-8?q?_c=C3=A1o?=")
    assert found.is_reply
    assert found.subject_key == casemap("báo cáo")


def test_references_else_in_reply_to() -> None:
    both = keys_of("Message-ID: <3@x>\nReferences: <1@x>\n <2@x> <1@x>\nIn-Reply-To: <9@x>")
    assert both.message_key == message_key(b"3@x")
    assert unpack("<2q", both.reference_keys) == (message_key(b"1@x"), message_key(b"2@x"))
    assert len(set(both.thread_keys)) == 4
    only = keys_of("References: none\nIn-Reply-To: a mail of <1@x> and <2@x>")
    assert unpack("<1q", only.reference_keys) == (message_key(b"1@x"),)
    assert keys_of("Message-ID: 3@x").message_key == 0
    assert keys_of("Subject: x").thread_keys == ()


def test_quotes_and_folds_do_not_tell_message_ids_apart() -> None:
    assert first_key(b'<"a.b"@x>') == first_key(b"<a.b@\r\n x>") == message_key(b"a.b@x")  # RFC 5256 §3
    assert first_key(b"<A.b@x>") != message_key(b"a.b@x")


def test_of_a_long_chain_the_first_and_the_latest_stay() -> None:
    names = [b"%d@x" % number for number in range(REFERENCES_MAX + 1)]
    found = keys_in(b"".join(b"<%b>" % name for name in names))
    assert found == [message_key(name) for name in (names[0], *names[2:])]
    long = b"<first@x> " + b"<%b>" % (b"m" * VALUE_BYTES_MAX) + b" <last@x>"
    assert keys_in(long) == [message_key(b"first@x"), message_key(b"last@x")]


def test_hostile_texts_are_cut() -> None:
    found = keys_of(f"Subject: {'ﷺ' * 2000}\nFrom: {'é' * 5000} <{'a' * 5000}@x>")
    for text in found[3:9]:
        assert isinstance(text, str)
        assert len(text) <= KEY_CHARACTERS_MAX
