"""Addresses: the canonical form under which everything is compared (RFC 5321 §4.1.2, RFC 6531, RFC 5890)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """A canonical address. `local_part` is unquoted, NFC, case kept; `domain` is lower-case A-labels without a
    final dot, or an address literal "[192.0.2.1]"."""

    local_part: str
    domain: str

    def __str__(self) -> str:
        """As on the wire: the local part is quoted when it must be."""
        raise NotImplementedError

    @property
    def key(self) -> tuple[str, str]:
        """(local part casefolded to its account key, domain): equal keys are the same mailbox here."""
        raise NotImplementedError

    @property
    def needs_smtputf8(self) -> bool:
        raise NotImplementedError


def parse_address(text: str) -> Address:
    """Read `local@domain` (no angle brackets, no display name). Raises `base.errors.SyntaxFault`."""
    raise NotImplementedError


def canonical_domain(text: str) -> str:
    """IDNA 2008 (UTS 46) to lower-case A-labels; SyntaxFault."""
    raise NotImplementedError


def display_domain(domain: str) -> str:
    """A-labels to U-labels, for people."""
    raise NotImplementedError
