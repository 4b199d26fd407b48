"""Whom one has written to: seen, forgotten, and put back."""

import pytest
from playwright.sync_api import Locator, expect

from browser.composing import Composer, can_undo, in_both_languages, on_a_desk
from browser.webmail import Webmail
from harness import Server

WRONG = "user4@demo.test"


@pytest.fixture
def written(mail: Webmail, server: Server) -> None:
    """Somebody was written to."""
    can_undo(server, mail.variant.user, 0)
    writing = Composer(mail).go()
    writing.write(f"Trần Văn Sai <{WRONG}>", "once", "x")
    writing.sent()


def people(mail: Webmail) -> Locator:
    mail.page.goto(f"{mail.base}/settings/people")
    found = mail.page.get_by_role("main").get_by_role("listitem")
    expect(found.first).to_be_visible()
    return found.filter(has_text=WRONG)


@in_both_languages
def test_an_address_is_forgotten_and_put_back(mail: Webmail, written: None) -> None:
    row = people(mail)
    expect(row).to_contain_text("Trần Văn Sai")
    row.get_by_role("button", name=mail.words("composeForget", address=WRONG)).click()
    mail.told("composeForgotten", address=WRONG)
    expect(row).to_have_count(0)
    mail.undo()
    expect(row).to_have_count(1)
    mail.page.get_by_label(mail.words("setPeopleFind")).fill("tran v s")
    expect(mail.page.get_by_role("main").get_by_role("listitem")).to_have_count(1)
    row.get_by_role("link", name="Trần Văn Sai", exact=True).click()
    expect(mail.row("once").first).to_be_visible()


@on_a_desk
@pytest.mark.parametrize("how", ["mouse", "keyboard"])
def test_a_suggestion_is_forgotten(mail: Webmail, written: None, how: str) -> None:
    writing = Composer(mail).go()
    options = writing.root.get_by_role("option")
    writing.field().press_sequentially("sai")
    expect(options).to_have_count(1)
    if how == "mouse":
        options.locator(".forget").click()
    else:
        writing.field().press("ArrowDown")
        writing.field().press("Delete")
    mail.told("composeForgotten", address=WRONG)
    expect(options).to_have_count(0)
    expect(writing.chips()).to_have_count(0)
    expect(writing.field()).to_have_value("sai")
