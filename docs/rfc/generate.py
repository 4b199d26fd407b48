"""Gather every citation `RFC 9051 §6.4.5` of the sources in docs/rfc/index.md: RFC → section → code → tests.

    docs/rfc/extensions.txt ─→ what is promised ─────────────────┐
    docs/rfc/sections.txt ─→ titles, section numbers that exist ─┤
    src, tests ─→ citations ─────────────────────────────────────┴→ index.md, or what is wrong

Run it after citing something new: `python docs/rfc/generate.py`. A test fails when the page is out of step.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
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
SECTIONS: Final = r"((?:,?(?:\s#)?\s+§[\d.]*\d(?:[–-][\d.]*\d)?)*)"
CITATION: Final = re.compile(rf"RFC\s?(\d{{3,4}})\b{SECTIONS}")
FURTHER: Final = re.compile(rf",\s+(\d{{3,4}})\b(?=[,;.:)]|\s+§){SECTIONS}")
"""More of them, without "RFC": `RFC 5802, 7677; …`."""
TRANSCRIPT: Final = re.compile(r"^# rfc: (.+?)(?:\s{2,}|$)", re.M)
"""How transcripts begin: `# rfc: 5321 §4.1.4, 3030 §2    What is shown`."""
SECTION: Final = re.compile(r"§([\d.]*\d)(?:[–-]([\d.]*\d))?")

SOURCE_NUMBER: Final = re.compile(r"(?<![§.\d])\d{3,4}\b")
LINKS_MAX: Final = 5
"""In a row of the first tables; the part of the RFC has them all."""

INTRODUCTION: Final = """# The RFCs and where they are

First each extension that is offered, then each RFC: which section is implemented where, and tested where.
Made by `docs/rfc/generate.py` from `extensions.txt`, `sections.txt` and the citations in the sources.
Do not edit it by hand.
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

    def is_below(self, other: "Citation") -> bool:
        """Whether it is of the same section or one within it."""
        return not other.first or f"{self.first}.".startswith(f"{other.first}.")


@dataclass(frozen=True, slots=True)
class Extension:
    """A line of extensions.txt."""

    group: str
    words: tuple[str, ...]
    source: str
    """Where it is defined: `7162 §3.1`, or a text in quotes."""
    state: str

    @property
    def is_announced(self) -> bool:
        return self.state == "announced"

    def files(self, found: list[Citation]) -> tuple[list[str], list[str]]:
        """The code and the tests that cite it."""
        if self.source.startswith('"'):
            return parted(path for path, text in sources() if self.source.strip('"') in text)
        wanted = list(citations_of(f"RFC {self.source}.", ""))
        return parted(c.path for c in found if any(c.number == w.number and c.is_below(w) for w in wanted))


def parted(paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """Code and tests, each once."""
    code_and_tests: tuple[list[str], list[str]] = ([], [])
    for path in sorted(set(paths)):
        code_and_tests[is_test(path)].append(path)
    return code_and_tests


def is_test(path: str) -> bool:
    return "tests/" in path


def extensions() -> list[Extension]:
    """extensions.txt, read."""
    group, found = "", []
    for line in (HERE / "extensions.txt").read_text("utf-8").splitlines():
        if line.startswith("## "):
            group = line[3:]
        elif line and not line.startswith("#"):
            words, source, state = line.split(" | ")
            found.append(Extension(group, tuple(words.split(", ")), source, state))
    return found


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
    for path, text in sources():
        found.update(citations_of(text, path))
    return sorted(found, key=lambda c: (c.number, section_key(c.first), c.last, c.path))


@cache
def sources() -> list[tuple[str, str]]:
    """Path and text of every file of the code and of the tests."""
    return [
        (str(path.relative_to(ROOT)), path.read_text("utf-8", "replace"))
        for folder in ("src", "tests")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in KINDS and SKIPPED.isdisjoint(path.parts)
    ]


def citations_of(text: str, path: str) -> Iterator[Citation]:
    """Those of one file: in prose `RFC 5321 §4.1.2, §4.4`; in a transcript's first line without "RFC"."""
    prose = NOT_CITATIONS.sub("", text)
    for citation in CITATION.finditer(prose):
        match: re.Match[str] | None = citation
        while match is not None:
            yield from sections_of(int(match[1]), match[2], path)
            match = FURTHER.match(prose, match.end())
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


def unproven(found: list[Citation]) -> list[str]:
    """What extensions.txt promises without code, or without a test."""
    return [
        f"extensions.txt: no {kind} cites {extension.source} ({', '.join(extension.words)})"
        for extension in extensions()
        for paths, kind in zip(extension.files(found), ("code", "test"), strict=True)
        if not paths
    ]


def ends_of(citation: Citation) -> list[str]:
    """§4.1.1.6–9 → 4.1.1.6, 4.1.1.9."""
    if not citation.last:
        return [citation.first]
    parent, dot, _ = citation.first.rpartition(".")
    last = citation.last if "." in citation.last else f"{parent}{dot}{citation.last}"
    return [citation.first, last]


def page(found: list[Citation], rfcs: dict[int, Rfc]) -> str:
    """The whole of index.md."""
    parts = [INTRODUCTION + "\n".join(promises(found, rfcs)) + "\n"]
    for number in sorted({c.number for c in found}):
        parts.append(
            "\n".join(part_of(number, rfcs.get(number, UNKNOWN), [c for c in found if c.number == number]))
            + "\n"
        )
    return "\n".join(parts)


def promises(found: list[Citation], rfcs: dict[int, Rfc]) -> Iterator[str]:
    """What extensions.txt lists, a table for each group."""
    for group, members in groupby(extensions(), lambda extension: extension.group):
        yield f"\n## {group}\n"
        yield "| what | defined in | state | code | tests |\n|---|---|---|---|---|"
        for extension in members:
            what, (code, tests) = ", ".join(extension.words), extension.files(found)
            where = SOURCE_NUMBER.sub(lambda match: linked(int(match[0]), rfcs), extension.source.strip('"'))
            yield f"| {what} | {where} | {extension.state} | {few(code)} | {few(tests)} |"


def linked(number: int, rfcs: dict[int, Rfc]) -> str:
    """4314 → a link to its part of the page."""
    heading = heading_of(number, rfcs.get(number, UNKNOWN)).lower()
    anchor = re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")
    return f"[{number}](#{anchor})"


def few(paths: list[str]) -> str:
    more = len(paths) - LINKS_MAX
    return f"{links(paths[:LINKS_MAX])} and {more} more" if more > 0 else links(paths)


def heading_of(number: int, rfc: Rfc) -> str:
    return f"RFC {number}: {rfc.title}" if rfc.title else f"RFC {number}"


def part_of(number: int, rfc: Rfc, found: list[Citation]) -> Iterator[str]:
    yield f"## {heading_of(number, rfc)}\n"
    if not rfc.sections and any(c.first for c in found):
        yield f"{UNCHECKED}\n"
    yield "| section | code | tests |\n|---|---|---|"
    for label in dict.fromkeys(c.label for c in found):
        same = [c for c in found if c.label == label]
        code, tests = ([c.path for c in same if is_test(c.path) is of_tests] for of_tests in (False, True))
        yield f"| {label} | {links(code)} | {links(tests)} |"


def links(paths: list[str]) -> str:
    return ", ".join(f"[{short(path)}](../../{path})" for path in paths)


def short(path: str) -> str:
    """src/bocau/services/imap/commands/idle.py → services/imap/commands/idle.py."""
    return path.removeprefix("src/bocau/")


def main() -> int:
    found, rfcs = citations(), known_rfcs()
    if wrong := faults(found, rfcs) + unproven(found):
        print("\n".join(wrong), file=sys.stderr)
        return 1
    INDEX.write_text(page(found, rfcs), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
