"""Programs that act for a user while nobody looks: interimap, pullimap, imapfilter."""

from collections.abc import Callable
from pathlib import Path

from clients import configurations
from clients.messages import mail
from clients.programs import run, started
from clients.replica import Mail, connected, on_server
from harness import Server, eventually


def same(server: Server, one: str, other: str, mailbox: str) -> Callable[[], bool]:
    return lambda: on_server(server, one, mailbox) == on_server(server, other, mailbox)


def marks(held: Mail) -> dict[str, str]:
    return {subject: flags for subject, (flags, _) in held.items()}


def test_interimap_keeps_two_accounts_in_step(server: Server, tmp_path: Path) -> None:
    """QRESYNC on both sides (RFC 7162 §3.2.5), UID EXPUNGE, MULTIAPPEND, and all of it compressed."""
    configurations.interimap(server, tmp_path, "user1", "user2")
    with connected(server, "user1") as one, connected(server, "user2") as other:
        one.append("INBOX", mail("one"), [rb"\Seen"])
        one.append("INBOX", mail("two"))
        other.append("INBOX", mail("three"), [rb"\Flagged"])
        other.append("Archive", mail("old"))
        # The second run takes what the first has written for known.
        run(tmp_path, "interimap", "--quiet")
        run(tmp_path, "interimap", "--quiet")
        for user in ("user1", "user2"):
            assert marks(on_server(server, user, "INBOX")) == {"one": "S", "two": "", "three": "F"}
            assert marks(on_server(server, user, "Archive")) == {"old": ""}

        # Each side changes something; the next run asks only for what has changed since.
        one.select_folder("INBOX")
        one.set_flags(one.search(["SUBJECT", "two"]), [rb"\Answered"])
        one.delete_messages(one.search(["SUBJECT", "one"]))
        one.expunge()
        one.append("INBOX", mail("four"))
        other.select_folder("INBOX")
        other.remove_flags(other.search(["SUBJECT", "three"]), [rb"\Flagged"])
        other.create_folder("Plans/Mùa hè")
        other.append("Plans/Mùa hè", mail("five"), [rb"\Draft"])
        run(tmp_path, "interimap", "--quiet")
        for user in ("user1", "user2"):
            assert marks(on_server(server, user, "INBOX")) == {"two": "R", "three": "", "four": ""}
            assert marks(on_server(server, user, "Plans/Mùa hè")) == {"five": "D"}

        # By full comparison it finds nothing that the changes since then have not told.
        run(tmp_path, "interimap", "--quiet", "--rename", "Archive", "Attic")
        said = run(tmp_path, "interimap", "--quiet", "--repair").stderr
        assert b"WARNING" not in said, said
        assert marks(on_server(server, "user2", "Attic")) == {"old": ""}


def test_interimap_hears_both_sides_by_notify(server: Server, tmp_path: Path) -> None:
    """RFC 5465 §5: STATUS of mailboxes that are not selected, FETCH and EXISTS of the one that is."""
    configurations.interimap(server, tmp_path, "user3", "user4")
    run(tmp_path, "interimap", "--quiet")
    with (
        started(tmp_path, "interimap", "--quiet", "--watch", "--notify"),
        connected(server, "user3") as one,
        connected(server, "user4") as other,
    ):
        one.append("INBOX", mail("by the one"))
        eventually(lambda: on_server(server, "user4", "INBOX"))
        server.deliver(mail("by mail"), "user4")
        other.append("Sent", mail("by the other"), [rb"\Seen"])
        eventually(lambda: len(on_server(server, "user3", "INBOX")) == 2)
        eventually(same(server, "user3", "user4", "Sent"))
        one.select_folder("INBOX")
        one.set_flags(one.search(["SUBJECT", "mail"]), [rb"\Flagged"])
        one.delete_messages(one.search(["SUBJECT", "one"]))
        one.expunge()
        eventually(lambda: marks(on_server(server, "user4", "INBOX")) == {"by mail": "F"})


def test_pullimap_waits_in_idle_and_hands_on_by_lmtp(server: Server, tmp_path: Path) -> None:
    """What arrives is taken at once: IDLE (RFC 2177), FETCH, LMTP, UID EXPUNGE."""
    configurations.pullimap(server, tmp_path, "user5", "bob")
    server.deliver(mail("before"), "user5")
    run(tmp_path, "pullimap", "--quiet", "bocau")
    assert "before" in on_server(server, "bob", "INBOX")
    with started(tmp_path, "pullimap", "--quiet", "--idle", "bocau"):
        server.deliver(mail("meanwhile"), "user5")
        eventually(lambda: "meanwhile" in on_server(server, "bob", "INBOX"))
        eventually(lambda: not on_server(server, "user5", "INBOX"))
    flags, body = on_server(server, "bob", "INBOX")["meanwhile"]
    assert (flags, body) == ("", "Chào bạn,\n.một dòng có dấu chấm\n".encode())


RULES = """
account:create_mailbox('Lists')
account:subscribe_mailbox('Lists')
local found = account.INBOX:contain_subject('list') * account.INBOX:is_unseen()
found:move_messages(account.Lists)
local large = account.INBOX:is_larger(1000) + account.INBOX:contain_body('secret words')
large:mark_flagged()
account.INBOX:match_header('X-Spam: +yes'):delete_messages()
account.INBOX:sent_since('01-Jan-2020'):copy_messages(account.Archive)
account.INBOX:contain_field('message-id', 'kept'):add_flags({ '$Important' })
local _, unread = account.INBOX:check_status()
print('unread', account.INBOX:check_status())
for _, name in ipairs((account:list_subscribed('', '*'))) do print('has', name) end
"""


def test_imapfilter_sorts_mail_away(server: Server, tmp_path: Path) -> None:
    """SEARCH by text and header, MOVE, COPY, STORE, CREATE and SUBSCRIBE."""
    configurations.imapfilter(server, tmp_path, "alice", RULES)
    spam = mail("spam").replace(b"Subject:", b"X-Spam: yes\r\nSubject:", 1)
    for message in (
        mail("a list", "news\r\n"),
        mail("kept", "secret words\r\n"),
        mail("large", "x" * 70 + "\r\n" * 500),
        spam,
    ):
        server.deliver(message, "alice")
    said = run(tmp_path, "imapfilter", "-c", "rules.lua").stdout.decode()
    assert "unread\t2" in said and "has\tLists" in said, said
    assert list(on_server(server, "alice", "Lists")) == ["a list"]
    assert marks(on_server(server, "alice", "INBOX")) == {"kept": "F", "large": "F"}
    assert set(on_server(server, "alice", "Archive")) == {"kept", "large"}
    with connected(server, "alice") as client:
        client.select_folder("INBOX")
        assert len(client.search(["KEYWORD", "$Important"])) == 1
