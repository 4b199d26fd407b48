"""JSON in and out: I-JSON only (RFC 7493, RFC 8620 §1.5), bounded in depth and count."""

import json
import re
from typing import Any, Final

import msgspec

from bocau.services.jmap.errors import RequestError
from bocau.services.jmap.limits import JSON_CONTAINERS_MAX, JSON_DEPTH_MAX

NAMES_CHECKED_BYTES_MAX: Final = 256 * 1024
"""A longer text is not looked through for names given twice, which takes a slower parser."""

_TO_CONTAINER: Final = re.compile(rb'(?:"(?:[^"\\]++|\\.)*+"?|[^"\[{]++)*+(?:[\[{]|\Z)', re.DOTALL)
"""All up to the next array or object. It matches from anywhere, so everything is looked at once."""

_decoder: Final = msgspec.json.Decoder()
_encoder: Final = msgspec.json.Encoder()

encode: Final = _encoder.encode


def decode(body: bytes) -> Any:
    """The value of a JSON text. RequestError notJSON."""
    if body.count(b"[") + body.count(b"{") > JSON_CONTAINERS_MAX:
        _count_containers(body)
    try:
        document = _decoder.decode(body)
        if len(body) <= NAMES_CHECKED_BYTES_MAX:
            json.loads(body, object_pairs_hook=_once_each)
    except (ValueError, RecursionError) as error:
        raise _not_json(str(error)[:200]) from None
    _check_size(document)
    return document


def _once_each(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) > 1 and len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name is given twice")


def _count_containers(body: bytes) -> None:
    """Before anything is made of them: an empty array is two octets here and a hundred in memory."""
    for count, _ in enumerate(_TO_CONTAINER.finditer(body)):
        if count > JSON_CONTAINERS_MAX:
            raise _too_many()


def _check_size(document: Any) -> None:
    """Depth and number of arrays and objects, level by level."""
    level, count = [document], 0
    for _ in range(JSON_DEPTH_MAX):
        level = [value for outer in level for value in _inside(outer) if isinstance(value, dict | list)]
        count += len(level)
        if not level:
            return
        if count > JSON_CONTAINERS_MAX:
            raise _too_many()
    raise _not_json(f"deeper than {JSON_DEPTH_MAX} levels")


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_many() -> RequestError:
    return _not_json(f"more than {JSON_CONTAINERS_MAX} arrays and objects")


def _not_json(detail: str) -> RequestError:
    return RequestError("notJSON", 400, detail)
