"""The base subject: what a subject says without "Re:", "[list]" and "(fwd)" (RFC 5256 §2.1)."""

import re
from typing import Final

_SPACES: Final = re.compile(r"[ \t]{2,}+|\t")
# Possessive throughout: linear on any input.
_BLOB: Final = r"\[[^\[\]]*+\] *+"
_REPLY: Final = re.compile(rf"(?:{_BLOB})*+(?:re|fwd?) *+(?:{_BLOB})?+: *+", re.IGNORECASE)
_BLOBS: Final = re.compile(rf"(?:{_BLOB})++")
# What a subject with something to take away begins with, ends with or has in it.
_NEEDS_WORK: Final = re.compile(r"\A(?:re|fw|[ \[])|[ )\]]\Z|  |\t", re.IGNORECASE)
_TRAILER: Final = "(fwd)"
_FORWARD_HEAD: Final = "[fwd:"


def base_subject(subject: str) -> tuple[str, bool]:
    """(base subject, whether the message is a reply or a forward) of a decoded subject (RFC 5256 §2.1)."""
    if not _NEEDS_WORK.search(subject):
        return subject, False
    text = _SPACES.sub(" ", subject)
    is_reply = False
    while True:
        text, is_trailed = _without_trailers(text)
        text, is_led = _without_leaders(text)
        is_reply = is_reply or is_trailed or is_led
        if not (text.endswith("]") and text[: len(_FORWARD_HEAD)].lower() == _FORWARD_HEAD):
            return text, is_reply
        text = text[len(_FORWARD_HEAD) : -1]
        is_reply = True


def _without_trailers(text: str) -> tuple[str, bool]:
    """Step 2: every subj-trailer goes."""
    text = text.strip(" ")
    is_trailed = False
    while text.endswith(")") and text[-len(_TRAILER) :].lower() == _TRAILER:
        text = text[: -len(_TRAILER)].rstrip(" ")
        is_trailed = True
    return text, is_trailed


def _without_leaders(text: str) -> tuple[str, bool]:
    """Steps 3 to 5: every subj-leader goes, and every subj-blob before something else."""
    position = 0
    while (match := _REPLY.match(text, position)) is not None:
        position = match.end()
    blobs = _BLOBS.match(text, position)
    # No reply mark can follow these blobs: it would have been taken together with them.
    rest = position if blobs is None else blobs.end()
    if rest == len(text) and blobs is not None:
        rest = text.rindex("[")
    return text[rest:], position > 0
