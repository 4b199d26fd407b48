"""What a server has promised, kept outside of it: after each crash every promise must still be true.

A token is one message for one user. While an operation runs, several outcomes are allowed; the positive reply
leaves one. What a check has seen is the only outcome allowed from then on.
"""

import hashlib
import imaplib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from harness import Server

INBOX: Final = "INBOX"
ARCHIVE: Final = "Archive"
Places = tuple[str, ...]
"""The mailboxes in which a token lies, sorted."""
NOWHERE: Final[Places] = ()
_TOKEN: Final = re.compile(rb"^X-Token: (t\d+)\r$", re.MULTILINE)
_UID: Final = re.compile(rb"UID (\d+)")


@dataclass
class Promise:
    """One message of one user."""

    token: str
    user: str
    sha256: bytes
    allowed: set[Places]
    protocol: str = ""
    uid: int | None = None


@dataclass
class Unit:
    """Promises that an operation changes all together or not at all."""

    promises: list[Promise]
    after: Places
    refusals_are_final: bool = True
    is_open: bool = True
    """No reply has been read that settles it."""

    def acknowledge(self) -> None:
        """The client has read the positive reply."""
        self.is_open = False
        for promise in self.promises:
            promise.allowed = {self.after}

    def refuse(self) -> None:
        """The client has read a negative reply: nothing has changed."""
        if self.refusals_are_final:
            self.is_open = False
            for promise in self.promises:
                promise.allowed.discard(self.after)


@dataclass
class Ledger:
    promises: list[Promise] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    uids: dict[tuple[str, str, str, int], str] = field(default_factory=dict)
    """(user, mailbox, UIDVALIDITY, uid) ever shown → token."""
    refusals_are_final: bool = True
    """False while a sync may fail: what was committed cannot be taken back, so it is refused and yet done."""
    ambiguous_count: int = 0
    """Operations that no reply confirmed and that were done all the same: legal, but counted."""
    _numbers: Iterator[int] = field(default_factory=count)

    def message(self, size: int = 2000) -> tuple[str, bytes]:
        """A new token and the message that carries it."""
        token = f"t{next(self._numbers)}"
        body = f"X-Token: {token}\r\nSubject: {token}\r\nFrom: a@example.org\r\n\r\n".encode()
        return token, body + b"0123456789abcdef\r\n" * (size // 18)

    def sending(self, token: str, message: bytes, users: Iterable[str], protocol: str) -> Unit:
        """The message is on its way into the INBOX of each user."""
        digest = hashlib.sha256(message).digest()
        promises = [Promise(token, user, digest, {NOWHERE, (INBOX,)}, protocol) for user in users]
        self.promises += promises
        return self._unit(promises, (INBOX,))

    def changing(self, promises: list[Promise], after: Places) -> Unit:
        """The messages are being moved or removed."""
        for promise in promises:
            promise.allowed.add(after)
        return self._unit(promises, after)

    def _unit(self, promises: list[Promise], after: Places) -> Unit:
        self.units.append(Unit(promises, after, self.refusals_are_final))
        return self.units[-1]

    def in_place(self, user: str, places: Places = (INBOX,)) -> list[Promise]:
        """What is known to be there."""
        return [promise for promise in self.promises if promise.user == user and promise.allowed == {places}]

    def show(self, user: str, mailbox: str, validity: str, uid: int, token: str) -> None:
        """The server has named this uid."""
        known = self.uids.setdefault((user, mailbox, validity, uid), token)
        assert known == token, f"uid {uid} of {user}/{mailbox} was {known}, now it is {token}"

    # --- after a crash ---------------------------------------------------------------

    def check(self, server: Server) -> None:
        """Every promise holds; what is open is settled by what is there."""
        found = {user: self._look(server, user) for user in {promise.user for promise in self.promises}}
        for promise in self.promises:
            places = tuple(sorted(found[promise.user].pop(promise.token, [])))
            assert places in promise.allowed, f"{promise} is in {places or 'no mailbox'}"
            promise.allowed = {places}
        for user, tokens in found.items():
            assert not tokens, f"{user} has what nobody sent: {tokens}"
        for unit in self.units:
            # What was answered has been checked one by one, and may have been changed again since.
            if unit.is_open:
                halves = {promise.allowed == {unit.after} for promise in unit.promises}
                assert len(halves) == 1, f"done by half: {unit}"
                self.ambiguous_count += halves == {True}
        self.units.clear()

    def _look(self, server: Server, user: str) -> dict[str, list[str]]:
        """token → the mailboxes where it lies."""
        digests = {promise.token: promise.sha256 for promise in self.promises if promise.user == user}
        found: dict[str, list[str]] = {}
        with plain_imap(server, user) as imap:
            for mailbox in (INBOX, ARCHIVE):
                found_there, uid_validity = messages(imap, mailbox)
                for uid, body in found_there:
                    token = token_of(body)
                    assert hashlib.sha256(below_trace(body)).digest() == digests[token], (
                        f"{token} has other bytes"
                    )
                    self.show(user, mailbox, uid_validity, uid, token)
                    found.setdefault(token, []).append(mailbox)
        return found


def token_of(message: bytes) -> str:
    match = _TOKEN.search(message)
    assert match, message[:500]
    return match[1].decode()


def below_trace(message: bytes) -> bytes:
    """The message as it was sent, without what the server put above it."""
    return message[message.index(b"X-Token: ") :]


@contextmanager
def plain_imap(server: Server, user: str) -> Iterator[imaplib.IMAP4]:
    """Logged in without TLS, so that strace can read along."""
    imap = imaplib.IMAP4("127.0.0.1", server.port("imap"), timeout=30)
    try:
        imap.login(server.address(user), server.password)
        yield imap
    finally:
        imap.shutdown()


def messages(imap: imaplib.IMAP4, mailbox: str) -> tuple[list[tuple[int, bytes]], str]:
    """((uid, body) of everything in a mailbox, its UIDVALIDITY); nothing when there is no such mailbox."""
    status, said = imap.select(mailbox, readonly=True)
    if status != "OK":
        return [], ""
    validity = imap.response("UIDVALIDITY")[1][0]
    assert validity is not None
    status, answer = imap.uid("FETCH", "1:*", "(UID BODY.PEEK[])") if said[0] != b"0" else ("OK", [])
    assert status == "OK", answer
    found = []
    for item in answer:
        if isinstance(item, tuple):
            match = _UID.search(item[0])
            assert match, item[0]
            found.append((int(match[1]), item[1]))
    return found, validity.decode()
