"""One body part of a new Email: an EmailBodyPart checked and made ready to be written (RFC 8621 §4.6)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bocau.formats.compose import NewField
from bocau.formats.parameter_writing import write_parameters
from bocau.formats.parameters import parameter, split_type
from bocau.services.jmap.context import Arguments
from bocau.services.jmap.email.new_header import take_fields
from bocau.services.jmap.email.wanted import PART, is_header_property
from bocau.services.jmap.errors import SetError, invalid_properties

PARTS_MAX: Final = 1000
"""Of one email."""
NAME_CHARACTERS_MAX: Final = 255
OPAQUE: Final = "application/octet-stream"

_TOKEN: Final = re.compile(r"[!#$&'*+\-.0-9A-Z^_`a-z{|}~]{1,60}", re.ASCII)
TYPE: Final = re.compile(r"[!#$&'*+\-.0-9A-Z^_`a-z{|}~]{1,60}/[!#$&'*+\-.0-9A-Z^_`a-z{|}~]{1,100}", re.ASCII)
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9-]{1,40}", re.ASCII)
_BARE: Final = re.compile(r"[!-;=?-~]{1,900}", re.ASCII)
_CONTROLS: Final = {code: None for code in (*range(32), *range(127, 160))}


@dataclass(slots=True)
class Supply:
    """What the parts of one email are made of."""

    values: Mapping[str, str]
    """partId → text."""
    parts_left: int = PARTS_MAX


@dataclass(frozen=True, slots=True)
class PartAsked:
    """What the client says of a part, checked; exactly one of text, blob_id and children is its content."""

    where: str
    """Which property of the Email it is, for errors."""
    type: str
    """Lower case; "": that of the blob."""
    charset: str | None
    name: str | None
    disposition: str | None
    content_id: str | None
    text: str | None
    blob_id: str | None
    children: "tuple[PartAsked, ...]"
    fields: dict[str, tuple[NewField, ...]]
    """All but Content-Type and Content-Disposition, unless they were given as "header:…"."""

    @property
    def is_multipart(self) -> bool:
        return bool(self.children)


def take_part(said: Any, where: str, supply: Supply, default_type: str = "") -> PartAsked:
    """SetError invalidProperties."""
    supply.parts_left -= 1
    if supply.parts_left < 0:
        raise invalid_properties(f"more than {PARTS_MAX} parts", where.removesuffix("/"))
    if not isinstance(said, dict):
        raise invalid_properties("a body part is an object", where.removesuffix("/"))
    for name in said:
        if name not in PART and not is_header_property(name):
            raise invalid_properties("no such property", where + name)
    if said.get("headers") is not None:
        raise invalid_properties("each header field is a property of its own", where + "headers")
    fields = take_fields(said, where)
    for name, field in _described(said, where).items():
        if name in fields:
            raise invalid_properties(f"{name} is given twice", f"{where}header:{fields[name][0][0]}")
        fields[name] = (field,)
    text, blob_id = _content(said, where, supply.values)
    kind, charset = _kind(said, where, fields, default_type)
    children = _children(said, where, supply, is_leaf=text is not None or blob_id is not None)
    part = PartAsked(
        where,
        kind or (_default(text, children)),
        charset,
        _name(said, where),
        _matching(said, "disposition", _TOKEN, where),
        _matching(said, "cid", _BARE, where),
        text,
        blob_id,
        children,
        fields,
    )
    _check(part, said)
    return part


def _default(text: str | None, children: tuple[PartAsked, ...]) -> str:
    if children:
        return "multipart/mixed"
    return "" if text is None else "text/plain"


def _content(said: Arguments, where: str, values: Mapping[str, str]) -> tuple[str | None, str | None]:
    part_id, blob_id = said.get("partId"), said.get("blobId")
    if part_id is not None and blob_id is not None:
        raise invalid_properties("either partId or blobId", where + "partId", where + "blobId")
    if part_id is not None and (not isinstance(part_id, str) or part_id not in values):
        raise invalid_properties("bodyValues has no such part", where + "partId")
    if blob_id is not None and not isinstance(blob_id, str):
        raise invalid_properties("not an id", where + "blobId")
    return None if part_id is None else values[part_id], blob_id


def _kind(
    said: Arguments, where: str, fields: dict[str, tuple[NewField, ...]], default: str
) -> tuple[str, str | None]:
    """(type in lower case, charset); from "header:Content-Type" when that is given instead."""
    kind, charset = _matching(said, "type", TYPE, where), _matching(said, "charset", _TOKEN, where)
    given = fields.get("content-type")
    if given is None:
        return (kind or default).lower(), charset
    if kind is not None or charset is not None:
        raise invalid_properties("Content-Type is given twice", where + "type")
    parsed = split_type(given[-1][1])
    if parsed is None or parsed[0] == b"multipart" or len(given) > 1:
        raise invalid_properties("not a type that a part may have", where + "header:Content-Type")
    said_charset = parameter(parsed[2], b"charset") or b"utf-8"
    if said.get("partId") is not None and said_charset.lower() != b"utf-8":
        raise invalid_properties("the server chooses the charset", where + "header:Content-Type")
    return f"{parsed[0].decode('ascii')}/{parsed[1].decode('ascii')}", None


def _children(said: Arguments, where: str, supply: Supply, *, is_leaf: bool) -> tuple[PartAsked, ...]:
    parts = said.get("subParts")
    if parts is None or (is_leaf and parts == []):
        return ()
    if is_leaf or not isinstance(parts, list) or not parts:
        raise invalid_properties("a multipart has parts and no other content", where + "subParts")
    return tuple(take_part(one, f"{where}subParts/{n}/", supply) for n, one in enumerate(parts))


def _name(said: Arguments, where: str) -> str | None:
    name = said.get("name")
    if name is None:
        return None
    if not isinstance(name, str) or len(name) > NAME_CHARACTERS_MAX:
        raise invalid_properties(f"a text of at most {NAME_CHARACTERS_MAX} characters", where + "name")
    return name.translate(_CONTROLS) or None


def _matching(said: Arguments, name: str, pattern: re.Pattern[str], where: str) -> str | None:
    value = said.get(name)
    if value is not None and (not isinstance(value, str) or not pattern.fullmatch(value)):
        raise invalid_properties("not a valid value", where + name)
    return value


def _described(said: Arguments, where: str) -> dict[str, NewField]:
    """Content-ID, Content-Language and Content-Location, from the properties of their own."""
    fields: dict[str, NewField] = {}
    cid = _matching(said, "cid", _BARE, where)
    if cid is not None:
        fields["content-id"] = ("Content-ID", f" <{cid}>".encode("ascii"))
    location = _matching(said, "location", _BARE, where)
    if location is not None:
        fields["content-location"] = ("Content-Location", f" {location}".encode("ascii"))
    if said.get("language") is not None:
        fields["content-language"] = ("Content-Language", _languages(said["language"], where))
    return fields


def _languages(tags: Any, where: str) -> bytes:
    is_list = isinstance(tags, list) and 0 < len(tags) <= 20
    if not is_list or not all(isinstance(one, str) and _LANGUAGE.fullmatch(one) for one in tags):
        raise invalid_properties("a list of language tags", where + "language")
    return b" " + ",\r\n ".join(tags).encode("ascii")


def _check(part: PartAsked, said: Arguments) -> None:
    """What must not be said together (RFC 8621 §4.6)."""
    where = part.where
    if "content-transfer-encoding" in part.fields:
        raise invalid_properties(
            "the server chooses the encoding", where + "header:Content-Transfer-Encoding"
        )
    if part.text is not None:
        given = [where + name for name in ("charset", "size") if said.get(name) is not None]
        if given:
            raise SetError("invalidProperties", "the server chooses them for a part with a value", given)
        if part.type.startswith("message/"):
            raise invalid_properties("a message is given as a blob", where + "type")
    if part.is_multipart != part.type.startswith("multipart/"):
        raise invalid_properties("a multipart, and nothing else, has subParts", where + "type")
    if part.is_multipart and part.charset is not None:
        raise invalid_properties("a multipart has no charset", where + "charset")
    if not part.is_multipart and part.text is None and part.blob_id is None:
        raise invalid_properties("a part has a partId or a blobId", where + "partId")
    if "content-disposition" in part.fields and (part.disposition is not None or part.name is not None):
        raise invalid_properties("Content-Disposition is given twice", where + "disposition")


def content_fields(part: PartAsked, kind: str, boundary: str | None) -> tuple[NewField, ...]:
    """Every field of the part; `kind`: its type, where the client left that to the blob."""
    fields = dict(part.fields)
    name = [] if part.name is None else [part.name]
    if "content-type" in fields:
        fields["content-type"] = (_with_charset(part, fields["content-type"][0]),)
    else:
        parameters = [("charset", one) for one in _charset(part, kind)]
        parameters += [("boundary", one) for one in ([] if boundary is None else [boundary])]
        parameters += [] if part.disposition else [("name", one) for one in name]
        fields["content-type"] = (("Content-Type", write_parameters(kind, parameters)),)
    if part.disposition is not None:
        value = write_parameters(part.disposition, [("filename", one) for one in name])
        fields["content-disposition"] = (("Content-Disposition", value),)
    return tuple(field for one in fields.values() for field in one)


def _charset(part: PartAsked, kind: str) -> list[str]:
    """A text of ours is UTF-8; no other type says so by this parameter (RFC 2046 §4.1.2)."""
    if part.text is not None:
        return ["utf-8"] if kind.startswith("text/") else []
    return [] if part.charset is None else [part.charset]


def _with_charset(part: PartAsked, field: NewField) -> NewField:
    """A text of ours is UTF-8, whether its "header:Content-Type" says so or not."""
    parsed = split_type(field[1])
    if parsed is None or parameter(parsed[2], b"charset") is not None or not _charset(part, part.type):
        return field
    return field[0], field[1] + b";\r\n charset=utf-8"
