"""SMTP, submission and LMTP on the wire (RFC 5321, 6409, 2033). Pure.

Door: ServerEngine, Dialect, Reply, ReplyReader and the events.
"""

from bocau.protocols.smtp.engine import Dialect, ServerEngine
from bocau.protocols.smtp.limits import BodyLimits
from bocau.protocols.smtp.reply import Reply, ReplyReader
from bocau.protocols.smtp.states import State

__all__ = ["BodyLimits", "Dialect", "Reply", "ReplyReader", "ServerEngine", "State"]
