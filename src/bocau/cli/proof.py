"""The proof of an import or export: how many messages, how many bytes, and one hash over all their hashes.

The summary is the SHA-256 of the sorted hexadecimal SHA-256s of all messages, a line each. It is the same
for the same messages in any order, so what `export` prints can be held against what a later `import` prints,
or against `sha256sum` over a Maildir.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from bocau.cli.failures import FAILED
from bocau.cli.output import counted, print_json, size

proof_option = click.option(
    "--proof", "proof_file", type=click.Path(path_type=Path), help="Write the hash of every message here."
)


@dataclass(slots=True)
class Proof:
    """Collects what went through."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    """(SHA-256 in hexadecimal, where)."""
    bytes_count: int = 0
    mailboxes: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    """What could not be carried over, and why."""

    def add(self, sha256: bytes, length: int, mailbox: str, where: str) -> None:
        self.lines.append((sha256.hex(), where))
        self.bytes_count += length
        self.mailboxes.add(mailbox)

    @property
    def summary(self) -> str:
        hashes = sorted(line[0] for line in self.lines)
        return hashlib.sha256("".join(f"{text}\n" for text in hashes).encode()).hexdigest()

    def write(self, path: Path) -> None:
        """The list in the format of sha256sum."""
        path.write_text("".join(f"{text}  {where}\n" for text, where in self.lines), "utf-8")

    def row(self) -> dict[str, Any]:
        return {
            "message_count": len(self.lines),
            "bytes": self.bytes_count,
            "mailbox_count": len(self.mailboxes),
            "sha256": self.summary,
            "faults": self.faults,
        }

    def sentence(self, verb: str) -> str:
        return (
            f"{verb} {counted(len(self.lines), 'message')} ({size(self.bytes_count)}) "
            f"in {counted(len(self.mailboxes), 'mailbox', 'mailboxes')}\n"
            f"sha256 of the sorted sha256s: {self.summary}"
        )

    def tell(self, verb: str, *, as_json: bool) -> int:
        """Print it, its faults to standard error; returns the exit status."""
        if as_json:
            print_json(self.row())
        else:
            click.echo(self.sentence(verb))
        for fault in self.faults:
            click.echo(f"bocau: {fault}", err=True)
        return FAILED if self.faults else 0
