"""`bocau export`: write an account's mail out as mbox files or a Maildir, byte for byte, with a proof."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import click

from bocau.cli.addresses import address_of
from bocau.cli.caller import as_caller
from bocau.cli.failures import Failure
from bocau.cli.mail_sources import path_of_mailbox
from bocau.cli.output import json_option
from bocau.cli.progress import ProgressLine
from bocau.cli.proof import Proof, proof_option
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.base.ids import AccountId, MailboxId
    from bocau.config import Settings
    from bocau.store import Mailbox, Message, Reading

PAGE: Final = 200


@click.command()
@click.argument("address")
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--format", "kind", type=click.Choice(("maildir", "mbox")), default="maildir", show_default=True
)
@click.option("--mailbox", "names", multiple=True, help="Only this mailbox; repeat it. Without: all.")
@proof_option
@where_options
@json_option
def command(
    settings: "Settings",
    address: str,
    target: Path,
    kind: str,
    names: tuple[str, ...],
    proof_file: Path | None,
    as_json: bool,
) -> int:
    """Export an account's mail into a new folder: a Maildir++ tree, or one .mbox file a mailbox.

    A Maildir keeps flags, keywords and arrival times; mbox files keep the arrival times. Bodies are written
    byte for byte and their hashes checked. A damaged message does not stop the rest: it is named in the end.

    \b
    Example:  bocau export ann@example.org /backup/ann
              bocau export ann@example.org /tmp/ann --format mbox --mailbox INBOX
    """
    parsed = address_of(address)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Failure(f"{target} is there already; name a new or empty folder")

    async def job(rooms: "Rooms") -> Proof:
        account_id = rooms.directory.account_named(parsed).account_id
        boxes = _chosen(rooms, account_id, names)
        with as_caller():
            writer: _Writer = _MaildirTarget(target) if kind == "maildir" else _MboxTarget(target)
        return _export(rooms, account_id, boxes, writer)

    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    proof = with_rooms(settings, job)
    if proof_file is not None:
        proof.write(proof_file)
    return proof.tell("exported", as_json=as_json)


def _chosen(rooms: "Rooms", account_id: "AccountId", names: tuple[str, ...]) -> "list[Mailbox]":
    def job(reading: "Reading") -> "list[Mailbox]":
        return [reading.mailbox_named(name) for name in names] if names else reading.mailboxes()

    return rooms.store.glance(account_id, job)


class _Writer(Protocol):
    """Where messages go."""

    def begin(self, mailbox: str) -> None: ...
    def add(self, mailbox: str, message: "Message", body: bytes) -> None: ...
    def close(self) -> None: ...


class _MaildirTarget:
    def __init__(self, root: Path) -> None:
        from bocau.store.maildir import MaildirWriter

        self._writer = MaildirWriter(root)

    def begin(self, mailbox: str) -> None:
        self._writer.folder(mailbox)

    def add(self, mailbox: str, message: "Message", body: bytes) -> None:
        self._writer.add(mailbox, body, message.flags, message.keywords, message.received_at)

    def close(self) -> None:
        self._writer.close()


class _MboxTarget:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = root

    def begin(self, mailbox: str) -> None:
        self._path = self._root / path_of_mailbox(mailbox)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.touch(mode=0o600)

    def add(self, mailbox: str, message: "Message", body: bytes) -> None:
        from bocau.formats.mbox import format_record

        with self._path.open("ab") as file:
            file.write(format_record(body, _sender(body), message.received_at))

    def close(self) -> None:
        pass


def _sender(body: bytes) -> str:
    """The envelope sender, as the Return-Path that delivery wrote says it."""
    from bocau.formats.header import get

    path = get(body[:4096], b"return-path") or b""
    return path.decode("utf-8", "replace").strip().removeprefix("<").removesuffix(">")


def _export(rooms: "Rooms", account_id: "AccountId", boxes: "list[Mailbox]", writer: _Writer) -> Proof:
    from bocau.store import BlobLost

    proof, line = Proof(), ProgressLine()
    total = sum(box.message_count for box in boxes)
    for box in boxes:
        with as_caller():
            writer.begin(box.name)
        for message in _messages(rooms, account_id, box):
            where = f"{box.name}/{message.uid}"
            try:
                body = rooms.store.blobs.read(message.blob)
                if hashlib.sha256(body).digest() != message.blob.sha256:
                    raise BlobLost("its body has another hash")
            except BlobLost as exc:
                proof.faults.append(f"{where}: not exported: {exc}; `bocau verify` tells more")
                continue
            with as_caller():
                writer.add(box.name, message, body)
            proof.add(message.blob.sha256, message.blob.length, box.name, where)
            line("messages", len(proof.lines), total)
    with as_caller():
        writer.close()
    line.end()
    return proof


def _messages(rooms: "Rooms", account_id: "AccountId", box: "Mailbox") -> "Iterator[Message]":
    uids = rooms.store.glance(account_id, lambda reading: reading.uids(box.mailbox_id))
    for start in range(0, len(uids), PAGE):
        last = uids[min(start + PAGE, len(uids)) - 1]
        yield from rooms.store.glance(account_id, partial(_page, box.mailbox_id, (uids[start], last)))


def _page(mailbox_id: "MailboxId", uids: tuple[int, int], reading: "Reading") -> "list[Message]":
    return reading.messages(mailbox_id, [uids])
