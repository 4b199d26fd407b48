"""Addresses: the canonical form under which everything is compared (RFC 5321 §4.1.2, RFC 6531, RFC 5890).

    text → last "@" → local part (dot-string or quoted, NFC) + domain (A-labels or address literal)

Nothing in a local part is ever interpreted: `v%b@a`, `b!v@a` and `"v@b"@a` are three names at a.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bocau.base.errors import SyntaxFault

LOCAL_PART_OCTETS_MAX: Final = 128
"""RFC 5321 §4.5.3.1.1 says 64, but senders rewritten by SRS or VERP are longer, and their mail is real."""
DOMAIN_OCTETS_MAX: Final = 255
"""RFC 5321 §4.5.3.1.2."""
PARSED_MAX: Final = 1024
"""Addresses whose reading is remembered: those who write and are written to, do so again."""
ADDRESS_OCTETS_MAX: Final = 254
"""RFC 5321 §4.5.3.1.3: a path has 256 octets, two of them the angle brackets."""

_DOT_STRING: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\U0010ffff]++(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\U0010ffff]++)*+"
)
_QUOTED: Final = re.compile(r'"((?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*+)"')
_QUOTED_PAIR: Final = re.compile(r"\\(.)")
# The underscore is no host name character (RFC 1123 §2.1), yet mail from such hosts must be answerable.
_DOMAIN: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*+")
_IPV4_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4: Final = re.compile(rf"{_IPV4_OCTET}(?:\.{_IPV4_OCTET}){{3}}", re.ASCII)
_JOINERS: Final = "\u200c\u200d"
"""Zero-width (non-)joiners: words of Persian and the Indic scripts need them."""


@dataclass(frozen=True, slots=True)
class Address:
    """A canonical address. `local_part` is unquoted, NFC, case kept; `domain` is lower-case A-labels without
    a final dot, or an address literal "[192.0.2.1]"."""

    local_part: str
    domain: str

    def __str__(self) -> str:
        """As on the wire: the local part is quoted when it must be."""
        return f"{quote_local_part(self.local_part)}@{self.domain}"

    @property
    def key(self) -> tuple[str, str]:
        """(local part casefolded to its account key, domain): equal keys are the same mailbox here."""
        return fold_local_part(self.local_part), self.domain

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only an SMTPUTF8 server can take it (RFC 6531 §3.2); a domain always has an ASCII form."""
        return not self.local_part.isascii()


@lru_cache(PARSED_MAX)
def parse_address(text: str) -> Address:
    """Read `local@domain` (no angle brackets, no display name). Raises `base.errors.SyntaxFault`."""
    if len(text) > ADDRESS_OCTETS_MAX:
        raise SyntaxFault("address too long")
    local, at, domain = text.rpartition("@")
    if not at:
        raise SyntaxFault("address without @")
    local_part = _local_part(local)
    address = Address(local_part, address_literal(domain) if domain[:1] == "[" else canonical_domain(domain))
    if len(local_part) + len(address.domain) >= ADDRESS_OCTETS_MAX or not local_part.isascii():
        _check_octets(address)
    return address


def _local_part(text: str) -> str:
    if text[:1] == '"':
        quoted = _QUOTED.fullmatch(text)
        if quoted is None:
            raise SyntaxFault("bad quoted local part")
        text = _QUOTED_PAIR.sub(r"\1", quoted[1])
    elif not _DOT_STRING.fullmatch(text):
        raise SyntaxFault("bad local part")
    if not text.isascii():
        text = _international(text)
    if len(text) > LOCAL_PART_OCTETS_MAX:
        raise SyntaxFault("local part too long")
    return text


def _international(text: str) -> str:
    """NFC (RFC 6531 §3.1 asks for it); what cannot be seen or stored is refused."""
    text = unicodedata.normalize("NFC", text)
    if not all(char.isprintable() or char in _JOINERS for char in text):
        raise SyntaxFault("invisible character in local part")
    return text


def _check_octets(address: Address) -> None:
    if len(address.local_part.encode()) > LOCAL_PART_OCTETS_MAX:
        raise SyntaxFault("local part too long")
    if len(str(address).encode()) > ADDRESS_OCTETS_MAX:
        raise SyntaxFault("address too long")


def quote_local_part(local_part: str) -> str:
    """RFC 5321 §4.1.2: a Dot-string as it stands, anything else as a Quoted-string."""
    if _DOT_STRING.fullmatch(local_part):
        return local_part
    escaped = local_part.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def fold_local_part(local_part: str) -> str:
    """The account key: without case and compatibility differences (K, ſ, ß, full-width), composed."""
    if local_part.isascii():
        return local_part.casefold()
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", local_part).casefold())
    return unicodedata.normalize("NFKC", once.casefold())


def canonical_domain(text: str) -> str:
    """IDNA 2008 (UTS 46) to lower-case A-labels; SyntaxFault."""
    if len(text) > DOMAIN_OCTETS_MAX:
        raise SyntaxFault("domain too long")
    domain = (text.casefold() if text.isascii() else _a_labels(text)).removesuffix(".")
    if len(domain) > DOMAIN_OCTETS_MAX - 2 or not _DOMAIN.fullmatch(domain):
        raise SyntaxFault("bad domain")
    return domain


def _a_labels(text: str) -> str:
    import idna  # 8 MB of tables: most servers never meet a U-label

    try:
        return idna.encode(text, uts46=True, transitional=False).decode("ascii")
    except UnicodeError as error:
        raise SyntaxFault("bad international domain") from error


def display_domain(domain: str) -> str:
    """A-labels to U-labels, for people. A label that is no valid A-label stays as it is."""
    if "xn--" not in domain:
        return domain
    return ".".join(_u_label(label) for label in domain.split("."))


def _u_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    import idna

    try:
        return idna.ulabel(label)
    except UnicodeError:
        return label


def address_literal(text: str) -> str:
    """Read "[192.0.2.1]" or "[IPv6:2001:db8::1]" to its canonical spelling (RFC 5321 §4.1.3); SyntaxFault."""
    inner = text[1:-1]
    if text[:1] != "[" or text[-1:] != "]" or len(text) > 64 or not inner.isascii():
        raise SyntaxFault("bad address literal")
    if _IPV4.fullmatch(inner):
        return text
    if inner[:5].casefold() != "ipv6:":
        raise SyntaxFault("bad address literal")
    return f"[IPv6:{_ipv6(inner[5:])}]"


def literal_of(host: str) -> str:
    """An IP address as an address literal (RFC 5321 §4.1.3); IPv4 stays IPv4 on an IPv6 socket."""
    bare = host.removeprefix("::ffff:")
    return f"[IPv6:{bare}]" if ":" in bare else f"[{bare}]"


def _ipv6(text: str) -> str:
    from ipaddress import IPv6Address

    try:
        address = IPv6Address(text)
    except ValueError as error:
        raise SyntaxFault("bad IPv6 address") from error
    if address.scope_id:
        raise SyntaxFault("IPv6 address with a zone")
    return address.compressed
