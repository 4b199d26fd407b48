"""Sending by JMAP on the running server: to far away, held, undone, killed in between (RFC 8621 §7)."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness import Server, eventually
from jmap_client import JmapClient
from smtp.far import Far

KILLS = 4
MESSAGES_A_KILL = 5


@pytest.fixture(scope="module")
def far() -> Iterator[Far]:
    with Far() as far:
        yield far


@pytest.fixture(scope="module")
def server(far: Far, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = (f"delivery.routes.far.test={far.hop}",)
    with Server(tmp_path_factory.mktemp("server"), settings=settings) as running:
        yield running
        running.assert_no_traceback()
        running.cli("verify")


@pytest.fixture(scope="module")
def alice(server: Server) -> JmapClient:
    return JmapClient(server)


def held_for(seconds: float) -> str:
    """A UTCDate, on the next whole second."""
    at = datetime.now(UTC) + timedelta(seconds=seconds + 1)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def submit(client: JmapClient, subject: str, to: str = "x@far.test", **more: Any) -> dict[str, Any]:
    """A new message, sent; what EmailSubmission/set created."""
    boxes = client.call("Mailbox/get", properties=["role"])["list"]
    drafts = next(box["id"] for box in boxes if box["role"] == "drafts")
    email = {
        "mailboxIds": {drafts: True},
        "keywords": {"$draft": True},
        "from": [{"email": "alice@demo.test"}],
        "to": [{"email": to}],
        "subject": subject,
        "bodyValues": {"1": {"value": subject}},
        "textBody": [{"partId": "1", "type": "text/plain"}],
    }
    identity = client.call("Identity/get")["list"][0]["id"]
    new = {"identityId": identity, "emailId": "#m", **more}
    made = client.calls(
        ("Email/set", {"create": {"m": email}}), ("EmailSubmission/set", {"create": {"k": new}})
    )
    created: dict[str, Any] = made[1][1]["created"]["k"]
    return created


def status(client: JmapClient, submission: str) -> dict[str, Any]:
    found: dict[str, Any] = client.call("EmailSubmission/get", ids=[submission])["list"][0]
    return found


def subjects(far: Far) -> list[str]:
    lines = [line for taken in far.remote.taken for line in taken.body.decode().split("\r\n")]
    return [line.removeprefix("Subject: ") for line in lines if line.startswith("Subject: ")]


def test_to_a_server_far_away_and_what_it_says(alice: JmapClient, far: Far) -> None:
    made = submit(alice, "far")
    assert made["undoStatus"] == "final"
    eventually(lambda: status(alice, made["id"])["deliveryStatus"]["x@far.test"]["delivered"] == "unknown")
    assert subjects(far) == ["far"]
    assert status(alice, made["id"])["deliveryStatus"]["x@far.test"]["smtpReply"].startswith("250 ")


def test_held_mail_goes_within_a_second_of_its_time(alice: JmapClient, far: Far) -> None:
    far.forget()
    at = held_for(4)
    made = submit(alice, "held", sendAt=at)
    assert made["undoStatus"] == "pending" and subjects(far) == []
    eventually(lambda: status(alice, made["id"])["undoStatus"] == "final")
    late = time.time() - datetime.fromisoformat(at).timestamp()
    assert 0 <= late < 2.5, f"{late:.2f} s late"
    eventually(lambda: subjects(far) == ["held"])


def test_undone_mail_never_goes(alice: JmapClient, far: Far) -> None:
    far.forget()
    undone, kept = (submit(alice, name, sendAt=held_for(2)) for name in ("undone", "kept"))
    told = alice.call("EmailSubmission/set", update={undone["id"]: {"undoStatus": "canceled"}})
    assert told["updated"] == {undone["id"]: None}
    eventually(lambda: subjects(far) == ["kept"])
    told = alice.call("EmailSubmission/set", update={kept["id"]: {"undoStatus": "canceled"}})
    assert told["notUpdated"][kept["id"]]["type"] == "cannotUnsend"
    assert status(alice, undone["id"])["undoStatus"] == "canceled"


def test_killed_at_the_time_of_sending_each_goes_once(server: Server, alice: JmapClient, far: Far) -> None:
    """To an account here: its mailbox shows what was written twice."""
    wanted = []
    for number in range(KILLS):
        at = datetime.now(UTC) + timedelta(seconds=2)
        for message in range(MESSAGES_A_KILL):
            subject = f"kill {number}.{message}"
            submit(alice, subject, "bob@demo.test", sendAt=at.strftime("%Y-%m-%dT%H:%M:%SZ"))
            wanted.append(subject)
        due = at.replace(microsecond=0).timestamp()
        eventually(lambda due=due: time.time() >= due)  # type: ignore[misc]
        # A little later each time: before, in the middle of and after the writes.
        eventually(lambda due=due, number=number: time.time() >= due + number * 0.006)  # type: ignore[misc]
        server.kill9()
        server.start()
    eventually(lambda: alice.call("EmailSubmission/query", filter={"undoStatus": "pending"})["ids"] == [])
    bob = JmapClient(server, "bob")
    found = {"resultOf": "0", "name": "Email/query", "path": "/ids"}
    told = bob.calls(
        ("Email/query", {"filter": {"subject": "kill"}}),
        ("Email/get", {"#ids": found, "properties": ["subject"]}),
    )
    assert sorted(one["subject"] for one in told[1][1]["list"]) == sorted(wanted)


def test_two_who_are_away_tell_each_other_once(server: Server, alice: JmapClient) -> None:
    bob = JmapClient(server, "bob")
    for client in (alice, bob):
        patch = {"isEnabled": True, "textBody": "Đi vắng", "subject": "Away"}
        told = client.call("VacationResponse/set", update={"singleton": patch})
        assert told["updated"] == {"singleton": None}
    for _ in range(2):
        submit(alice, "are you there?", "bob@demo.test")
    away = {"filter": {"subject": "Away"}}
    assert len(alice.call("Email/query", **away)["ids"]) == 1
    assert bob.call("Email/query", **away)["ids"] == []
    for client in (alice, bob):
        client.call("VacationResponse/set", update={"singleton": {"isEnabled": False}})


def test_correspondents_by_smtp_too(server: Server, alice: JmapClient) -> None:
    with server.submission("alice") as client:
        message = "From: alice@demo.test\r\nTo: Đỗ Hà <ha@far.test>\r\nSubject: x\r\n\r\nhi\r\n"
        client.sendmail("alice@demo.test", ["ha@far.test"], message.encode())
    (one,) = alice.call("Correspondent/query", text="do ha")["list"]
    assert (one["name"], one["email"]) == ("Đỗ Hà", "ha@far.test")
