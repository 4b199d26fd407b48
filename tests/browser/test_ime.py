"""Vietnamese through an input method: every word as it was composed, and no key of it does anything else."""

import re
import time
from email.headerregistry import Address
from email.policy import SMTP

import pytest
from playwright.sync_api import expect

from browser.composing import TO, Composer, arrived, can_undo, found, on_a_desk, text_of
from browser.correspondence import written
from browser.input_method import CONTROL, TYPED, WORDS, InputMethod
from browser.webmail import Webmail
from harness import Server

WAYS = ("write", "retype")


@on_a_desk
def test_what_is_searched_for(mail: Webmail) -> None:
    """Enter ends the word; only the next one searches. No letter moves the list or opens anything."""
    mail.go()
    mail.page.keyboard.press("g")
    mail.page.keyboard.press("h")
    before = mail.page.url
    box = mail.page.get_by_role("combobox", name=mail.words("searchMail"))
    method = InputMethod(mail.page)

    def nothing_happens() -> None:
        for key in ("Enter", "Escape", "ArrowDown"):
            method.press(key)
        expect(box).to_be_focused()

    mail.page.keyboard.press("/")
    method.write(before_last=nothing_happens)
    expect(box).to_have_value(TYPED)
    expect(mail.page.get_by_role("dialog")).to_have_count(0)
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."))
    assert mail.page.url == before
    box.fill("")
    method.retype()
    expect(box).to_have_value(TYPED)
    box.press("Enter")
    expect(mail.page).to_have_url(re.compile(r"/mail/search\?q=ti%E1%BA%BFng(\+|%20)Vi%E1%BB%87t$"))


@on_a_desk
def test_keys_of_a_composition_are_no_shortcuts(mail: Webmail) -> None:
    """An input method that is on while nothing is written in."""
    mail.go()
    mail.page.keyboard.press("g")
    mail.page.keyboard.press("h")
    method = InputMethod(mail.page)
    for key in ("j", "x", "e", "c", "?", "o", "Enter"):
        method.press(key)
    expect(mail.page.locator(":focus")).to_have_attribute("data-position", "0")
    expect(mail.page.get_by_role("dialog")).to_have_count(0)
    expect(mail.rows.locator("input:checked")).to_have_count(0)
    assert mail.page.url == f"{mail.base}/mail/inbox"
    mail.page.keyboard.press("j")
    expect(mail.page.locator(":focus")).to_have_attribute("data-position", "1")


@on_a_desk
@pytest.mark.parametrize("way", WAYS)
def test_a_message_is_what_was_composed(mail: Webmail, server: Server, way: str) -> None:
    can_undo(server, mail.variant.user, 0)
    writing = Composer(mail).go()
    method = InputMethod(mail.page)

    def stays() -> None:
        """Nothing becomes a recipient, is sent or closed while a word is composed."""
        method.press("Enter")
        method.press("Enter", CONTROL)
        method.press("Tab")
        method.press("Escape")
        method.press("Backspace")
        expect(writing.chips()).to_have_count(len(chips))
        expect(writing.root).to_be_visible()

    def compose() -> None:
        if way == "write":
            method.write(before_last=stays)
        else:
            method.retype()

    chips: list[str] = []
    writing.field().focus()
    compose()
    expect(writing.field()).to_have_value(TYPED)
    mail.page.keyboard.type(f" <{TO}>")
    mail.page.keyboard.press("Enter")
    chips.append(TYPED)
    expect(writing.chips()).to_have_text(chips)
    writing.subject.focus()
    compose()
    expect(writing.subject).to_have_value(TYPED)
    mail.page.keyboard.type(f" {way}")
    writing.body.focus()
    compose()
    mail.page.keyboard.press("Enter")
    mail.page.keyboard.press("Control+b")
    expect(writing.tool("composeBold")).to_have_attribute("aria-pressed", "true")
    compose()
    mail.page.keyboard.press("Control+b")
    mail.page.keyboard.type(".")
    writing.sent()
    got = arrived(server, "user5", f"{TYPED} {way}")
    assert got["To"].addresses[0].display_name == TYPED
    assert text_of(got, "plain").rstrip() == f"{TYPED}\n{TYPED}."
    assert f"<b>{TYPED}</b>." in text_of(got, "html")
    assert not found(server, mail.variant.user, "Drafts", f"{TYPED} {way}")


@on_a_desk
def test_undo_after_composing(mail: Webmail) -> None:
    """One step back never leaves half a word, and never doubles one."""
    writing = Composer(mail).go()
    writing.body.focus()
    method = InputMethod(mail.page)
    method.write()
    mail.page.keyboard.press("Enter")
    method.write(WORDS[:1])
    assert writing.body.inner_text().split() == ["tiếng", "Việt", "tiếng"]
    mail.page.keyboard.press("Control+z")
    mail.page.keyboard.press("Control+y")
    assert writing.body.inner_text().split() == ["tiếng", "Việt", "tiếng"]
    writing.discard()


@on_a_desk
def test_a_quick_reply_is_quoted(mail: Webmail, server: Server) -> None:
    """Composed under the conversation, sent by Control+Enter, not by the input method's own."""
    can_undo(server, mail.variant.user, 0)
    letter = written(
        Address("", "user5", "demo.test"),
        Address("", mail.variant.user, "demo.test"),
        "Họp mấy giờ?",
        "Chín giờ nhé?\n",
        time.time(),
    )
    server.deliver(letter.as_bytes(policy=SMTP), mail.variant.user)
    mail.go()
    mail.read("Họp mấy giờ?")
    box = mail.reader.get_by_role("textbox", name=mail.words("readerQuickReply", name=TO))
    box.focus()
    method = InputMethod(mail.page)
    method.write(before_last=lambda: method.press("Enter", CONTROL))
    expect(box).to_have_value(TYPED)
    expect(box).to_be_enabled()
    mail.page.keyboard.press("Control+Enter")
    mail.told("composeSent")
    expect(box).to_have_value("")
    got = arrived(server, "user5", "Re: Họp mấy giờ?")
    assert got["In-Reply-To"] == letter["Message-ID"]
    assert re.fullmatch(rf"{TYPED}\n\n?[^\n]+:\n> Chín giờ nhé\?\s*", text_of(got, "plain"))
    assert "<blockquote" in text_of(got, "html")
    expect(mail.messages).to_have_count(2)
