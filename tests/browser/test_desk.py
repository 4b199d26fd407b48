"""At a desk: nothing is pushed out of sight, and buttons do what they stand beside."""

import re

from playwright.sync_api import expect

from browser import correspondence as seed
from browser.composing import Composer, on_a_desk
from browser.webmail import Webmail

pytestmark = on_a_desk
PAPER = "rgb(255, 255, 255)"


def test_tools_of_the_reader_mean_what_is_read(mail: Webmail) -> None:
    mail.go()
    mail.read(seed.LEAVE)
    mail.pick(seed.OFFICE)
    mail.tool("readerArchive").click()
    mail.told("archived")
    expect(mail.row(seed.LEAVE)).to_have_count(0)
    expect(mail.row(seed.OFFICE)).to_have_count(1)
    mail.undo()
    expect(mail.row(seed.LEAVE)).to_have_count(1)


def test_next_and_previous_go_through_the_list(mail: Webmail) -> None:
    mail.go()
    mail.read(seed.INVOICE)
    heading = mail.reader.get_by_role("heading", level=1)
    mail.tool("readerNext").click()
    expect(heading).to_have_text(seed.NEWSLETTER)
    mail.tool("readerPrevious").click()
    expect(heading).to_have_text(seed.INVOICE)


def test_an_answer_to_all_is_offered_where_there_are_others(mail: Webmail) -> None:
    mail.go()
    mail.read(seed.WELCOME)
    expect(mail.reader.get_by_role("button", name=mail.words("readerForward"))).to_be_visible()
    expect(mail.reader.get_by_role("button", name=mail.words("readerReplyAll"))).to_have_count(0)


def test_starred_mail_has_a_place_of_its_own(mail: Webmail) -> None:
    mail.go()
    mail.row(seed.MOVED).locator(".star").click()
    mail.open_folder(mail.words("starredFolder"))
    expect(mail.page).to_have_url(re.compile(r"q=is%3Astarred"))
    expect(mail.row(seed.MOVED)).to_have_count(1)


def test_a_long_answer_keeps_send_in_sight(mail: Webmail) -> None:
    mail.go()
    mail.read(seed.INVOICE)
    mail.page.keyboard.press("r")
    writing = Composer(mail).opened()
    writing.button("composeShowQuote").click()
    expect(writing.root.locator("iframe")).to_be_visible()
    files = [{"name": f"{number}.txt", "mimeType": "text/plain", "buffer": b"x"} for number in range(6)]
    writing.root.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    expect(writing.files).to_have_count(6)
    expect(writing.button("composeSend")).to_be_in_viewport(ratio=1)
    expect(writing.files.last).to_be_in_viewport(ratio=1)


def test_paper_is_light(mail: Webmail) -> None:
    mail.page.emulate_media(color_scheme="dark")
    mail.go()
    mail.read(seed.WELCOME)
    background = "element => getComputedStyle(element).backgroundColor"
    root, body = mail.page.locator("html"), mail.body.locator("html")
    assert (root.evaluate(background), body.evaluate(background)) != (PAPER, PAPER)
    mail.page.emulate_media(color_scheme="dark", media="print")
    assert (root.evaluate(background), body.evaluate(background)) == (PAPER, PAPER)
