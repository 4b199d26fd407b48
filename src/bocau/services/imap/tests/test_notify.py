"""NOTIFY (RFC 5465): what one session does is told to the other between its commands, and nothing else is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bocau.base.ids import AccountId
from bocau.services.imap import notices
from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import ALICE, PASSWORD, Home, SessionPlayer, listening, log_in
from bocau.store import Flags

BOB = AccountId(2)


class Watcher:
    """A client that says something now and then, and reads what comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def line(self) -> str:
        return (await asyncio.wait_for(self.reader.readline(), 10)).decode().removesuffix("\r\n")

    async def say(self, line: str) -> list[str]:
        """The answer up to the tagged response, whose tag is the first word of `line`."""
        self.writer.write(line.encode() + b"\r\n")
        lines = [await self.line()]
        while not lines[-1].startswith(line.split(" ")[0] + " "):
            lines.append(await self.line())
        return lines

    async def hears(self, *expected: str) -> None:
        for line in expected:
            assert await self.line() == line

    async def hears_nothing_more(self) -> None:
        """Whatever was to be said is said before the answer to a NOOP."""
        assert await self.say("n NOOP") == ["n OK NOOP completed"]


@asynccontextmanager
async def watching(home: Home, *commands: str, user: str = "alice") -> AsyncIterator[Watcher]:
    async with listening(home) as port:
        watcher = Watcher(*await asyncio.open_connection("127.0.0.1", port))
        await watcher.line()
        for number, command in enumerate((f"LOGIN {user}@example.org {PASSWORD}", *commands)):
            answer = await watcher.say(f"w{number} {command}")
            assert answer[-1].startswith(f"w{number} OK"), answer
        yield watcher
        watcher.writer.close()


async def test_messages_in_another_mailbox(home: Home, alice: SessionPlayer) -> None:
    async with watching(home, "NOTIFY SET (PERSONAL (MessageNew MessageExpunge FlagChange))") as watcher:
        await home.deliver(mail.PLAIN)
        await watcher.hears("* STATUS INBOX (MESSAGES 1 UIDNEXT 2)")
        await alice.say("a SELECT INBOX", "b STORE 1 +FLAGS.SILENT (\\Seen \\Deleted)")
        line = await watcher.line()
        assert line.startswith("* STATUS INBOX (UIDVALIDITY ") and line.endswith(" UNSEEN 0)")
        await alice.say("c EXPUNGE")
        await watcher.hears("* STATUS INBOX (MESSAGES 0 UIDNEXT 2)")
        await watcher.hears_nothing_more()


async def test_one_level_below_a_mailbox(home: Home, alice: SessionPlayer) -> None:
    """RFC 7377 §2.2: SUBTREE-ONE is one more of the mailbox filters of NOTIFY."""
    await alice.say("a CREATE Work/near/deep")
    async with watching(home, "NOTIFY SET (SUBTREE-ONE Work (MessageNew MessageExpunge))") as watcher:
        await home.deliver(mail.PLAIN, mailbox="Work/near/deep")
        await home.deliver(mail.PLAIN, mailbox="Work/near")
        await watcher.hears("* STATUS Work/near (MESSAGES 1 UIDNEXT 2)")
        await watcher.hears_nothing_more()


async def test_condstore_brings_the_modseq(home: Home) -> None:
    wishes = "NOTIFY SET (INBOXES (MessageNew MessageExpunge))"
    async with watching(home, "ENABLE CONDSTORE", wishes) as watcher:
        await home.deliver(mail.PLAIN)
        assert (await watcher.line()).startswith("* STATUS INBOX (MESSAGES 1 UIDNEXT 2 HIGHESTMODSEQ ")


async def test_the_selected_mailbox_with_items_of_new_messages(home: Home, alice: SessionPlayer) -> None:
    wishes = "NOTIFY SET (SELECTED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge))"
    async with watching(home, "SELECT INBOX", wishes) as watcher:
        await home.deliver(b"Subject: one\r\n\r\nx\r\n")
        await watcher.hears("* 1 EXISTS", "* 1 RECENT")
        await watcher.hears("* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] {16}", "Subject: one", "", ")")
        await alice.say("a SELECT INBOX", "b STORE 1 +FLAGS.SILENT (\\Deleted)")
        await watcher.hears_nothing_more()
        await alice.say("c EXPUNGE")
        await watcher.hears("* 1 EXPUNGE")


async def test_selected_delayed_keeps_the_numbers(home: Home, alice: SessionPlayer) -> None:
    await home.deliver(mail.PLAIN, mail.MIXED)
    wishes = "NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge FlagChange))"
    async with watching(home, "SELECT INBOX", wishes) as watcher:
        await alice.say("a SELECT INBOX", "b STORE 1 +FLAGS.SILENT (\\Deleted)", "c EXPUNGE")
        await alice.say("d STORE 1 +FLAGS.SILENT (\\Flagged)")
        await watcher.hears("* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent))")
        assert (await watcher.say("f FETCH 2 UID")) == ["* 2 FETCH (UID 2)", "f OK FETCH completed"]
        assert (await watcher.say("g NOOP")) == ["* 1 EXPUNGE", "g OK NOOP completed"]


async def test_what_is_not_asked_for_is_not_told(home: Home, alice: SessionPlayer) -> None:
    """Without SELECTED the selected mailbox is silent too, and after NONE everything is."""
    async with watching(
        home, "SELECT INBOX", "NOTIFY SET (MAILBOXES Sent (MessageNew MessageExpunge))"
    ) as watcher:
        await home.deliver(mail.PLAIN)
        await home.deliver(mail.PLAIN, mailbox="Archive")
        await home.deliver(mail.PLAIN, mailbox="Sent")
        await watcher.hears("* STATUS Sent (MESSAGES 1 UIDNEXT 2)")
        await watcher.hears_nothing_more()
        assert await watcher.say("a NOTIFY NONE") == ["a OK NOTIFY completed"]
        await home.deliver(mail.PLAIN, mailbox="Sent")
        await watcher.hears_nothing_more()
        answer = await watcher.say("b NOTIFY SET (SELECTED (MessageNew MessageExpunge))")
        assert answer[0] == "* 1 EXISTS", "NOTIFY SET implies a NOOP"


async def test_names_come_change_and_go(home: Home, alice: SessionPlayer) -> None:
    async with watching(home, "NOTIFY SET (PERSONAL (MailboxName)) (SUBTREE Plans NONE)") as watcher:
        await alice.say("a CREATE Plans/2027/May")
        await watcher.hears(
            '* LIST (\\HasChildren) "/" Plans',
            '* LIST (\\HasChildren) "/" Plans/2027',
            '* LIST (\\HasNoChildren) "/" Plans/2027/May',
        )
        await alice.say("b RENAME Plans/2027 Plans/2028")
        await watcher.hears('* LIST (\\HasChildren) "/" Plans/2028 ("OLDNAME" (Plans/2027))')
        await alice.say("c DELETE Plans/2028/May")
        await watcher.hears(
            '* LIST (\\HasNoChildren) "/" Plans/2028',
            '* LIST (\\NonExistent \\HasNoChildren) "/" Plans/2028/May',
        )
        await watcher.hears_nothing_more()


async def test_subscriptions_and_annotations(home: Home, alice: SessionPlayer) -> None:
    wishes = (
        "NOTIFY SET (SUBSCRIBED (SubscriptionChange)) (MAILBOXES Sent (MailboxMetadataChange))"
        " (PERSONAL (ServerMetadataChange))"
    )
    async with watching(home, wishes) as watcher:
        await alice.say("a UNSUBSCRIBE Sent", "b SUBSCRIBE Nowhere")
        await watcher.hears(
            '* LIST (\\NonExistent \\Subscribed \\HasNoChildren) "/" Nowhere',
            '* LIST (\\HasNoChildren \\Sent) "/" Sent',
        )
        await alice.say('c SETMETADATA Sent (/private/comment "x" /shared/comment "y")')
        await alice.say('d SETMETADATA Junk (/private/comment "x")')
        await alice.say('e SETMETADATA "" (/private/vendor/x/y "x")')
        await watcher.hears("* METADATA Sent /private/comment /shared/comment")
        await watcher.hears('* METADATA "" /private/vendor/x/y')
        await watcher.hears_nothing_more()


async def test_one_is_not_told_what_one_did(home: Home, alice: SessionPlayer) -> None:
    wishes = "NOTIFY SET (PERSONAL (MailboxName SubscriptionChange MailboxMetadataChange))"
    async with watching(home, wishes) as watcher:
        for command in ("CREATE A/B", "RENAME A C", "SUBSCRIBE C", "DELETE C/B"):
            assert len(await watcher.say(f"a {command}")) == 1
        assert len(await watcher.say('b SETMETADATA C (/private/comment "x")')) == 1
        await watcher.hears_nothing_more()
        await alice.say("c CREATE D")
        await watcher.hears('* LIST (\\HasNoChildren) "/" D')


async def test_idle_tells_the_same(home: Home) -> None:
    async with watching(home, "SELECT Sent", "NOTIFY SET (INBOXES (MessageNew MessageExpunge))") as watcher:
        watcher.writer.write(b"i IDLE\r\n")
        await watcher.hears("+ idling")
        await home.deliver(mail.PLAIN, mailbox="Sent")
        await home.deliver(mail.PLAIN)
        await watcher.hears("* STATUS INBOX (MESSAGES 1 UIDNEXT 2)")
        watcher.writer.write(b"DONE\r\n")
        await watcher.hears("i OK IDLE completed")


async def test_too_much_ends_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(home, "NOTIFY SET (PERSONAL (MessageNew MessageExpunge))") as watcher:
        monkeypatch.setattr(notices, "CHANGES_MAX", 2)

        def job(tx) -> None:  # type: ignore[no-untyped-def]
            box = tx.mailbox_named("INBOX").mailbox_id
            for flags in (Flags(0),) * 3:
                tx.add_many(box, [(home.email(mail.PLAIN), flags, "")])

        await home.store.write(ALICE, job)
        assert (await watcher.line()).startswith("* OK [NOTIFICATIONOVERFLOW] ")
        await home.deliver(mail.PLAIN)
        await watcher.hears_nothing_more()


async def test_shared_mailboxes_are_told_while_they_are_shared(home: Home, alice: SessionPlayer) -> None:
    box = "Other Users/alice@example.org/Team"
    await alice.say("a CREATE Team", "b SETACL Team bob@example.org lr")
    wishes = 'NOTIFY SET (SUBTREE "Other Users" (MailboxName MessageNew MessageExpunge))'
    async with watching(home, wishes, user="bob") as watcher:
        await home.deliver(mail.PLAIN, mailbox="Team")
        await watcher.hears(f'* STATUS "{box}" (MESSAGES 1 UIDNEXT 2)')
        await home.deliver(mail.PLAIN)
        await alice.say("c RENAME Team Crew")
        await watcher.hears(f'* LIST (\\HasNoChildren) "/" "{box[:-4]}Crew" ("OLDNAME" ("{box}"))')
        await alice.say("d DELETEACL Crew bob@example.org")
        await watcher.hears('* LIST (\\NonExistent \\HasNoChildren) "/" "Other Users/alice@example.org"')
        await watcher.hears(f'* LIST (\\NonExistent \\HasNoChildren) "/" "{box[:-4]}Crew"')
        await home.deliver(mail.PLAIN, mailbox="Crew")
        await watcher.hears_nothing_more()
        await alice.say("e SETACL Crew bob@example.org lr")
        await watcher.hears('* LIST (\\NonExistent \\HasChildren) "/" "Other Users/alice@example.org"')
        await watcher.hears(f'* LIST (\\HasNoChildren) "/" "{box[:-4]}Crew"')
        await home.deliver(mail.PLAIN, mailbox="Crew")
        await watcher.hears(f'* STATUS "{box[:-4]}Crew" (MESSAGES 3 UIDNEXT 4)')


async def test_an_account_that_is_removed_silences_no_other(home: Home, alice: SessionPlayer) -> None:
    """RFC 5465 §5.9: what is not accessible any more is not watched any more, and the rest is."""
    await alice.say("a CREATE Team", "b SETACL Team bob@example.org lr")
    async with watching(home, 'NOTIFY SET (SUBTREE "" (MessageNew MessageExpunge))', user="bob") as watcher:
        await home.store.write(ALICE, lambda tx: tx.delete_account())
        await home.deliver(mail.PLAIN, account=BOB)
        await watcher.hears("* STATUS INBOX (MESSAGES 1 UIDNEXT 2)")
    assert home.bell.heard["a1"] == []


async def test_who_may_only_look_up_learns_no_counts(home: Home, alice: SessionPlayer) -> None:
    box = "Other Users/alice@example.org/Team"
    await alice.say("a CREATE Team", "b SETACL Team bob@example.org l")
    async with watching(home, user="bob") as watcher:
        wishes = '(SUBTREE "" (MessageNew MessageExpunge FlagChange MailboxMetadataChange))'
        answer = await watcher.say(f"a NOTIFY SET STATUS {wishes}")
        assert f'* LIST (\\NoAccess) "/" "{box}"' in answer
        assert not any("STATUS" in line and box in line for line in answer)
        await home.deliver(mail.PLAIN, mailbox="Team")
        await alice.say('c SETMETADATA Team (/shared/comment "x")')
        await watcher.hears_nothing_more()


async def test_nothing_is_lost_between_two_wishes(home: Home, alice: SessionPlayer) -> None:
    """A client refines what it wants to hear (RFC 5465 §3.1): nothing falls between."""
    await alice.say("a NOTIFY SET (PERSONAL (MessageNew MessageExpunge MailboxName))")
    await home.deliver(mail.PLAIN, mailbox="Sent")
    other = await log_in(home)
    await other.say("b CREATE Plans")
    answer = await alice.say("c NOTIFY SET (PERSONAL (MessageNew MessageExpunge FlagChange))")
    assert answer == [
        '* LIST (\\HasNoChildren) "/" Plans',
        "* STATUS Sent (MESSAGES 1 UIDNEXT 2)",
        "c OK NOTIFY completed",
    ]


async def test_the_right_to_read_comes_and_goes(home: Home, alice: SessionPlayer) -> None:
    """RFC 5465 §5.9."""
    box = "Other Users/alice@example.org/Team"
    await alice.say("a CREATE Team", "b SETACL Team bob@example.org l")
    async with watching(home, 'NOTIFY SET (SUBTREE "" (MessageNew MessageExpunge))', user="bob") as watcher:
        await alice.say("c SETACL Team bob@example.org +r")
        await watcher.hears(f'* LIST (\\HasNoChildren) "/" "{box}"')
        await home.deliver(mail.PLAIN, mailbox="Team")
        await watcher.hears(f'* STATUS "{box}" (MESSAGES 1 UIDNEXT 2)')
        await alice.say("d SETACL Team bob@example.org -r")
        await watcher.hears(f'* LIST (\\NoAccess) "/" "{box}"')


async def test_nothing_is_left_of_a_watcher_that_goes(home: Home) -> None:
    async with watching(home, "NOTIFY SET (PERSONAL (MailboxName))") as watcher:
        assert len(home.bell.heard["a1"]) == 1
        await watcher.say("z LOGOUT")
    assert home.bell.heard["a1"] == []
