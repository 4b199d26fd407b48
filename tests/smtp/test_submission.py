"""Mail from our own people: logins, senders, repairs (RFC 6409, RFC 4954, RFC 5802, RFC 8314)."""

import base64
import hashlib
import imaplib
import poplib
import stat
import unicodedata
from collections.abc import Iterator
from email import message_from_bytes

import pytest
import scramp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness import Server
from smtp.admin import cli, told
from smtp.wire import Heard, Wire, inbox, letter, newest

ALICE = "alice@demo.test"


@pytest.fixture(scope="module")
def company(server: Server) -> Server:
    cli(server, "alias", "add", "info@demo.test", ALICE)
    cli(server, "alias", "add", "both@demo.test", ALICE, "bob@demo.test")
    cli(server, "group", "add", "sales@demo.test", ALICE, "bob@demo.test", "--sender", ALICE)
    return server


@pytest.fixture(params=["submission", "submissions"])
def secure(request: pytest.FixtureRequest, company: Server) -> Iterator[Wire]:
    """TLS is up, nobody logged in yet."""
    with Wire(company, request.param) as wire:
        yield wire if request.param == "submissions" else wire.starttls()


@pytest.fixture
def alice(company: Server) -> Iterator[Wire]:
    with Wire(company, "submissions") as wire:
        assert wire.login(ALICE, company.password).code == 235
        yield wire


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


# --- logins ----------------------------------------------------------------------------


def test_no_login_in_clear_text(company: Server) -> None:
    with Wire(company, "submission") as wire:
        assert "AUTH" not in wire.keywords and "STARTTLS" in wire.keywords
        refused = wire.login(ALICE, company.password)
        assert (refused.code, refused.status) == (538, "5.7.11")
        refused = wire.mail(ALICE)
        assert (refused.code, refused.status) == (530, "5.7.0")


def test_no_mail_without_login(secure: Wire) -> None:
    refused = secure.mail(ALICE)
    assert (refused.code, refused.status) == (530, "5.7.0")


def test_plain_with_and_without_initial_response(company: Server, secure: Wire) -> None:
    asked = secure.say("AUTH PLAIN")
    assert (asked.code, asked.text) == (334, "")
    done = secure.say(encoded(f"\0{ALICE}\0{company.password}"))
    assert (done.code, done.status) == (235, "2.7.0")
    assert secure.login(ALICE, company.password).code == 503, "once"
    assert secure.mail(ALICE).code == 250


@pytest.mark.parametrize("initial", [True, False])
def test_login_asks_for_name_and_password(company: Server, secure: Wire, initial: bool) -> None:
    """Outlook sends the name with the command, others wait to be asked."""
    asked = secure.say(f"AUTH LOGIN {encoded(ALICE)}" if initial else "AUTH LOGIN")
    if not initial:
        assert (asked.code, base64.b64decode(asked.text)) == (334, b"Username:")
        asked = secure.say(encoded(ALICE))
    assert (asked.code, base64.b64decode(asked.text)) == (334, b"Password:")
    assert secure.say(encoded(company.password)).code == 235


def scram(wire: Wire, mechanism: str, user: str, password: str, binding: object = None) -> Heard:
    """An exchange by somebody else's implementation, which also checks the server's proof."""
    client = scramp.ScramClient([mechanism], user, password, channel_binding=binding)
    asked = wire.say(f"AUTH {mechanism} {encoded(client.get_client_first())}")
    assert asked.code == 334, asked
    client.set_server_first(base64.b64decode(asked.text).decode())
    answer = wire.say(encoded(client.get_client_final()))
    if answer.code != 334:
        return answer
    client.set_server_final(base64.b64decode(answer.text).decode())
    return wire.say("")


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-1"])
def test_scram(company: Server, secure: Wire, mechanism: str) -> None:
    assert scram(secure, mechanism, ALICE, company.password).code == 235


def end_point(wire: Wire) -> tuple[str, bytes]:
    """RFC 5929 §4.1: the hash of the certificate that the client sees."""
    certificate = wire.tls_socket.getpeercert(binary_form=True)
    assert certificate is not None
    return "tls-server-end-point", hashlib.sha256(certificate).digest()


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"])
def test_scram_bound_to_the_certificate(company: Server, secure: Wire, mechanism: str) -> None:
    binding = end_point(secure)
    assert scram(secure, mechanism, ALICE, company.password, binding).code == 235


def test_a_certificate_in_the_middle_is_noticed(company: Server, secure: Wire) -> None:
    answer = scram(secure, "SCRAM-SHA-256-PLUS", ALICE, company.password, ("tls-server-end-point", bytes(32)))
    assert answer.code in (501, 535)
    assert secure.mail(ALICE).code == 530


def test_a_name_spelled_otherwise_and_an_alias_log_in(company: Server) -> None:
    for name in ("Alice@Demo.Test", "info@demo.test"):
        with Wire(company, "submissions") as wire:
            assert wire.login(name, company.password).code == 235


def test_a_password_in_vietnamese(company: Server) -> None:
    """Composed or not, it is the same password (RFC 4013, RFC 8265)."""
    password = "mật khẩu của tôi"
    cli(company, "account", "add", "viet@demo.test", input=password + "\n")
    for spelling in (password, unicodedata.normalize("NFD", password)):
        with Wire(company, "submissions") as wire:
            assert wire.login("viet@demo.test", spelling).code == 235
        with Wire(company, "submissions") as wire:
            assert scram(wire, "SCRAM-SHA-256", "viet@demo.test", spelling).code == 235


def test_passwords_are_kept_as_argon2id_and_nowhere_else(company: Server) -> None:
    secret = "never written down"
    cli(company, "account", "add", "kept@demo.test", input=secret + "\n")
    with Wire(company, "submissions") as wire:
        assert wire.login("kept@demo.test", secret).code == 235
    files = [path for path in company.data.rglob("*") if path.is_file()]
    kept = [path.read_bytes() for path in files]
    assert any(b"$argon2id$v=19$m=19456,t=2,p=1$" in content for content in kept)
    assert not any(secret.encode() in content for content in kept)


def test_exchanges_that_go_wrong(company: Server, secure: Wire) -> None:
    assert secure.say("AUTH GSSAPI").code == 504
    assert secure.say("AUTH").code == 501
    assert secure.say("AUTH PLAIN !!!").code == 501
    assert secure.say("AUTH PLAIN").code == 334 and secure.say("*").code == 501
    assert secure.say("AUTH PLAIN").code == 334 and secure.say("not base64").code == 501
    # Acting for another identity is not offered.
    assert (
        secure.say(f"AUTH PLAIN {encoded(f'bob@demo.test{chr(0)}{ALICE}{chr(0)}{company.password}')}").code
        == 535
    )
    assert secure.login(ALICE, company.password).code == 235


def test_tls_begins_with_a_new_certificate_of_our_own(company: Server) -> None:
    """Made on the first start, kept ever after; its key is nobody else's to read."""
    folder = company.data / "tls"
    certificate = x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    with Wire(company, "submissions") as wire:
        hostname = wire.greeting.text.split()[0]
        assert wire.tls_socket.getpeercert(binary_form=True) == certificate.public_bytes(Encoding.DER)
    assert hostname in names.get_values_for_type(x509.DNSName)
    keys = [path for path in folder.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert keys and all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in keys)


# --- app passwords ---------------------------------------------------------------------


def test_an_app_password_opens_what_it_is_for(company: Server) -> None:
    made = told(
        company, "account", "app-password", "add", "user4@demo.test", "--label", "scanner", "--scope", "smtp"
    )
    secret, number = made["secret"], made["number"]
    with Wire(company, "submissions") as wire:
        assert scram(wire, "SCRAM-SHA-256", "user4@demo.test", secret).code == 235
    with Wire(company, "submissions") as wire:
        assert wire.login("user4@demo.test", secret).code == 235
        assert wire.mail("user4@demo.test").code == 250 and wire.rcpt("user4@demo.test").code == 250
        assert wire.data(letter("scanned", author="user4@demo.test")).code == 250
    with pytest.raises(imaplib.IMAP4.error, match="not for imap"):
        company.imap("user4", secret)
    with pytest.raises(poplib.error_proto, match="AUTH"):
        company.pop("user4", secret)
    # The main password still works everywhere.
    assert newest(company, "user4", b"Subject: scanned")
    cli(company, "account", "app-password", "remove", "user4@demo.test", str(number))
    with Wire(company, "submissions") as wire:
        assert wire.login("user4@demo.test", secret).code == 535


def test_an_app_password_for_reading_does_not_send(company: Server) -> None:
    made = told(
        company, "account", "app-password", "add", "user5@demo.test", "--label", "phone", "--scope", "imap"
    )
    with Wire(company, "submissions") as wire:
        assert wire.login("user5@demo.test", made["secret"]).code == 535
    company.imap("user5", made["secret"]).logout()


# --- senders ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sender",
    ["Alice@demo.test", "alice+tag@demo.test", "info@demo.test", "sales@demo.test", ""],
)
def test_senders_that_belong_to_the_login(alice: Wire, sender: str) -> None:
    assert alice.mail(sender).code == 250
    assert alice.rcpt("user1@demo.test").code == 250
    assert alice.data(letter("own name", author=sender or ALICE)).code == 250


@pytest.mark.parametrize(
    # An alias that several share is nobody's own.
    "sender",
    ["bob@demo.test", "both@demo.test", "postmaster@demo.test", "alice@elsewhere.test", "nobody@demo.test"],
)
def test_senders_that_do_not(alice: Wire, sender: str) -> None:
    refused = alice.mail(sender)
    assert (refused.code, refused.status) == (550, "5.7.1")


def test_a_member_may_not_send_as_the_group_unless_it_says_so(company: Server) -> None:
    with Wire(company, "submissions") as wire:
        assert wire.login("bob@demo.test", company.password).code == 235
        assert wire.mail("sales@demo.test").code == 550
        cli(company, "group", "set", "sales@demo.test", "--sender", "bob@demo.test")
        assert wire.mail("sales@demo.test").code == 250


FORGED = [
    b"From: bob@demo.test",
    b"From: Alice <alice@demo.test>, Bob <bob@demo.test>",
    b'From: "alice@demo.test" <boss@elsewhere.test>',
    b"From: alice@demo.test\r\nFrom: bob@demo.test",
    b"From: alice@demo.test\r\nSender: bob@demo.test",
    b"From: undisclosed:;",
    b"from : bob@demo.test",
]


@pytest.mark.parametrize("author", FORGED)
def test_the_author_in_the_header_must_belong_too(company: Server, alice: Wire, author: bytes) -> None:
    assert alice.mail(ALICE).code == 250 and alice.rcpt("user2@demo.test").code == 250
    answer = alice.data(author + b"\r\nSubject: forged\r\n\r\nhi\r\n")
    assert (answer.code, answer.status) == (550, "5.7.1")
    assert inbox(company, "user2") == []
    assert alice.mail(ALICE).code == 250, "the session goes on"


def test_recipients_of_a_submission(alice: Wire) -> None:
    assert alice.mail(ALICE, "AUTH=<> SIZE=100").code == 250
    assert alice.rcpt("someone@elsewhere.test").code == 250
    assert alice.rcpt("someone@[192.0.2.1]").code == 250
    unknown = alice.rcpt("nobody@demo.test")
    assert (unknown.code, unknown.status) == (550, "5.1.1")
    assert alice.say("RSET").code == 250


# --- repairs ---------------------------------------------------------------------------


def test_what_is_missing_is_added_and_blind_copies_stay_blind(company: Server, alice: Wire) -> None:
    assert alice.mail(ALICE).code == 250
    for recipient in ("user1@demo.test", "user3@demo.test"):
        assert alice.rcpt(recipient).code == 250
    bare = b"From: alice@demo.test\r\nTo: user1@demo.test\r\nBcc: user3@demo.test,\r\n user2@demo.test\r\n"
    assert alice.data(bare + b"Subject: bare\r\n\r\nBcc: stays here\r\n").code == 250
    for user in ("user1", "user3"):
        arrived = newest(company, user, b"Subject: bare")
        parsed = message_from_bytes(arrived)
        assert parsed["Bcc"] is None and b"user2" not in arrived
        assert (
            parsed["Date"] and parsed["Message-ID"].startswith("<") and len(parsed.get_all("Received")) == 1
        )
        assert arrived.endswith(b"\r\n\r\nBcc: stays here\r\n")
        assert b"with ESMTPSA id" in arrived


def test_what_is_complete_is_not_touched(company: Server, alice: Wire) -> None:
    message = letter("complete", author=ALICE)
    assert alice.mail(ALICE).code == 250 and alice.rcpt("user1@demo.test").code == 250
    assert alice.data(message).code == 250
    assert newest(company, "user1", b"Subject: complete").endswith(message)
