"""Clients that say little, stop, or come in crowds: others are served, and each wait has an end."""

import poplib
import time
from contextlib import ExitStack

import pytest

from harness import Server
from hostile.talk import Talk

CROWD = 200
MEANWHILE_SECONDS_MAX = 10.0
"""Less than any wait of the server's for those who are silent."""
SERVICES = ("smtp", "lmtp", "submission", "imap", "pop3", "imaps", "submissions", "pop3s")


@pytest.mark.parametrize("service", SERVICES)
def test_a_crowd_of_silent_clients_does_not_hold_up_the_next(server: Server, service: str) -> None:
    is_tls = service.endswith("s") and service != "pop3"
    with ExitStack() as crowd:
        for _ in range(CROWD):
            talk = crowd.enter_context(Talk(server, service, greet=False))
            talk.send(b"\x16\x03\x01" if is_tls else b"")
        began = time.monotonic()
        server.deliver(b"Subject: meanwhile\r\n\r\n", "user5")
        assert time.monotonic() - began < MEANWHILE_SECONDS_MAX
        with server.imap("user5") as imap:
            assert imap.select()[0] == "OK"


def test_stalled_bodies_do_not_hold_up_others(server: Server) -> None:
    with ExitStack() as stalled:
        for n in range(50):
            talk = stalled.enter_context(Talk(server, "smtp"))
            assert talk.ask(b"EHLO c.example") == 250
            assert talk.ask(b"MAIL FROM:<a@example.org>") == 250
            assert talk.ask(b"RCPT TO:<user4@demo.test>") == 250
            if n % 2:
                assert talk.ask(b"DATA") == 354
            else:
                talk.send(b"BDAT 1000000 LAST\r\n")
            talk.send(b"Subject: half")
        began = time.monotonic()
        server.deliver(b"Subject: whole\r\n\r\n", "user3")
        assert time.monotonic() - began < MEANWHILE_SECONDS_MAX
    # Nothing of the halves was kept.
    with server.imap("user4") as imap:
        assert imap.select()[1] == [b"0"]
    with server.imap("user3") as imap:
        assert imap.select()[1] == [b"1"]


@pytest.mark.parametrize("service", ["smtp", "imap", "pop3"])
def test_connections_dropped_at_any_moment_leave_nothing(server: Server, service: str) -> None:
    words = {
        "smtp": b"EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<user2@demo.test>\r\nDATA\r\nSubject: x\r\n",
        "imap": b'a LOGIN user2@demo.test "correct horse"\r\nb APPEND INBOX {100+}\r\nhalf',
        "pop3": b"USER user2@demo.test\r\nPASS correct horse\r\nRETR 1",
    }[service]
    for end in range(0, len(words), 5):
        with Talk(server, service) as talk:
            talk.send(words[:end])
    with server.imap("user2") as imap:
        assert imap.select()[1] == [b"0"]


def test_a_pop_session_that_breaks_deletes_nothing_and_frees_the_lock(server: Server) -> None:
    server.deliver(b"Subject: stays\r\n\r\n", "user1")
    pop = server.pop("user1")
    pop.dele(1)
    pop.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            again = server.pop("user1")
            break
        except poplib.error_proto:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert len(again.list()[1]) == 1
    again.quit()
