"""Scripts that use Perl's IMAP libraries, which read each response with parsers of their own."""

from pathlib import Path

from clients.conftest import USER
from clients.programs import run
from harness import HOST, Server

SCRIPTS = Path(__file__).parent


def said(server: Server, home: Path, script: str, service: str, *words: str) -> dict[str, str]:
    """What the script says, by the first word of each line."""
    given = (HOST, str(server.port(service)), server.address(USER), server.password, *words)
    done = run(home, "perl", str(SCRIPTS / script), *given)
    assert not done.stderr, done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[-1] == "end"
    return {word: rest for word, _, rest in (line.partition(" ") for line in lines)}


def test_mail_imapclient(three: Server, tmp_path: Path) -> None:
    """Over TLS and compressed: names as literals, UIDs for all, ENVELOPE, BODYSTRUCTURE, IDLE, MOVE, ACL."""
    found = said(three, tmp_path, "mail_imapclient.pl", "imaps", "bob@demo.test")
    assert found == {
        "folders": "Archive Drafts INBOX Junk Sent Trash",
        "namespace": "Other Users/",
        "exists": "1 0",
        "count": "3 unseen 3",
        "sorted": "two three one",
        "threads": "3",
        "one": "sized dated",
        "structure": "parsed",
        "type": "text plain 8bit",
        "envelope": "one Sender <sender@example.org>",
        "header": "<one@example.org>",
        "body": "2",
        "flags": r"\Flagged \Seen",
        "left": "2",
        "status": "told 2",
        "acl": "lr",
        "rights": "listed",
        "end": "",
    }


def test_mail_imaptalk(three: Server, tmp_path: Path) -> None:
    """Its parser takes ENVELOPE and BODYSTRUCTURE apart; METADATA, STATUS of several, ACL, special uses."""
    assert said(three, tmp_path, "mail_imaptalk.pl", "imap") == {
        "capable": "1 1",
        "special": "Sent",
        "exists": "3 uidnext 1",
        "subjects": "one three two",
        "types": "text/plain text/plain text/plain",
        "fields": "message-id subject",
        "sorted": "3",
        "threads": "3",
        "status": "3",
        "append": "done",
        "many": "4",
        "metadata": "mine",
        "acl": "user1@demo.test",
        "rights": "lrswipkxteacd",
        "left": "0",
        "end": "",
    }
