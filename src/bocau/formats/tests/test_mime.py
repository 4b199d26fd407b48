"""RFC 2045–2049 structure: offsets, nesting, and what broken mail becomes."""

import re
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.mime import DEPTH_MAX, PARTS_MAX, Part, part_at, scan
from bocau.formats.tests.corpus import corpus
from bocau.formats.text import decoded_octets, leaves

SPACE_AT_LINE_END = re.compile(rb"[ \t]+(?=\r?\n|\Z)")


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def kind(part: Part) -> str:
    return (part.type + b"/" + part.subtype).decode()


def outline(part: Part) -> str:
    inner = " ".join(outline(child) for child in part.children)
    return f"{kind(part)}({inner})" if part.children else kind(part)


def body(data: bytes, part: Part) -> bytes:
    return data[part.body_start : part.end]


NESTED = crlf("""\
From: a@b.test
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

preamble
--outer
Content-Type: multipart/alternative; boundary="outer-2"

--outer-2

plain
--outer-2
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>x</p>
--outer-2--
epilogue of the inner
--outer
Content-Type: message/rfc822

Subject: enclosed
Content-Type: multipart/mixed; boundary=in

--in

one
--in
Content-Type: image/png; name="a.png"
Content-Disposition: attachment; filename="a.png"
Content-ID: <i@x>
Content-Language: en, vi
Content-Location: http://x.test/
Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==
Content-Description: a picture
Content-Transfer-Encoding: BASE64

AAAA
--in--
--outer--
epilogue
""")


def test_nested_message() -> None:
    root = scan(NESTED)
    assert outline(root) == (
        "multipart/mixed(multipart/alternative(text/plain text/html)"
        " message/rfc822(multipart/mixed(text/plain image/png)))"
    )
    plain, html = root.children[0].children
    assert body(NESTED, plain) == b"plain"
    assert NESTED[plain.header_start : plain.body_start] == b"\r\n"
    assert body(NESTED, html) == b"<p>x</p>"
    assert (html.encoding, html.parameters) == (b"quoted-printable", ((b"charset", b"utf-8"),))
    enclosed = root.children[1].children[0]
    picture = enclosed.children[1]
    assert body(NESTED, picture) == b"AAAA"
    assert picture.encoding == b"base64"
    assert picture.disposition == (b"attachment", ((b"filename", b"a.png"),))
    assert picture.content_id == b"<i@x>"
    assert picture.language == (b"en", b"vi")
    assert picture.location == b"http://x.test/"
    assert picture.md5 == b"Q2hlY2sgSW50ZWdyaXR5IQ=="
    assert picture.description == b"a picture"
    assert root.children[1].lines == body(NESTED, root.children[1]).count(b"\r\n")


def test_section_numbers() -> None:
    root = scan(NESTED)
    message = root.children[1]
    assert part_at(root, ()) is root
    assert part_at(root, (1, 2)) is root.children[0].children[1]
    assert part_at(root, (2,)) is message
    assert part_at(root, (2, 2)) is message.children[0].children[1]
    for path in ((3,), (0,), (1, 3), (1, 1, 1), (2, 2, 1), (2, 2, 2)):
        assert part_at(root, path) is None, path


def test_section_numbers_of_a_message_that_is_no_multipart() -> None:
    data = crlf("Content-Type: message/rfc822\n\nSubject: in\n\ntext\n")
    root = scan(data)
    assert part_at(root, (1,)) is root
    assert part_at(root, (1, 1)) is root.children[0]
    assert part_at(root, (1, 1, 1)) is None
    assert part_at(root, (2,)) is None
    assert part_at(scan(b"a: b\r\n\r\nx"), (1, 1)) is None


def test_an_outer_delimiter_ends_the_parts_within() -> None:
    data = crlf("""\
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: multipart/mixed; boundary=b

--b

inner
--a

second
--a--
""")
    root = scan(data)
    assert outline(root) == "multipart/mixed(multipart/mixed(text/plain) text/plain)"
    assert body(data, root.children[0].children[0]) == b"inner"
    assert body(data, root.children[1]) == b"second"


def test_a_missing_last_delimiter_gives_the_rest_to_the_last_part() -> None:
    data = crlf("Content-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a\n\ntwo\nmore\n")
    assert [body(data, part) for part in scan(data).children] == [b"one", b"two\r\nmore\r\n"]


def test_a_boundary_that_begins_another() -> None:
    lines = ["--ab", "", "--abc", "--ab-", "--ab--x", "x--ab", "--ab \t", "", "two", "--ab-- ", ""]
    data = crlf("Content-Type: multipart/mixed; boundary=ab\n\n" + "\n".join(lines))
    root = scan(data)
    assert [body(data, part) for part in root.children] == [b"--abc\r\n--ab-\r\n--ab--x\r\nx--ab", b"two"]


def test_empty_parts_and_unfinished_part_headers() -> None:
    data = crlf(
        "Content-Type: multipart/mixed; boundary=a\n\n--a\n--a\nContent-Type: image/png\n--a\n\n--a--\n"
    )
    root = scan(data)
    assert [(kind(part), body(data, part)) for part in root.children] == [
        ("text/plain", b""),
        ("image/png", b""),
        ("text/plain", b""),
    ]
    assert all(part.header_start <= part.body_start <= part.end for part in root.children)


def test_bare_lf_messages_are_read_too() -> None:
    head = b"Content-Type: multipart/mixed;\n boundary=a\n\n"
    data = head + b"--a\n\none\n--a\nContent-Type: text/css\n\ntwo\n--a--\n"
    root = scan(data)
    assert [(kind(part), body(data, part)) for part in root.children] == [
        ("text/plain", b"one"),
        ("text/css", b"two"),
    ]


def test_digest_parts_are_messages() -> None:
    data = crlf("""\
Content-Type: multipart/digest; boundary=a

--a

Subject: first

text
--a
Content-Type: text/plain

not a message
--a--
""")
    assert outline(scan(data)) == "multipart/digest(message/rfc822(text/plain) text/plain)"


@pytest.mark.parametrize(
    "field",
    [
        "Content-Type: multipart/mixed",
        'Content-Type: multipart/mixed; boundary=""',
        "Content-Type: multipart/mixed; boundary=never-met",
        "Content-Type: multipart/mixed; boundary=" + "b" * 300,
        "Content-Type: text",
        "Content-Type: ;",
        "Content-Type:",
        "Content-Type: /",
        "X: y",
    ],
)
def test_what_cannot_be_split_is_text(field: str) -> None:
    data = crlf(f"{field}\n\nwords\n")
    root = scan(data)
    assert outline(root) == "text/plain"
    assert body(data, root) == b"words\r\n"
    assert part_at(root, (1,)) is root


def test_nested_multiparts_of_one_boundary_do_not_multiply() -> None:
    part = "--a\nContent-Type: multipart/mixed; boundary=a\n\n"
    root = scan(crlf("Content-Type: multipart/mixed; boundary=a\n\n" + part * 50))
    assert outline(root) == "multipart/mixed(" + " ".join(["text/plain"] * 50) + ")"


@pytest.mark.parametrize(
    "data", [b"", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"words", b"words\r\n", b"a: b", b":", b"\0"]
)
def test_messages_of_almost_nothing(data: bytes) -> None:
    root = scan(data)
    assert kind(root) == "text/plain"
    assert (root.header_start, root.end) == (0, len(data))


def nested_multiparts(depth: int) -> bytes:
    heads = [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)]
    return b"".join(heads) + b"\r\ntext\r\n"


@pytest.mark.parametrize(
    ("depth", "innermost"), [(DEPTH_MAX, "text/plain"), (DEPTH_MAX + 1, "application/octet-stream")]
)
def test_depth_limit(depth: int, innermost: str) -> None:
    for data in (nested_multiparts(depth), b"Content-Type: message/rfc822\r\n\r\n" * depth + b"\r\ntext"):
        (leaf,) = leaves(scan(data))
        assert kind(leaf) == innermost
        assert leaf.end == len(data)


def test_parts_limit() -> None:
    def message(count: int) -> bytes:
        return (
            b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\nx\r\n" * count + b"--a--\r\n"
        )

    assert len(scan(message(PARTS_MAX)).children) == PARTS_MAX
    data = message(PARTS_MAX + 1)
    root = scan(data)
    assert len(root.children) == PARTS_MAX
    assert root.children[-1].end == len(data)


LINES = st.sampled_from(
    [
        b"--a",
        b"--a--",
        b"--b",
        b"--b--",
        b"",
        b"text",
        b"Content-Type: multipart/mixed; boundary=a",
        b"Content-Type: multipart/digest; boundary=b",
        b"Content-Type: message/rfc822",
        b"Content-Type: text/html; charset=utf-8",
        b"Content-Transfer-Encoding: base64",
    ]
)


@given(st.lists(LINES, max_size=40).map(b"\r\n".join) | st.binary(max_size=200))
def test_offsets_are_consistent(data: bytes) -> None:
    pending = [scan(data)]
    assert (pending[0].header_start, pending[0].end) == (0, len(data))
    while pending:
        part = pending.pop()
        assert 0 <= part.header_start <= part.body_start <= part.end <= len(data)
        position = part.body_start
        for child in part.children:
            assert position <= child.header_start and child.end <= part.end
            position = child.end
        if part.type in (b"text", b"message"):
            assert part.lines == (
                body(data, part).count(b"\n") if part.type == b"text" or part.children else 0
            )
        pending.extend(part.children)


def test_agrees_with_the_standard_library_on_real_mail() -> None:
    """On every message that the library finds no fault with: the same leaves, the same octets."""
    compared = 0
    for name, data in corpus().items():
        message = message_from_bytes(data)
        if any(part.defects for part in message.walk()):
            continue
        theirs = [part for part in message.walk() if not part.is_multipart()]
        ours = list(leaves(scan(data)))
        assert [kind(part) for part in ours] == [part.get_content_type() for part in theirs], name
        for our, their in zip(ours, theirs, strict=True):
            # The library keeps white space behind quoted-printable lines, which RFC 2045 §6.7 has removed.
            octets, expected = decoded_octets(data, our), their.get_payload(decode=True)
            if our.encoding == b"quoted-printable":
                octets, expected = (SPACE_AT_LINE_END.sub(b"", text) for text in (octets, expected))
            assert octets == expected, name
        compared += 1
    assert compared > 1300
