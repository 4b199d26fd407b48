"""Gather every citation `RFC 9051 §6.4.5` of the sources in docs/rfc/index.md: RFC → section → code → tests.

    docs/rfc/sections.txt ─→ titles, section numbers that exist ─┐
    src, tests ─→ citations ─────────────────────────────────────┴→ index.md, or what is wrong

Run it after citing something new: `python docs/rfc/generate.py`. A test fails when the page is out of step.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
INDEX: Final = HERE / "index.md"
KINDS: Final = frozenset((".py", ".sql", ".txt"))
SKIPPED: Final = frozenset(("mailbench", "test_documents.py"))
"""Names of folders and files without citations of ours; the second tests this file."""
NOT_CITATIONS: Final = re.compile(r"RFC822\b")
"""An IMAP word."""
CITATION: Final = re.compile(r"RFC\s?(\d{3,4})\b((?:,?(?:\s#)?\s+§[\d.]*\d(?:[–-][\d.]*\d)?)*)")
TRANSCRIPT: Final = re.compile(r"^# rfc: (.+?)(?:\s{2,}|$)", re.M)
"""How transcripts begin: `# rfc: 5321 §4.1.4, 3030 §2    What is shown`."""
SECTION: Final = re.compile(r"§([\d.]*\d)(?:[–-]([\d.]*\d))?")

INTRODUCTION: Final = """# The RFCs and where they are

Which section is implemented where, and tested where; made by `docs/rfc/generate.py` from the citations in the
sources. Do not edit it by hand.
"""
UNCHECKED: Final = "*The section numbers of this RFC are not checked.*"


@dataclass(slots=True)
class Rfc:
    """What is known of one RFC."""

    title: str
    sections: set[str] = field(default_factory=set)


UNKNOWN: Final = Rfc("")
"""One that sections.txt does not list."""


@dataclass(frozen=True, slots=True, order=True)
class Citation:
    number: int
    first: str
    """The section, or "" for the RFC as a whole."""
    last: str
    """The end of a range such as §4.1–4, or ""."""
    path: str

    @property
    def label(self) -> str:
        if not self.first:
            return "as a whole"
        return f"§{self.first}–{self.last}" if self.last else f"§{self.first}"

    @property
    def is_test(self) -> bool:
        return "tests/" in self.path


def known_rfcs() -> dict[int, Rfc]:
    """sections.txt, read."""
    rfcs: dict[int, Rfc] = {}
    number = 0
    for line in (HERE / "sections.txt").read_text("utf-8").splitlines():
        if line.startswith(" "):
            for word in line.split():
                rfcs[number].sections.update(expand(word))
        elif line and not line.startswith("#"):
            digits, _, title = line.partition(" ")
            number = int(digits)
            rfcs[number] = Rfc(title)
    return rfcs


def expand(word: str) -> Iterator[str]:
    """4.1-3 → 4.1, 4.2, 4.3."""
    first, _, last = word.partition("-")
    parent, dot, start = first.rpartition(".")
    for index in range(int(start), int(last or start) + 1):
        yield f"{parent}{dot}{index}"


def citations() -> list[Citation]:
    """All of them, sorted."""
    found: set[Citation] = set()
    for folder in ("src", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in KINDS and SKIPPED.isdisjoint(path.parts):
                found.update(citations_of(path.read_text("utf-8", "replace"), str(path.relative_to(ROOT))))
    return sorted(found, key=lambda c: (c.number, section_key(c.first), c.last, c.path))


def citations_of(text: str, path: str) -> Iterator[Citation]:
    """Those of one file: in prose `RFC 5321 §4.1.2, §4.4`; in a transcript's first line without "RFC"."""
    for match in CITATION.finditer(NOT_CITATIONS.sub("", text)):
        yield from sections_of(int(match[1]), match[2], path)
    for line in TRANSCRIPT.finditer(text):
        for match in re.finditer(r"(?<![\d.§–-])(\d{3,4})\b((?:,?\s*§[\d.]*\d(?:[–-][\d.]*\d)?)*)", line[1]):
            yield from sections_of(int(match[1]), match[2], path)


def sections_of(number: int, text: str, path: str) -> Iterator[Citation]:
    found = SECTION.findall(text)
    if not found:
        yield Citation(number, "", "", path)
    for first, last in found:
        yield Citation(number, first, last, path)


def section_key(section: str) -> list[int]:
    return [int(part) for part in section.split(".")] if section else []


def faults(found: list[Citation], rfcs: dict[int, Rfc]) -> list[str]:
    """Citations of what does not exist."""
    wrong = []
    for c in found:
        rfc = rfcs.get(c.number)
        if rfc is not None and rfc.sections and c.first:
            wrong += [f"{c.path}: RFC {c.number} has no §{s}" for s in ends_of(c) if s not in rfc.sections]
    return wrong


def ends_of(citation: Citation) -> list[str]:
    """§4.1.1.6–9 → 4.1.1.6, 4.1.1.9."""
    if not citation.last:
        return [citation.first]
    parent, dot, _ = citation.first.rpartition(".")
    last = citation.last if "." in citation.last else f"{parent}{dot}{citation.last}"
    return [citation.first, last]


def page(found: list[Citation], rfcs: dict[int, Rfc]) -> str:
    """The whole of index.md."""
    parts = [INTRODUCTION]
    for number in sorted({c.number for c in found}):
        parts.append(
            "\n".join(part_of(number, rfcs.get(number, UNKNOWN), [c for c in found if c.number == number]))
            + "\n"
        )
    return "\n".join(parts)


def part_of(number: int, rfc: Rfc, found: list[Citation]) -> Iterator[str]:
    yield f"## RFC {number}: {rfc.title}\n" if rfc.title else f"## RFC {number}\n"
    if not rfc.sections and any(c.first for c in found):
        yield f"{UNCHECKED}\n"
    yield "| section | code | tests |\n|---|---|---|"
    for label in dict.fromkeys(c.label for c in found):
        same = [c for c in found if c.label == label]
        code, tests = ([c.path for c in same if c.is_test is is_test] for is_test in (False, True))
        yield f"| {label} | {links(code)} | {links(tests)} |"


def links(paths: list[str]) -> str:
    return ", ".join(f"[{short(path)}](../../{path})" for path in paths)


def short(path: str) -> str:
    """src/bocau/services/imap/commands/idle.py → services/imap/commands/idle.py."""
    return path.removeprefix("src/bocau/")


def main() -> int:
    found, rfcs = citations(), known_rfcs()
    if wrong := faults(found, rfcs):
        print("\n".join(wrong), file=sys.stderr)
        return 1
    INDEX.write_text(page(found, rfcs), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
