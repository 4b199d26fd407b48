"""Finding header fields by name, as they stand in the message (RFC 9051 §6.4.5, HEADER.FIELDS)."""

import re
from functools import lru_cache


@lru_cache(maxsize=128)
def fields_named(names: frozenset[bytes]) -> "re.Pattern[bytes]":
    """Finds whole fields of these names, folds included, as `formats.header.fields` delimits them."""
    return re.compile(
        rb"^(?:%b)[ \t]*+(?:\r?\n[ \t]++)?:[^\n]*+(?:\n[ \t][^\n]*+)*+\n?"
        % b"|".join(re.escape(name) for name in sorted(names)),
        re.MULTILINE | re.IGNORECASE,
    )
