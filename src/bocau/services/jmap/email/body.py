"""The body of an Email in JSON: parts, lists of parts, values (RFC 8621 §4.1.4)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from bocau.formats.body_parts import BodyPart, FlatBody, decoded_size, flat, leaves, numbered
from bocau.formats.body_values import body_value
from bocau.formats.mime import Part
from bocau.services.jmap.blobs import part_blob_id
from bocau.services.jmap.context import Arguments
from bocau.services.jmap.email.budget import Budget
from bocau.services.jmap.email.fields import read_fields
from bocau.services.jmap.email.wanted import BodyWanted

VALUE_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of one value, in UTF-8, when the client names no limit."""


@dataclass(frozen=True, slots=True)
class Body:
    """A message in memory, and what its blob is called."""

    data: bytes
    root: BodyPart
    blob_id: str
    sizes: dict[str, int] = field(default_factory=dict)
    """Part number → size: the lists name the parts of the structure again."""

    def size(self, part: BodyPart) -> int:
        size = self.sizes.get(part.number)
        if size is None:
            size = self.sizes[part.number] = decoded_size(self.data, part.part)
        return size


def tell_body(data: bytes, tree: Part, blob_id: str, wanted: BodyWanted, budget: Budget) -> Arguments:
    """The properties of the body that are wanted. MethodError requestTooLarge."""
    body = Body(data, numbered(tree), blob_id)
    lists = flat(body.root)
    told: Arguments = {}
    for name in wanted.lists:
        if name == "bodyStructure":
            told[name] = _tell_structure(body, body.root, wanted, budget)
        else:
            told[name] = [_tell_part(body, part, wanted, budget) for part in _listed(lists, name)]
    if wanted.has_values:
        told["bodyValues"] = _tell_values(body, lists, wanted, budget)
    return told


def _listed(lists: FlatBody, name: str) -> list[BodyPart]:
    match name:
        case "textBody":
            return lists.text
        case "htmlBody":
            return lists.html
        case _:
            return lists.attachments


def _tell_structure(body: Body, part: BodyPart, wanted: BodyWanted, budget: Budget) -> Arguments:
    """With its sub-parts, whether `subParts` was asked for or not: without them it would be no structure."""
    told = _tell_part(body, part, wanted, budget)
    if part.is_multipart:
        told["subParts"] = [_tell_structure(body, child, wanted, budget) for child in part.children]
    return told


def _tell_part(body: Body, part: BodyPart, wanted: BodyWanted, budget: Budget) -> Arguments:
    budget.take_part()
    told = {name: _TELLERS[name](body, part) for name in wanted.properties}
    if wanted.all_headers or wanted.headers:
        start, end = part.part.header_start, part.part.body_start
        fields = read_fields(body.data, start, end, budget.take_header(end - start))
        if wanted.all_headers:
            told["headers"] = fields.told()
        fields.tell(wanted.headers, told)
    return told


_TELLERS: Final[dict[str, Callable[[Body, BodyPart], Any]]] = {
    "partId": lambda body, part: None if part.is_multipart else part.number,
    "blobId": lambda body, part: None if part.is_multipart else part_blob_id(body.blob_id, part.number),
    "size": lambda body, part: body.size(part),
    "name": lambda body, part: part.name,
    "type": lambda body, part: part.type,
    "charset": lambda body, part: part.charset,
    "disposition": lambda body, part: part.disposition,
    "cid": lambda body, part: part.content_id,
    "language": lambda body, part: part.language,
    "location": lambda body, part: part.location,
    "subParts": lambda body, part: None,
}


def _tell_values(body: Body, lists: FlatBody, wanted: BodyWanted, budget: Budget) -> Arguments:
    chosen: list[BodyPart] = list(leaves(body.root)) if wanted.of_all else []
    if wanted.of_text:
        chosen += lists.text
    if wanted.of_html:
        chosen += lists.html
    texts = {part.number: part.part for part in chosen if part.part.type == b"text"}
    return {number: _tell_value(body.data, part, wanted, budget) for number, part in texts.items()}


def _tell_value(data: bytes, part: Part, wanted: BodyWanted, budget: Budget) -> Arguments:
    limit = min(wanted.value_bytes_max or VALUE_BYTES_MAX, max(budget.value_bytes, 0))
    value = body_value(data, part, limit)
    budget.value_bytes -= len(value.text)
    return {
        "value": value.text,
        "isEncodingProblem": value.is_encoding_problem,
        "isTruncated": value.is_truncated,
    }
