"""RFC 5321 §4.1.2, RFC 6531, RFC 5890: one canonical form per mailbox, nothing reinterpreted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import SyntaxFault
from bocau.formats.address import (
    Address,
    address_literal,
    canonical_domain,
    display_domain,
    fold_local_part,
    literal_of,
    parse_address,
)


@pytest.mark.parametrize(
    ("text", "local_part", "domain"),
    [
        ("alice@example.org", "alice", "example.org"),
        ("Alice@EXAMPLE.org.", "Alice", "example.org"),
        ("a.b+tag@example.org", "a.b+tag", "example.org"),
        ('"a b"@example.org', "a b", "example.org"),
        ('"a\\"b"@example.org', 'a"b', "example.org"),
        ('"alice"@example.org', "alice", "example.org"),
        ("x@[192.0.2.1]", "x", "[192.0.2.1]"),
        ("x@[ipv6:2001:DB8:0:0::1]", "x", "[IPv6:2001:db8::1]"),
        ("bồ.câu@Bồ-Câu.example", "bồ.câu", "xn--b-cu-doa1017b.example"),
        ("x@例え。テスト", "x", "xn--r8jz45g.xn--zckzah"),
        ("x@straße.example", "x", "xn--strae-oqa.example"),
        ("x@under_score.example", "x", "under_score.example"),
        ("postmaster@localhost", "postmaster", "localhost"),
        # What old relays would have followed is a name like any other.
        ("v%ext.test@loc.test", "v%ext.test", "loc.test"),
        ("ext.test!v@loc.test", "ext.test!v", "loc.test"),
        ('"v@ext.test"@loc.test', "v@ext.test", "loc.test"),
        ('"v%ext.test"@[192.0.2.1]', "v%ext.test", "[192.0.2.1]"),
    ],
)
def test_reads(text: str, local_part: str, domain: str) -> None:
    assert parse_address(text) == Address(local_part, domain)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v",
        "@",
        "v@",
        "@x.test",
        "v@ext.test@loc.test",
        "@loc.test:v@ext.test",
        "@[192.0.2.1]:v@ext.test",
        "@loc.test,@x:v@ext.test",
        "<v@x.test>",
        "v @x.test",
        " v@x.test",
        "v@x.test ",
        "v@x.test\r\nRCPT TO:<w@x.test>",
        "v\0@x.test",
        "v\x85@x.test",
        "v\ud800@x.test",
        "v\u202e@x.test",
        "v\u200b@x.test",
        ".v@x.test",
        "v.@x.test",
        "v..w@x.test",
        '"v@x.test',
        '"v"w@x.test',
        '"v\r\n"@x.test',
        "v@-x.test",
        "v@x-.test",
        "v@x..test",
        "v@.x.test",
        "v@x test",
        "v@[192.0.2.256]",
        "v@[192.0.2.1",
        "v@[1.2.3.4.5]",
        "v@[IPv6:1::2::3]",
        "v@[IPv6:fe80::1%eth0]",
        "v@[tag:content]",
        "v@[１９２.0.2.1]",
        "v@\u202ex.test",
        "v@ex\u2100.test",
        "v@" + "a" * 64 + ".test",
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(SyntaxFault):
        parse_address(text)


def test_limits_one_more_is_refused() -> None:
    assert parse_address("a" * 128 + "@x.test").local_part == "a" * 128
    assert parse_address("é" * 32 + "@x.test").local_part == "é" * 32
    for text in ("a" * 129 + "@x.test", "é" * 65 + "@x.test", '"' + " " * 129 + '"@x.test'):
        with pytest.raises(SyntaxFault):
            parse_address(text)
    domain = ".".join(["d" * 61] * 3)
    local = "a" * (254 - 1 - len(domain) - len(".test.test"))
    parse_address(f"{local}@{domain}.test.test")
    with pytest.raises(SyntaxFault):
        parse_address(f"{local}a@{domain}.test.test")
    with pytest.raises(SyntaxFault):
        canonical_domain(".".join(["d" * 63] * 4))


def test_hostile_length_is_refused_at_once() -> None:
    for text in ("x@" + "é" * 1_000_000, "é" * 1_000_000 + "@x.test", "@" * 1_000_000):
        with pytest.raises(SyntaxFault):
            parse_address(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alice@x.test", "aLICE@X.TEST"),
        ("e\u0301t\u00e9@x.test", "\u00c9te\u0301@x.test"),
        ("\u212aelvin@x.test", "kelvin@x.test"),
        ("\u017fam@x.test", "sam@x.test"),
        ("stra\u00dfe@x.test", "STRASSE@x.test"),
        ("\uff41lice@x.test", "alice@x.test"),
        ("a@b\u00f6.test", "a@xn--b-1ga.test"),
        ('"alice"@x.test', "alice@x.test"),
    ],
)
def test_one_mailbox_has_one_key(one: str, other: str) -> None:
    assert parse_address(one).key == parse_address(other).key


def test_marks_matter_to_the_key() -> None:
    assert parse_address("lê@x.test").key != parse_address("le@x.test").key


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold_local_part(fold_local_part(text)) == fold_local_part(text)


@given(
    st.text(max_size=20), st.sampled_from(["x.test", "xn--b-1ga.test", "[192.0.2.1]", "[IPv6:2001:db8::1]"])
)
def test_what_is_written_reads_back(local_part: str, domain: str) -> None:
    try:
        address = parse_address(str(Address(local_part, domain)))
    except SyntaxFault:
        return
    assert parse_address(str(address)) == address
    assert "\r" not in str(address) and "\n" not in str(address)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_syntax_fault(text: str) -> None:
    try:
        address = parse_address(text)
    except SyntaxFault:
        return
    assert parse_address(str(address)) == address


def test_needs_smtputf8_only_for_the_local_part() -> None:
    assert parse_address("lê@x.test").needs_smtputf8
    assert not parse_address("le@bồ.test").needs_smtputf8


def test_display_domain() -> None:
    assert display_domain("xn--b-1ga.example.org") == "bö.example.org"
    assert display_domain("example.org") == "example.org"
    assert display_domain("xn--99999999.example") == "xn--99999999.example"


def test_address_literal_is_canonical() -> None:
    assert address_literal("[IPv6:2001:0db8:0:0:0:0:0:1]") == "[IPv6:2001:db8::1]"


def test_hosts_as_literals():
    assert literal_of("192.0.2.1") == literal_of("::ffff:192.0.2.1") == "[192.0.2.1]"
    assert literal_of("2001:db8::1") == address_literal("[IPv6:2001:DB8:0::1]")
