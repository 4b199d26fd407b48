"""The body of a new Email: the structure that the client gives, or the one made of its texts and files
(RFC 8621 §4.6).

    textBody, htmlBody, attachments → mixed ─┬ alternative ─┬ text/plain
                                             │              └ related ─┬ text/html
                                             │                         └ pictures of the HTML (cid)
                                             └ files                      each multipart only if it is needed
"""

from dataclasses import replace
from typing import Any, Final

from bocau.services.jmap.context import Arguments
from bocau.services.jmap.email.new_part import PartAsked, Supply, take_part
from bocau.services.jmap.errors import invalid_properties

_FLAT: Final = ("textBody", "htmlBody", "attachments")
_VALUE: Final = frozenset(("value", "isEncodingProblem", "isTruncated"))


def take_body(new: Arguments) -> PartAsked:
    """The root part. SetError invalidProperties."""
    supply = Supply(_take_values(new.get("bodyValues")))
    if new.get("bodyStructure") is None:
        return _of_flat(new, supply)
    given = [name for name in _FLAT if new.get(name) is not None]
    if given:
        raise invalid_properties("bodyStructure says it all", "bodyStructure", *given)
    return take_part(new["bodyStructure"], "bodyStructure/", supply)


def _take_values(said: Any) -> dict[str, str]:
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise invalid_properties("bodyValues maps part ids to values", "bodyValues")
    return {part_id: _value(value, f"bodyValues/{part_id[:50]}") for part_id, value in said.items()}


def _value(said: Any, where: str) -> str:
    if not isinstance(said, dict) or not _VALUE.issuperset(said) or not isinstance(said.get("value"), str):
        raise invalid_properties("a body value has a text", where)
    marks = [f"{where}/{name}" for name in ("isEncodingProblem", "isTruncated") if said.get(name)]
    if marks:
        raise invalid_properties("a value of ours is whole and well encoded", *marks)
    text: str = said["value"]
    return text


def _of_flat(new: Arguments, supply: Supply) -> PartAsked:
    text = _only(new, "textBody", "text/plain", supply)
    html = _only(new, "htmlBody", "text/html", supply)
    said = new.get("attachments")
    if said is not None and not isinstance(said, list):
        raise invalid_properties("a list of parts", "attachments")
    files = [take_part(one, f"attachments/{n}/", supply) for n, one in enumerate(said or ())]
    for file in files:
        if file.is_multipart:
            raise invalid_properties("an attachment is one part", file.where + "subParts")
    pictures = [_disposed(file, "inline") for file in files if html is not None and _is_picture(file)]
    others = [_disposed(file, "attachment") for file in files if html is None or not _is_picture(file)]
    if html is not None:
        html = _multipart("related", [html, *pictures])
    bodies = [one for one in (text, html) if one is not None]
    body = [_multipart("alternative", bodies)] if bodies else []
    return _multipart("mixed", [*body, *others], always=bool(others)) if body or others else _empty()


def _only(new: Arguments, name: str, kind: str, supply: Supply) -> PartAsked | None:
    said = new.get(name)
    if said is None or said == []:
        return None
    if not isinstance(said, list) or len(said) != 1:
        raise invalid_properties("exactly one part", name)
    part = take_part(said[0], f"{name}/0/", supply, kind)
    if part.type != kind:
        raise invalid_properties(f"the part must be {kind}", f"{name}/0/type")
    return part


def _is_picture(file: PartAsked) -> bool:
    """Whether it belongs to the HTML rather than beside it."""
    return file.content_id is not None and file.disposition != "attachment"


def _disposed(file: PartAsked, disposition: str) -> PartAsked:
    if file.disposition is not None or "content-disposition" in file.fields:
        return file
    return replace(file, disposition=disposition)


def _multipart(subtype: str, parts: list[PartAsked], *, always: bool = False) -> PartAsked:
    """A multipart of more than one part; the part itself where there is only one."""
    if len(parts) == 1 and not always:
        return parts[0]
    return PartAsked("", f"multipart/{subtype}", None, None, None, None, None, None, tuple(parts), {})


def _empty() -> PartAsked:
    return PartAsked("", "text/plain", None, None, None, None, "", None, (), {})
