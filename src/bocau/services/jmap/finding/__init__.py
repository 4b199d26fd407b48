"""Which emails a filter means, in which order (RFC 8621 §4.4).

filter → terms (filters)                  ─┐
emails, column by column (pool, loading)  ─┼→ judged all at once (evaluating; asking: the full-text index)
                                           │  → those in doubt are read (verifying)
sort → orders (sorting)                   ─┴→ the list (finding), kept for the next page (kept)
"""

from bocau.services.jmap.finding.finding import Found, find
from bocau.services.jmap.finding.kept import Kept

__all__ = ["Found", "Kept", "find"]
