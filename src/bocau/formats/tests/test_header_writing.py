"""What is written reads back; nothing that is written can begin another field."""

import email
import email.policy
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bocau.formats.header_forms import Form, as_addresses, as_grouped_addresses, as_text
from bocau.formats.header_writing import LINE_OCTETS_MAX, Unwritable, write_value
from bocau.formats.parameter_writing import write_parameters
from bocau.formats.parameters import decoded_parameter, split_type

SCRIPTS = "abc XYZ 019 \"\\,;:<>@()[]=?_.'/ ệ ữ Đ ạ ư ơ 漢 字 👋🏽 é ß \u0301"
TEXTS = st.one_of(
    st.text(alphabet=SCRIPTS, max_size=200),
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn"]), max_size=80),
    st.just("=?utf-8?q?x?= y"),
    st.just("w" * 1000),
)
LOCALS = st.text(alphabet='abc.+-_ "\\@<>,;ệ', min_size=1, max_size=40).filter(
    lambda text: text == text.strip(" ") and not text.startswith('"')
)


def check_lines(value):
    for line in b"X-Name:%b" % value, *value.split(b"\r\n"):
        assert len(line.split(b"\r\n")[0]) <= LINE_OCTETS_MAX
    assert all(line[:1] in (b" ", b"\t") and line.strip() for line in value.split(b"\r\n")[1:])
    assert b"\n" not in value.replace(b"\r\n", b"")


@given(TEXTS)
def test_a_text_reads_back(text):
    """RFC 8621 §4.1.2.2, RFC 2047 §5"""
    value = write_value(Form.TEXT, text, 8)
    check_lines(value)
    assert as_text(value) == unicodedata.normalize("NFC", text)


@given(
    st.lists(
        st.tuples(TEXTS, LOCALS, st.sampled_from(["example.org", "[192.0.2.1]", "xn--a-b.vn"])), max_size=5
    )
)
def test_addresses_read_back(people):
    """RFC 8621 §4.1.2.3, RFC 5322 §3.4"""
    said = [{"name": name, "email": f"{local}@{host}"} for name, local, host in people]
    value = write_value(Form.ADDRESSES, said, 6)
    check_lines(value)
    found = as_addresses(value)
    assert [one["name"] for one in found] == [
        unicodedata.normalize("NFC", " ".join(name.split())) or None for name, _, _ in people
    ]
    # Written once more it is the same: addresses come back as RFC 5322 spells them.
    assert write_value(Form.ADDRESSES, found, 6) == value


@given(st.lists(st.tuples(TEXTS, st.integers(0, 3)), max_size=4))
def test_groups_read_back(groups):
    """RFC 8621 §4.1.2.4"""
    member = {"name": "Lê, An", "email": "an@example.vn"}
    said = [
        {"name": " ".join(unicodedata.normalize("NFC", name).split()), "addresses": [member] * count}
        for name, count in groups
        if name.strip()
    ]
    value = write_value(Form.GROUPED_ADDRESSES, said, 6)
    check_lines(value)
    assert as_grouped_addresses(value) == said


def test_python_reads_the_same():
    people = [
        {"name": "Nguyễn Văn A, Jr.", "email": "a@example.vn"},
        {"name": 'O"B', "email": "b@example.org"},
    ]
    raw = b"To:" + write_value(Form.ADDRESSES, people, 3) + b"\r\nSubject:"
    raw += (
        write_value(Form.TEXT, "Thư đầu tiên của tôi gửi các bạn ở khắp mọi nơi trên thế giới", 8)
        + b"\r\n\r\n"
    )
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert [(one.display_name, one.addr_spec) for one in message["to"].addresses] == [
        ("Nguyễn Văn A, Jr.", "a@example.vn"),
        ('O"B', "b@example.org"),
    ]
    assert message["subject"] == "Thư đầu tiên của tôi gửi các bạn ở khắp mọi nơi trên thế giới"


@pytest.mark.parametrize(
    ("form", "value"),
    [
        (Form.RAW, " x\r\nBcc: evil@x"),
        (Form.RAW, " x\r\n\r\nbody"),
        (Form.RAW, " x\r\n \r\n y"),
        (Form.RAW, " x\ny"),
        (Form.RAW, " ư"),
        (Form.RAW, "x" * 1000),
        (Form.RAW, 1),
        (Form.TEXT, None),
        (Form.ADDRESSES, "a@b"),
        (Form.ADDRESSES, ["a@b"]),
        (Form.ADDRESSES, [{"email": "a@b\r\nBcc: c@d"}]),
        (Form.ADDRESSES, [{"email": "a@b,c"}]),
        (Form.ADDRESSES, [{"email": ""}]),
        (Form.ADDRESSES, [{"email": "a" * 1000 + "@b"}]),
        (Form.ADDRESSES, [{"email": "a@b", "name": 1}]),
        (Form.GROUPED_ADDRESSES, [{"name": None, "addresses": []}]),
        (Form.MESSAGE_IDS, ["a b@c"]),
        (Form.MESSAGE_IDS, ["a>\r\nBcc: <b"]),
        (Form.DATE, "yesterday"),
        (Form.DATE, "2024-02-30T00:00:00Z"),
        (Form.URLS, ["mailto:a b"]),
    ],
)
def test_what_cannot_be_written_is_refused(form, value):
    with pytest.raises(Unwritable):
        write_value(form, value, 8)


def test_controls_do_not_get_out():
    value = write_value(Form.TEXT, "a\r\nBcc: b@c\0\x1b[0m\u2028d", 8)
    assert value == b" a  Bcc: b@c  [0m d" or as_text(value) == "a  Bcc: b@c  [0m d"
    assert b"\r\nBcc" not in value


@example("=?utf-8?q?x?=")
@example(" a ")
@example('a"b\\c; d')
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=255))
def test_file_names_read_back(name):
    """RFC 2231 §3, §4"""
    value = write_parameters("x/y", [("name", name), ("next", "1")])
    check_lines(value)
    parsed = split_type(value)
    assert parsed is not None
    assert (decoded_parameter(parsed[2], b"name") or "") == name
    assert decoded_parameter(parsed[2], b"next") == "1"
