"""Logging in by token and certificate, and what single clients do not see, on every service of a server."""

import json
import ssl
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from bocau.runtime.tests.authority import Authority
from harness import Server, any_certificate, eventually
from hostile.talk import Talk

ALICE = "alice@demo.test"
SERVICES = ("submission", "imap", "pop3")
FAILED = {"submission": b"535 5.7.8", "imap": b"a1 NO [AUTHENTICATIONFAILED]", "pop3": b"-ERR [AUTH]"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Server]:
    settings = (
        f"tls.client_ca={authority.file}",
        f"tls.client_crl={authority.revoke()}",
        "imap.support_url=https://help.demo.test/",
        "login.without.Old Phone 3*=IDLE SCRAM-SHA-1",
        "login.without.127.0.0.2=COMPRESS SCRAM-SHA-256 CHUNKING TOP",
        "login.failures_max=1000",
        "login.plain_on_loopback=false",
    )
    with Server(tmp_path_factory.mktemp("server"), settings=settings) as running:
        yield running
        running.assert_no_traceback()
        running.cli("verify")


class Client(Talk):
    """Speaks SASL in the words of each service."""

    def __init__(self, server: Server, service: str, certificate: Path | None = None) -> None:
        super().__init__(server, service)
        self.service = service
        if service == "submission":
            self.said(b"EHLO c.example")
        self.said({"submission": b"STARTTLS", "imap": b"a1 STARTTLS", "pop3": b"STLS"}[service])
        context = any_certificate()
        if certificate is not None:
            context.load_cert_chain(certificate)
        self.start_tls(context)
        self.capabilities = self.offered()

    def offered(self) -> bytes:
        return self.said(
            {"submission": b"EHLO c.example", "imap": b"a1 CAPABILITY", "pop3": b"CAPA"}[self.service]
        )

    def said(self, command: bytes) -> bytes:
        """Send a line; the whole answer."""
        self.send(command + b"\r\n")
        return self.answer(is_long=command == b"CAPA")

    def answer(self, *, is_long: bool = False) -> bytes:
        lines: list[bytes] = []
        while line := self.line():
            lines.append(line)
            if self.service == "imap" and line.startswith((b"a1 ", b"+")):
                break
            if self.service == "submission" and line[3:4] == b" ":
                break
            if self.service == "pop3" and (not is_long or line == b".\r\n"):
                break
        return b"".join(lines)

    def begin(self, mechanism: str, response: bytes | None = None) -> bytes:
        """The answer to AUTH, with an initial response or without."""
        verb = b"a1 AUTHENTICATE" if self.service == "imap" else b"AUTH"
        words = [verb, mechanism.encode()]
        if response is not None:
            words.append(b64encode(response) or b"=")
        return self.said(b" ".join(words))

    def respond(self, response: bytes) -> bytes:
        return self.said(b64encode(response))


def is_in(line: bytes) -> bool:
    return line.startswith((b"235", b"a1 OK", b"+OK"))


def bearer(mechanism: str, token: str, name: str = ALICE) -> bytes:
    if mechanism == "XOAUTH2":
        return f"user={name}\1auth=Bearer {token}\1\1".encode()
    return f"n,a={name},\1host=localhost\1port=143\1auth=Bearer {token}\1\1".encode()


def new_token(server: Server, label: str, *options: str) -> str:
    return str(server.json("token", "add", ALICE, "--label", label, *options)["token"])


# --- tokens ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    return new_token(server, "all", "--expires", "90d")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
def test_a_token_logs_in(server: Server, token: str, service: str, mechanism: str) -> None:
    """RFC 7628 §4.1; with an initial response and without."""
    with Client(server, service) as client:
        assert mechanism.encode() in client.capabilities
        assert is_in(client.begin(mechanism, bearer(mechanism, token)))
    with Client(server, service) as client:
        assert client.begin(mechanism) in (b"334 \r\n", b"+ \r\n")
        assert is_in(client.respond(bearer(mechanism, token)))


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(("mechanism", "word"), [("OAUTHBEARER", b"\1"), ("XOAUTH2", b"")])
def test_a_wrong_token_is_told_twice(
    server: Server, token: str, service: str, mechanism: str, word: bytes
) -> None:
    """RFC 7628 §3.2.3; the connection goes on."""
    with Client(server, service) as client:
        # A name of its own: failures of one name would be slowed more and more.
        refusal = client.begin(mechanism, bearer(mechanism, token, f"{mechanism}-{service}@demo.test"))
        assert refusal.startswith((b"334 ", b"+ ")), refusal
        assert "status" in json.loads(b64decode(refusal.split(b" ", 1)[1]))
        assert client.respond(word).startswith(FAILED[service])
        assert is_in(client.begin(mechanism, bearer(mechanism, token)))


@pytest.mark.parametrize("service", SERVICES)
def test_a_token_is_a_password_too(server: Server, token: str, service: str) -> None:
    with Client(server, service) as client:
        assert is_in(client.begin("PLAIN", f"\0{ALICE}\0{token}".encode()))


@pytest.mark.parametrize("service", SERVICES)
def test_auth_login_with_an_initial_response(server: Server, service: str) -> None:
    """Outlook for Mac sends the name along with AUTH LOGIN."""
    with Client(server, service) as client:
        challenge = client.begin("LOGIN", ALICE.encode())
        assert challenge.split()[1] == b64encode(b"Password:")
        assert is_in(client.respond(server.password.encode()))


def test_a_token_opens_its_scopes_only(server: Server) -> None:
    token = new_token(server, "reader", "--scope", "imap")
    for service in SERVICES:
        with Client(server, service) as client:
            answer = client.begin("OAUTHBEARER", bearer("OAUTHBEARER", token))
            assert is_in(answer) is (service == "imap")


def test_a_removed_token_ends_its_sessions(server: Server) -> None:
    """Whatever they do, on whichever worker: IDLE at once, the others with their next command."""
    token = new_token(server, "short")
    sessions = [Client(server, service) for service in ("imap", "imap", "imap", "submission")]
    for session in sessions:
        assert is_in(session.begin("OAUTHBEARER", bearer("OAUTHBEARER", token)))
    *readers, sender = sessions
    for session in readers:
        session.said(b"a1 SELECT INBOX")
        assert session.said(b"a1 IDLE").startswith(b"+")
    server.cli("token", "remove", ALICE, "short")
    for session in readers:
        assert b"BYE" in session.rest()
    assert sender.said(b"MAIL FROM:<alice@demo.test>").startswith(b"535")
    assert sender.said(b"MAIL FROM:<alice@demo.test>").startswith(b"530")
    for session in sessions:
        session.__exit__()


@pytest.mark.parametrize("service", SERVICES)
def test_tokens_are_not_taken_in_clear(server: Server, token: str, service: str) -> None:
    """Nor is anything else."""
    with Talk(server, service) as talk:
        if service == "submission":
            talk.ask(b"EHLO c.example")
        verb = b"a1 AUTHENTICATE" if service == "imap" else b"AUTH"
        for mechanism in ("OAUTHBEARER", "XOAUTH2", "EXTERNAL"):
            response = b64encode(bearer("OAUTHBEARER", token))
            talk.send(verb + b" " + mechanism.encode() + b" " + response + b"\r\n")
            assert talk.line().startswith((b"538", b"a1 NO [PRIVACYREQUIRED]", b"-ERR"))


# --- certificates ----------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_a_certificate_logs_in(server: Server, authority: Authority, service: str) -> None:
    """RFC 4422 appendix A: with the identity said, with an empty one, with none yet."""
    file, _ = authority.certify(ALICE)
    for responses in ([b""], [ALICE.encode()], [None, b""]):
        with Client(server, service, file) as client:
            assert b"EXTERNAL" in client.capabilities
            answer = client.begin("EXTERNAL", responses[0])
            for response in responses[1:]:
                answer = client.respond(response or b"")
            assert is_in(answer), answer


@pytest.mark.parametrize("service", SERVICES)
def test_a_certificate_opens_no_other_account(server: Server, authority: Authority, service: str) -> None:
    file, _ = authority.certify(ALICE)
    nobody, _ = authority.certify(f"nobody-{service}@demo.test", common_name=ALICE)
    other = f"user{SERVICES.index(service) + 1}@demo.test".encode()
    for certificate, identity in ((file, other), (nobody, b"")):
        with Client(server, service, certificate) as client:
            assert client.begin("EXTERNAL", identity).startswith(FAILED[service])
            if service == "submission":
                assert client.said(b"MAIL FROM:<alice@demo.test>").startswith(b"530")


@pytest.mark.parametrize("service", SERVICES)
def test_external_is_there_only_with_a_certificate(server: Server, service: str) -> None:
    with Client(server, service) as client:
        assert b"EXTERNAL" not in client.capabilities
        assert not is_in(client.begin("EXTERNAL", ALICE.encode()))
        assert is_in(client.begin("PLAIN", f"\0{ALICE}\0{server.password}".encode()))


def test_other_servers_are_not_asked_for_certificates(server: Server, tmp_path: Path) -> None:
    """They show their own, signed by anyone."""
    file, _ = Authority(tmp_path).certify(ALICE)
    with Talk(server, "smtp") as talk:
        assert talk.ask(b"EHLO c.example") == 250 and talk.ask(b"STARTTLS") == 220
        context = any_certificate()
        context.load_cert_chain(file)
        talk.start_tls(context)
        assert talk.ask(b"EHLO c.example") == 250
    with pytest.raises((ssl.SSLError, OSError, AssertionError)), Client(server, "imap", file) as client:
        assert client.capabilities


# --- what single clients do not see ----------------------------------------------------------


def test_a_client_that_says_what_it_is_sees_less(server: Server) -> None:
    """RFC 2971 §3.1: before the login too; what it cannot do is refused as well."""
    with Client(server, "imap") as client:
        assert b"AUTH=SCRAM-SHA-256" in client.capabilities
        said = client.said(b'a1 ID ("name" "eM Client" "version" "10.1")')
        assert b'"support-url" "https://help.demo.test/"' in said and b'"vendor" "bocau"' in said
        after = client.offered()
        assert b"SCRAM" not in after and b"AUTH=PLAIN" in after
        assert client.begin("SCRAM-SHA-1", b"n,,n=x,r=y").startswith(b"a1 NO [CANNOT]")
        said = client.begin("PLAIN", f"\0{ALICE}\0{server.password}".encode())
        assert is_in(said) and b"COMPRESS=DEFLATE" in said
    with Client(server, "imap") as client:
        client.said(b'a1 ID ("version" "3.1" "name" "old phone")')
        assert b"IDLE" not in client.offered().split()
        assert is_in(client.begin("PLAIN", f"\0{ALICE}\0{server.password}".encode()))
        client.said(b"a1 SELECT INBOX")
        assert client.said(b"a1 IDLE").startswith(b"a1 NO [CANNOT]")
        assert client.said(b"a1 NOOP").startswith(b"a1 OK")


def test_what_was_said_in_clear_does_not_choose_the_mechanisms(server: Server) -> None:
    """RFC 9051 §11.1: somebody on the way could have said it, to be given a password."""
    with Talk(server, "imap") as talk:
        assert talk.tagged(b'ID ("name" "eM Client" "version" "10.1")').startswith(b"a1 OK")
        assert talk.tagged(b"STARTTLS").startswith(b"a1 OK")
        talk.start_tls()
        talk.send(b"a1 CAPABILITY\r\n")
        assert b"AUTH=SCRAM-SHA-256-PLUS" in talk.line()


def test_what_is_switched_off_for_an_account(server: Server) -> None:
    server.cli("account", "set", "bob@demo.test", "--without", "COMPRESS,QRESYNC,SCRAM-SHA-256")
    with Client(server, "imap") as client:
        begun = client.begin("SCRAM-SHA-256", b"n,,n=bob@demo.test,r=abc")
        assert begun.startswith(FAILED["imap"])
        said = client.begin("PLAIN", f"\0bob@demo.test\0{server.password}".encode())
        assert is_in(said)
        assert b"COMPRESS" not in said and b"QRESYNC" not in said and b"CONDSTORE" in said
        assert client.said(b"a1 COMPRESS DEFLATE").startswith(b"a1 NO [CANNOT]")
        assert client.said(b"a1 ENABLE QRESYNC CONDSTORE").startswith(b"* ENABLED CONDSTORE\r\n")
    server.cli("account", "set", "bob@demo.test", "--without", "nothing")
    with Client(server, "imap") as client:
        assert b"QRESYNC" in client.begin("PLAIN", f"\0bob@demo.test\0{server.password}".encode())


def test_what_a_client_says_of_itself_is_logged_once_and_safely(server: Server) -> None:
    with Client(server, "imap") as client:
        for _ in range(3):
            client.said(b'a1 ID ("name" "Evil\x1b[31m" "version" "%b")' % (b"9" * 300))
        many = b" ".join(b'"k%d" "v"' % n for n in range(31))
        assert client.said(b"a1 ID (" + many + b")").startswith(b"a1 BAD")
    lines = eventually(lambda: [line for line in server.log(100_000).splitlines() if "Evil" in line])
    assert len(lines) == 1 and "\x1b" not in lines[0] and "9" * 81 not in lines[0]
