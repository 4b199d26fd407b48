"""What SORT and THREAD order and group emails by, computed once for each message (RFC 5256, RFC 5957)."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from bocau.formats.address_list import GroupMarker, Mailbox
from bocau.formats.base_subject import base_subject
from bocau.formats.casemap import casemap
from bocau.formats.message_ids import first_key, keys_in, message_key, pack_keys
from bocau.formats.words import decode_words

KEY_CHARACTERS_MAX: Final = 998
"""Of each text; what is longer is ordered by its beginning."""


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
    thread_keys: tuple[int, ...] = ()
    """Each Message-ID in Message-ID, References and In-Reply-To, joined with the base subject: emails that
    share one belong to one thread (RFC 8621 §3)."""


Addresses = tuple[Mailbox | GroupMarker, ...]


def email_keys(
    values: Mapping[bytes, bytes], addresses: Mapping[bytes, Addresses], subject: str
) -> EmailKeys:
    """The keys of a message from its fields: values by lower-case name, the address lists of From, To and Cc,
    and the decoded subject."""
    base, is_reply = base_subject(subject)
    folded = casemap(base)[:KEY_CHARACTERS_MAX]
    own = first_key(values.get(b"message-id", b""))
    references = keys_in(values[b"references"]) if b"references" in values else []
    related = first_key(values[b"in-reply-to"]) if b"in-reply-to" in values else 0
    if not references and related:
        references = [related]
    sender, recipient = addresses.get(b"from", ()), addresses.get(b"to", ())
    return EmailKeys(
        own,
        pack_keys(references) if references else b"",
        is_reply,
        folded,
        _mailbox_key(sender),
        _mailbox_key(recipient),
        _mailbox_key(addresses.get(b"cc", ())),
        _name_key(sender),
        _name_key(recipient),
        _thread_keys({own, related, *references} if references else {own}, folded),
    )


def _mailbox_key(addresses: Addresses) -> str:
    """RFC 5256 §3: addr-mailbox of the first address, as an ENVELOPE has it; "" for none."""
    if not addresses:
        return ""
    first = addresses[0]
    return _text_key((first.name or b"") if isinstance(first, GroupMarker) else first.local)


def _name_key(addresses: Addresses) -> str:
    """RFC 5957 §3: the name, else mailbox@host, else what there is of them."""
    if not addresses:
        return ""
    first = addresses[0]
    if isinstance(first, GroupMarker):
        return _text_key(first.name or b"")
    if first.name and (name := _text_key(first.name)):
        return name
    return _text_key(first.local + b"@" + first.host if first.host else first.local)


def _text_key(octets: bytes) -> str:
    if octets.isascii() and b"=?" not in octets and len(octets) <= KEY_CHARACTERS_MAX:
        text = octets.upper().decode("ascii").strip(" ")
        if text.isprintable():
            return text
    return casemap(decode_words(octets[:KEY_CHARACTERS_MAX]).strip(" "))[:KEY_CHARACTERS_MAX]


def _thread_keys(identifiers: set[int], subject_key: str) -> tuple[int, ...]:
    """Each identifier joined with the subject, ascending; 0 stands for none."""
    identifiers.discard(0)
    if not identifiers:
        return ()
    salt = message_key(subject_key.encode("utf-8", "replace")) if subject_key else 0
    return tuple(sorted([identifier ^ salt for identifier in identifiers]))
