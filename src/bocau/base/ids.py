"""Identifiers. Each is a plain integer or string on disk; the types keep them apart in code."""

from typing import NewType

DomainId = NewType("DomainId", int)
AccountId = NewType("AccountId", int)
MailboxId = NewType("MailboxId", int)
EmailId = NewType("EmailId", int)
QueueId = NewType("QueueId", int)

Uid = NewType("Uid", int)
"""RFC 9051 §2.3.1.1: 1 … 2**32-1, strictly ascending within a mailbox."""

UidValidity = NewType("UidValidity", int)

ModSeq = NewType("ModSeq", int)
"""RFC 7162 §3.1: 1 … 2**63-1, strictly ascending within an account."""
