"""Guessing at a second factor, with the password known, at several workers at once (D-6)."""

import base64
import hashlib
import hmac
import imaplib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest

from harness import HOST, Server, any_certificate
from jmap_client import JmapClient
from visitor import Answer, Visitor

FAILURES_MAX = 4
GUESSERS = 16


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = (f"login.failures_max={FAILURES_MAX}",)
    with Server(tmp_path_factory.mktemp("server"), settings=settings) as running:
        yield running
        running.assert_no_traceback()


def turn_on(server: Server, user: str) -> tuple[str, list[str]]:
    """The app's secret and the recovery codes."""
    visitor = Visitor(server, user)
    visitor.login()
    begin = {"singleton": {"password": server.password, "isPending": True}}
    secret = visitor.call("SecondFactor/set", update=begin)["updated"]["singleton"]["secret"]
    confirm = {"singleton": {"code": pyotp.TOTP(secret).now(), "isEnabled": True}}
    told = visitor.call("SecondFactor/set", update=confirm)["updated"]["singleton"]
    return secret, told["recoveryCodes"]


def at_once(server: Server, user: str, codes: list[str]) -> list[Answer]:
    """Each on a connection of its own; the kernel shares them out among the workers."""
    with ThreadPoolExecutor(len(codes)) as pool:
        return list(pool.map(lambda code: Visitor(server, user).login(code=code), codes))


def test_a_recovery_code_opens_once_however_many_ask(server: Server) -> None:
    _, codes = turn_on(server, "user1")
    answers = at_once(server, "user1", [codes[0]] * 3)
    assert sorted(answer.status for answer in answers).count(200) == 1
    assert server.json("account", "second-factor", "show", "user1@demo.test")["recovery_codes_left"] == 9


def test_a_code_of_the_app_opens_once(server: Server) -> None:
    secret, _ = turn_on(server, "user2")
    # The step of now confirmed it, and is used up; the next one is taken early (RFC 6238 §5.2).
    code = pyotp.TOTP(secret).at(int(time.time()) + 30)
    answers = at_once(server, "user2", [code] * 3)
    assert [answer.status for answer in answers].count(200) <= 1
    assert Visitor(server, "user2").login(code=code).status != 200


def test_wrong_codes_lock_the_guesser_out_at_all_workers(server: Server) -> None:
    turn_on(server, "user3")
    answers = at_once(server, "user3", [f"{code:06d}" for code in range(GUESSERS)])
    # So many guesses as begin at once in two workers before the first is counted, and no more.
    judged = [answer for answer in answers if answer.status == 401]
    assert len(judged) <= 2 * FAILURES_MAX and {answer.status for answer in answers} <= {401, 429}
    assert Visitor(server, "user3").login(code="000000").status == 429


def test_the_password_alone_opens_no_program_however_it_is_proved(server: Server) -> None:
    """SCRAM knows the password by another proof, and all were warm before."""
    assert JmapClient(server, "bob").ask("GET", "/jmap/session").status == 200
    server.imap("bob").logout()
    prove_by_scram(server, "bob@demo.test")
    turn_on(server, "bob")
    assert JmapClient(server, "bob").ask("GET", "/jmap/session").status == 403
    with pytest.raises(imaplib.IMAP4.error):
        server.imap("bob")
    with pytest.raises(imaplib.IMAP4.error):
        prove_by_scram(server, "bob@demo.test")


def prove_by_scram(server: Server, name: str) -> None:
    context = any_certificate()
    client = imaplib.IMAP4_SSL(HOST, server.port("imaps"), ssl_context=context, timeout=20)
    try:
        client.authenticate("SCRAM-SHA-256", _Scram(name, server.password))
    finally:
        client.shutdown()


class _Scram:
    """RFC 7677, without channel binding."""

    def __init__(self, name: str, password: str) -> None:
        self.bare = f"n={name},r=fyko+d2lbbFgONRv9qkxdawL"
        self.password = password
        self.is_begun = False

    def __call__(self, said: bytes) -> bytes:
        if not self.is_begun:
            self.is_begun = True
            return f"n,,{self.bare}".encode()
        facts = dict(one.split("=", 1) for one in said.decode().split(","))
        if "r" not in facts:
            return b""
        salted = hashlib.pbkdf2_hmac(
            "sha256", self.password.encode(), base64.b64decode(facts["s"]), int(facts["i"])
        )
        key = hmac.digest(salted, b"Client Key", "sha256")
        last = f"c=biws,r={facts['r']}"
        signed = f"{self.bare},{said.decode()},{last}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        return f"{last},p={base64.b64encode(proof).decode()}".encode()
