"""Mailboxes as JMAP has them (RFC 8621 §2): a tree of single names, where the store has whole paths."""
