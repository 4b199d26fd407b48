"""IMAP4rev1 and IMAP4rev2 for mail clients: engine + store, one command one file.

Door: ImapService, ImapSettings.

    connection → ImapSession → commands/<one>.py → store (glance, read, write) → view, updates → connection
"""

from bocau.services.imap.service import ImapService
from bocau.services.imap.settings import ImapSettings

__all__ = ["ImapService", "ImapSettings"]
