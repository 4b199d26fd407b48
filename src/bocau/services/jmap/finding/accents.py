"""Whoever types accents means them: without a sort, emails that have them as typed come first.

"đà nẵng" finds "Da Nang" too, but after "Đà Nẵng".
"""

import unicodedata
from array import array
from collections.abc import Iterator
from typing import Any, Final

from bocau.base.ids import AccountId, EmailId
from bocau.formats.searchable import unaccented
from bocau.services.jmap.finding.phrases import written
from bocau.services.jmap.ids import SERIAL_BITS
from bocau.store import MailStore
from bocau.store.emails import EmailRow, email_rows

RANKED_MAX: Final = 2000
"""Emails from the beginning of a list whose subject, sender and first words are looked at."""
_TEXTS: Final = ("text", "subject", "body", "from", "to")


def typed_accents(said: Any) -> tuple[str, ...]:
    """The words and phrases of a filter, which has been parsed, that have accents."""
    return tuple(dict.fromkeys(_composed(one) for one in _phrases(said) if unaccented(one) != one.casefold()))


def _phrases(said: Any) -> Iterator[str]:
    if said and "operator" in said:
        for one in said["conditions"] if said["operator"] != "NOT" else ():
            yield from _phrases(one)
        return
    for name in _TEXTS:
        yield from written((said or {}).get(name, ""))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


async def accented_first(
    store: MailStore, account_id: AccountId, serials: "array[int]", typed: tuple[str, ...]
) -> "array[int]":
    """The list with those first that have all of it as typed; else the order stays."""
    ranked, rest = serials[:RANKED_MAX], serials[RANKED_MAX:]
    email_ids = [EmailId(account_id << SERIAL_BITS | serial) for serial in ranked]
    rows = await store.read(account_id, lambda tx: email_rows(tx, email_ids))
    as_typed = {email_id & ((1 << SERIAL_BITS) - 1) for email_id, row in rows.items() if _has(row, typed)}
    return array("I", sorted(ranked, key=lambda serial: serial not in as_typed)) + rest


def _has(row: EmailRow, typed: tuple[str, ...]) -> bool:
    text = _composed(f"{row.subject} {row.sender} {row.preview}")
    return all(one in text for one in typed)
