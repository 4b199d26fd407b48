"""Trace fields: who handed this message to whom, and when (RFC 5321 §4.4, RFC 3848, RFC 6531 §3.7.3).

Whatever the peer said about itself is reduced to harmless characters: nothing here can begin another field.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from bocau.formats.address import Address
from bocau.formats.date import format_date
from bocau.formats.header import HEADER_BYTES_MAX, body_start

NAME_OCTETS_MAX: Final = 255
"""Of each thing that the peer named."""
WAYS_MAX: Final = 256
"""Clients whose part of the field is remembered: most come with several messages."""
DATES_MAX: Final = 4

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.:_\[\]-]")
_UNSAFE_CLAUSE: Final = re.compile(r"[^A-Za-z0-9._@-]")


class Hop(NamedTuple):
    """One arrival here, as `received()` tells it."""

    server_name: str
    protocol: str
    """RFC 3848 / RFC 6531 keyword: ESMTPS, LMTP, UTF8SMTPSA…"""
    trace_id: str
    at: int
    """Unix seconds."""
    client_host: str = ""
    """IP address; "" when the message was made here."""
    client_name: str = ""
    """Name proven by DNS; "" when none."""
    helo: str = ""
    tls_version: str = ""
    tls_cipher: str = ""
    recipients: tuple[Address, ...] = ()
    """Named only when there is exactly one: the others must not learn of each other (RFC 5321 §7.2)."""


def received(hop: Hop) -> bytes:
    """Build the `Received:` field of this hop, with its line end."""
    way = _way(
        hop.server_name,
        hop.protocol,
        hop.client_host,
        hop.client_name,
        hop.helo,
        hop.tls_version,
        hop.tls_cipher,
    )
    date = _date(hop.at)
    path = _sole_recipient(hop)
    end = f";\r\n\t{date}" if path is None else f"\r\n\tfor <{path}>; {date}"
    return f"Received: {way}{_clause('id', hop.trace_id)}{end}\r\n".encode("utf-8", "replace")


@lru_cache(WAYS_MAX)
def _way(
    server_name: str,
    protocol: str,
    client_host: str,
    client_name: str,
    helo: str,
    tls_version: str,
    tls_cipher: str,
) -> str:
    """What the hops of one client have in common."""
    lines = []
    if client_host:
        name = f"{_safe(client_name)} " if client_name else ""
        lines.append(f"from {_safe(helo)} ({name}{_literal(client_host)})")
    if tls_version:
        lines.append(f"(using {_safe(tls_version)} with cipher {_safe(tls_cipher)})")
    lines.append(f"by {_safe(server_name)}{_clause('with', protocol)}")
    return "\r\n\t".join(lines)


@lru_cache(DATES_MAX)
def _date(at: int) -> str:
    """The messages of one second share it."""
    return format_date(at)


def return_path(reverse_path: Address | None) -> bytes:
    """Build the `Return-Path:` field of final delivery, with its line end; None is the null path."""
    path = "" if reverse_path is None else str(reverse_path)
    return f"Return-Path: <{path if path.isprintable() else ''}>\r\n".encode("utf-8", "replace")


def received_count(data: bytes) -> int:
    """How many `Received:` fields a message has: the loop detector (RFC 5321 §6.3)."""
    header = b"\n" + data[: min(body_start(data), HEADER_BYTES_MAX)].lower()
    return header.count(b"\nreceived:") + header.count(b"\nreceived :")


def _safe(text: str) -> str:
    return _UNSAFE.sub("?", text[:NAME_OCTETS_MAX]) or "unknown"


def _literal(host: str) -> str:
    """RFC 5321 §4.1.3."""
    bare = _safe(host).strip("[]")
    return f"[IPv6:{bare}]" if ":" in bare else f"[{bare}]"


def _clause(word: str, text: str) -> str:
    return f" {word} {_UNSAFE_CLAUSE.sub('?', text[:NAME_OCTETS_MAX])}" if text else ""


def _sole_recipient(hop: Hop) -> str | None:
    if len(hop.recipients) != 1:
        return None
    path = str(hop.recipients[0])
    # RFC 6531 §3.7.3 would allow raw UTF-8; but an alias may lead to a server that takes ASCII headers only.
    return path if path.isascii() and path.isprintable() else None
