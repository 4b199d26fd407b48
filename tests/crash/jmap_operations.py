"""What a JMAP client does while the server is hurt, with what its answers promise (RFC 8620, RFC 8621).

Each method call stands for itself: of three emails in one Email/set, one may be changed and another not.
"""

import hashlib
import http.client
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from crash.ledger import ARCHIVE, INBOX, NOWHERE, Promise
from crash.operations import BROKEN, REMOTE, NotDone, Operation, World, arrived, nothing
from harness import eventually
from jmap_client import USING, JmapClient

BROKEN_HTTP = (*BROKEN, http.client.HTTPException)
RETRIED = (503, 507)
"""What a server that cannot write answers to an upload."""
_TOO_MANY = b"maxConcurrent"
FAILED = ("serverUnavailable", "serverFail", "overQuota")


@dataclass
class Person:
    """One account's client, and what it was told that is in no mailbox."""

    world: World
    user: str = "alice"
    drafts: set[str] = field(default_factory=set)
    """Subjects of drafts whose creation was acknowledged."""
    uploads: dict[str, bytes] = field(default_factory=dict)
    """Blob id → SHA-256."""

    @cached_property
    def client(self) -> JmapClient:
        return JmapClient(self.world.victim, self.user)

    @cached_property
    def boxes(self) -> dict[str, str]:
        """Role → id."""
        (told,) = self.ask(("Mailbox/get", {"ids": None, "properties": ["role"]}))
        return {box["role"]: box["id"] for box in told["list"] if box["role"]}

    @cached_property
    def identity(self) -> str:
        (told,) = self.ask(("Identity/get", {"ids": None}))
        return str(told["list"][0]["id"])

    def ask(self, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
        """The arguments of the responses. NotDone, one of BROKEN_HTTP."""
        account = self.client.account
        listed = [[name, {"accountId": account, **told}, str(at)] for at, (name, told) in enumerate(calls)]
        answer = self.client.post({"using": USING, "methodCalls": listed})
        if answer.status in RETRIED or _TOO_MANY in answer.body:
            raise NotDone(answer.body)
        assert answer.status == 200, (answer.status, answer.body)
        found = answer.json["methodResponses"]
        for name, told, _ in found:
            if name == "error":
                assert told["type"] in FAILED, told
                raise NotDone(told)
        return [told for _, told, _ in found]

    def upload(self, data: bytes) -> str:
        path = f"/jmap/upload/{self.client.account}"
        answer = self.client.ask("POST", path, data, Content_Type="message/rfc822")
        if answer.status in RETRIED or _TOO_MANY in answer.body:
            raise NotDone(answer.body)
        assert answer.status == 201, (answer.status, answer.body)
        return str(answer.json["blobId"])


def kept(told: Any, kind: str = "created") -> Any:
    """The one object of a /set or an import. NotDone with its SetError."""
    refused = told.get(f"not{kind.capitalize()}") or {}
    if refused:
        raise NotDone(refused)
    return next(iter(told[kind].values()))


def import_one(person: Person) -> str:
    """Upload a message and import it into the INBOX; returns its id."""
    token, message = person.world.ledger.message()
    unit = person.world.ledger.sending(token, message, (person.user,), "jmap")
    email = {"blobId": person.upload(message), "mailboxIds": {person.boxes["inbox"]: True}}
    (told,) = person.ask(("Email/import", {"emails": {"k": email}}))
    email_id = str(kept(told)["id"])
    unit.acknowledge()
    return email_id


def change_some(person: Person) -> None:
    """Import, archive one of them, destroy the other."""
    archived, destroyed = import_one(person), import_one(person)
    places = {archived: (ARCHIVE,), destroyed: NOWHERE}
    units = {}
    for email_id, promise in _promises(person, (archived, destroyed)).items():
        units[email_id] = person.world.ledger.changing([promise], places[email_id])
    update = {archived: {"mailboxIds": {person.boxes["archive"]: True}}}
    (told,) = person.ask(("Email/set", {"update": update, "destroy": [destroyed]}))
    for done in (*(told["updated"] or ()), *(told["destroyed"] or ())):
        units[done].acknowledge()


def _promises(person: Person, emails: tuple[str, ...]) -> dict[str, Promise]:
    told = person.ask(("Email/get", {"ids": emails, "properties": ["subject"]}))[0]
    tokens = {one["subject"]: one["id"] for one in told["list"]}
    found = [p for p in person.world.ledger.promises if p.user == person.user and p.token in tokens]
    return {tokens[promise.token]: promise for promise in found}


def save_draft(person: Person) -> None:
    """Create an email from its parts."""
    subject, _ = person.world.ledger.message()
    email = {
        "mailboxIds": {person.boxes["drafts"]: True},
        "keywords": {"$draft": True},
        "subject": f"draft {subject}",
        "bodyValues": {"1": {"value": "text " * 200}},
        "textBody": [{"partId": "1", "type": "text/plain"}],
    }
    (told,) = person.ask(("Email/set", {"create": {"k": email}}))
    kept(told)
    person.drafts.add(f"draft {subject}")


def keep_blob(person: Person) -> None:
    """Hand in a body for later use."""
    data = person.world.ledger.message(30_000)[1]
    person.uploads[person.upload(data)] = hashlib.sha256(data).digest()


def send(person: Person, held_seconds: float | None = None) -> None:
    """Import into the drafts and submit, at once or held for a while."""
    token, message = person.world.ledger.message()
    data = message.replace(b"a@example.org", b"alice@demo.test").replace(
        b"Subject:", f"To: {REMOTE}\r\nSubject:".encode()
    )
    email = {"blobId": person.upload(data), "mailboxIds": {person.boxes["drafts"]: True}}
    new: dict[str, Any] = {"identityId": person.identity, "emailId": "#k"}
    if held_seconds is not None:
        at = datetime.now(UTC) + timedelta(seconds=held_seconds)
        new["sendAt"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    person.world.sent[token] = False
    imported, submitted = person.ask(
        ("Email/import", {"emails": {"k": email}}), ("EmailSubmission/set", {"create": {"s": new}})
    )
    kept(imported)
    kept(submitted)
    person.world.sent[token] = True


def check_apart(person: Person) -> None:
    """Drafts are there once, uploads have their bytes."""
    asked = {"filter": {"inMailbox": person.boxes["drafts"]}, "limit": 1000}
    reference = {"resultOf": "0", "name": "Email/query", "path": "/ids"}
    told = person.ask(("Email/query", asked), ("Email/get", {"#ids": reference, "properties": ["subject"]}))
    subjects = [one["subject"] for one in told[1]["list"] if one["subject"].startswith("draft ")]
    assert len(set(subjects)) == len(subjects), f"twice: {sorted(subjects)}"
    assert person.drafts <= set(subjects), f"lost: {person.drafts.difference(subjects)}"
    for blob, digest in person.uploads.items():
        answer = person.client.ask("GET", f"/jmap/download/{person.client.account}/{blob}/x")
        assert answer.status == 200, (blob, answer.status)
        assert hashlib.sha256(answer.body).digest() == digest, blob


def counts(person: Person) -> dict[str, int]:
    """Messages by mailbox: INBOX and ARCHIVE."""
    roles = {INBOX: "inbox", ARCHIVE: "archive"}
    (told,) = person.ask(("Mailbox/get", {"ids": None, "properties": ["role", "totalEmails"]}))
    found = {box["role"]: box["totalEmails"] for box in told["list"]}
    return {name: found[role] for name, role in roles.items()}


def start_batch(person: Person) -> str:
    """Archive everything in the INBOX; returns the batch's id."""
    new = {
        "filter": {"inMailbox": person.boxes["inbox"]},
        "update": {"mailboxIds": {person.boxes["archive"]: True}},
    }
    (told,) = person.ask(("EmailBatch/set", {"create": {"b": new}}))
    return str(kept(told)["id"])


def batch_status(person: Person, batch: str) -> str:
    (told,) = person.ask(("EmailBatch/get", {"ids": [batch]}))
    return str(told["list"][0]["status"])


def hold_and_wait(person: Person) -> None:
    """Submit for the next moment; the background process hands it over and sends it."""
    background = person.world.victim.background
    send(person, held_seconds=0.0)
    token = list(person.world.sent)[-1]

    def has_gone() -> bool:
        if background not in person.world.victim.children():
            raise ConnectionAbortedError("the background process died")
        return token in arrived(person.world.sink) and not person.world.victim.queued()

    eventually(has_gone)


def _operation(name: str, role: str, run: Callable[[Person], object]) -> Operation:
    def job(world: World) -> None:
        try:
            run(Person(world))
        except http.client.HTTPException as error:
            raise ConnectionAbortedError(str(error)) from error

    return Operation(name, role, nothing, job)


JMAP_OPERATIONS = (
    _operation("jmap_import", "worker", import_one),
    _operation("jmap_change", "worker", change_some),
    _operation("jmap_send", "worker", send),
    _operation("jmap_held", "background", hold_and_wait),
)
"""Email/import, Email/set with update and destroy, EmailSubmission/set, a submission whose time has come."""
