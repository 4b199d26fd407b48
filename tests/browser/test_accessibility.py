"""What a screen reader hears and a keyboard reaches, and what large text and few colours leave (WCAG 2.2 AA).

What axe finds by itself is asked for on every screen in test_screens.py.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, expect

from browser.axe import violations
from browser.conftest import new_context
from browser.correspondence import INVOICE, REPORT, WELCOME
from browser.guards import Guard, overflow
from browser.screens import SCREENS
from browser.webmail import Variant, Webmail

DESK = Variant("alice", "en", 1366)
DESK_VI = Variant("bob", "vi", 1366)
Open = Callable[..., Webmail]
OUTLINE = "getComputedStyle(document.activeElement).outlineStyle"


@pytest.fixture
def opened(browser: Browser, base: str, logged_in: Callable[[Variant], StorageState]) -> Iterator[Open]:
    """The webmail of somebody, with what their system asks for."""
    contexts: list[tuple[BrowserContext, Guard]] = []

    def open_one(variant: Variant, **more: Any) -> Webmail:
        context = new_context(browser, variant, storage_state=logged_in(variant), **more)
        guard = Guard(context, base)
        contexts.append((context, guard))
        return Webmail(context.new_page(), base, variant, guard)

    yield open_one
    for context, guard in contexts:
        context.close()
        guard.check()


def focused(mail: Webmail) -> str:
    """The name of what has the focus, as it is said."""
    script = """() => {
      const one = document.activeElement;
      return one.getAttribute("aria-label") || one.labels?.[0]?.innerText || one.innerText || one.tagName;
    }"""
    return str(mail.page.evaluate(script)).strip()


# --- heard ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "unread", "attachment"),
    [(DESK, "Unread, Lan Trần", "Has attachment"), (DESK_VI, "Chưa đọc, Lan Trần", "Có tệp đính kèm")],
    ids=["en", "vi"],
)
def test_a_row_says_all_of_itself(opened: Open, variant: Variant, unread: str, attachment: str) -> None:
    mail = opened(variant)
    mail.go()
    said = mail.row(f"Re: {REPORT}").first.get_attribute("aria-label") or ""
    assert said.startswith(unread) and REPORT in said, said
    said = mail.row(INVOICE).get_attribute("aria-label") or ""
    assert said.startswith(f"Finance Team, {INVOICE}, {attachment}, "), said
    assert mail.page.locator("[role=row][tabindex='0']").count() == 1
    assert mail.row(INVOICE).get_attribute("aria-rowindex") == "1"


def test_menus_and_dialogs_take_the_focus_and_give_it_back(opened: Open) -> None:
    mail = opened(DESK)
    mail.go()
    menu = mail.page.get_by_role("button", name=mail.words("viewOptions"))
    menu.focus()
    mail.page.keyboard.press("Enter")
    assert focused(mail).startswith(mail.words("jumpToDate"))
    expect(menu).to_have_attribute("aria-expanded", "true")
    mail.page.keyboard.press("ArrowDown")
    assert focused(mail).startswith(mail.words("groupThreads"))
    mail.page.keyboard.press("End")
    assert focused(mail).startswith(mail.words("paneOff"))
    mail.page.keyboard.press("Escape")
    expect(menu).to_be_focused()

    mail.page.keyboard.press("?")
    dialog = mail.dialog(mail.words("shortcuts"))
    expect(dialog).to_be_visible()
    for _ in range(6):
        mail.page.keyboard.press("Tab")
        assert mail.page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    mail.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(menu).to_be_focused()


def test_what_was_done_is_announced(opened: Open) -> None:
    mail = opened(DESK)
    mail.go()
    mail.row(WELCOME).focus()
    mail.page.keyboard.press("s")
    notice = mail.toasts.get_by_role("status")
    expect(notice).to_contain_text(mail.words("starred"))
    mail.page.keyboard.press("s")
    expect(mail.toasts).to_contain_text(mail.words("unstarred"))


def test_the_first_tab_leads_past_everything(opened: Open) -> None:
    mail = opened(DESK)
    mail.go()
    mail.page.keyboard.press("Tab")
    assert focused(mail) == mail.words("skipToList")
    assert mail.page.evaluate(OUTLINE) != "none"
    mail.page.keyboard.press("Enter")
    expect(mail.rows.first).to_be_focused()


def test_the_body_of_a_message_can_be_left(opened: Open) -> None:
    mail = opened(DESK)
    mail.go()
    mail.read(INVOICE)
    frame = mail.reader.locator("article.open iframe")
    expect(frame).to_have_attribute("title", mail.words("readerBody"))
    mail.body.locator("body").click()
    mail.page.keyboard.press("Escape")
    expect(mail.reader.get_by_role("heading", level=1)).to_be_focused()


# --- seen -------------------------------------------------------------------------

NARROW = ("inbox", "message-with-files", "composer", "settings-security", "settings-folders", "chosen-rows")


@pytest.mark.parametrize("name", NARROW)
def test_nothing_is_lost_at_320_pixels(opened: Open, name: str) -> None:
    mail = opened(Variant("bob", "vi", 1366))
    mail.page.set_viewport_size({"width": 320, "height": 640})
    mail = Webmail(mail.page, mail.base, Variant("bob", "vi", 320), mail.guard)
    SCREENS[name](mail)
    assert overflow(mail.page) <= 0
    beyond = mail.page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, select, textarea")].filter((one) => {
          const box = one.getBoundingClientRect();
          const scrolls = one.closest("nav, .chips, [role=menu], [role=toolbar]");
          return box.width > 0 && !scrolls && (box.right > innerWidth + 1 || box.left < -1);
        }).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert beyond == []


@pytest.mark.parametrize("name", ["inbox", "message-with-files", "composer", "settings-security"])
def test_text_of_twice_the_size(opened: Open, name: str) -> None:
    """As zoom does it: half the width (WCAG 1.4.4); high enough for the rows."""
    mail = opened(DESK)
    mail.page.set_viewport_size({"width": 683, "height": 1200})
    mail = Webmail(mail.page, mail.base, Variant("alice", "en", 683), mail.guard)
    SCREENS[name](mail)
    assert overflow(mail.page) <= 0
    assert not violations(mail.page)


def test_without_motion(opened: Open) -> None:
    mail = opened(DESK, reduced_motion="reduce")
    mail.go()
    moves = "(one) => parseFloat(getComputedStyle(one).transitionDuration) > 0"
    assert mail.page.evaluate(f"[...document.querySelectorAll('*')].filter({moves}).length") == 0


def test_with_the_systems_own_colours(opened: Open) -> None:
    """Chosen rows, stars and dots are drawn, though no background is."""
    mail = opened(DESK, forced_colors="active")
    mail.go()
    mail.pick(INVOICE)
    star = "(one) => getComputedStyle(one.querySelector('.star'), '::before').backgroundColor"
    paper = mail.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert mail.row(WELCOME).evaluate(star) not in (paper, "rgba(0, 0, 0, 0)")
    mail.page.mouse.move(0, 0)
    mail.page.keyboard.press("Tab")
    chosen = "(one) => getComputedStyle(one).outlineStyle"
    assert mail.row(INVOICE).evaluate(chosen) == "solid"
