"""SearchSnippet/get: what of an email matched a search (RFC 8621 §5.1)."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from bocau.base.ids import EmailId
from bocau.formats.excerpt import excerpt, marked
from bocau.formats.mime import scan
from bocau.formats.search_words import Zone
from bocau.formats.text import decoded_text, leaves, shown_of_html
from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import MAIL
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import MethodError, invalid_arguments
from bocau.services.jmap.finding import terms as t
from bocau.services.jmap.finding.filters import parse_filter
from bocau.services.jmap.finding.terms import Term
from bocau.services.jmap.standard import id_list, only, optional
from bocau.store.blobs import BlobLost, Blobs
from bocau.store.emails import EmailRow, email_rows

PREVIEW_OCTETS_MAX: Final = 255
"""RFC 8621 §5."""
SUBJECT_OCTETS_MAX: Final = 2000
TEXT_BYTES_MAX: Final = 128 * 1024
"""Read of one part."""
PARTS_MAX: Final = 20
"""Text parts of one email that are looked into."""
PORTION: Final = 20
"""Emails read before others get their turn."""


class Words(NamedTuple):
    """What to mark."""

    subject: tuple[str, ...]
    body: tuple[str, ...]


async def get(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "filter", "emailIds")
    account_id = context.account(arguments)
    words = words_of(parse_filter(optional(arguments, "filter", dict), account_id))
    wanted = id_list(arguments, "emailIds")
    if wanted is None:
        raise invalid_arguments("emailIds is missing")
    if len(wanted) > context.rooms.settings.limits.max_objects_in_get:
        raise MethodError("requestTooLarge", "more ids than maxObjectsInGet")
    known = {one: email for one in wanted if (email := ids.parse_email(account_id, one)) is not None}
    rows = await context.store.read(account_id, lambda tx: email_rows(tx, list(known.values())))
    found = [rows[email] for email in known.values() if email in rows]
    told: list[Arguments] = []
    for start in range(0, len(found), PORTION):
        some = found[start : start + PORTION]
        told += await asyncio.to_thread(partial(_snippets, context.store.blobs, some, words))
    missing = [one for one in wanted if known.get(one, EmailId(0)) not in rows]
    return {"accountId": ids.account_id(account_id), "list": told, "notFound": missing or None}


def words_of(term: Term) -> Words:
    """The words that a filter looks for; those that must not be there are not shown."""
    says = list(_says(term))
    return Words(
        tuple(dict.fromkeys(one.text for one in says if Zone.SUBJECT in one.zones)),
        tuple(dict.fromkeys(one.text for one in says if Zone.BODY in one.zones)),
    )


def _says(term: Term) -> Iterator[t.Says]:
    match term:
        case t.Says():
            yield term
        case t.All(inner) | t.Either(inner):
            for one in inner:
                yield from _says(one)


def _snippets(blobs: Blobs, rows: Sequence[EmailRow], words: Words) -> list[Arguments]:
    return [
        {
            "emailId": ids.email_id(row.email_id),
            "subject": marked(row.subject, words.subject, SUBJECT_OCTETS_MAX) if words.subject else None,
            "preview": _preview(blobs, row, words.body) if words.body else None,
        }
        for row in rows
    ]


def _preview(blobs: Blobs, row: EmailRow, words: Sequence[str]) -> str | None:
    """From the first text of the body in which one of the words is."""
    try:
        data = bytes(blobs.read(row.blob))
    except BlobLost:
        return None
    for text in _texts(data):
        if (found := excerpt(text, words, PREVIEW_OCTETS_MAX)) is not None:
            return found
    return None


def _texts(data: bytes) -> Iterator[str]:
    left = PARTS_MAX
    for part in leaves(scan(data)):
        if part.type != b"text" or left == 0:
            continue
        left -= 1
        text = decoded_text(data, part, TEXT_BYTES_MAX)
        yield shown_of_html(text) if part.subtype == b"html" else text


METHODS: Final = {"SearchSnippet/get": Registered(MAIL, get)}
