"""Identifiers on the wire. Those of mail are the ones that IMAP tells (RFC 8474): M…, T…, F….

A parser returns None for what cannot be one of ours: to a client that is simply not found.
"""

import re
from typing import Final

from bocau.base.ids import AccountId, EmailId, MailboxId

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}\Z", re.ASCII)
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,255}\Z", re.ASCII)
SERIAL_BITS: Final = 32


def is_id(text: object) -> bool:
    """Whether it is an Id (RFC 8620 §1.2)."""
    return isinstance(text, str) and _ID.match(text) is not None


def account_id(account: AccountId) -> str:
    return f"A{account}"


def mailbox_id(account: AccountId, mailbox: MailboxId) -> str:
    return f"F{account}-{mailbox}"


def email_id(email: int) -> str:
    return f"M{email}"


def account_of_email(email: int) -> AccountId:
    return AccountId(email >> SERIAL_BITS)


def identity_id(identity: int) -> str:
    return f"I{identity}"


def submission_id(submission: int) -> str:
    return f"S{submission}"


def batch_id(batch: int) -> str:
    return f"B{batch}"


def thread_id(thread: int) -> str:
    return f"T{thread}"


def push_subscription_id(subscription_id: int) -> str:
    return f"P{subscription_id}"


def parse_account(text: object) -> AccountId | None:
    number = _number(text, "A")
    return None if number is None else AccountId(number)


def parse_mailbox(account: AccountId, text: object) -> MailboxId | None:
    number = _number(text, f"F{account}-")
    return None if number is None else MailboxId(number)


def parse_email(account: AccountId, text: object) -> EmailId | None:
    """Of this account only: the account is the upper half of the number."""
    number = _number(text, "M")
    return EmailId(number) if number is not None and number >> SERIAL_BITS == account else None


def parse_identity(text: object) -> int | None:
    return _number(text, "I")


def parse_submission(text: object) -> int | None:
    return _number(text, "S")


def parse_batch(text: object) -> int | None:
    return _number(text, "B")


def parse_thread(account: AccountId, text: object) -> int | None:
    number = _number(text, "T")
    return number if number is not None and number >> SERIAL_BITS == account else None


def _number(text: object, prefix: str) -> int | None:
    if not isinstance(text, str) or not text.startswith(prefix):
        return None
    digits = text[len(prefix) :]
    return int(digits) if _NUMBER.match(digits) else None
