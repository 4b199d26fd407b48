"""The state of Quota (RFC 9425): the numbers themselves, so changes are told by comparing two of them.

"<bytes used>-<limit>-<mailboxes>"    without a limit "0-x-<mailboxes>": then nobody is told what is used
"""

import re
from typing import Final, NamedTuple

from bocau.services.jmap.errors import MethodError
from bocau.store import Reading

_STATE: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,18}|x)-([0-9]{1,9})\Z", re.ASCII)


class Held(NamedTuple):
    """The numbers of one account; as text, the state."""

    used_bytes: int
    """0 without a limit."""
    limit_bytes: int | None
    mailbox_count: int

    def __str__(self) -> str:
        limit = "x" if self.limit_bytes is None else self.limit_bytes
        return f"{self.used_bytes}-{limit}-{self.mailbox_count}"


def held(tx: Reading) -> Held:
    """What the account holds now. NoSuchAccount."""
    usage = tx.usage()
    used = 0 if usage.limit_bytes is None else usage.used_bytes
    return Held(used, usage.limit_bytes, tx.mailbox_count())


def parse_quota_state(state: str) -> Held:
    """MethodError cannotCalculateChanges."""
    found = _STATE.match(state)
    if found is None:
        raise MethodError("cannotCalculateChanges", "this is not a state of ours")
    return Held(int(found[1]), None if found[2] == "x" else int(found[2]), int(found[3]))
