"""swaks, msmtp, curl, neomutt and sendmail hand in mail."""

import imaplib
from pathlib import Path

import pytest

from clients.messages import mail, subjects
from clients.programs import private_file, run
from harness import HOST, Server


def inbox(server: Server, user: str) -> list[bytes]:
    with server.imap(user) as imap:
        assert imap.select(readonly=True)[0] == "OK"
        status, answer = imap.fetch("1:*", "(BODY.PEEK[])")
        assert status == "OK"
        return [item[1] for item in answer if isinstance(item, tuple)]


def empty(server: Server, user: str) -> None:
    with server.imap(user) as imap:
        imap.select()
        imap.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
        imap.expunge()


@pytest.mark.parametrize("options", [(), ("--tls",), ("--pipeline",), ("--protocol", "SMTP")])
def test_swaks_delivers_at_the_mx_port(server: Server, tmp_path: Path, options: tuple[str, ...]) -> None:
    empty(server, "user1")
    address = f"{HOST}:{server.port('smtp')}"
    run(
        tmp_path,
        "swaks",
        "--server",
        address,
        "--to",
        "user1@demo.test",
        "--header",
        "Subject: swaks",
        *options,
    )
    assert subjects(inbox(server, "user1")) == ["swaks"]


def test_swaks_speaks_lmtp(server: Server, tmp_path: Path) -> None:
    empty(server, "user1")
    words = ("--server", f"{HOST}:{server.port('lmtp')}", "--protocol", "LMTP", "--to", "user1@demo.test")
    run(tmp_path, "swaks", *words, "--header", "Subject: lmtp")
    assert subjects(inbox(server, "user1")) == ["lmtp"]


def test_swaks_is_refused_as_a_relay(server: Server, tmp_path: Path) -> None:
    address = f"{HOST}:{server.port('smtp')}"
    refused = run(tmp_path, "swaks", "--server", address, "--to", "someone@example.net", check=False)
    assert refused.returncode == 24, "swaks: no recipient was accepted"
    assert b"550 5.7.1" in refused.stdout


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize(("service", "tls"), [("submission", "--tls"), ("submissions", "--tls-on-connect")])
def test_swaks_logs_in_to_submit(
    server: Server, tmp_path: Path, mechanism: str, service: str, tls: str
) -> None:
    empty(server, "user1")
    words = ["--server", f"{HOST}:{server.port(service)}", tls, "--auth", mechanism]
    words += ["--auth-user", "alice@demo.test", "--auth-password", server.password]
    words += ["--from", "alice@demo.test", "--to", "user1@demo.test", "--header", "Subject: login"]
    run(tmp_path, "swaks", *words)
    assert subjects(inbox(server, "user1")) == ["login"]


def test_swaks_may_not_log_in_without_tls(server: Server, tmp_path: Path) -> None:
    words = ["--server", f"{HOST}:{server.port('submission')}", "--auth", "PLAIN", "--to", "user1@demo.test"]
    words += ["--auth-user", "alice@demo.test", "--auth-password", server.password]
    assert run(tmp_path, "swaks", *words, check=False).returncode == 28, "swaks: AUTH is not offered"


@pytest.mark.parametrize("mechanism", ["plain", "login", "scram-sha-256", "scram-sha-1"])
def test_msmtp_submits(server: Server, tmp_path: Path, mechanism: str) -> None:
    empty(server, "user2")
    private_file(
        tmp_path / ".msmtprc",
        f"account default\nhost {HOST}\nport {server.port('submission')}\nfrom bob@demo.test\n"
        f"auth {mechanism}\nuser bob@demo.test\npassword {server.password}\n"
        "tls on\ntls_starttls on\ntls_certcheck off\n",
    )
    message = mail("msmtp").replace(b"sender@example.org", b"bob@demo.test").replace(b"\r\n", b"\n")
    run(tmp_path, "msmtp", "user2@demo.test", given=message)
    assert subjects(inbox(server, "user2")) == ["msmtp"]


def test_curl_sends_and_reads_and_appends(server: Server, tmp_path: Path) -> None:
    (tmp_path / "mail.eml").write_bytes(mail("curl").replace(b"sender@example.org", b"alice@demo.test"))
    login = ("--insecure", "--silent", "--show-error", "--user", f"alice@demo.test:{server.password}")
    url = f"smtps://{HOST}:{server.port('submissions')}/client.example.org"
    words = ("--mail-from", "alice@demo.test", "--mail-rcpt", "alice@demo.test", "--upload-file", "mail.eml")
    run(tmp_path, "curl", *login, *words, url)
    imap = f"imaps://{HOST}:{server.port('imaps')}"
    assert b"Subject: curl" in run(tmp_path, "curl", *login, f"{imap}/INBOX;MAILINDEX=1").stdout
    pop = f"pop3s://{HOST}:{server.port('pop3s')}"
    assert b"Subject: curl" in run(tmp_path, "curl", *login, f"{pop}/1").stdout
    run(tmp_path, "curl", *login, "--upload-file", "mail.eml", f"{imap}/Archive")
    with server.imap("alice") as client:
        assert client.select("Archive")[1] == [b"1"]


def test_neomutt_sends_by_submission(server: Server, tmp_path: Path) -> None:
    empty(server, "user3")
    private_file(
        tmp_path / "muttrc",
        "set from=alice@demo.test\nset use_from=yes\nset realname=Alice\nset copy=no\nset ssl_force_tls=yes\n"
        f"set smtp_url=smtp://alice%40demo.test@{HOST}:{server.port('submission')}/\n"
        f'set smtp_pass="{server.password}"\nset smtp_authenticators="plain"\n'
        "set ssl_verify_host=no\nset ssl_verify_dates=no\nset certificate_file=~/trusted\n",
    )
    (tmp_path / "trusted").write_bytes((server.data / "tls" / "certificate.pem").read_bytes())
    run(tmp_path, "neomutt", "-F", "muttrc", "-s", "neomutt", "user3@demo.test", given="Xin chào\n".encode())
    assert subjects(inbox(server, "user3")) == ["neomutt"]


def test_submitting_as_somebody_else_is_refused(server: Server) -> None:
    import smtplib

    with server.submission("alice") as client, pytest.raises(smtplib.SMTPResponseException) as refused:
        client.sendmail("bob@demo.test", ["user1@demo.test"], mail("forged"))
    assert refused.value.smtp_code in (550, 553)


def test_imaplib_uses_every_base_command(server: Server) -> None:
    empty(server, "user4")
    with server.imap("user4") as imap:
        assert imap.create("Đồ án".encode("utf-7").decode().replace("+", "&"))[0] in ("OK", "NO")
        assert imap.create("Work")[0] == "OK"
        assert imap.append("Work", r"(\Seen)", imaplib.Time2Internaldate(0), mail("appended"))[0] == "OK"
        assert imap.select("Work") == ("OK", [b"1"])
        assert imap.search(None, "SEEN") == ("OK", [b"1"])
        assert imap.copy("1", "INBOX")[0] == "OK"
        assert imap.store("1", "+FLAGS", r"(\Deleted)")[0] == "OK"
        assert imap.expunge() == ("OK", [b"1"])
        assert imap.close()[0] == "OK"
        assert imap.rename("Work", "Done")[0] == "OK"
        assert imap.delete("Done")[0] == "OK"
        assert imap.select() == ("OK", [b"1"])
