"""What time does to waiting mail: a warning once, a bounce at the end (RFC 5321 §4.5.4.1, RFC 3464)."""

from collections.abc import Iterator
from email import message_from_bytes

import pytest

from harness import Server, eventually
from smtp.admin import told
from smtp.wire import Wire, inbox, letter

ALICE = "alice@demo.test"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that loses patience soon."""
    settings = (
        "delivery.routes.dead.test=127.0.0.9:9",
        "delivery.warning_seconds=1.5",
        "delivery.lifetime_seconds=6",
    )
    with Server(tmp_path_factory.mktemp("server"), settings=settings) as running:
        yield running
        running.assert_no_traceback()
        running.cli("verify")


def test_a_warning_once_and_then_the_message_comes_back(server: Server) -> None:
    with Wire(server, "submissions") as wire:
        assert wire.login(ALICE, server.password).code == 235
        assert wire.mail(ALICE, "ENVID=E1").code == 250
        assert wire.rcpt("told@dead.test").code == 250
        assert wire.rcpt("failure@dead.test", "NOTIFY=FAILURE").code == 250
        assert wire.rcpt("never@dead.test", "NOTIFY=NEVER").code == 250
        assert wire.data(letter("waits", author=ALICE)).code == 250
        # The null sender is never told.
        assert wire.mail("").code == 250 and wire.rcpt("null@dead.test").code == 250
        assert wire.data(letter("from nobody", author=ALICE)).code == 250
    assert eventually(lambda: told(server, "queue", "list") == [])
    reports = inbox(server, "alice")
    found = []
    for report in reports:
        _, status, _ = message_from_bytes(report).get_payload()  # type: ignore[misc]
        _, *recipients = status.get_payload()  # type: ignore[union-attr]
        found += [
            (each["Action"], each["Final-Recipient"].split("; ")[1], each["Status"]) for each in recipients
        ]
        assert b"refused" in report, "with the reason"
        if recipients[0]["Action"] == "delayed":
            assert recipients[0]["Will-Retry-Until"]
    assert sorted(found) == [
        ("delayed", "told@dead.test", "4.4.1"),
        ("failed", "failure@dead.test", "4.4.7"),
        ("failed", "told@dead.test", "4.4.7"),
    ]
