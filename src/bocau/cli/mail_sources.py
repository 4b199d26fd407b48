"""Messages outside the store: mbox files, trees of mbox files, Maildirs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from bocau.base.errors import TooLong
from bocau.cli.caller import as_caller
from bocau.cli.failures import Failure

if TYPE_CHECKING:
    from bocau.store import Flags
    from bocau.store.maildir import MaildirMessage

MBOX_SUFFIX: Final = ".mbox"
INBOX: Final = "INBOX"


@dataclass(frozen=True, slots=True)
class Found:
    """One message on its way in."""

    mailbox: str
    content: bytes
    flags: "Flags"
    keywords: str
    received_at: int | None
    where: str


def read_source(source: Path) -> tuple[int, Iterator[Found]]:
    """(how much there is, the messages): bytes for mbox files, messages for a Maildir. Raises Failure."""
    if source.is_dir():
        if (source / "cur").is_dir():
            return _read_maildir(source)
        files = sorted(path for path in source.rglob(f"*{MBOX_SUFFIX}") if path.is_file())
        if not files:
            raise Failure(f"{source} is neither a Maildir (cur, new) nor a folder of {MBOX_SUFFIX} files")
        names = [mailbox_of_path(path.relative_to(source)) for path in files]
    elif source.exists():
        files, names = [source], [INBOX]
    else:
        raise Failure(f"{source}: no such file")
    for path in files:
        _check_mbox(path)
    total = sum(path.stat().st_size for path in files)
    return total, (found for path, name in zip(files, names, strict=True) for found in _read_mbox(path, name))


def _read_maildir(root: Path) -> tuple[int, Iterator[Found]]:
    from bocau.store.maildir import read_mailboxes, read_messages

    messages = [(name, one) for name, folder in read_mailboxes(root) for one in read_messages(folder)]
    return len(messages), (
        Found(name, _content(one), one.flags, one.keywords, one.received_at, str(one.path))
        for name, one in messages
    )


def _content(message: "MaildirMessage") -> bytes:
    with as_caller():
        return message.read()


def _check_mbox(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(5)
    if start not in (b"From ", b""):
        raise Failure(f"{path} is not an mbox file: it does not begin with 'From '")


def _read_mbox(path: Path, mailbox: str) -> Iterator[Found]:
    from bocau.formats.mbox import read_mbox

    with as_caller():
        file = path.open("rb")
    with file:
        number = 0
        try:
            for number, record in enumerate(read_mbox(file), 1):
                flags = _status_flags(record.content)
                yield Found(mailbox, record.content, flags, "", record.received_at, f"{path}#{number}")
        except TooLong as exc:
            raise Failure(f"{path}, after message {number}: {exc}") from None


def _status_flags(content: bytes) -> "Flags":
    """What others keep in Status and X-Status: R read, A answered, F flagged, T draft, D deleted."""
    from bocau.formats.header import get
    from bocau.store import Flags

    letters = (get(content, b"status") or b"") + (get(content, b"x-status") or b"")
    if not letters:
        return Flags(0)
    meanings = {
        b"R": Flags.SEEN,
        b"A": Flags.ANSWERED,
        b"F": Flags.FLAGGED,
        b"T": Flags.DRAFT,
        b"D": Flags.DELETED,
    }
    flags = Flags(0)
    for letter, flag in meanings.items():
        if letter in letters:
            flags |= flag
    return flags


def path_of_mailbox(name: str) -> Path:
    """Archive/2024 → Archive/2024.mbox; nothing in a name can lead out of the folder."""
    levels = [_safe(level) for level in name.split("/")]
    return Path(*levels[:-1], levels[-1] + MBOX_SUFFIX)


def _safe(level: str) -> str:
    text = quote(level, safe=" !#$&'()+,;=@[]{}^`~" + "".join(c for c in level if ord(c) > 127))
    return "%2E" + text[1:] if text.startswith(".") else text


def mailbox_of_path(path: Path) -> str:
    levels = [*path.parts[:-1], path.name.removesuffix(MBOX_SUFFIX)]
    return "/".join(unquote(level) for level in levels)
