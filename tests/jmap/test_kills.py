"""kill -9 in the middle of JMAP work: what was answered is there, once; nothing is half done (I-1)."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from client import Client

from harness import Server, eventually

KILLS = 2
WRITERS = 3
LOAD_SECONDS = 1.0


class Ledger:
    """What the server has answered."""

    def __init__(self) -> None:
        self.created: dict[str, str] = {}
        """Email → subject."""
        self.flagged: set[str] = set()
        self.destroyed: set[str] = set()
        self.asked_to_destroy: set[str] = set()
        self.sent: dict[str, str] = {}
        """Subject → submission."""


class Writer(threading.Thread):
    """Creates, changes, destroys and sends until the server is gone."""

    def __init__(self, client: Client, ledger: Ledger, name: str, drafts: str, identity: str) -> None:
        super().__init__(daemon=True)
        self._client = client
        self._ledger = ledger
        self._name = name
        self._drafts = drafts
        self._identity = identity

    def run(self) -> None:
        number = 0
        try:
            while True:
                number += 1
                self._round(f"{self._name}-{number}", number)
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            pass

    def _round(self, subject: str, number: int) -> None:
        client, ledger = self._client, self._ledger
        new = {
            "mailboxIds": {self._drafts: True}, "subject": subject, "to": [{"email": "bob@demo.test"}],
            "bodyValues": {"1": {"value": subject}}, "textBody": [{"partId": "1", "type": "text/plain"}],
        }  # fmt: skip
        email = client.call("Email/set", create={"e": new})["created"]["e"]["id"]
        ledger.created[email] = subject
        if number % 4 == 0:
            submission = {"identityId": self._identity, "emailId": email}
            told = client.call("EmailSubmission/set", create={"s": submission})["created"]["s"]
            ledger.sent[subject] = told["id"]
        elif number % 4 == 1:
            ledger.asked_to_destroy.add(email)
            assert client.call("Email/set", destroy=[email])["destroyed"] == [email]
            ledger.destroyed.add(email)
        else:
            client.call("Email/set", update={email: {"keywords/$flagged": True}})
            ledger.flagged.add(email)


def _follow(client: Client, state: str, known: dict[str, Any]) -> dict[str, Any]:
    """What a client has that asks for changes only."""
    while True:
        told = client.call("Email/changes", sinceState=state, maxChanges=50)
        for gone in told["destroyed"]:
            known.pop(gone, None)
        for one in client.call("Email/get", ids=told["created"] + told["updated"], properties=PROPERTIES)[
            "list"
        ]:
            known[one["id"]] = one
        state = told["newState"]
        if not told["hasMoreChanges"]:
            return known


PROPERTIES = ["keywords", "mailboxIds", "subject"]


def _all(client: Client) -> dict[str, Any]:
    ids = client.query()
    found: list[Any] = []
    for start in range(0, len(ids), 500):
        found += client.call("Email/get", ids=ids[start : start + 500], properties=PROPERTIES)["list"]
    return {one["id"]: one for one in found}


def _load(
    server: Server, client: Client, ledger: Ledger, round_name: str, meanwhile: Callable[[], None]
) -> None:
    drafts = client.boxes["drafts"]
    identity = client.call("Identity/get")["list"][0]["id"]
    writers = [Writer(client, ledger, f"{round_name}{n}", drafts, identity) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    meanwhile()
    server.kill9()
    for writer in writers:
        writer.join()


def test_what_was_answered_is_there_after_kill_9(tmp_path: Path) -> None:
    with Server(tmp_path / "mail") as server:
        client, bob, ledger = Client(server), Client(server, "bob"), Ledger()
        assert client.account != bob.account
        state, known = client.state("Email"), dict[str, Any]()
        for number in range(KILLS):
            _load(server, client, ledger, f"kill{number}-", lambda: time.sleep(LOAD_SECONDS))
            server.start()
            there = _all(client)
            assert _follow(client, state, dict(known)) == there
            state, known = client.state("Email"), there
            for email, subject in ledger.created.items():
                if email not in ledger.asked_to_destroy:
                    assert there[email]["subject"] == subject
            assert there.keys().isdisjoint(ledger.destroyed)
            assert all("$flagged" in there[email]["keywords"] for email in ledger.flagged)
        submissions = {one["id"] for one in client.call("EmailSubmission/get")["list"]}
        assert ledger.sent and submissions >= set(ledger.sent.values())

        def received() -> list[str]:
            return [one["subject"] for one in _all(bob).values()]

        eventually(lambda: set(ledger.sent) <= set(received()), seconds=60.0)
        assert len(received()) == len(set(received())) == len(submissions)
        server.assert_no_traceback()
        server.cli("verify")
