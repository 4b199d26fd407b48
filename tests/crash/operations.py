"""What a client does while the server is hurt: one operation each, with what its answer promises.

`prepare` makes what the operation needs, on a healthy server; `run` does it and notes the reply.
A connection that breaks is an answer too: nothing is promised, and nothing may be done by half.
"""

import imaplib
import poplib
import re
import smtplib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from crash.ledger import ARCHIVE, INBOX, NOWHERE, Ledger, Promise, Unit, plain_imap, token_of
from crash.sink import Sink
from crash.victim import Victim
from harness import any_certificate, eventually

HOST = "127.0.0.1"
REMOTE = "someone@remote.test"
BROKEN = (OSError, EOFError, imaplib.IMAP4.abort, smtplib.SMTPServerDisconnected, poplib.error_proto)


class NotDone(Exception):
    """The server said no, in words of the protocol."""


@dataclass
class World:
    """A victim, what it promised, and who receives its mail."""

    victim: Victim
    ledger: Ledger
    sink: Sink
    sent: dict[str, bool] = field(default_factory=dict)
    """Tokens submitted to a remote address, and whether that was acknowledged."""


@dataclass(frozen=True)
class Operation:
    name: str
    role: str
    """Whose system calls are counted: "worker" or "background"."""
    prepare: Callable[[World], None]
    run: Callable[[World], None]
    """Raises one of BROKEN, or NotDone."""

    def pid(self, world: World) -> int:
        return world.victim.worker if self.role == "worker" else world.victim.background

    def __str__(self) -> str:
        return self.name


def nothing(world: World) -> None:
    pass


def deliver(world: World, users: tuple[str, ...] = ("alice", "bob")) -> None:
    token, message = world.ledger.message()
    with smtplib.SMTP(HOST, world.victim.port("smtp"), "client.example.org", timeout=30) as smtp:
        smtp.ehlo()
        unit = world.ledger.sending(token, message, users, "smtp")
        try:
            smtp.sendmail("s@example.org", [world.victim.address(user) for user in users], message)
        except smtplib.SMTPResponseException as error:
            _must_be_temporary(error.smtp_code, unit, str(error))
        except smtplib.SMTPRecipientsRefused as error:
            _must_be_temporary(max(code for code, _ in error.recipients.values()), unit, str(error))
        unit.acknowledge()


def _must_be_temporary(code: int, unit: Unit, text: str) -> None:
    assert 400 <= code < 500, text
    unit.refuse()
    raise NotDone(text)


def append(world: World) -> None:
    token, message = world.ledger.message()
    with plain_imap(world.victim, "alice") as imap:
        unit = world.ledger.sending(token, message, ("alice",), "imap")
        status, said = imap.append(INBOX, "", "", message)
        _must_be_done(status, said, unit)
        match = re.search(rb"\[APPENDUID (\d+) (\d+)\]", said[0])
        assert match, said
        world.ledger.show("alice", INBOX, match[1].decode(), int(match[2]), token)


def _must_be_done(status: str, said: list[bytes], unit: Unit) -> None:
    if status == "OK":
        unit.acknowledge()
        return
    assert status == "NO", (status, said)
    unit.refuse()
    raise NotDone(said)


def some_mail(world: World, count: int = 3) -> None:
    """Messages in INBOX that an operation can take away, and the mailbox to put them into."""
    for _ in range(count):
        append(world)
    with plain_imap(world.victim, "alice") as imap:
        imap.create(ARCHIVE)


def _newest(imap: imaplib.IMAP4, count: int = 3) -> tuple[str, list[str]]:
    """The uids and the tokens of the newest messages in INBOX."""
    imap.select(INBOX)
    status, answer = imap.uid("FETCH", "1:*", "(UID BODY.PEEK[HEADER.FIELDS (X-TOKEN)])")
    if status != "OK":
        raise NotDone(answer)
    found = []
    for item in answer:
        if isinstance(item, tuple):
            match = re.search(rb"UID (\d+)", item[0])
            assert match
            found.append((match[1].decode(), token_of(item[1])))
    newest = found[-count:]
    return ",".join(uid for uid, _ in newest), [token for _, token in newest]


def move(world: World) -> None:
    with plain_imap(world.victim, "alice") as imap:
        uids, tokens = _newest(imap)
        unit = world.ledger.changing(_promises(world, tokens), (ARCHIVE,))
        status, said = imap.uid("MOVE", uids, ARCHIVE)
        _must_be_done(status, said, unit)


def expunge(world: World) -> None:
    with plain_imap(world.victim, "alice") as imap:
        uids, tokens = _newest(imap)
        status, said = imap.uid("STORE", uids, "+FLAGS.SILENT", r"(\Deleted)")
        if status != "OK":
            raise NotDone(said)
        unit = world.ledger.changing(_promises(world, tokens), NOWHERE)
        status, said = imap.uid("EXPUNGE", uids)
        _must_be_done(status, said, unit)


def undelete(world: World) -> None:
    """An EXPUNGE that did not happen has left its marks."""
    some_mail(world)
    with plain_imap(world.victim, "alice") as imap:
        imap.select(INBOX)
        imap.uid("STORE", "1:*", "-FLAGS.SILENT", r"(\Deleted)")


def pop_quit(world: World) -> None:
    pop = poplib.POP3(HOST, world.victim.port("pop3"), timeout=30)
    try:
        _pop_quit(world, pop)
    except poplib.error_proto as error:
        if error.args[0][:4] == b"-ERR":
            raise NotDone(error) from error
        raise
    finally:
        with suppress(*BROKEN):
            pop.close()


def _pop_quit(world: World, pop: poplib.POP3) -> None:
    pop.user(world.victim.address("alice"))
    pop.pass_(world.victim.password)
    count = len(pop.list()[1])
    tokens = []
    for number in range(max(1, count - 2), count + 1):
        tokens.append(token_of(b"\r\n".join(pop.retr(number)[1]) + b"\r\n"))
        pop.dele(number)
    unit = world.ledger.changing(_promises(world, tokens), NOWHERE)
    try:
        pop.quit()
    except poplib.error_proto as error:
        if error.args[0][:4] == b"-ERR":
            unit.refuse()
        raise
    unit.acknowledge()


def _promises(world: World, tokens: list[str]) -> list[Promise]:
    return [p for p in world.ledger.promises if p.user == "alice" and p.token in tokens]


def submit(world: World) -> str:
    """Hand in a message for a remote address; returns its token."""
    token, message = world.ledger.message()
    with smtplib.SMTP(HOST, world.victim.port("submission"), "client.example.org", timeout=30) as smtp:
        smtp.starttls(context=any_certificate())
        smtp.login(world.victim.address("alice"), world.victim.password)
        world.sent[token] = False
        try:
            smtp.sendmail("alice@demo.test", [REMOTE], message.replace(b"a@example.org", b"alice@demo.test"))
        except smtplib.SMTPResponseException as error:
            assert 400 <= error.smtp_code < 500, error
            raise NotDone(str(error)) from error
        world.sent[token] = True
    return token


def queue_attempt(world: World) -> None:
    """Submit, and wait until the sink has it and the queue is settled."""
    background = world.victim.background
    token = submit(world)

    def settled() -> bool:
        if background not in world.victim.children():
            raise ConnectionAbortedError("the background process died")
        queue = world.victim.queued()
        if queue and all(entry["last_attempt_at"] for entry in queue):
            raise NotDone(f"put off: {queue}")
        return token in arrived(world.sink) and not queue

    eventually(settled, 20)


def arrived(sink: Sink) -> list[str]:
    return [token_of(received.message) for received in sink.received]


def check_sent(world: World) -> None:
    """What was taken for a remote address goes there in the end, perhaps twice after a crash."""
    wanted = {token for token, is_acknowledged in world.sent.items() if is_acknowledged}
    eventually(lambda: wanted <= set(arrived(world.sink)) and not world.victim.queued(), 30)
    for token in world.sent:
        times = arrived(world.sink).count(token)
        assert times <= 2, f"{token} was sent {times} times"
    world.sent.clear()


OPERATIONS = (
    Operation("delivery", "worker", nothing, deliver),
    Operation("append", "worker", nothing, append),
    Operation("move", "worker", some_mail, move),
    Operation("expunge", "worker", undelete, expunge),
    Operation("pop_quit", "worker", some_mail, pop_quit),
    Operation("queue_attempt", "background", nothing, queue_attempt),
)
"""An SMTP delivery to two recipients, APPEND, MOVE, EXPUNGE, POP3 QUIT with DELE, an attempt of the queue."""
