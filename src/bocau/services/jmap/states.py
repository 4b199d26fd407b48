"""State strings (RFC 8620 §5.1), all of them made from the change log.

    Email, Thread, Mailbox    "<modseq>-<last email serial>"     MailState; with "-<part>" between two of them
    everything else           "<modseq of the last change of its kind>"

The serial tells what was created since from what was changed: an email with a greater serial is new.
"""

import re
from typing import Final, NamedTuple

from bocau.services.jmap.errors import MethodError

_MAIL: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,10})(?:-([1-9][0-9]{0,9}))?\Z", re.ASCII)
_PLAIN: Final = re.compile(r"[0-9]{1,18}\Z", re.ASCII)


class MailState(NamedTuple):
    """A moment of one account's mail."""

    modseq: int
    serial: int
    """Of the newest email."""
    part: int = 0
    """A client may stand within what one command did: see `store.emailchanges`."""

    def __str__(self) -> str:
        whole = f"{self.modseq}-{self.serial}"
        return f"{whole}-{self.part}" if self.part else whole


def parse_mail_state(text: str) -> MailState:
    """MethodError cannotCalculateChanges."""
    found = _MAIL.match(text)
    if found is None:
        raise MethodError("cannotCalculateChanges", "this is not a state of ours")
    return MailState(int(found[1]), int(found[2]), int(found[3] or 0))


def parse_push_state(text: str) -> int:
    """What a client was told last; 0 for what is not ours: then everything may have changed."""
    return int(text) if _PLAIN.match(text) else 0


def parse_plain_state(text: str) -> int:
    """MethodError cannotCalculateChanges."""
    if not _PLAIN.match(text):
        raise MethodError("cannotCalculateChanges", "this is not a state of ours")
    return int(text)
