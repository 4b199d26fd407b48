"""Wrong passwords: slow, counted over protocols and workers, refused for a while; the owner comes in."""

import imaplib
import poplib
import smtplib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from harness import HOST, Server, any_certificate, eventually
from smtp.wire import Wire

FAILURES_MAX = 3
ELSEWHERE = "127.0.77.5"
"""Another network than 127.0.0.0/24."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = (f"login.failures_max={FAILURES_MAX}", "login.refuse_seconds=20", "login.delay_seconds_max=15")
    with Server(tmp_path_factory.mktemp("server"), settings=settings) as running:
        yield running
        running.assert_no_traceback()


def by_smtp(server: Server, user: str, password: str, source: str = "") -> bool:
    with Wire(server, "submissions", source) as wire:
        answer = wire.login(user, password)
    assert answer.code in (235, 535, 454), answer
    return answer.code == 235


def by_imap(server: Server, user: str, password: str) -> bool:
    with suppress(imaplib.IMAP4.error):
        return bool(server.imap(user, password).logout())
    return False


def by_pop(server: Server, user: str, password: str) -> bool:
    with suppress(poplib.error_proto):
        return bool(server.pop(user, password).quit())
    return False


WAYS: list[Callable[[Server, str, str], bool]] = [by_smtp, by_imap, by_pop]


def test_a_wrong_password_waits_two_seconds_and_a_right_one_does_not(server: Server) -> None:
    assert by_smtp(server, "bob@demo.test", server.password)
    began = time.monotonic()
    assert not by_smtp(server, "bob@demo.test", "wrong")
    assert 2.0 <= time.monotonic() - began < 15.0
    assert min(seconds_of_a_right_one(server) for _ in range(3)) < 2.0


def seconds_of_a_right_one(server: Server) -> float:
    began = time.monotonic()
    assert by_smtp(server, "bob@demo.test", server.password)
    return time.monotonic() - began


def test_an_unknown_name_waits_as_long(server: Server) -> None:
    began = time.monotonic()
    assert not by_smtp(server, "nobody@demo.test", "wrong")
    assert 2.0 <= time.monotonic() - began < 15.0


def test_failures_are_counted_over_protocols_and_workers(server: Server) -> None:
    """One wrong password by each protocol, and all are shut on every worker, for that network only."""
    victim = "alice@demo.test"
    with ThreadPoolExecutor(len(WAYS)) as pool:
        futures = [pool.submit(way, server, victim, f"wrong {way.__name__}") for way in WAYS]
        assert [future.result() for future in futures] == [False] * FAILURES_MAX
    began = time.monotonic()
    for way in WAYS * 4:
        assert not way(server, victim, server.password), "refused, even the right password"
    assert time.monotonic() - began < 2.0 * len(WAYS * 4), "refused at once"
    with Wire(server, "submissions") as wire:
        answer = wire.login(victim, server.password)
        assert (answer.code, answer.status) == (454, "4.7.0")
        # Others of that network are not shut out.
    assert by_smtp(server, "user1@demo.test", server.password)
    # The owner comes in from elsewhere.
    assert by_smtp(server, victim, server.password, ELSEWHERE)


def test_the_refusal_ends_by_itself(server: Server) -> None:
    assert eventually(lambda: by_smtp(server, "alice@demo.test", server.password), seconds=30)


def test_nothing_secret_is_logged(server: Server) -> None:
    with suppress(smtplib.SMTPException):
        client = smtplib.SMTP_SSL(HOST, server.port("submissions"), context=any_certificate(), timeout=20)
        client.login("user2@demo.test", "a secret that nobody may read")
    text = server.log(10_000_000)
    assert server.password not in text and "a secret that nobody" not in text and "wrong by_" not in text
    assert "BadCredentials" in text
