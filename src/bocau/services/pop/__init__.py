"""POP3 (RFC 1939): the INBOX for clients that fetch and go.

Door: PopService, PopSettings.
"""

from bocau.services.pop.service import PopService
from bocau.services.pop.settings import PopSettings

__all__ = ["PopService", "PopSettings"]
