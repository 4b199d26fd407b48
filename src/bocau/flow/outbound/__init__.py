"""Sending to other servers. Door: Outbound."""

from bocau.flow.outbound.outbound import Outbound
from bocau.flow.outbound.verdict import Attempt, Fate, Verdict

__all__ = ["Attempt", "Fate", "Outbound", "Verdict"]
