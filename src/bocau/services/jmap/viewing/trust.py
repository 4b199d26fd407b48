"""Senders whose remote images are always shown: the preference `imageSenders` (docs/jmap.md)."""

from typing import Final

import msgspec

from bocau.store import Reading

NAME: Final = "imageSenders"
SENDERS_MAX: Final = 2000
_READ: Final = "SELECT value FROM preference WHERE account_id = ? AND name = ?"
_decoder: Final = msgspec.json.Decoder(list[str])


def image_senders(tx: Reading) -> frozenset[str]:
    """Their addresses in lower case; whatever else a client has put there is nobody."""
    value = tx.sql.value(_READ, (tx.account_id, NAME))
    try:
        found = _decoder.decode(value) if value else []
    except msgspec.MsgspecError:
        found = []
    return frozenset(one.lower() for one in found[:SENDERS_MAX])
