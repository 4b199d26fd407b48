"""mbsync, offlineimap, fetchmail, getmail and neomutt read, change and synchronise mail."""

from pathlib import Path

import pytest
from imapclient import IMAPClient

from clients import configurations
from clients.conftest import USER
from clients.messages import mail, maildir_messages, subjects
from clients.programs import private_file, run
from harness import HOST, Server


def flags(server: Server) -> dict[str, set[bytes]]:
    """The flags of every message, by subject."""
    with server.imap(USER) as imap:
        imap.select(readonly=True)
        _, answer = imap.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    found = {}
    for item in answer:
        if isinstance(item, tuple):
            inside = item[0].split(b"FLAGS (")[1].split(b")")[0]
            found[item[1].split(b": ")[1].strip().decode()] = set(inside.split()) - {rb"\Recent"}
    return found


def test_mbsync_keeps_both_sides_in_step(three: Server, tmp_path: Path) -> None:
    home = configurations.mbsync(three, tmp_path, USER)
    run(home, "mbsync", "-a")
    inbox = home / "mail" / "INBOX"
    assert subjects(maildir_messages(inbox)) == ["one", "three", "two"]

    # Work without the server: read one, answer one, delete one, write one.
    for file in [*(inbox / "new").iterdir(), *(inbox / "cur").iterdir()]:
        subject = subjects([file.read_bytes()])[0]
        mark = {"one": "S", "two": "RS", "three": "T"}[subject]
        file.rename(inbox / "cur" / (file.name.split(":")[0] + ":2," + mark))
    (inbox / "cur" / "1234.local:2,S").write_bytes(mail("written offline").replace(b"\r\n", b"\n"))
    three.deliver(mail("arrived meanwhile"), USER)

    run(home, "mbsync", "-a")
    assert flags(three) == {
        "one": {rb"\Seen"},
        "two": {rb"\Seen", rb"\Answered"},
        "written offline": {rb"\Seen"},
        "arrived meanwhile": set(),
    }
    assert subjects(maildir_messages(inbox)) == sorted(["one", "two", "written offline", "arrived meanwhile"])


def test_offlineimap_mirrors_and_takes_changes_back(three: Server, tmp_path: Path) -> None:
    configurations.offlineimap(three, tmp_path, USER)
    run(tmp_path, "offlineimap", "-o", "-u", "basic")
    inbox = tmp_path / "mail" / "INBOX"
    assert subjects(maildir_messages(inbox)) == ["one", "three", "two"]
    for file in [*(inbox / "new").iterdir(), *(inbox / "cur").iterdir()]:
        if subjects([file.read_bytes()]) == ["two"]:
            file.rename(inbox / "cur" / (file.name.split(":")[0] + ":2,FS"))
    run(tmp_path, "offlineimap", "-o", "-u", "basic")
    assert flags(three)["two"] == {rb"\Seen", rb"\Flagged"}


@pytest.mark.parametrize(("protocol", "service"), [("POP3", "pop3s"), ("IMAP", "imaps")])
def test_fetchmail_takes_mail_off_the_server(
    three: Server, tmp_path: Path, protocol: str, service: str
) -> None:
    private_file(
        tmp_path / "fetchmailrc",
        f'poll {HOST} protocol {protocol} port {three.port(service)}\n  user "{USER}@demo.test" password '
        f'"{three.password}" is root here\n  ssl no sslcertck nokeep mda "cat >> {tmp_path}/got"\n',
    )
    run(tmp_path, "fetchmail", "-f", "fetchmailrc", "--pidfile", f"{tmp_path}/pid", "--nosyslog")
    got = (tmp_path / "got").read_bytes()
    assert all(b"Subject: " + subject in got for subject in (b"one", b"two", b"three"))
    assert flags(three) == {}


@pytest.mark.parametrize("protocol", ["POP3", "IMAP"])
def test_getmail_fetches_once_and_leaves_mail(three: Server, tmp_path: Path, protocol: str) -> None:
    configurations.getmail(three, tmp_path, USER, protocol=protocol, delete=False)
    for _ in range(2):
        run(tmp_path, "getmail", f"--getmaildir={tmp_path}", "--rcfile=rc", "--quiet")
    # The second run knew all three by their UIDL or UID.
    got = [file.read_bytes() for file in (tmp_path / "got").iterdir()]
    assert subjects(got) == ["one", "three", "two"]
    assert sorted(flags(three)) == ["one", "three", "two"]


@pytest.mark.parametrize("auth", ["user", "plain", "scram-sha-256"])
def test_mpop_takes_mail_as_it_is(three: Server, tmp_path: Path, auth: str) -> None:
    """All in one pipeline (RFC 2449 §6.6); what it has had it knows again by UIDL."""
    home = configurations.mpop(three, tmp_path, USER, auth=auth, keep=True)
    for _ in range(2):
        run(home, "mpop", "--quiet")
    got = maildir_messages(home / "got")
    assert subjects(got) == ["one", "three", "two"]
    assert all(mail("one").partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n") in message for message in got)
    run(home, "mpop", "--quiet", "--keep=off")
    assert flags(three) == {}


def test_neomutt_reads_marks_and_copies(three: Server, tmp_path: Path) -> None:
    private_file(
        tmp_path / "muttrc",
        f'set imap_user="{USER}@demo.test"\nset imap_pass="{three.password}"\nset ssl_verify_host=no\n'
        "set certificate_file=~/trusted\nset confirm_append=no\nset confirm_create=no\n"
        "set sort=mailbox-order\nset quit=yes\nset wait_key=no\nset mail_check=1\n"
        'push "<flag-message><copy-message>~/copied<enter><sync-mailbox><quit>"\n',
    )
    (tmp_path / "trusted").write_bytes((three.data / "tls" / "certificate.pem").read_bytes())
    # Without it the program asks whether to make it, and the answer eats the keys.
    (tmp_path / "Mail").mkdir()
    folder = f"imaps://{HOST}:{three.port('imaps')}/INBOX"
    run(tmp_path, "neomutt", "-n", "-F", "muttrc", "-f", folder, terminal=True)
    assert b"Subject: " in (tmp_path / "copied").read_bytes()
    assert sum(rb"\Flagged" in marks for marks in flags(three).values()) == 1


def test_imapclient_hears_idle_and_moves(three: Server) -> None:
    with IMAPClient(HOST, three.port("imap"), ssl=False, timeout=20) as client:
        client.login(f"{USER}@demo.test", three.password)
        assert client.select_folder("INBOX")[b"EXISTS"] == 3
        client.idle()
        three.deliver(mail("four"), USER)
        heard: list[object] = []
        while (4, b"EXISTS") not in heard:
            answer = client.idle_check(timeout=10)
            assert answer, "IDLE said nothing of the new message"
            heard += answer
        client.idle_done()
        assert client.capabilities() and client.has_capability("MOVE")
        client.move([client.search("SUBJECT four")[0]], "Archive")
        assert client.folder_status("Archive", "MESSAGES")[b"MESSAGES"] >= 1
        envelopes = client.fetch(client.search(), ["ENVELOPE", "BODYSTRUCTURE"])
        assert sorted(item[b"ENVELOPE"].subject for item in envelopes.values()) == [b"one", b"three", b"two"]
