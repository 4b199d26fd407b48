"""IMAP4rev1 and IMAP4rev2 (RFC 3501, RFC 9051) as a pure engine.

Door: ImapEngine, its events, and the commands as values. The grammar is a ladder of small files:
primitives → sets, names, dates → specials, fetch, search, append → command → engine.
"""

from bocau.protocols.imap.engine import Event, ImapEngine
from bocau.protocols.imap.states import State

__all__ = ["Event", "ImapEngine", "State"]
