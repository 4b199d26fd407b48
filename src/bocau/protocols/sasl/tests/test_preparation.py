"""SASLprep (RFC 4013 §3) and OpaqueString (RFC 8265 §4.3)."""

import pytest

from bocau.base.errors import SyntaxFault
from bocau.protocols.sasl import opaque_string, saslprep


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("a\u00a0b", "a b"),
        ("\u0627\u0628", "\u0627\u0628"),
    ],
)
def test_saslprep_as_in_the_rfc(text: str, prepared: str) -> None:
    assert saslprep(text) == prepared


@pytest.mark.parametrize("text", ["\u0007", "\u06271", "", "\u00ad", "a\ue000", "\u0627a"])
def test_what_saslprep_prohibits(text: str) -> None:
    with pytest.raises(SyntaxFault):
        saslprep(text)


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("correct horse battery staple", "correct horse battery staple"),
        ("Correct Horse Battery Staple", "Correct Horse Battery Staple"),
        ("πßå", "πßå"),
        ("Jack of ♦s", "Jack of ♦s"),
        ("foo\u1680bar", "foo bar"),
        ("a\u0301", "á"),
    ],
)
def test_opaque_string_as_in_the_rfc(text: str, prepared: str) -> None:
    assert opaque_string(text) == prepared


@pytest.mark.parametrize("text", ["", "my cat is a \u0009by", "\0", "\x7f", "\x85", "\ud800"])
def test_what_opaque_string_prohibits(text: str) -> None:
    with pytest.raises(SyntaxFault):
        opaque_string(text)
