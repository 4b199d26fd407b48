"""What SORT and THREAD order and group emails by, computed once for each message (RFC 5256, RFC 5957)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from bocau.formats.address_list import GroupMarker, Mailbox
from bocau.formats.base_subject import base_subject
from bocau.formats.casemap import casemap
from bocau.formats.message_ids import first_key, keys_in, message_key, pack_keys
from bocau.formats.words import decode_words

KEY_CHARACTERS_MAX: Final = 998
"""Of each text; what is longer is ordered by its beginning."""
NAMES_CACHED: Final = 2048
CACHED_BYTES_MAX: Final = 128
"""A longer name or address is folded anew each time."""


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
    subject_key = casemap(base)[:KEY_CHARACTERS_MAX]
    own = first_key(values.get(b"message-id", b""))
    references = keys_in(values[b"references"]) if b"references" in values else []
    related = first_key(values[b"in-reply-to"]) if b"in-reply-to" in values else 0
    if not references and related:
        references = [related]
    from_key, from_name = _address_keys(addresses.get(b"from", ()))
    to_key, to_name = _address_keys(addresses.get(b"to", ()))
    cc_key, _ = _address_keys(addresses.get(b"cc", ()))
    thread_keys = _thread_keys({own, related, *references}, subject_key) if own or references else ()
    return EmailKeys(
        own,
        pack_keys(references) if references else b"",
        is_reply,
        subject_key,
        from_key,
        to_key,
        cc_key,
        from_name,
        to_name,
        thread_keys,
    )


def _address_keys(addresses: Addresses) -> tuple[str, str]:
    """(addr-mailbox as in an ENVELOPE, RFC 5256 §3; what RFC 5957 §3 shows) of the first address.

    Shown are the name, else mailbox@host, else what there is of them."""
    if not addresses:
        return "", ""
    first = addresses[0]
    if isinstance(first, GroupMarker):
        key = _text_key(first.name or b"")
        return key, key
    name, _, local, host = first
    key = _text_key(local)
    if name and (shown := _text_key(name)):
        return key, shown
    return key, _text_key(local + b"@" + host) if host else key


def _text_key(octets: bytes) -> str:
    return (_known_key if len(octets) <= CACHED_BYTES_MAX else _new_key)(octets)


def _new_key(octets: bytes) -> str:
    return casemap(decode_words(octets[:KEY_CHARACTERS_MAX]).strip(" "))[:KEY_CHARACTERS_MAX]


# The same people write to each other: most names have been seen before.
_known_key = lru_cache(NAMES_CACHED)(_new_key)


def _thread_keys(identifiers: set[int], subject_key: str) -> tuple[int, ...]:
    """Each identifier joined with the subject; 0 stands for none."""
    identifiers.discard(0)
    subject = message_key(subject_key.encode("utf-8", "replace"))
    return tuple([identifier ^ subject for identifier in identifiers])
