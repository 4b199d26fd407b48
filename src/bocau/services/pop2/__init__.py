"""POP2 for programs of another time (RFC 937): the same snapshot of a mailbox as POP3, by other words.

Door: Pop2Service.
"""

from bocau.services.pop2.service import Pop2Service

__all__ = ["Pop2Service"]
