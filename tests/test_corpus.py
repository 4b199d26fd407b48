"""Real mail goes in by SMTP and comes out by IMAP, POP3 and export with the same SHA-256."""

import mailbox
import os
import poplib
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from harness import Server

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
RETURN_PATH = re.compile(rb"Return-Path: <[^\r\n]*>\r\n")
RECEIVED = re.compile(rb"Received: [^\r\n]+\r\n(?:[ \t][^\r\n]+\r\n)*")
USER = "alice"


def corpus() -> list[bytes]:
    """Every message with CRLF line ends, as SMTP carries it; stray carriage returns are not mail."""
    files = sorted(CORPUS.glob("*/*.eml"))
    bodies = [file.read_bytes().replace(b"\r", b"").replace(b"\n", b"\r\n") for file in files]
    return [body if body.endswith(b"\r\n") else body + b"\r\n" for body in bodies]


def below_trace(stored: bytes) -> bytes:
    """What lies below the two fields that bocau puts on top."""
    after_path = RETURN_PATH.match(stored)
    assert after_path, stored[:200]
    after_received = RECEIVED.match(stored, after_path.end())
    assert after_received, stored[:400]
    return stored[after_received.end() :]


def hashes(bodies: list[bytes]) -> list[str]:
    return [sha256(body).hexdigest() for body in bodies]


@pytest.fixture(scope="module")
def sent(server: Server) -> list[str]:
    """The hashes of the corpus in the order in which it was delivered to one mailbox."""
    if not CORPUS.is_dir():
        assert os.environ.get("CI") != "true", "the corpus must be there on CI"
        pytest.skip(f"the corpus is not at {CORPUS}")
    messages = corpus()
    assert len(messages) == 1400
    with server.smtp() as client:
        for number, message in enumerate(messages):
            client.sendmail(f"sender{number}@example.org", [server.address(USER)], message)
    return hashes(messages)


def test_imap_gives_the_same_bytes(server: Server, sent: list[str]) -> None:
    with server.imap(USER) as imap:
        imap.select(readonly=True)
        _, answer = imap.fetch(f"1:{len(sent)}", "(BODY.PEEK[])")
    assert hashes([below_trace(item[1]) for item in answer if isinstance(item, tuple)]) == sent


def test_imap_sizes_structures_and_sections_answer_for_every_message(server: Server, sent: list[str]) -> None:
    with server.imap(USER) as imap:
        imap.select(readonly=True)
        status, answer = imap.fetch("1:*", "(RFC822.SIZE ENVELOPE BODYSTRUCTURE)")
        assert status == "OK"
        starts = [
            item
            for item in answer
            if re.match(rb"\d+ \(RFC822", item[0] if isinstance(item, tuple) else item)
        ]
        assert len(starts) == len(sent)
        _, headers = imap.fetch("1:*", "(BODY.PEEK[HEADER])")
        _, texts = imap.fetch("1:*", "(BODY.PEEK[TEXT])")
    joined = [
        header[1] + text[1]
        for header, text in zip(
            (item for item in headers if isinstance(item, tuple)),
            (item for item in texts if isinstance(item, tuple)),
            strict=True,
        )
    ]
    assert hashes([below_trace(body) for body in joined]) == sent


def test_pop_gives_the_same_bytes(server: Server, sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # Real mail has lines of more than poplib's own 2,048 octets.
    monkeypatch.setattr(poplib, "_MAXLINE", 1 << 20)
    pop = server.pop(USER)
    count, _ = pop.stat()
    assert count == len(sent)
    # poplib splits at LF and joins nothing: put the line ends back.
    received = [b"".join(line + b"\r\n" for line in pop.retr(n)[1]) for n in range(1, count + 1)]
    pop.quit()
    assert hashes([below_trace(body) for body in received]) == sent


def test_exported_maildir_holds_the_same_bytes(server: Server, sent: list[str], tmp_path: Path) -> None:
    server.cli("export", server.address(USER), str(tmp_path / "out"))
    files = [file for folder in ("cur", "new") for file in (tmp_path / "out" / folder).iterdir()]
    assert sorted(hashes([below_trace(file.read_bytes()) for file in files])) == sorted(sent)


def test_exported_mbox_imports_into_the_same_bytes(server: Server, sent: list[str], tmp_path: Path) -> None:
    server.cli(
        "export", server.address(USER), str(tmp_path / "out"), "--format", "mbox", "--mailbox", "INBOX"
    )
    (file,) = (tmp_path / "out").glob("*.mbox")
    box = mailbox.mbox(file)
    assert len(box) == len(sent), "another program must see the same number of messages"
    box.close()
    server.cli("import", server.address("bob"), str(file))
    with server.imap("bob") as imap:
        imap.select(readonly=True)
        _, answer = imap.fetch("1:*", "(BODY.PEEK[])")
    received = hashes([below_trace(item[1]) for item in bodies(answer)])
    assert received == sent


def bodies(answer: list[object]) -> Iterator[tuple[bytes, bytes]]:
    return (item for item in answer if isinstance(item, tuple))
