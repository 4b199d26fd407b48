"""I-JSON only (RFC 7493, RFC 8620 §1.5)."""

import json
import tracemalloc
from time import process_time

import pytest

from bocau.services.jmap.errors import RequestError
from bocau.services.jmap.limits import JSON_CONTAINERS_MAX, JSON_DEPTH_MAX
from bocau.services.jmap.wire import decode


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{} {}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 01}',
        b"{'a': 1}",
        b'{"a": 1, "a": 2}',
        b'{"x": {"a": 1, "b": 2, "a": 3}}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'\xef\xbb\xbf{"a": 1}',
        b"[" * 1_000_000,
        b"[" * (JSON_DEPTH_MAX + 1) + b"]" * (JSON_DEPTH_MAX + 1),
        b"[" + b"[]," * JSON_CONTAINERS_MAX + b"[]]",
    ],
    ids=range(15),
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(RequestError) as caught:
        decode(text)
    assert caught.value.kind == "notJSON"


def test_what_is_json_is_read() -> None:
    assert decode('{"a": [1, -2.5, "\\u00e9é\\ud83d\\ude00", null, true]}'.encode()) == {
        "a": [1, -2.5, "éé😀", None, True]
    }
    assert decode(b"[" * JSON_DEPTH_MAX + b"]" * JSON_DEPTH_MAX)


def test_braces_in_texts_are_none_of_them() -> None:
    """A style sheet in a draft has as many as it likes; neither is any of it read twice."""
    css = 'p{color:red}[x]\\"' * JSON_CONTAINERS_MAX
    text = json.dumps({"a": css, "b": [""] * 100_000}).encode()
    assert decode(text)["a"] == css


@pytest.mark.parametrize(
    "text", [b"[[]", b"[" + b'"' * 1_000_001, b'["' + b'\\"' * 1_000_000, b"[" + b'"["' * 500_000]
)
def test_too_much_is_refused_before_it_is_made(text: bytes) -> None:
    """2 MB in that would be 100 MB."""
    before = process_time()
    many = text + b",[]" * 1_000_000 + b"]"
    tracemalloc.start()
    try:
        with pytest.raises(RequestError):
            decode(many)
        assert tracemalloc.get_traced_memory()[1] < 32 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert process_time() - before < 5
