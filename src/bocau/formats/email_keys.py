"""What SORT and THREAD order and group emails by, computed once for each message (RFC 5256, RFC 5957)."""

from collections.abc import Mapping
from typing import NamedTuple

from bocau.formats.base_subject import base_subject
from bocau.formats.casemap import casemap
from bocau.formats.correspondents import KEY_CHARACTERS_MAX, Correspondents
from bocau.formats.message_ids import first_key, keys_in, message_key, pack_keys


class EmailKeys(NamedTuple):
    """Texts are folded by i;unicode-casemap (RFC 5051): they compare and sort as they are."""

    message_key: int = 0
    """64-bit hash of the Message-ID, signed; 0: none."""
    reference_keys: bytes = b""
    """Of References, else of the first Message-ID in In-Reply-To (RFC 5256 §3): 8 bytes each, little-endian,
    oldest first."""
    is_reply: bool = False
    """The subject marks a reply or a forward (RFC 5256 §2.1)."""
    subject_key: str = ""
    """The base subject."""
    from_key: str = ""
    """addr-mailbox of the first address; a group's name."""
    to_key: str = ""
    cc_key: str = ""
    from_name: str = ""
    """What RFC 5957 §3 shows of the first address: its name, else the address."""
    to_name: str = ""
    has_attachment: bool = False
    """There is something to open or save beside the text (`formats.attachments`)."""
    thread_keys: tuple[int, ...] = ()
    """Each Message-ID in Message-ID, References and In-Reply-To, joined with the base subject: emails that
    share one belong to one thread (RFC 8621 §3)."""


def email_keys(
    values: Mapping[bytes, bytes],
    named: tuple[Correspondents, Correspondents, Correspondents],
    subject: str,
    has_attachment: bool,
) -> EmailKeys:
    """The keys of a message from its fields: values by lower-case name, whom From, To and Cc name, and the
    decoded subject; `has_attachment` is known from its parts."""
    base, is_reply = base_subject(subject)
    subject_key = casemap(base)[:KEY_CHARACTERS_MAX]
    own = first_key(values[b"message-id"]) if b"message-id" in values else 0
    references = keys_in(values[b"references"]) if b"references" in values else []
    related = first_key(values[b"in-reply-to"]) if b"in-reply-to" in values else 0
    if not references and related:
        references = [related]
    author, to, cc = named
    return EmailKeys(
        own,
        pack_keys(references) if references else b"",
        is_reply,
        subject_key,
        author.key,
        to.key,
        cc.key,
        author.name,
        to.name,
        has_attachment,
        _thread_keys({own, related, *references}, subject_key) if own or references else (),
    )


def _thread_keys(identifiers: set[int], subject_key: str) -> tuple[int, ...]:
    """Each identifier joined with the subject; 0 stands for none."""
    identifiers.discard(0)
    subject = message_key(subject_key.encode("utf-8", "replace"))
    return tuple([identifier ^ subject for identifier in identifiers])
