"""Whom an account writes to: for completing an address, and for knowing a stranger."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.database import Queries
from bocau.formats.address import Address
from bocau.formats.searchable import unaccented

if TYPE_CHECKING:
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

SENDING: Final = Queries("bocau.store", "sql/sqlite/sending.sql")
CORRESPONDENTS_MAX: Final = 10_000
"""Of one account; those written to seldom and long ago are forgotten first."""
FORGOTTEN_AT_ONCE: Final = 200
NAME_CHARACTERS_MAX: Final = 200
WORDS_MAX: Final = 8
"""Of what somebody looks for."""
OFTEN_MAX: Final = 30
"""More letters than this do not make anybody more likely."""
SENT_COUNT_MAX: Final = 1_000_000
"""Of one who is put back."""
FADING_SECONDS: Final = 30 * 86_400
"""After this time somebody counts half."""

_BETWEEN: Final = re.compile(r"[\s.@_+\-,;:'\"()\[\]<>/&]+")


class Correspondent(NamedTuple):
    name: str
    email: str
    sent_count: int
    last_sent_at: int


def address_key(address: Address) -> str:
    """One text for all spellings of an address."""
    return "@".join(address.key)


def meet(tx: "Writing", people: Iterable[tuple[Address, str]], now: int) -> None:
    """Count one letter to each of these (address, name)."""
    is_new = False
    for address, name in people:
        is_new |= tx.sql.value(SENDING.meet, {**_columns(tx, address, name), "now": now}) == 1
    if is_new:
        _forget_some(tx)


def forget(tx: "Writing", address: Address) -> Correspondent | None:
    """What was known of this address; None: nothing."""
    rows = tx.sql.rows(SENDING.forget, {"account_id": tx.account_id, "address": address_key(address)})
    return Correspondent._make(rows[0]) if rows else None


def remember(tx: "Writing", people: Iterable[tuple[Address, Correspondent]]) -> None:
    """Put back what was forgotten; who was met since is counted on."""
    for address, one in people:
        counts = {"sent_count": min(one.sent_count, SENT_COUNT_MAX), "last_sent_at": one.last_sent_at}
        tx.sql.execute(SENDING.remember, {**_columns(tx, address, one.name), **counts})
    _forget_some(tx)


def _columns(tx: "Writing", address: Address, name: str) -> dict[str, str | int]:
    name, shown = name[:NAME_CHARACTERS_MAX], str(address)
    return {
        "account_id": tx.account_id,
        "address": address_key(address),
        "shown": shown,
        "name": name,
        "folded": folded(name, shown),
    }


def _forget_some(tx: "Writing") -> None:
    count = tx.sql.value(SENDING.count_correspondents, (tx.account_id,))
    if count > CORRESPONDENTS_MAX:
        values = {"account_id": tx.account_id, "excess": count - CORRESPONDENTS_MAX + FORGOTTEN_AT_ONCE}
        tx.sql.execute(SENDING.forget_correspondents, values)


def folded(name: str, address: str) -> str:
    """What is searched: the words of both, each once, a space before each."""
    return "".join([f" {word}" for word in dict.fromkeys(_words(f"{name} {address}"))])


def _words(text: str) -> list[str]:
    return _BETWEEN.sub(" ", unaccented(text)).split()


def find(tx: "Reading", text: str, limit: int, now: int) -> list[Correspondent]:
    """Those with words that begin as the words of `text` do, in any order, with or without accents; the most
    likely first. One pass over all of the account."""
    words = _words(text)[:WORDS_MAX]
    where = " AND instr(folded, ?) > 0" * len(words)
    rows = tx.sql.rows(
        "SELECT name, shown, sent_count, last_sent_at FROM correspondent "
        f"WHERE account_id = ?{where} "
        f"ORDER BY min(sent_count, {OFTEN_MAX}) * 1.0 / "
        f"({FADING_SECONDS} + max(?, last_sent_at) - last_sent_at) DESC, shown LIMIT ?",
        (tx.account_id, *(f" {word}" for word in words), now, limit),
    )
    return [Correspondent._make(row) for row in rows]


def has_written_to(tx: "Reading", address: Address) -> bool:
    """Whether the account has ever written to this address."""
    return tx.sql.value(SENDING.correspondent, (tx.account_id, address_key(address))) is not None


def forget_account(tx: "Writing") -> None:
    """All of an account that goes."""
    tx.sql.execute(SENDING.forget_account_correspondents, {"account_id": tx.account_id})
