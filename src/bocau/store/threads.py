"""Which thread an email belongs to (RFC 8474 §5.2, RFC 8621 §3).

Message-IDs of the email, each joined with its base subject → thread_key → the oldest thread that knows one

An email keeps its thread for ever, so two threads that a later email turns out to join stay two.
"""

import json
from typing import TYPE_CHECKING, Final

from bocau.store.statements import WRITING

if TYPE_CHECKING:
    from bocau.store.writing import Writing

ASKED_ALONE_MAX: Final = 8
"""So many keys are looked up one by one: that is cheaper than a list of them."""


def thread_of(tx: "Writing", email_id: int, keys: tuple[int, ...]) -> int:
    """The thread of a new email with these `EmailKeys.thread_keys`, begun by it if there is none."""
    if len(keys) == 1:
        return _thread_of_first(tx, email_id, keys[0])
    if not keys:
        return email_id
    known = _known(tx, keys)
    thread_id: int = min(known.values(), default=email_id)
    for key in keys:
        if key not in known:
            tx.sql.execute(WRITING.insert_thread_key, (tx.account_id, key, thread_id))
    return thread_id


def _known(tx: "Writing", keys: tuple[int, ...]) -> dict[int, int]:
    """Which of the keys belong to a thread already, and to which one."""
    if len(keys) > ASKED_ALONE_MAX:
        return dict(tx.sql.rows(WRITING.threads_with, (json.dumps(keys), tx.account_id)))
    known: dict[int, int] = {}
    for key in keys:
        thread_id = tx.sql.value(WRITING.thread_with, (tx.account_id, key))
        if thread_id is not None:
            known[key] = thread_id
    return known


def _thread_of_first(tx: "Writing", email_id: int, key: int) -> int:
    """Most mail answers nothing: it has one key, which is new."""
    tx.sql.execute(WRITING.insert_thread_key, (tx.account_id, key, email_id))
    if tx.sql.changed_rows:
        return email_id
    known: int = tx.sql.value(WRITING.thread_with, (tx.account_id, key))
    return known
