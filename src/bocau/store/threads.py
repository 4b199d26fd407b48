"""Which thread an email belongs to (RFC 8474 §5.2, RFC 8621 §3).

Message-IDs of the email, each joined with its base subject → thread_key → the oldest thread that knows one

An email keeps its thread for ever, so two threads that a later email turns out to join stay two.
"""

import json
from typing import TYPE_CHECKING

from bocau.store.statements import WRITING

if TYPE_CHECKING:
    from bocau.store.writing import Writing


def thread_of(tx: "Writing", email_id: int, keys: tuple[int, ...]) -> int:
    """The thread of a new email with these `EmailKeys.thread_keys`, begun by it if there is none."""
    if len(keys) == 1:
        return _thread_of_first(tx, email_id, keys[0])
    if not keys:
        return email_id
    known = dict(tx.sql.rows(WRITING.threads_with, (json.dumps(keys), tx.account_id)))
    thread_id: int = min(known.values(), default=email_id)
    tx.sql.many(
        WRITING.insert_thread_key, [(tx.account_id, key, thread_id) for key in keys if key not in known]
    )
    return thread_id


def _thread_of_first(tx: "Writing", email_id: int, key: int) -> int:
    """Most mail answers nothing: it has one key, which is new."""
    tx.sql.execute(WRITING.insert_thread_key, (tx.account_id, key, email_id))
    if tx.sql.changed_rows:
        return email_id
    known: int = tx.sql.value(WRITING.thread_with, (tx.account_id, key))
    return known
