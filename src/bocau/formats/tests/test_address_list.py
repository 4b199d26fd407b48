"""RFC 5322 §3.4, §4.4 and appendix A; what is not an address becomes what a person would guess."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.address_list import GroupMarker, Mailbox, parse_address_list


def one(name: bytes | None, local: bytes, host: bytes, route: bytes | None = None) -> Mailbox:
    return Mailbox(name, route, local, host)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # RFC 5322 appendix A.1.1 – A.1.3
        (b"John Doe <jdoe@machine.example>", [one(b"John Doe", b"jdoe", b"machine.example")]),
        (
            b"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
            [
                one(b"Mary Smith", b"mary", b"x.test"),
                one(None, b"jdoe", b"example.org"),
                one(b"Who?", b"one", b"y.test"),
            ],
        ),
        (
            b'<boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
            [one(None, b"boss", b"nil.test"), one(b'Giant; "Big" Box', b"sysservices", b"example.net")],
        ),
        (
            b"A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
            [
                GroupMarker(b"A Group"),
                one(b"Ed Jones", b"c", b"a.test"),
                one(None, b"joe", b"where.test"),
                one(b"John", b"jdoe", b"one.test"),
                GroupMarker(None),
            ],
        ),
        (b"Undisclosed recipients:;", [GroupMarker(b"Undisclosed recipients"), GroupMarker(None)]),
        # A.5: comments everywhere
        (
            b"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
            [one(b"Pete", b"pete", b"silly.test")],
        ),
        (
            b"A Group(Some people)\r\n     :Chris Jones <c@(his host.)public.example>,\r\n joe@example.org,"
            b"\r\n John <jdoe@one.test> (my dear friend); (the end of the group)",
            [
                GroupMarker(b"A Group"),
                one(b"Chris Jones", b"c", b"public.example"),
                one(None, b"joe", b"example.org"),
                one(b"John", b"jdoe", b"one.test"),
                GroupMarker(None),
            ],
        ),
        # A.6.1: obsolete forms
        (b"Joe Q. Public <john.q@example.com>", [one(b"Joe Q. Public", b"john.q", b"example.com")]),
        (
            b"Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
            [
                one(b"Mary Smith", b"mary", b"example.net", b"@node.test"),
                one(None, b"jdoe", b"test.example"),
            ],
        ),
        (b"<@a.test,@b.test:c@d.test>", [one(None, b"c", b"d.test", b"@a.test,@b.test")]),
        # Met in the field
        (b"jdoe@example.org (John Doe)", [one(b"John Doe", b"jdoe", b"example.org")]),
        (b"jdoe@example.org (John (Big) Doe), x@y.test", [
            one(b"John (Big) Doe", b"jdoe", b"example.org"),
            one(None, b"x", b"y.test"),
        ]),
        (b"x@[192.0.2.1]", [one(None, b"x", b"[192.0.2.1]")]),
        (b'"quoted local"@x.test', [one(None, b"quoted local", b"x.test")]),
        (b"=?utf-8?q?L=C3=AA?= <le@x.test>", [one(b"=?utf-8?q?L=C3=AA?=", b"le", b"x.test")]),
        (b"L\xc3\xaa <le@x.test>", [one(b"L\xc3\xaa", b"le", b"x.test")]),
        (b"root", [one(None, b"root", b"")]),
        (b"Name <root>", [one(b"Name", b"root", b"")]),
        (b"<>", [one(None, b"", b"")]),
        (b'"a@good.test" <b@evil.test>', [one(b"a@good.test", b"b", b"evil.test")]),
        (b"", []),
        (b" ,, ;", []),
        (b"(only a comment)", []),
    ],
)  # fmt: skip
def test_reads(raw: bytes, expected: list[Mailbox | GroupMarker]) -> None:
    assert list(parse_address_list(raw)) == expected


def test_an_encoded_word_never_becomes_another_account() -> None:
    (address,) = parse_address_list(b"=?utf-8?q?admin?=@x.test")
    assert address == one(None, b"=?utf-8?q?admin?=", b"x.test")


ATOMS = st.text("abcxyz0189!#$%&'*+-/=?^_`{|}~", min_size=1, max_size=8).map(str.encode)
NAMES = st.lists(ATOMS, min_size=1, max_size=3).map(b" ".join)


@given(st.lists(st.tuples(st.none() | NAMES, ATOMS, ATOMS), max_size=6))
def test_what_is_written_reads_back(items: list[tuple[bytes | None, bytes, bytes]]) -> None:
    raw = b",\r\n ".join(
        local + b"@" + host if name is None else b"%b <%b@%b>" % (name, local, host)
        for name, local, host in items
    )
    assert list(parse_address_list(raw)) == [one(name, local, host) for name, local, host in items]


@given(st.binary(max_size=60) | st.text('<>@,;:".()[]\\ \r\na', max_size=60).map(str.encode))
def test_never_raises_and_groups_are_closed(raw: bytes) -> None:
    depth = 0
    for item in parse_address_list(raw):
        if isinstance(item, GroupMarker):
            depth += 1 if item.name is not None else -1
        assert depth in (0, 1)
    assert depth == 0


@pytest.mark.parametrize(
    "raw",
    [
        b", ".join(b'"User %d" <user%d@example.org>' % (n, n) for n in range(20_000)),
        b"".join(b"a%d (c) @ b," % n for n in range(20_000)),
        b"(" * 200_000,
        b"(" * 2000 + b")" * 2000 + b" a@b.test",
        b"(((\\" * 50_000,
        b'"' * 100_001,
        b'a"\\' * 100_000,
        b"<" * 200_000,
        b"@" * 200_000,
        b"a@" * 100_000,
        b"<@a," * 50_000,
        b"a:" * 100_000,
        b"[" * 200_000,
        b"a b " * 100_000,
        b"a@b (" * 50_000,
        b"a." * 100_000,
        b"," * 1_000_000,
    ],
)  # fmt: skip
def test_hostile_lists_cost_little(raw: bytes) -> None:
    before = time.process_time()
    parse_address_list(raw)
    assert time.process_time() - before < 1.0


def test_many_addresses_are_all_found() -> None:
    raw = b", ".join(b"U%d <u%d@example.org>" % (n, n) for n in range(20_000))
    assert len(parse_address_list(raw)) == 20_000
