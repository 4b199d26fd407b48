"""Capability words that some clients had better not see.

    "eM Client*"     = "SCRAM-SHA-256 SCRAM-SHA-1"      by the name of its ID command (RFC 2971)
    "192.0.2.0/24"   = "COMPRESS"                       by the network it comes from

A word switches off itself, and what it heads: "COMPRESS" COMPRESS=DEFLATE, "SCRAM-SHA-256" the mechanism of
this name wherever it is announced, -PLUS too.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, Self

from bocau.base.errors import SyntaxFault

WORDS_MAX: Final = 50
PATTERN_CHARACTERS_MAX: Final = 100
NOTHING: Final[frozenset[str]] = frozenset()
KEPT: Final = frozenset(("AUTH", "IMAP4REV1", "IMAP4REV2", "LOGINDISABLED", "STARTTLS", "STLS", "SASL"))
"""Without these nobody could log in, or only in clear text."""
_WORD: Final = re.compile(r"[A-Z0-9][A-Z0-9=+_.&/-]{0,63}")
_MECHANISM: Final = "AUTH="
_PLUS: Final = "-PLUS"


def words(text: str) -> frozenset[str]:
    """Read words between commas or spaces. SyntaxFault with a text for people."""
    given = frozenset(text.upper().replace(",", " ").split(" ")) - {""}
    if len(given) > WORDS_MAX:
        raise SyntaxFault(f"more than {WORDS_MAX} words")
    for word in sorted(given):
        if not _WORD.fullmatch(word):
            raise SyntaxFault(f"{word!r} is no capability word")
        if word in KEPT:
            raise SyntaxFault(f"{word} cannot be switched off")
    return given


def leaves_out(without: frozenset[str], word: str) -> bool:
    """Whether the announced `word` (upper case) is switched off."""
    if not without:
        return False
    bare = word.removeprefix(_MECHANISM)
    if word == bare:
        return not without.isdisjoint((word, word.partition("=")[0]))
    return not without.isdisjoint((word, bare, word.removesuffix(_PLUS), bare.removesuffix(_PLUS)))


def leaves_out_mechanism(without: frozenset[str], name: str) -> bool:
    """Whether the SASL mechanism `name` is switched off."""
    return leaves_out(without, _MECHANISM + name)


@dataclass(frozen=True, slots=True)
class Quirk:
    """Who shall not see which words; either a network or the pattern of a client's name."""

    without: frozenset[str]
    network: IPv4Network | IPv6Network | None = None
    client: str = ""
    """Case does not matter; `*` stands for anything."""

    @classmethod
    def parse(cls, who: str, text: str) -> Self:
        """Raises SyntaxFault."""
        try:
            return cls(words(text), network=ip_network(who))
        except ValueError:
            if not 0 < len(who) <= PATTERN_CHARACTERS_MAX:
                raise SyntaxFault(f"a client's name has 1 to {PATTERN_CHARACTERS_MAX} characters") from None
            return cls(words(text), client=who.casefold())


BUILT_IN: Final = (
    # The application for telephones begins SCRAM-SHA-1, gives it up after the server's first message, and
    # says LOGOUT where "*" is due; the login fails for good (github.com/mjl-/mox, issue 253).
    Quirk(frozenset(("SCRAM-SHA-256", "SCRAM-SHA-1")), client="em client*"),
    Quirk(frozenset(("SCRAM-SHA-256", "SCRAM-SHA-1")), client="emclient*"),
)
"""Faults that are known from the field."""


def without_for_host(quirks: Iterable[Quirk], host: str) -> frozenset[str]:
    """What a client from this address shall not see."""
    found = [quirk for quirk in quirks if quirk.network is not None]
    if not found:
        return NOTHING
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return NOTHING
    mapped = getattr(address, "ipv4_mapped", None) or address
    return NOTHING.union(*(q.without for q in found if q.network is not None and mapped in q.network))


def without_for_client(quirks: Iterable[Quirk], name: str, version: str) -> frozenset[str]:
    """What a client that calls itself so shall not see."""
    names = name.casefold(), f"{name} {version}".casefold()
    return NOTHING.union(
        *(q.without for q in quirks if q.client and any(fnmatchcase(one, q.client) for one in names))
    )
