"""Copies of mail: the Maildirs of a synchronising program, and what the server holds, as the same values."""

import itertools
from pathlib import Path

from imapclient import IMAPClient

from harness import HOST, Server

Mail = dict[str, tuple[str, bytes]]
"""Flags as Maildir letters, and the body, by subject."""
LETTERS = {rb"\Draft": "D", rb"\Flagged": "F", rb"\Answered": "R", rb"\Seen": "S"}
_numbers = itertools.count(1)


def connected(server: Server, user: str) -> IMAPClient:
    """Logged in, without TLS: this is not what is tested here."""
    client = IMAPClient(HOST, server.port("imap"), ssl=False, timeout=20)
    client.login(server.address(user), server.password)
    return client


def on_server(server: Server, user: str, mailbox: str) -> Mail:
    """What the server holds; fails when a subject is there twice."""
    with connected(server, user) as client:
        client.select_folder(mailbox, readonly=True)
        fetched = client.fetch(client.search(), ["FLAGS", "BODY.PEEK[]"])
    found = [(_letters(item[b"FLAGS"]), item[b"BODY[]"]) for item in fetched.values()]
    return _by_subject([(flags, message.replace(b"\r\n", b"\n")) for flags, message in found])


def numbers(server: Server, user: str, mailbox: str) -> dict[str, int]:
    """The uid of each subject."""
    with connected(server, user) as client:
        client.select_folder(mailbox, readonly=True)
        fetched = client.fetch(client.search(), ["BODY.PEEK[HEADER]"])
    return {_subject(item[b"BODY[HEADER]"].replace(b"\r\n", b"\n")): uid for uid, item in fetched.items()}


def _letters(flags: tuple[bytes, ...]) -> str:
    return "".join(sorted(LETTERS[flag] for flag in flags if flag in LETTERS))


def _subject(message: bytes) -> str:
    return message.split(b"Subject: ", 1)[1].split(b"\n", 1)[0].decode()


def _by_subject(messages: list[tuple[str, bytes]]) -> Mail:
    found = {_subject(message): (flags, message.partition(b"\n\n")[2]) for flags, message in messages}
    subjects = sorted(_subject(message) for _, message in messages)
    assert subjects == sorted(found), f"a message is there twice: {subjects}"
    return found


class Maildirs:
    """The local side; changes are what a mail reader without a connection would do."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "mail"

    def files(self, mailbox: str) -> list[Path]:
        return [file for part in ("new", "cur") for file in sorted((self.root / mailbox / part).iterdir())]

    def messages(self, mailbox: str) -> Mail:
        return _by_subject([(self._flags(file), file.read_bytes()) for file in self.files(mailbox)])

    def _flags(self, file: Path) -> str:
        return file.name.partition(":2,")[2].replace("T", "")

    def _file(self, mailbox: str, subject: str) -> Path:
        return next(file for file in self.files(mailbox) if _subject(file.read_bytes()) == subject)

    def mark(self, mailbox: str, subject: str, flags: str) -> None:
        file = self._file(mailbox, subject)
        file.rename(self.root / mailbox / "cur" / (file.name.partition(":")[0] + ":2," + flags))

    def remove(self, mailbox: str, subject: str) -> None:
        self._file(mailbox, subject).unlink()

    def write(self, mailbox: str, message: bytes, flags: str = "") -> None:
        """A new message; its file has no uid yet."""
        name = f"{1_700_000_000 + next(_numbers)}.local:2,{flags}"
        (self.root / mailbox / "cur" / name).write_bytes(message.replace(b"\r\n", b"\n"))

    def move(self, mailbox: str, subject: str, target: str) -> None:
        """As a new message there: a uid in its name would be another mailbox's."""
        file = self._file(mailbox, subject)
        self.write(target, file.read_bytes(), self._flags(file))
        file.unlink()

    def create(self, mailbox: str) -> None:
        for part in ("tmp", "new", "cur"):
            (self.root / mailbox / part).mkdir(parents=True)
