"""Real programs that log in otherwise than by PLAIN: curl by token, mutt by whatever is offered first."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.programs import private_file, run
from harness import HOST, Server, eventually


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # What mutt's SASL library wants to bind to, Python's TLS does not give (RFC 9266).
    settings = ("login.without.127.0.0.0/8=SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS",)
    with Server(tmp_path_factory.mktemp("server"), settings=settings) as running:
        yield running
        running.assert_no_traceback()


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    return str(server.json("token", "add", "alice@demo.test", "--label", "curl")["token"])


@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
@pytest.mark.parametrize(
    ("scheme", "service"), [("imaps", "imaps"), ("pop3s", "pop3s"), ("smtps", "submissions")]
)
def test_curl_with_a_token(
    server: Server, token: str, tmp_path: Path, mechanism: str, scheme: str, service: str
) -> None:
    """RFC 7628 §4."""
    server.deliver(b"Subject: for curl\r\n\r\nbody\r\n", "alice")
    words = ["curl", "-sSk", "--user", "alice@demo.test", "--oauth2-bearer", token]
    words += ["--login-options", f"AUTH={mechanism}", f"{scheme}://{HOST}:{server.port(service)}/"]
    if scheme == "smtps":
        words += ["--mail-from", "alice@demo.test", "--mail-rcpt", "bob@demo.test", "--upload-file", "-"]
        run(tmp_path, *words, given=b"Subject: by curl\r\n\r\nbody\r\n")
        assert eventually(lambda: server.json("account", "show", "bob@demo.test")["message_count"])
        return
    said = run(tmp_path, *words).stdout
    assert (b"INBOX" if scheme == "imaps" else b"1 ") in said
    refused = [word.replace(token, f"{token}x") for word in words]
    assert run(tmp_path, *refused, check=False).returncode == 67


def test_mutt_as_it_comes(server: Server, tmp_path: Path) -> None:
    """With no mechanism chosen it takes the strongest that it knows of."""
    certificate = server.data / "tls" / "certificate.pem"
    private_file(
        tmp_path / "rc",
        f'set from="alice@demo.test" realname="Alice" record="" copy=no\n'
        "set ssl_force_tls=yes ssl_verify_host=no\n"
        f'set smtp_url="smtps://alice%40demo.test@localhost:{server.port("submissions")}/"\n'
        f'set smtp_pass="{server.password}" certificate_file="{certificate}"\n',
    )
    run(tmp_path, "neomutt", "-F", "rc", "-s", "from mutt", "user2@demo.test", given=b"body\n")
    assert eventually(lambda: server.json("account", "show", "user2@demo.test")["message_count"]) == 1
