"""`bocau import`: bring mail in from mbox files and Maildirs, and prove that it is there."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bocau.cli.addresses import address_of
from bocau.cli.mail_sources import INBOX, Found, read_source
from bocau.cli.output import json_option
from bocau.cli.progress import ProgressLine
from bocau.cli.proof import Proof, proof_option
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.base.ids import AccountId, MailboxId
    from bocau.config import Settings
    from bocau.store import Writing

BATCH_BYTES: Final = 8 * 1024 * 1024
BATCH_MESSAGES: Final = 200


@click.command()
@click.argument("address")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--into", metavar="MAILBOX", help="Put it into this mailbox; a tree below it.")
@proof_option
@where_options
@json_option
def command(
    settings: "Settings", address: str, source: Path, into: str | None, proof_file: Path | None, as_json: bool
) -> int:
    """Import an mbox file, a folder of .mbox files or a Maildir into an account.

    Flags, keywords and arrival times come along. Quotas do not stop an import. Every message is read back and
    compared; the summary is that of `bocau export`.

    \b
    Example:  bocau import ann@example.org ~/Maildir
              bocau import ann@example.org old.mbox --into Archive/2019
    """
    parsed = address_of(address)
    total, found = read_source(source)

    async def job(rooms: "Rooms") -> Proof:
        account = rooms.directory.account_named(parsed)
        return await _Import(rooms, account.account_id, into, total).run(found)

    proof = with_rooms(settings, job)
    if proof_file is not None:
        proof.write(proof_file)
    return proof.tell("imported", as_json=as_json)


class _Import:
    """One import: batches of messages, each one commit."""

    def __init__(self, rooms: "Rooms", account_id: "AccountId", into: str | None, total: int) -> None:
        self._rooms = rooms
        self._account_id = account_id
        self._into = into
        self._total = total
        self._done = 0
        self._proof = Proof()
        self._line = ProgressLine()

    async def run(self, found: Iterator[Found]) -> Proof:
        batch: list[Found] = []
        batch_bytes = 0
        for one in found:
            if batch and (
                one.mailbox != batch[0].mailbox
                or batch_bytes + len(one.content) > BATCH_BYTES
                or len(batch) >= BATCH_MESSAGES
            ):
                await self._write(batch)
                batch, batch_bytes = [], 0
            batch.append(one)
            batch_bytes += len(one.content)
        if batch:
            await self._write(batch)
        self._line.end()
        return self._proof

    def _target(self, mailbox: str) -> str:
        if self._into is None:
            return mailbox
        return self._into if mailbox == INBOX else f"{self._into}/{mailbox}"

    async def _write(self, batch: list[Found]) -> None:
        from bocau.store import BlobLost
        from bocau.store.email import new_email

        rooms, name = self._rooms, self._target(batch[0].mailbox)
        now = int(time.time())
        emails = []
        for one in batch:
            blob = rooms.store.blobs.stage(one.content, self._account_id)
            at = now if one.received_at is None else one.received_at
            emails.append((new_email(one.content, blob, at), one.flags, one.keywords))

        def job(writing: "Writing") -> "tuple[MailboxId, list[int]]":
            mailbox_id = mailbox_named(writing, name)
            return mailbox_id, [uid for uid, _ in writing.add_many(mailbox_id, emails)]

        mailbox_id, uids = await rooms.store.write(self._account_id, job)
        kept = rooms.store.glance(
            self._account_id, lambda reading: reading.blobs(mailbox_id, [(uids[0], uids[-1])])
        )
        for one, (uid, _, ref) in zip(batch, kept, strict=True):
            try:
                is_same = rooms.store.blobs.read(ref) == one.content
            except BlobLost:
                is_same = False
            if is_same:
                self._proof.add(ref.sha256, ref.length, name, f"{name}/{uid}")
            else:
                self._proof.faults.append(f"{one.where}: read back with another content")
        self._note(batch)

    def _note(self, batch: list[Found]) -> None:
        is_maildir = "#" not in batch[0].where
        self._done += len(batch) if is_maildir else sum(len(one.content) for one in batch)
        unit = "messages" if is_maildir else "bytes"
        self._line(unit, min(self._done, self._total), self._total)


def mailbox_named(writing: "Writing", name: str) -> "MailboxId":
    """The mailbox, made when it is not there."""
    from bocau.base.errors import NoSuchMailbox

    try:
        return writing.mailbox_named(name).mailbox_id
    except NoSuchMailbox:
        return writing.create_mailbox(name).mailbox_id
