"""The few words under a conversation: nothing takes them away, and in the composer one goes on with them."""

import time
from email.headerregistry import Address
from email.policy import SMTP

from playwright.sync_api import Locator, expect

from browser.composing import TO, Composer, arrived, can_undo, on_both_screens, text_of
from browser.correspondence import LEAVE, written
from browser.webmail import Webmail
from harness import Server

WORDS = "Chín giờ được nhé,\nmình mang máy chiếu."


def comes(server: Server, mail: Webmail, subject: str, text: str, *identities: str) -> str:
    """A message of user5; its Message-ID."""
    sender, to = Address("", "user5", "demo.test"), Address("", mail.variant.user, "demo.test")
    letter = written(sender, to, subject, text, time.time(), *identities)
    server.deliver(letter.as_bytes(policy=SMTP), mail.variant.user)
    return str(letter["Message-ID"])


def box(mail: Webmail) -> Locator:
    return mail.reader.get_by_role("textbox", name=mail.words("readerQuickReply", name=TO))


@on_both_screens
def test_it_is_gone_on_with_in_the_composer(mail: Webmail, server: Server) -> None:
    """Meanwhile another message comes: the first stays the one that is answered."""
    can_undo(server, mail.variant.user, 0)
    subject = f"Họp {mail.variant.name}"
    first = comes(server, mail, subject, "Chín giờ nhé?\n", "meeting-1")
    mail.go()
    mail.read(subject)
    box(mail).fill(WORDS)
    comes(server, mail, f"Re: {subject}", "Hay mười giờ?\n", "meeting-1", "meeting-2")
    expect(mail.messages).to_have_count(2)
    expect(box(mail)).to_have_value(WORDS)
    mail.reader.get_by_role("button", name=mail.words("readerFullReply"), exact=True).click()
    writing = Composer(mail).opened()
    expect(writing.body).to_contain_text("mình mang máy chiếu.")
    writing.sent()
    got = arrived(server, "user5", f"Re: {subject}")
    assert got["In-Reply-To"] == first
    assert text_of(got, "plain").startswith(WORDS) and "> Chín giờ nhé?" in text_of(got, "plain")


@on_both_screens
def test_it_is_there_when_one_comes_back(mail: Webmail, server: Server) -> None:
    subject = f"Ăn trưa {mail.variant.name}"
    comes(server, mail, subject, "Đi không?\n")
    mail.go()
    mail.read(subject)
    box(mail).fill(WORDS)
    mail.back_to_list()
    mail.read(LEAVE)
    expect(mail.reader.get_by_text(WORDS)).to_have_count(0)
    mail.back_to_list()
    mail.read(subject)
    expect(box(mail)).to_have_value(WORDS)
    box(mail).fill("")
