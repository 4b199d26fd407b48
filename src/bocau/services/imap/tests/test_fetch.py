"""FETCH where some messages cannot answer as asked."""

from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import ALICE, log_in

STRANGE = b"Content-Type: a/b\r\nContent-Transfer-Encoding: x-strange\r\n\r\nx\r\n"


async def test_one_part_that_cannot_be_decoded_does_not_hide_the_others(home):
    """RFC 3516 §4.3: the command fails, and says why; what can be answered has been."""
    await home.deliver(mail.MIXED, STRANGE, mail.MIXED)
    player = await log_in(home)
    await player.say("s SELECT INBOX")
    said = await player.say("a FETCH 1:3 (UID BINARY.PEEK[1] BINARY.SIZE[1])")
    assert said == [
        "* 1 FETCH (UID 1 BINARY[1] {10}",
        "first part BINARY.SIZE[1] 10)",
        "* 2 FETCH (UID 2 BINARY[1] NIL BINARY.SIZE[1] 0)",
        "* 3 FETCH (UID 3 BINARY[1] {10}",
        "first part BINARY.SIZE[1] 10)",
        "a NO [UNKNOWN-CTE] cannot decode all parts",
    ]


async def test_previews_that_were_never_computed(home):
    """RFC 8970 §4: LAZY takes NIL for them; else they are computed now."""
    await home.deliver(mail.PLAIN)
    await home.store.write(
        ALICE,
        lambda tx: tx.sql.execute("UPDATE email SET preview = '', envelope = x'', body_structure = x''"),
    )
    player = await log_in(home)
    await player.say("s SELECT INBOX")
    assert (await player.say("a FETCH 1 PREVIEW (LAZY)"))[0] == "* 1 FETCH (PREVIEW NIL)"
    assert (await player.say("a FETCH 1 PREVIEW"))[:2] == ["* 1 FETCH (PREVIEW {8}", "Hi there)"]


async def test_a_message_without_text_has_an_empty_preview(home):
    """RFC 8970 §3.2"""
    await home.deliver(b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n")
    player = await log_in(home)
    await player.say("s SELECT INBOX")
    assert (await player.say("a FETCH 1 PREVIEW"))[0] == '* 1 FETCH (PREVIEW "")'


async def test_a_thread_that_is_not_known_yet(home):
    """RFC 8474 §5.2: NIL."""
    await home.deliver(mail.PLAIN)
    await home.store.write(ALICE, lambda tx: tx.sql.execute("DELETE FROM email_key"))
    player = await log_in(home)
    await player.say("s SELECT INBOX")
    assert (await player.say("a FETCH 1 THREADID"))[0] == "* 1 FETCH (THREADID NIL)"
