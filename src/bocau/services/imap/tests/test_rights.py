"""What a guest may do in another's mailbox: every command with every right missing, and with only those
that it needs (RFC 4314 §4); what is hidden is like what is not there (§6)."""

import asyncio
from dataclasses import dataclass

import pytest

from bocau.base.ids import AccountId
from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import ALICE, Home, SessionPlayer, log_in
from bocau.store import Flags
from bocau.store.access import LETTERS, Grant

BOB = AccountId(2)
TEAM = '"Other Users/alice@example.org/Team"'
BODY = "Subject: x\r\n\r\nbody"
EVERYTHING = frozenset(LETTERS)


@dataclass(frozen=True)
class Asked:
    """A command as bob says it, the rights it needs in Team, and what shows that it was done."""

    line: str
    needs: str
    shows: str = "OK"
    is_selected: bool = False
    """Said with Team selected: "r" is needed too."""


COMMANDS = [
    Asked(f"SELECT {TEAM}", "r"),
    Asked(f"EXAMINE {TEAM}", "r"),
    Asked(f"STATUS {TEAM} (MESSAGES)", "r"),
    Asked('LIST "" "*" RETURN (STATUS (MESSAGES))', "l", f'/" {TEAM}'),
    Asked('LIST "" "*" RETURN (STATUS (MESSAGES))', "lr", f"* STATUS {TEAM}"),
    Asked('LIST "" "*" RETURN (MYRIGHTS)', "l", f"* MYRIGHTS {TEAM}"),
    Asked(f'CREATE {TEAM[:-1]}/new"', "k"),
    Asked(f"DELETE {TEAM}", "x"),
    Asked(f'RENAME {TEAM} {TEAM[:-1]}2/new"', "x"),
    Asked(f'RENAME {TEAM[:-1]}2/old" {TEAM[:-1]}/new"', "k"),
    Asked(f"APPEND {TEAM} {{{len(BODY)}+}}\r\n{BODY}", "i"),
    Asked(f"SETACL {TEAM} anyone lr", "a"),
    Asked(f"DELETEACL {TEAM} anyone", "a"),
    Asked(f"GETACL {TEAM}", "a"),
    Asked(f"LISTRIGHTS {TEAM} anyone", "a"),
    Asked(f"GETMETADATA {TEAM} /private/comment", "r"),
    Asked(f'SETMETADATA {TEAM} (/private/comment "mine")', "r"),
    Asked(f"GETQUOTAROOT {TEAM}", "r"),
    Asked(f"ESEARCH IN (MAILBOXES {TEAM}) ALL", "lr", "UIDVALIDITY"),
    Asked("FETCH 1 (FLAGS BODY.PEEK[])", "", is_selected=True),
    Asked("FETCH 1 BODY[]", "s", "FLAGS (\\Flagged \\Deleted \\Seen)", is_selected=True),
    Asked("SEARCH ALL", "", is_selected=True),
    Asked("SORT (ARRIVAL) UTF-8 ALL", "", is_selected=True),
    Asked("STORE 1 +FLAGS (\\Seen)", "s", is_selected=True),
    Asked("STORE 1 -FLAGS (\\Deleted)", "t", is_selected=True),
    Asked("STORE 1 +FLAGS (\\Answered)", "w", is_selected=True),
    Asked("STORE 1 +FLAGS ($Label)", "w", is_selected=True),
    Asked("UID STORE 1 -FLAGS.SILENT (\\Flagged)", "w", is_selected=True),
    Asked("EXPUNGE", "e", is_selected=True),
    Asked("UID EXPUNGE 1", "e", is_selected=True),
    Asked("COPY 1 Archive", "", is_selected=True),
    Asked("MOVE 1 Archive", "te", is_selected=True),
    Asked(f"COPY 1 {TEAM}", "i", is_selected=True),
    Asked(f"UID MOVE 1 {TEAM}", "tei", is_selected=True),
    Asked(f"REPLACE 1 Drafts {{{len(BODY)}+}}\r\n{BODY}", "te", is_selected=True),
    Asked("CLOSE", "", is_selected=True),
]


async def share(home: Home, rights: frozenset[str], name: str = "Team") -> None:
    grant = Grant(BOB, False, rights)
    await home.store.write(ALICE, lambda tx: tx.set_grant(tx.mailbox_named(name).mailbox_id, grant))


async def team(home: Home) -> None:
    """Alice's Team with one message, \\Flagged and \\Deleted; and Team2, where bob may do everything."""
    for name in ("Team", "Team2/old"):
        await home.store.write(ALICE, lambda tx, name=name: tx.create_mailbox(name))
    await share(home, EVERYTHING, "Team2")
    await share(home, EVERYTHING, "Team2/old")
    await home.deliver(mail.PLAIN, mailbox="Team", flags=Flags.DELETED | Flags.FLAGGED)
    await home.store.write(ALICE, lambda tx: tx.claim_recent(tx.mailbox_named("Team").mailbox_id))


async def said(home: Home, asked: Asked, rights: frozenset[str]) -> tuple[bool, list[str]]:
    """Whether it was done, and the answer."""
    await share(home, rights)
    bob = await log_in(home, "bob")
    if asked.is_selected:
        await bob.say(f"s SELECT {TEAM}")
    answer = await bob.say(f"a {asked.line}")
    shown = "\r\n".join(answer)
    return asked.shows in shown and ("a OK" in shown), answer


@pytest.mark.parametrize("asked", COMMANDS, ids=lambda asked: f"{asked.line[:40]}-{asked.needs}")
async def test_a_command_needs_its_rights_and_no_others(home: Home, asked: Asked) -> None:
    await team(home)
    needed = frozenset(asked.needs) | ({"r"} if asked.is_selected else set())
    for missing in sorted(needed):
        done, answer = await said(home, asked, EVERYTHING - {missing})
        assert not done, f"without {missing}: {answer}"
    done, answer = await said(home, asked, needed)
    assert done, f"with {''.join(sorted(needed))}: {answer}"


def test_every_command_with_a_mailbox_is_in_the_table() -> None:
    """A command that is added must say here which rights it needs."""
    from bocau.protocols.imap.command import PARSERS

    asked = {word for command in COMMANDS for word in command.line.split(" ")[:2]}
    without = {
        *("CAPABILITY", "NOOP", "LOGOUT", "ID", "STARTTLS", "AUTHENTICATE", "LOGIN", "ENABLE", "NAMESPACE"),
        *(
            "UNAUTHENTICATE",
            "COMPRESS",
            "IDLE",
            "CHECK",
            "UNSELECT",
            "NOTIFY",
            "CANCELUPDATE",
            "GETJMAPACCESS",
        ),
        # Names only, which need not exist; the quota root is an account's, not a mailbox's.
        *("SUBSCRIBE", "UNSUBSCRIBE", "LSUB", "GETQUOTA", "SETQUOTA"),
        # Asked in test_myrights_needs_any_right; as SORT.
        *("MYRIGHTS", "THREAD"),
    }
    names = {name.decode().removeprefix("UID ") for name in PARSERS}
    assert names - asked - without == set()


async def test_myrights_needs_any_right(home: Home) -> None:
    await team(home)
    bob = await log_in(home, "bob")
    for letter in LETTERS:
        await share(home, frozenset(letter))
        answer = await bob.say(f"a MYRIGHTS {TEAM}")
        if letter in "lrikxa":
            assert answer[0].startswith(f"* MYRIGHTS {TEAM} {letter}")
        else:
            assert answer == ["a NO [NONEXISTENT] no mailbox 'Team'"]


@pytest.mark.parametrize("asked", COMMANDS, ids=lambda asked: f"{asked.line[:40]}-{asked.needs}")
async def test_what_is_hidden_is_like_what_is_not_there(home: Home, asked: Asked) -> None:
    await team(home)
    _, hidden = await said(home, asked, frozenset("swtep"))
    await home.store.write(ALICE, lambda tx: tx.delete_mailbox(tx.mailbox_named("Team").mailbox_id))
    bob = await log_in(home, "bob")
    if asked.is_selected:
        await bob.say(f"s SELECT {TEAM}")
    assert await bob.say(f"a {asked.line}") == hidden
    stranger = asked.line.replace("alice@example.org", "nobody@example.org")
    if asked.line.startswith("RENAME") and "2/old" in asked.line:
        return
    if not asked.is_selected:
        there = [line.replace("alice@example.org", "nobody@example.org") for line in hidden]
        answer = await bob.say(f"a {stranger}")
        assert [line for line in answer if "Team2" not in line] == [l for l in there if "Team2" not in l]


# --- flags --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rights", "permanent", "code"),
    [
        ("lr", "", "READ-ONLY"),
        ("lrs", "\\Seen", "READ-ONLY"),
        ("lrt", "\\Deleted", "READ-WRITE"),
        ("lrw", "\\Answered \\Flagged \\Draft \\*", "READ-WRITE"),
        ("lri", "", "READ-WRITE"),
        ("lre", "", "READ-WRITE"),
        ("lrswt", "\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*", "READ-WRITE"),
    ],
)
async def test_select_says_what_may_be_changed(home: Home, rights: str, permanent: str, code: str) -> None:
    """RFC 4314 §5.1.1, §5.2: a guest's \\Seen is its own, so "s" alone leaves the mailbox READ-ONLY."""
    await team(home)
    await share(home, frozenset(rights))
    bob = await log_in(home, "bob")
    answer = await bob.say(f"a SELECT {TEAM}")
    assert f"* OK [PERMANENTFLAGS ({permanent})] flags are kept" in answer
    assert answer[-1] == f"a OK [{code}] SELECT completed"


async def test_store_changes_what_it_may(home: Home) -> None:
    """RFC 4314 §4: STORE does not fail when the rights reach for one of the flags."""
    await team(home)
    await share(home, frozenset("lrs"))
    bob = await log_in(home, "bob")
    await bob.say(f"a SELECT {TEAM}")
    answer = await bob.say("b STORE 1 FLAGS (\\Seen \\Answered $Label)")
    shown = "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Deleted \\Seen))"
    assert answer == [shown, "b OK STORE completed"]
    assert (await bob.say("c STORE 1 +FLAGS (\\Answered)"))[-1].startswith("c NO [NOPERM]")
    alice = await log_in(home)
    await alice.say("a SELECT Team")
    (flags, _) = await alice.say("b FETCH 1 FLAGS")
    assert flags == "* 1 FETCH (FLAGS (\\Flagged \\Deleted))"


async def test_close_without_the_right_keeps_what_is_deleted(home: Home) -> None:
    await team(home)
    await share(home, EVERYTHING - {"e"})
    bob = await log_in(home, "bob")
    assert (await bob.say(f"a SELECT {TEAM}", "b CLOSE"))[-1].startswith("b OK")
    assert "MESSAGES 1" in (await bob.say(f"c STATUS {TEAM} (MESSAGES)"))[0]
    await share(home, EVERYTHING)
    await bob.say(f"a SELECT {TEAM}", "b CLOSE")
    assert "MESSAGES 0" in (await bob.say(f"c STATUS {TEAM} (MESSAGES)"))[0]


async def test_unseen_is_the_readers_own(home: Home) -> None:
    await team(home)
    await share(home, frozenset("lrs"))
    alice, bob = await log_in(home), await log_in(home, "bob")
    await alice.say("a SELECT Team", "b STORE 1 +FLAGS (\\Seen)")
    assert f"* STATUS {TEAM} (UNSEEN 1)" in await bob.say(f"a STATUS {TEAM} (UNSEEN)")
    await bob.say(f"b SELECT {TEAM}")
    assert (await bob.say("c SEARCH UNSEEN"))[0] == "* SEARCH 1"
    await bob.say("d FETCH 1 BODY[]")
    assert (await bob.say("e SEARCH UNSEEN"))[0].rstrip() == "* SEARCH"
    await alice.say("c STORE 1 -FLAGS (\\Seen)")
    assert (await bob.say("f FETCH 1 FLAGS"))[0] == "* 1 FETCH (FLAGS (\\Flagged \\Deleted \\Seen))"
    assert f"* STATUS {TEAM} (UNSEEN 0)" in await bob.say(f"g STATUS {TEAM} (UNSEEN)")
    assert "* STATUS Team (UNSEEN 1)" in await alice.say("d STATUS Team (UNSEEN)")


# --- rights that are taken away ---------------------------------------------------------------


@pytest.mark.parametrize("left", ["", "l", "lswite"])
async def test_who_may_not_read_any_more_is_sent_away(home: Home, left: str) -> None:
    """RFC 4314 §5.1.1."""
    await team(home)
    await share(home, EVERYTHING)
    players: list[SessionPlayer] = []
    for state in ("b NOOP", "b IDLE"):
        bob = await log_in(home, "bob")
        await bob.say(f"a SELECT {TEAM}", state)
        players.append(bob)
    waiting, idle = players
    await share(home, frozenset(left))
    await idle.settled()
    assert idle.taken() == b"* BYE [UNAVAILABLE] the selected mailbox is not there for you any more\r\n"
    for command in ("c FETCH 1 BODY[]", "d NOOP"):
        assert "FETCH" not in "".join(await waiting.say(command))
    assert waiting.is_over


async def test_fewer_rights_are_told_at_the_next_command(home: Home) -> None:
    await team(home)
    await share(home, EVERYTHING)
    bob = await log_in(home, "bob")
    await bob.say(f"a SELECT {TEAM}")
    await share(home, frozenset("lrt"))
    answer = await bob.say("b NOOP")
    assert "* OK [PERMANENTFLAGS (\\Deleted)] flags are kept" in answer
    assert (await bob.say("c EXPUNGE"))[-1].startswith("c NO [NOPERM]")
    assert (await bob.say("d NOOP")) == ["d OK NOOP completed"]


async def test_idle_tells_a_guest_what_happens(home: Home) -> None:
    await team(home)
    await share(home, frozenset("lr"))
    bob = await log_in(home, "bob")
    await bob.say(f"a SELECT {TEAM}", "b IDLE")
    await home.deliver(mail.PLAIN, mailbox="Team")
    await bob.settled()
    assert b"* 2 EXISTS" in bob.taken()


# --- between accounts ----------------------------------------------------------------------


async def test_copy_and_move_to_an_own_mailbox_and_back(home: Home) -> None:
    await team(home)
    await share(home, EVERYTHING)
    bob = await log_in(home, "bob")
    await bob.say(f"a SELECT {TEAM}", "b STORE 1 +FLAGS (\\Seen $Label)")
    answer = await bob.say("c COPY 1 Archive")
    assert "COPYUID" in answer[-1] and answer[-1].endswith(" 1 1] COPY completed")
    answer = await bob.say("d MOVE 1 Archive")
    assert answer[0].endswith(" 1 2] moved") and answer[1] == "* 1 EXPUNGE"
    answer = await bob.say("e SELECT Archive", "f FETCH 1:* (FLAGS RFC822.SIZE EMAILID)")
    lines = [line for line in answer if "FETCH (" in line]
    assert all("FLAGS (\\Flagged \\Deleted \\Seen \\Recent $Label)" in line for line in lines), lines
    assert "EMAILID (M8589934593)" in lines[0], "emails of bob's own account"
    answer = await bob.say(f"g UID MOVE 2 {TEAM}")
    assert answer[0].endswith(" 2 2] moved")
    alice = await log_in(home)
    answer = await alice.say("a SELECT Team", "b FETCH 1 (UID FLAGS BODY.PEEK[])")
    fetched = next(line for line in answer if "FETCH (" in line)
    assert "UID 2" in fetched and "FLAGS (\\Flagged \\Deleted \\Recent $Label)" in fetched, (
        "unseen by the owner"
    )
    from bocau.store.verify import verify

    assert [str(fault) async for fault in verify(home.store)] == []


async def test_the_owners_quota_counts(home: Home) -> None:
    await team(home)
    await share(home, EVERYTHING)
    await home.deliver(mail.PLAIN, account=BOB)
    used = home.store.glance(ALICE, lambda tx: tx.usage()).used_bytes
    await home.store.write(ALICE, lambda tx: tx.set_limit(used + 1))
    bob = await log_in(home, "bob")
    await bob.say("a SELECT INBOX")
    for command in (f"COPY 1 {TEAM}", f"MOVE 1 {TEAM}", f"APPEND {TEAM} {{{len(BODY)}+}}\r\n{BODY}"):
        assert (await bob.say(f"b {command}"))[-1].startswith("b NO [OVERQUOTA]")
    assert home.store.glance(BOB, lambda tx: tx.mailbox_named("INBOX")).message_count == 1


async def test_notify_tells_no_more_than_the_rights(home: Home) -> None:
    """RFC 5465 §5: mailboxes come and go with "l", their messages are told of with "r"."""

    async def told(last: str) -> str:
        said = ""
        async with asyncio.timeout(10):
            while last not in said:
                await asyncio.sleep(0.001)
                said += bob.taken().decode()
        return said

    await team(home)
    bob = await log_in(home, "bob")
    await bob.say('a NOTIFY SET (SUBTREE "Other Users" (MailboxName MessageNew MessageExpunge))', "b IDLE")
    await share(home, frozenset("lr"))
    await told(f'* LIST (\\HasNoChildren) "/" {TEAM}\r\n')
    await home.deliver(mail.PLAIN, mailbox="Team")
    await told(f"* STATUS {TEAM} (MESSAGES 2 UIDNEXT 3)\r\n")
    await share(home, frozenset("l"))
    await home.deliver(mail.PLAIN, mailbox="Team")
    await share(home, frozenset())
    assert "STATUS" not in await told(f'* LIST (\\NonExistent \\HasNoChildren) "/" {TEAM}\r\n')
