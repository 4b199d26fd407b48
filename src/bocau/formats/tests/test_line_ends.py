"""Line ends become CRLF, however a long message is cut into pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats import line_ends
from bocau.formats.compose import base64_lines, encode_text
from bocau.formats.line_ends import has_bare_line_end, with_crlf
from bocau.formats.text import decode_base64


@given(st.lists(st.sampled_from((b"\r\n", b"\n", b"\r", b"a", b"bc")), max_size=60).map(b"".join))
def test_pieces_change_nothing(octets: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_ends, "PIECE_BYTES", 3)
        told = with_crlf(octets)
    assert told == octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    assert not has_bare_line_end(told)


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 57_000, 57_001, 200_000])
def test_base64_has_lines_of_76(size: int) -> None:
    octets = bytes(range(256)) * (size // 256 + 1)
    written = base64_lines(octets[:size])
    assert decode_base64(written) == octets[:size]
    lines = written.split(b"\r\n")
    assert lines[-1] == b"" and all(len(line) == 76 for line in lines[:-2])


def test_a_long_text_with_accents_is_written_as_base64() -> None:
    text = "vỡ đê rồi\n" * 200_000
    encoding, body = encode_text(text)
    assert encoding == "base64" and decode_base64(body).decode() == text.replace("\n", "\r\n")
