"""What a client does itself is answered by its commands, and not told by NOTIFY once more (RFC 5465 §5)."""

import pytest

from bocau.services.imap.own_changes import SPANS_MAX, OwnChanges
from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import ALICE, Home, SessionPlayer
from bocau.services.imap.tests.test_notify import watching
from bocau.store import Flags

BODY = "Subject: mine\r\n\r\nx\r\n"
APPEND = f"{{{len(BODY)}+}}\r\n{BODY}"
EVENTS = "MessageNew MessageExpunge FlagChange"


async def test_the_clients_own_changes_elsewhere_are_not_told(home: Home) -> None:
    await home.deliver(mail.PLAIN)
    wishes = f"NOTIFY SET (PERSONAL ({EVENTS} MailboxMetadataChange))"
    async with watching(home, "SELECT INBOX", wishes) as watcher:
        await watcher.say(f"a APPEND Archive {APPEND}")
        await watcher.say("b COPY 1 Archive")
        await watcher.say('c SETMETADATA Archive (/private/comment "x")')
        await watcher.hears_nothing_more()
        await home.deliver(mail.PLAIN, mailbox="Archive")
        await watcher.hears("* STATUS Archive (MESSAGES 3 UIDNEXT 4)")


async def test_the_clients_own_messages_are_not_fetched_for_it(home: Home) -> None:
    wishes = f"NOTIFY SET (SELECTED (MessageNew (UID) {EVENTS[11:]}))"
    async with watching(home, "SELECT INBOX", wishes) as watcher:
        assert (await watcher.say(f"a APPEND INBOX {APPEND}"))[:-1] == ["* 1 EXISTS", "* 1 RECENT"]
        assert (await watcher.say("b COPY 1 INBOX"))[:-1] == ["* 2 EXISTS", "* 2 RECENT"]
        await home.deliver(mail.PLAIN)
        await watcher.hears("* 3 EXISTS", "* 3 RECENT", "* 3 FETCH (UID 3)")


@pytest.mark.parametrize("wishes", ["NONE", f"SET (PERSONAL ({EVENTS}))"])
async def test_removing_is_answered_whatever_notify_wants(home: Home, wishes: str) -> None:
    """RFC 9051 §6.4.3, §6.4.8: EXPUNGE responses belong to these commands."""
    await home.deliver(mail.PLAIN, mail.PLAIN, mail.PLAIN, mail.PLAIN)
    async with watching(home, "SELECT INBOX", f"NOTIFY {wishes}") as watcher:
        await watcher.say("a STORE 2 +FLAGS.SILENT (\\Deleted)")
        assert await watcher.say("b EXPUNGE") == ["* 2 EXPUNGE", "b OK EXPUNGE completed"]
        assert (await watcher.say("c MOVE 3 Archive"))[1:] == ["* 3 EXPUNGE", "c OK MOVE completed"]
        replaced = await watcher.say(f"d REPLACE 1 Archive {APPEND}")
        assert replaced[1:] == ["* 1 EXPUNGE", "d OK REPLACE completed"]
        assert (await watcher.say("e SEARCH ALL"))[0] == "* SEARCH 1"


async def test_uid_only_speaks_of_new_messages_by_uid(home: Home) -> None:
    """RFC 9586 §3.3, with the mod-sequence that RFC 7162 §3.1 asks for."""
    await home.deliver(mail.PLAIN)
    wishes = "NOTIFY SET (SELECTED (MessageNew (FLAGS) MessageExpunge))"
    async with watching(home, "ENABLE UIDONLY QRESYNC", "SELECT INBOX", wishes) as watcher:
        await watcher.say("a UID STORE 1 +FLAGS.SILENT (\\Deleted)")
        await watcher.say("b UID EXPUNGE 1")
        await home.deliver(mail.PLAIN)
        await watcher.hears("* 1 EXISTS", "* 1 RECENT")
        assert (await watcher.line()).startswith("* 2 UIDFETCH (FLAGS (\\Recent) MODSEQ (")


async def test_qresync_brings_the_uid(home: Home) -> None:
    wishes = "NOTIFY SET (SELECTED (MessageNew (FLAGS) MessageExpunge))"
    async with watching(home, "ENABLE QRESYNC", "SELECT INBOX", wishes) as watcher:
        await home.deliver(mail.PLAIN)
        await watcher.hears("* 1 EXISTS", "* 1 RECENT")
        assert (await watcher.line()).startswith("* 1 FETCH (UID 1 FLAGS (\\Recent) MODSEQ (")


async def test_a_mailbox_selected_later_is_heard(home: Home, alice: SessionPlayer) -> None:
    """RFC 5465 §3.1: whatever is selected at the moment, also if it is another account's."""
    await alice.say("a CREATE Team", "b SETACL Team bob@example.org lr")
    select = 'SELECT "Other Users/alice@example.org/Team"'
    wishes = "NOTIFY SET (SELECTED (MessageNew MessageExpunge))"
    async with watching(home, wishes, select, user="bob") as watcher:
        await home.deliver(mail.PLAIN, mailbox="Team")
        await watcher.hears("* 1 EXISTS")


async def test_a_search_context_fetches_what_it_adds(home: Home) -> None:
    """RFC 5465 §7: items of new messages, one FETCH with those of NOTIFY; none when a flag makes them fit."""
    await home.deliver(mail.PLAIN)
    search = "SEARCH RETURN (COUNT UPDATE (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])) UNFLAGGED"
    wishes = f"NOTIFY SET (SELECTED (MessageNew (UID) {EVENTS[11:]}))"
    async with watching(home, "SELECT INBOX", search, wishes) as watcher:
        await home.deliver(b"Subject: one\r\n\r\nx\r\n")
        await watcher.hears("* 2 EXISTS", "* 2 RECENT", '* ESEARCH (TAG "w2") ADDTO (0 2)')
        await watcher.hears("* 2 FETCH (UID 2 BODY[HEADER.FIELDS (SUBJECT)] {16}", "Subject: one", "", ")")
        await home.deliver(mail.PLAIN, flags=Flags.FLAGGED)
        await watcher.hears("* 3 EXISTS", "* 3 RECENT", "* 3 FETCH (UID 3)")
        inbox = home.store.glance(ALICE, lambda tx: tx.mailbox_named("INBOX")).mailbox_id
        await home.store.write(ALICE, lambda tx: tx.change_keywords(inbox, [(3, 3)], remove=Flags.FLAGGED))
        await watcher.hears("* 3 FETCH (UID 3 FLAGS (\\Recent))", '* ESEARCH (TAG "w2") ADDTO (0 3)')
        await watcher.hears_nothing_more()


def test_spans_are_joined_and_bounded() -> None:
    own = OwnChanges()
    own.add(ALICE, 5, 5)
    own.add(ALICE, 5, 7)
    own.add(ALICE, 7, 9)
    assert [modseq for modseq in range(12) if own.holds(ALICE, modseq)] == [6, 7, 8, 9]
    for start in range(20, 20 + 2 * SPANS_MAX, 2):
        own.add(ALICE, start, start + 1)
    assert not own.holds(ALICE, 6) and own.holds(ALICE, 21)
