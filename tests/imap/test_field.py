"""What well-known clients say in the field, command by command, and what they cannot do without.

Sessions are written after what is known of these clients; each answer is looked at for what a client needs.
"""

import base64
from collections.abc import Iterator

import pytest

from harness import Server
from imap.wire import Wire, until

MESSAGE = (
    b"From: Bob <bob@demo.test>\r\nTo: user1@demo.test\r\nSubject: %b\r\nMessage-ID: <%b@demo.test>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    b"--x\r\nContent-Type: text/html\r\n\r\n<p>hello\r\n--x--\r\n"
)


@pytest.fixture
def imap(server: Server) -> Iterator[Wire]:
    """Not logged in; the INBOX of user1 holds three messages, b being read."""
    with Wire(server.port("imap")).login("user1@demo.test", server.password) as before:
        before.ok("SELECT INBOX")
        before.ok(r"UID STORE 1:* +FLAGS.SILENT (\Deleted)")
        before.ok("EXPUNGE")
        for subject, flags in ((b"a", ""), (b"b", r"(\Seen)"), (b"c", "")):
            before.append("INBOX", MESSAGE % (subject, subject), flags)
        before.command("DELETE Sync")
    with Wire(server.port("imap")) as wire:
        yield wire


def test_apple_mail(server: Server, imap: Wire) -> None:
    """CONDSTORE without QRESYNC, pieces of parts, and since iOS 18 commands in the packet of DONE."""
    imap.ok('ID ("name" "iPhone Mail" "version" "22A3354" "os" "iOS" "os-version" "18.0 (22A3354)")')
    imap.login("user1@demo.test", server.password)
    imap.ok("ENABLE CONDSTORE")
    assert imap.ok('LIST "" ""').of(b"LIST") == [rb'LIST (\Noselect) "/" ""']
    assert any(rb"\Sent" in line for line in imap.ok('LIST "" "*" RETURN (SPECIAL-USE)').of(b"LIST"))
    imap.ok("STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)")
    imap.ok("SELECT INBOX (CONDSTORE)")
    modseq = max(int(item["MODSEQ"][0]) for item in imap.fetch("1:*", "(FLAGS UID MODSEQ)").values())
    header = (
        "BODY.PEEK[HEADER.FIELDS (date subject from to cc message-id in-reply-to references content-type)]"
    )
    found = imap.fetch("1:*", f"(INTERNALDATE UID RFC822.SIZE FLAGS MODSEQ {header})")
    uids = [int(found[number]["UID"]) for number in (1, 2, 3)]
    part = imap.fetch(str(uids[0]), "(UID BODYSTRUCTURE BODY.PEEK[2]<0.4> BODY.PEEK[2.MIME])", by_uid=True)
    assert part[1]["BODY[2]<0>"] == b"<p>h" and b"text/html" in part[1]["BODY[2.MIME]"]
    imap.say(b"i1 IDLE\r\n")
    until(imap, b"+ ")
    imap.say(b"DONE\r\ni2 UID STORE %d +FLAGS.SILENT (\\Seen)\r\ni3 CHECK\r\ni4 IDLE\r\n" % uids[0])
    assert imap.end(b"i1").status == imap.end(b"i2").status == imap.end(b"i3").status == b"OK"
    until(imap, b"+ ")
    imap.say(b"DONE\r\n")
    assert imap.end(b"i4").status == b"OK"
    changed = imap.fetch("1:*", f"(FLAGS UID) (CHANGEDSINCE {modseq})")
    assert list(changed) == [1] and rb"\Seen" in changed[1]["FLAGS"]
    assert imap.ok(f"UID MOVE {uids[1]} Archive").of(b"EXPUNGE") == [b"2 EXPUNGE"]
    assert imap.ok("UID SEARCH RETURN (ALL) UID 1:* NOT DELETED").of(b"ESEARCH")
    assert imap.ok("LOGOUT").of(b"BYE")


def test_outlook(server: Server, imap: Wire) -> None:
    """No UIDPLUS, no MOVE: it copies, marks and expunges, looks for what came by UID n:*, and asks LSUB."""
    imap.ok("CAPABILITY")
    tag = imap.begin("AUTHENTICATE PLAIN")
    until(imap, b"+ ")
    word = base64.b64encode(f"\0user1@demo.test\0{server.password}".encode())
    imap.say(word + b"\r\n")
    assert imap.end(tag).status == b"OK"
    assert len(imap.ok('LSUB "" "*"').of(b"LSUB")) == len(imap.ok('LIST "" "*"').of(b"LIST"))
    imap.ok('SELECT "INBOX"')
    found = imap.fetch("1:*", "(UID FLAGS)", by_uid=True)
    uids = [int(found[number]["UID"]) for number in (1, 2, 3)]
    items = "(UID RFC822.SIZE RFC822.HEADER FLAGS INTERNALDATE)"
    assert b"Subject: c" in imap.fetch(f"{uids[2]}:*", items, by_uid=True)[3]["RFC822.HEADER"]
    # Nothing new: the last message is named by "*" all the same.
    assert list(imap.fetch(f"{uids[2] + 1}:*", "(UID FLAGS)", by_uid=True)) == [3]
    body = imap.fetch(str(uids[0]), "(BODY.PEEK[] UID)", by_uid=True)[1]["BODY[]"]
    assert body == MESSAGE % (b"a", b"a")
    imap.ok(f'UID COPY {uids[0]} "Trash"')
    imap.ok(rf"UID STORE {uids[0]} +FLAGS.SILENT (\Deleted \Seen)")
    assert imap.ok("EXPUNGE").of(b"EXPUNGE") == [b"1 EXPUNGE"]
    imap.ok('STATUS "Sent" (UNSEEN MESSAGES)')
    imap.append('"Drafts"', b"Subject: draft\r\n\r\nx\r\n", r'(\Seen \Draft) "22-Nov-2026 10:00:00 +0700"')
    imap.ok("CLOSE")


def test_thunderbird(server: Server, imap: Wire) -> None:
    """ENABLE, ID, QRESYNC-less CONDSTORE by its FETCH, keywords of labels, sub-folders of Trash."""
    imap.login("user1@demo.test", server.password)
    imap.ok('ID ("name" "Thunderbird" "version" "128.4.0")')
    imap.ok("NAMESPACE")
    assert imap.ok('LIST (SUBSCRIBED) "" "*" RETURN (SPECIAL-USE)').of(b"LIST")
    imap.ok('list "" "INBOX"')
    imap.ok('CREATE "Sync"')
    imap.ok('select "INBOX" (CONDSTORE)')
    imap.ok("getquotaroot INBOX")
    flags = imap.fetch("1:*", "(FLAGS)", by_uid=True)
    uids = [int(flags[number]["UID"]) for number in (1, 2, 3)]
    fields = "From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To"
    peek = f"BODY.PEEK[HEADER.FIELDS ({fields} Content-Type Reply-To Received)]"
    assert len(imap.fetch(f"{uids[0]}:{uids[2]}", f"(UID RFC822.SIZE FLAGS {peek})", by_uid=True)) == 3
    imap.ok(f"UID store {uids[0]} +Flags ($label1 NonJunk $Forwarded)")
    answer = imap.ok(f'uid copy {uids[0]},{uids[2]} "Sync"')
    assert answer.text.startswith(b"[COPYUID ")
    assert b"UNSEEN 2" in imap.ok('STATUS "Sync" (UIDNEXT MESSAGES UNSEEN RECENT)').of(b"STATUS")[0]
    imap.ok("noop")
    assert {b"$label1", b"NonJunk", b"$Forwarded"} <= set(imap.fetch("1", "FLAGS")[1]["FLAGS"])
    assert imap.search("UNDELETED KEYWORD $label1", by_uid=True) == [uids[0]]
    imap.ok('rename "Sync" "Trash/Sync"')
    imap.ok('delete "Trash/Sync"')


def test_k9_and_thunderbird_for_android(server: Server, imap: Wire) -> None:
    """Commands at once without waiting; searches by Message-ID; a second connection that waits in IDLE."""
    imap.login("user1@demo.test", server.password)
    imap.say(
        b'k1 ID ("name" "Thunderbird for Android")\r\nk2 NAMESPACE\r\nk3 SELECT "INBOX"\r\n'
        b"k4 UID SEARCH 1:* NOT DELETED\r\nk5 UID SEARCH HEADER MESSAGE-ID <c@demo.test>\r\n"
    )
    answers = [imap.end(b"k%d" % number) for number in range(1, 6)]
    assert {answer.status for answer in answers} == {b"OK"}
    everything, newest = (answer.of(b"SEARCH")[0].split()[1:] for answer in answers[3:])
    assert len(everything) == 3 and everything[-1:] == newest
    (found,) = imap.fetch(newest[0].decode(), "(UID FLAGS BODYSTRUCTURE)", by_uid=True).values()
    assert [part[1] for part in found["BODYSTRUCTURE"][:2]] == [b"plain", b"html"]
    with Wire(server.port("imap")).login("user1@demo.test", server.password) as pusher:
        pusher.ok('SELECT "INBOX"')
        tag = pusher.begin("IDLE")
        until(pusher, b"+ ")
        imap.append("INBOX", MESSAGE % (b"d", b"d"))
        until(pusher, b"4 EXISTS")
        pusher.say(b"DONE\r\n")
        assert pusher.end(tag).status == b"OK"
