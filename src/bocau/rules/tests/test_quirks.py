"""What is switched off, and for whom."""

import pytest

from bocau.base.errors import SyntaxFault
from bocau.rules.quirks import (
    BUILT_IN,
    Quirk,
    leaves_out,
    leaves_out_mechanism,
    without_for_client,
    without_for_host,
    words,
)


@pytest.mark.parametrize(
    ("text", "word", "is_off"),
    [
        ("compress", "COMPRESS=DEFLATE", True),
        ("COMPRESS=DEFLATE", "COMPRESS=DEFLATE", True),
        ("SCRAM-SHA-256", "AUTH=SCRAM-SHA-256", True),
        ("SCRAM-SHA-256", "AUTH=SCRAM-SHA-256-PLUS", True),
        ("AUTH=SCRAM-SHA-256", "AUTH=SCRAM-SHA-256-PLUS", True),
        ("SCRAM-SHA-256-PLUS", "AUTH=SCRAM-SHA-256", False),
        ("SCRAM-SHA-256-PLUS", "AUTH=SCRAM-SHA-256-PLUS", True),
        ("SCRAM-SHA-1", "AUTH=SCRAM-SHA-256", False),
        ("SORT", "SORT=DISPLAY", True),
        ("SORT=DISPLAY", "SORT", False),
        ("LOGIN", "LOGINDISABLED", False),
        ("", "IDLE", False),
    ],
)
def test_a_word_switches_off_what_it_heads(text: str, word: str, is_off: bool) -> None:
    assert leaves_out(words(text), word) is is_off


def test_a_mechanism_is_named_with_or_without_auth() -> None:
    assert leaves_out_mechanism(words("AUTH=PLAIN, COMPRESS"), "PLAIN")
    assert leaves_out_mechanism(words("plain"), "PLAIN")
    assert not leaves_out_mechanism(words("PLAINER"), "PLAIN")


@pytest.mark.parametrize(
    "text",
    [
        "AUTH",
        "STARTTLS",
        "stls",
        "IMAP4rev1",
        "A\r\nB",
        "IDLE;",
        "x" * 65,
        ",".join(f"W{i}" for i in range(51)),
    ],
)
def test_words_that_cannot_be_switched_off(text: str) -> None:
    with pytest.raises(SyntaxFault):
        words(text)


def test_networks() -> None:
    given = {"192.0.2.0/24": "COMPRESS", "2001:db8::/32": "IDLE", "x*": "MOVE"}
    quirks = [Quirk.parse(who, text) for who, text in given.items()]
    assert without_for_host(quirks, "192.0.2.7") == {"COMPRESS"}
    assert without_for_host(quirks, "::ffff:192.0.2.7") == {"COMPRESS"}
    assert without_for_host(quirks, "2001:db8::1%eth0") == {"IDLE"}
    for host in ("192.0.3.1", "", "/run/socket"):
        assert without_for_host(quirks, host) == frozenset()


def test_clients() -> None:
    quirks = [Quirk.parse("Thunderbird 102*", "QRESYNC"), Quirk.parse("192.0.2.1", "IDLE"), *BUILT_IN]
    assert without_for_client(quirks, "thunderbird", "102.3") == {"QRESYNC"}
    assert without_for_client(quirks, "Thunderbird", "115.0") == frozenset()
    assert "SCRAM-SHA-1" in without_for_client(quirks, "eM Client", "10.0")
    assert without_for_client(quirks, "", "") == frozenset()
