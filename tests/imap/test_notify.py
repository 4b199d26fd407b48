"""NOTIFY (RFC 5465) over several workers: whichever serves the client that changes something, all hear."""

import re
from contextlib import ExitStack

from harness import Server
from imap.wire import Wire, until

MESSAGE = b"From: a@x.test\r\nSubject: %b\r\n\r\nbody\r\n"
WATCHERS = 8
"""So many that the kernel gives some to each worker."""


def test_watchers_of_all_workers_hear_of_messages_names_and_subscriptions(server: Server) -> None:
    with ExitStack() as stack:
        connections = [
            stack.enter_context(Wire(server.port("imap")).login("user2@demo.test", server.password))
            for _ in range(WATCHERS + 1)
        ]
        actor, watchers = connections[0], connections[1:]
        for watcher in watchers:
            watcher.ok("EXAMINE INBOX")
            watcher.ok(
                "NOTIFY SET"
                " (SELECTED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange))"
                " (PERSONAL (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))"
            )
        actor.append("INBOX", MESSAGE % b"for all")
        actor.append("Archive", MESSAGE % b"x")
        for watcher in watchers:
            heard = b"".join(until(watcher, b"STATUS Archive"))
            assert b" EXISTS\r\n" in heard and b"Subject: for all\r\n" in heard
        actor.ok("SELECT INBOX")
        actor.ok(r"STORE * +FLAGS.SILENT (\Flagged)")
        actor.ok("CREATE Loud")
        actor.ok("RENAME Loud Quiet")
        actor.ok("SUBSCRIBE Quiet")
        for watcher in watchers:
            heard = b"".join(until(watcher, rb"\Subscribed"))
            assert rb"FLAGS (\Flagged" in heard and b"Quiet" in heard
            watcher.ok("UNSELECT")
        actor.ok("UNSUBSCRIBE Quiet")
        actor.ok("DELETE Quiet")
        for watcher in watchers:
            assert b"\\NonExistent" in b"".join(until(watcher, b"\\NonExistent"))


def test_delivery_is_told(server: Server) -> None:
    with Wire(server.port("imap")).login("user3@demo.test", server.password) as watcher:
        watcher.ok("NOTIFY SET (INBOXES (MessageNew MessageExpunge))")
        server.deliver(MESSAGE % b"hello", "user3@demo.test")
        assert re.fullmatch(rb"\* STATUS INBOX \(MESSAGES [0-9]+ UIDNEXT [0-9]+\)\r\n", watcher.response())


def test_long_names_and_hostile_wishes(server: Server) -> None:
    """E-3, E-7: bounded, refused clearly, and the connection goes on."""
    with Wire(server.port("imap")).login("user3@demo.test", server.password) as imap:
        long_name = "x" * 10_000
        for command in (
            f'NOTIFY SET (MAILBOXES "{long_name}" (MailboxName))',
            f'SUBSCRIBE "{long_name}"',
            f'GETMETADATA "" "/private/{long_name}"',
            f'LIST (SUBSCRIBED) "" "{long_name}"',
            f'SETMETADATA INBOX ("/private/{"a/" * 100}b" "x")',
        ):
            assert imap.command(command).status in (b"NO", b"BAD")
        assert imap.command("NOTIFY SET " + "(SUBTREE a (MailboxName)) " * 101).status == b"BAD"
        wishes = " ".join(
            f"(SUBTREE ({' '.join(f'm{n}/{k}' for k in range(300))}) (MailboxName))" for n in range(20)
        )
        imap.ok("NOTIFY SET " + wishes)
        for _ in range(3):
            imap.ok('LIST "" "' + "%*" * 200 + '"')
        for pattern in ("%*a" * 200, "*%" * 300 + "z", "%/%" * 100):
            imap.ok(f'LIST (SUBSCRIBED RECURSIVEMATCH) "" ("{pattern}" "*")')
    server.assert_no_traceback()
