"""The webmail in a hand: fingers, an on-screen keyboard, Back, and as an app without a connection."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, StorageState, expect

from browser import correspondence as seed
from browser.conftest import new_context
from browser.guards import Guard, overflow
from browser.webmail import Variant, Webmail
from harness import Server

PHONE = Variant("user5", "vi", 390)
WIDE = "Bảng giá nón lá"
WIDE_HTML = (
    '<table width="640" style="min-width:640px"><tr><td>Nón bài thơ</td><td>95.000 ₫</td></tr></table>'
)
KEYBOARD_PX = 340
HELD_MILLISECONDS = 900
FIELDS = "input:not([type=checkbox], [type=radio], [type=file]), select, textarea, [contenteditable=true]"
COVERED = f"""() => {{
    const seen = window.visualViewport;
    Object.defineProperty(seen, "height", {{ value: innerHeight - {KEYBOARD_PX} }});
    seen.dispatchEvent(new Event("resize"));
}}"""
"""What Safari tells when its keyboard lies over the page; Chromium makes the page smaller."""


@pytest.fixture(scope="module")
def state(browser: Browser, server: Server, base: str) -> StorageState:
    letters = seed.Correspondence(server, PHONE.user)
    letters.fill()
    message, at = letters.received(seed.MAI, WIDE, "Bảng giá.\n", 1)
    message.add_alternative(WIDE_HTML, subtype="html")
    letters.keep("INBOX", message, at)
    letters.carry()
    context = new_context(browser, PHONE, is_mobile=True)
    mail = Webmail(context.new_page(), base, PHONE, Guard(context, base))
    mail.page.goto(f"{base}/login")
    mail.log_in(server.password)
    expect(mail.rows.first).to_be_visible()
    known = context.storage_state()
    context.close()
    return known


@pytest.fixture
def mail(browser: Browser, base: str, state: StorageState) -> Iterator[Webmail]:
    context = new_context(browser, PHONE, is_mobile=True, storage_state=state)
    guard = Guard(context, base)
    yield Webmail(context.new_page(), base, PHONE, guard)
    context.close()
    guard.check()


class Finger:
    """One finger, as the screen reports it."""

    def __init__(self, mail: Webmail) -> None:
        self.cdp: CDPSession = mail.page.context.new_cdp_session(mail.page)

    def _touch(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        self.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def lay(self, on: Locator) -> tuple[float, float]:
        box = on.bounding_box()
        assert box is not None
        point = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self._touch("touchStart", point)
        return point

    def lift(self) -> None:
        self._touch("touchEnd")

    def push(self, on: Locator, by: int) -> None:
        x, y = self.lay(on)
        for step in range(1, 9):
            self._touch("touchMove", (x + by * step / 8, y))
        self.lift()


def test_a_row_that_is_pushed_aside_is_put_away(mail: Webmail) -> None:
    mail.go()
    finger = Finger(mail)
    finger.push(mail.row(seed.LEAVE), 60)
    expect(mail.row(seed.LEAVE)).to_have_css("translate", "none")
    finger.push(mail.row(seed.LEAVE), 160)
    mail.told("archived")
    expect(mail.row(seed.LEAVE)).to_have_count(0)
    mail.undo()
    expect(mail.row(seed.LEAVE)).to_have_count(1)
    finger.push(mail.row(seed.LEAVE), -160)
    mail.told("movedToTrash")
    mail.undo()
    expect(mail.row(seed.LEAVE)).to_have_count(1)
    expect(mail.reader).to_have_count(0)


def test_a_row_that_is_held_is_chosen_and_others_by_a_tap(mail: Webmail) -> None:
    mail.go()
    finger = Finger(mail)
    finger.lay(mail.row(seed.LEAVE))
    chosen = mail.page.get_by_role("toolbar", name=mail.words("chosenActions"))
    expect(chosen).to_contain_text(mail.words("chosenCount", count=1))
    finger.lift()
    mail.row(seed.WELCOME).tap()
    expect(chosen).to_contain_text(mail.words("chosenCount", count=2))
    expect(mail.reader).to_have_count(0)
    mail.row(seed.WELCOME).tap()
    mail.row(seed.LEAVE).tap()
    expect(chosen).to_have_count(0)
    mail.row(seed.LEAVE).tap()
    expect(mail.reader).to_be_visible()


def test_back_does_not_lead_into_what_was_left(mail: Webmail) -> None:
    mail.go("/mail/sent")
    mail.page.get_by_role("navigation", name=mail.words("mainParts")).get_by_role("link").tap()
    mail.read(seed.WELCOME)
    mail.tool("readerBack").tap()
    expect(mail.row(seed.WELCOME)).to_be_visible()
    mail.page.go_back()
    expect(mail.page.get_by_role("heading", name=mail.words("sent"), level=1)).to_be_visible()


def test_settings_are_a_list_of_sections(mail: Webmail) -> None:
    mail.go()
    account = mail.page.get_by_role("button", name=mail.words("accountMenu", name="user5@demo.test"))
    mail.choose(account, "settings")
    sections = mail.page.get_by_role("navigation", name=mail.words("settings"))
    sections.get_by_role("link", name=mail.words("setStorage")).tap()
    expect(mail.page.get_by_role("heading", name=mail.words("setStorage"), level=2)).to_be_visible()
    expect(sections).to_have_count(0)
    mail.page.get_by_role("button", name=mail.words("back"), exact=True).tap()
    expect(sections).to_be_visible()
    mail.page.get_by_role("button", name=mail.words("setBack"), exact=True).tap()
    expect(mail.rows.first).to_be_visible()
    assert mail.page.evaluate("history.state?.depth ?? 0") == 0


def test_a_wide_body_is_drawn_to_fit(mail: Webmail) -> None:
    mail.go()
    mail.read(WIDE)
    cell = mail.body.get_by_text("95.000 ₫")
    expect(cell).to_be_in_viewport(ratio=0.99)
    assert mail.body.locator("body").evaluate("body => body.firstElementChild.scrollWidth") >= 640
    assert overflow(mail.page) <= 0


@pytest.mark.parametrize("covers", [True, False], ids=["over the page", "beside the page"])
def test_the_composer_keeps_its_buttons_above_a_keyboard(mail: Webmail, covers: bool) -> None:
    mail.page.goto(f"{mail.base}/compose/new?to=lan@congty.vn&cc=binh@congty.vn&subject=Ch%C3%A0o")
    send = mail.page.get_by_role("button", name=mail.words("composeSend"), exact=True)
    expect(send).to_be_visible()
    if covers:
        mail.page.evaluate(COVERED)
    else:
        mail.page.set_viewport_size({"width": 390, "height": PHONE.height - KEYBOARD_PX})
    box = send.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE.height - KEYBOARD_PX


@pytest.mark.parametrize(
    "path", ["/login", "/mail/inbox", "/compose/new", "/settings/writing", "/settings/folders"]
)
def test_no_field_is_zoomed_into(mail: Webmail, path: str) -> None:
    """Safari magnifies the page at a field with smaller letters, and it stays so."""
    mail.page.goto(f"{mail.base}{path}")
    expect(mail.page.locator(FIELDS).first).to_be_visible()
    sizes = mail.page.locator(FIELDS).evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 16


def test_as_an_app_it_says_that_there_is_no_connection(mail: Webmail) -> None:
    mail.go()
    mail.page.evaluate("navigator.serviceWorker.ready")
    mail.guard.expect("ERR_INTERNET_DISCONNECTED|ERR_FAILED")
    mail.page.context.set_offline(True)
    mail.page.goto(f"{mail.base}/mail/inbox")
    expect(mail.page.get_by_role("heading", name=mail.words("offlineTitle"))).to_be_visible()
    expect(mail.page.get_by_label(mail.words("password"))).to_have_count(0)
    mail.page.context.set_offline(False)
    expect(mail.rows.first).to_be_visible()


def test_it_can_be_installed(mail: Webmail) -> None:
    mail.go()
    cdp = mail.page.context.new_cdp_session(mail.page)
    errors = cdp.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A test's browser keeps nothing, in which nothing is installed.
    assert [one["errorId"] for one in errors if one["errorId"] != "in-incognito"] == []
    assert cdp.send("Page.getAppManifest")["errors"] == []
