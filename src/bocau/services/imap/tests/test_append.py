"""APPEND: long bodies, several at once, refusals; then the same bytes come back."""

import errno
import hashlib
import io
import re
from pathlib import Path

import pytest

from bocau.base.ids import AccountId
from bocau.services.imap import ImapSettings
from bocau.services.imap.commands import append
from bocau.services.imap.tests.home import ALICE, Home, SessionPlayer, log_in, open_home
from bocau.store import Reading
from bocau.store.access import Grant


def lines(size: int) -> bytes:
    return (b"Subject: long\r\n\r\n" + b"0123456789abcdef\r\n" * (size // 18 + 1))[:size]


async def test_a_long_message_comes_in_pieces_and_goes_out_whole(home: Home, alice: SessionPlayer) -> None:
    body = lines(2_500_000)
    command = b"a APPEND Sent (\\Seen) {%d+}\r\n%b\r\n" % (len(body), body)
    answer = b""
    for start in range(0, len(command), 100_000):
        answer += await alice.receive(command[start : start + 100_000])
    assert answer.startswith(b"a OK [APPENDUID"), answer[:100]
    await alice.say("s SELECT Sent")
    said = await alice.receive(
        b"b FETCH 1 (UID BODY.PEEK[] BODY.PEEK[TEXT]<10.5> BODY.PEEK[HEADER.FIELDS (Subject)])\r\n"
    )
    head = b"* 1 FETCH (UID 1 BODY[] {2500000}\r\n"
    assert said.startswith(head)
    got = said[len(head) : len(head) + len(body)]
    assert hashlib.sha256(got).digest() == hashlib.sha256(body).digest()
    assert said[len(head) + len(body) :] == (
        b" BODY[TEXT]<10> {5}\r\nabcde BODY[HEADER.FIELDS (SUBJECT)] {17}\r\nSubject: long\r\n\r\n)\r\n"
        b"b OK FETCH completed\r\n"
    )
    assert b"BODY (" in await alice.receive(b"c FETCH 1 (FLAGS BODY BODYSTRUCTURE)\r\n")
    assert (await alice.say("d SEARCH TEXT cdef"))[0] == "* SEARCH 1"


async def test_pipelined_appends_share_commits_and_are_answered_in_order(
    home: Home, alice: SessionPlayer
) -> None:
    commands = b"".join(
        b"t%d APPEND %b {3+}\r\nabc\r\n" % (n, b"Nowhere" if n == 5 else b"Sent") for n in range(20)
    )
    answer = await alice.receive(commands + b"u STATUS Sent (MESSAGES)\r\n")
    found = re.findall(rb"^(\w+) (OK|NO)", answer, re.MULTILINE)
    assert [tag for tag, _ in found] == [b"t%d" % n for n in range(20)] + [b"u"]
    assert found[5][1] == b"NO" and b"* STATUS Sent (MESSAGES 19)" in answer
    # All rows have the order of the commands.
    uids = [int(n) for n in re.findall(rb"APPENDUID \d+ (\d+)", answer)]
    assert uids == sorted(uids)


async def test_what_one_append_cannot_have_does_not_keep_the_others_from_it(
    home: Home, alice: SessionPlayer
) -> None:
    await home.store.write(ALICE, lambda tx: tx.set_limit(1000))
    sizes = (400, 700, 300, 350, 200)
    answer = await alice.receive(b"".join(b"t APPEND Sent {%d+}\r\n%b\r\n" % (n, b"x" * n) for n in sizes))
    found = re.findall(rb"^t (OK|NO) \[(\w+) ?\d* ?(\d*)", answer, re.MULTILINE)
    assert found == [
        (b"OK", b"APPENDUID", b"1"),
        (b"NO", b"OVERQUOTA", b""),
        (b"OK", b"APPENDUID", b"2"),
        (b"NO", b"OVERQUOTA", b""),
        (b"OK", b"APPENDUID", b"3"),
    ]
    # A message with too many keywords fails alone, too.
    keywords = b" ".join(b"k%d" % n for n in range(60))
    await home.store.write(ALICE, lambda tx: tx.set_limit(None))
    answer = await alice.receive(
        b"u APPEND Sent {3+}\r\nabc\r\nv APPEND Sent (%b) {3+}\r\nabc\r\nw APPEND Sent {3+}\r\nabc\r\n"
        % keywords
    )
    assert re.findall(rb"^(\w) (OK|NO)", answer, re.MULTILINE) == [
        (b"u", b"OK"),
        (b"v", b"NO"),
        (b"w", b"OK"),
    ]


async def test_nothing_waits_for_a_command_that_is_only_begun(home: Home, alice: SessionPlayer) -> None:
    answer = await alice.receive(b"a APPEND Sent {3+}\r\nabc\r\nb NO")
    assert answer.startswith(b"a OK")
    assert (await alice.receive(b"OP\r\n")).startswith(b"b OK")
    answer = await alice.receive(b"c APPEND Sent {3+}\r\nabc\r\nd APPEND Sent {3}\r\n")
    assert answer.startswith(b"c OK") and answer.endswith(b"+ OK\r\n")
    assert (await alice.receive(b"abc\r\n")).startswith(b"d OK")
    answer = await alice.receive(b"e APPEND Sent {3+}\r\nabc\r\nf APPEND Sent {900000+}\r\n" + b"y" * 300_000)
    assert answer.startswith(b"e OK")


async def test_a_mailbox_that_went_away_between_two_appends(home: Home, alice: SessionPlayer) -> None:
    assert (await alice.receive(b"a APPEND Archive {3+}\r\nabc\r\n")).startswith(b"a OK")
    assert await alice.say("b APPEND Archive {3}") == ["+ OK"]
    await home.store.write(ALICE, lambda tx: tx.delete_mailbox(tx.mailbox_named("Archive").mailbox_id))
    assert (await alice.receive(b"abc\r\n")) == b"b NO [TRYCREATE] no such mailbox\r\n"
    assert await alice.say("c APPEND Archive {3}") == ["c NO [TRYCREATE] no such mailbox"]


async def test_multiappend_is_all_or_nothing(home: Home, alice: SessionPlayer) -> None:
    answer = await alice.receive(b"a APPEND Sent {3+}\r\nabc (\\Nonsense) {3+}\r\nabc\r\n")
    assert answer.startswith(b"a BAD")
    assert (await alice.say("b STATUS Sent (MESSAGES)"))[0] == "* STATUS Sent (MESSAGES 0)"


class FullDisk(io.BytesIO):
    def writelines(self, lines: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_full_disk_is_said_and_the_conversation_goes_on(home: Home, alice: SessionPlayer) -> None:
    home.service.spool = FullDisk  # type: ignore[method-assign]
    answer = b""
    for piece in (b"a APPEND Sent {700000+}\r\n", *[b"y" * 100_000] * 7, b"\r\nb STATUS Sent (MESSAGES)\r\n"):
        answer += await alice.receive(piece)
    assert answer.startswith(b"a NO [UNAVAILABLE]") and b"* STATUS Sent (MESSAGES 0)\r\nb OK" in answer


async def test_over_quota_is_said_before_the_message_is_sent(home: Home, alice: SessionPlayer) -> None:
    await home.store.write(ALICE, lambda tx: tx.set_limit(1000))
    assert (await alice.say("a APPEND Sent {1001}"))[0].startswith("a NO [OVERQUOTA] ")
    assert (await alice.receive(b"b APPEND Sent {600+}\r\n%b\r\n" % lines(600))).startswith(b"b OK")
    await alice.say("s SELECT Sent")
    assert (await alice.say("c COPY 1 Sent"))[-1].startswith("c NO [OVERQUOTA]")
    assert (await alice.say("d MOVE 1 Trash"))[-1].startswith("d OK")

    def sizes(reading: Reading) -> int:
        return reading.usage().used_bytes

    assert home.store.glance(ALICE, sizes) == 600


async def test_what_urls_copy_is_bounded(
    home: Home, alice: SessionPlayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short command must not fill the disk."""
    await home.deliver(lines(1000))
    monkeypatch.setattr(append, "CATENATED_BYTES_MAX", 5000)
    message = " CATENATE (URL /INBOX/;UID=1 URL /INBOX/;UID=1)"
    assert (await alice.say("a APPEND Sent" + message * 2))[-1].startswith("a OK")
    assert (await alice.say("b APPEND Sent" + message * 3))[-1].startswith("b NO [LIMIT]")
    assert (await alice.say("c STATUS Sent (MESSAGES)"))[0] == "* STATUS Sent (MESSAGES 2)"


async def test_octets_are_kept_as_they_are(home: Home, alice: SessionPlayer) -> None:
    """RFC 3516 §4.4, RFC 9755 §4: NUL, 8-bit headers and bare line ends come back untouched."""
    body = b"Subject: Th\xc6\xb0 \xff\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\r\n\n\r\xff\0"
    for number, form in enumerate((b"~{%d+}\r\n%b", b"{%d+}\r\n%b", b"UTF8 (~{%d+}\r\n%b)"), 1):
        answer = await alice.receive(b"a APPEND Sent " + form % (len(body), body) + b"\r\n")
        assert b" %d] APPEND completed" % number in answer
    await alice.say("s SELECT Sent")
    said = await alice.receive(b"b FETCH 1:3 (RFC822.SIZE BODY.PEEK[])\r\n")
    assert said.count(b"RFC822.SIZE %d BODY[] {%d}\r\n%b)" % (len(body), len(body), body)) == 3


async def test_a_url_leads_only_where_its_user_may_read(home: Home, alice: SessionPlayer) -> None:
    """RFC 4469 §6, RFC 4314 §4."""
    await home.deliver(lines(1000), mailbox="Archive")
    bob = await log_in(home, "bob")
    url = "/Other%20Users/alice@example.org/Archive/;UID=1"
    for rights, answer in (("", "no such mailbox"), ("l", "no such mailbox"), ("lr", "")):
        grant = Grant(AccountId(2), False, frozenset(rights))
        await home.store.write(
            ALICE,
            lambda tx, grant=grant: tx.set_grant(tx.mailbox_named("Archive").mailbox_id, grant),  # type: ignore[misc]
        )
        said = (await bob.say(f'a APPEND Sent CATENATE (URL "{url}")'))[-1]
        assert said.startswith("a OK") if rights == "lr" else said == f'a NO [BADURL "{url}"] {answer}'


async def test_jmap_is_told_of_where_it_is(tmp_path: Path) -> None:
    """RFC 9698 §4."""
    settings = ImapSettings(allows_plain_login=True, jmap_url="https://mail.example.org/jmap/session")
    async with open_home(tmp_path, settings) as home:
        alice = await log_in(home)
        assert " JMAPACCESS" in (await alice.say("a CAPABILITY"))[0]
        assert await alice.say("b GETJMAPACCESS") == [
            '* JMAPACCESS "https://mail.example.org/jmap/session"',
            "b OK GETJMAPACCESS completed",
        ]


async def test_unauthenticate_may_be_switched_off(tmp_path: Path) -> None:
    """RFC 8437 §8."""
    async with open_home(
        tmp_path, ImapSettings(allows_plain_login=True, allows_unauthenticate=False)
    ) as home:
        alice = await log_in(home)
        assert " UNAUTHENTICATE" not in (await alice.say("a CAPABILITY"))[0]
        assert (await alice.say("b UNAUTHENTICATE"))[0].startswith("b BAD")
        assert (await alice.say("c STATUS INBOX (APPENDLIMIT)"))[0] == "* STATUS INBOX (APPENDLIMIT 67108864)"
