"""A day's mail by the keyboard alone: every key, and where the focus is after each."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from browser import correspondence as seed
from browser.conftest import VARIANTS
from browser.webmail import Variant, Webmail

DESKS = tuple(one for one in VARIANTS if not one.is_phone)


@pytest.fixture(scope="module", params=DESKS, ids=lambda one: one.name)
def variant(request: pytest.FixtureRequest) -> Variant:
    chosen: Variant = request.param
    return chosen


@pytest.fixture
def typist(mail: Webmail) -> Iterator["Typist"]:
    mail.go()
    person = Typist(mail)
    person.press("g h")
    person.is_on(0)
    yield person


class Typist:
    """Has no mouse."""

    def __init__(self, mail: Webmail) -> None:
        self.mail = mail
        self.page = mail.page
        self.words = mail.words

    def press(self, keys: str) -> None:
        for key in keys.split(" "):
            self.page.keyboard.press(key)

    @property
    def focus(self) -> Locator:
        return self.page.locator(":focus")

    def is_on(self, position: int) -> None:
        """The focus is on that row."""
        expect(self.focus).to_have_attribute("data-position", str(position))

    def to_row(self, text: str) -> int:
        """Down to a row."""
        position = int(self.mail.row(text).get_attribute("data-position") or -1)
        here = int(self.focus.get_attribute("data-position") or 0)
        for _ in range(abs(position - here)):
            self.press("j" if position > here else "k")
        self.is_on(position)
        return position


def test_through_the_list_and_into_a_conversation(typist: Typist) -> None:
    mail = typist.mail
    typist.press("j j k")
    typist.is_on(1)
    typist.press("End")
    expect(typist.focus).to_have_attribute("aria-rowindex", re.compile(r"\d\d"))
    typist.press("Home ArrowDown ArrowUp")
    typist.is_on(0)
    place = typist.to_row(seed.REPORT)
    typist.press("o")
    expect(mail.reader.get_by_role("heading", name=seed.REPORT, level=1)).to_be_visible()
    expect(mail.messages).to_have_count(3)
    typist.press(";")
    expect(mail.messages.locator("iframe")).to_have_count(3)
    typist.press("p")
    expect(mail.messages.locator(":focus")).to_have_count(1)
    typist.press("u")
    expect(mail.messages).to_have_count(0)
    typist.is_on(place)
    typist.press("Enter")
    expect(mail.reader.get_by_role("heading", name=seed.REPORT, level=1)).to_be_visible()
    typist.press("j")
    expect(mail.reader.get_by_role("heading", name=seed.REPORT, level=1)).to_be_hidden()
    typist.press("Escape")
    typist.is_on(place + 1)


@pytest.mark.parametrize(
    ("key", "subject", "said"),
    [("e", seed.LEAVE, "archived"), ("#", seed.MOVED, "movedToTrash"), ("!", seed.PRIZE, "movedToJunk")],
)
def test_away_and_back(typist: Typist, key: str, subject: str, said: str) -> None:
    mail = typist.mail
    place = typist.to_row(subject)
    typist.press(key)
    mail.told(said)
    expect(mail.row(subject)).to_have_count(0)
    typist.is_on(place)
    typist.press("z")
    expect(mail.row(subject)).to_have_count(1)
    expect(mail.toasts).not_to_contain_text(typist.words(said))
    typist.press("g h")
    typist.to_row(subject)
    typist.press(f"x {key}")
    mail.told(said)
    typist.press("z")
    expect(mail.row(subject)).to_have_count(1)


def test_stars_read_and_unread(typist: Typist) -> None:
    row = typist.mail.row(seed.WELCOME)
    typist.to_row(seed.WELCOME)
    typist.press("s")
    expect(row.locator(".star.full")).to_have_count(1)
    typist.press("s")
    expect(row.locator(".star.full")).to_have_count(0)
    typist.press("Shift+U")
    expect(row).to_have_class(re.compile("unread"))
    typist.press("Shift+I")
    expect(row).not_to_have_class(re.compile("unread"))


def test_choose_label_and_move(typist: Typist) -> None:
    mail = typist.mail
    typist.to_row(seed.OFFICE)
    typist.press("x")
    expect(mail.row(seed.OFFICE)).to_have_attribute("aria-selected", "true")
    typist.press("Shift+ArrowDown")
    chosen = mail.page.get_by_role("toolbar", name=typist.words("chosenActions"))
    expect(chosen).to_contain_text(typist.words("chosenCount", count=2))
    typist.press("l")
    expect(typist.focus).to_have_attribute("role", "combobox")
    mail.page.keyboard.type("Gấp")
    typist.press("Enter")
    mail.told("labelled", name="Gấp")
    typist.press("v")
    expect(typist.focus).to_have_attribute("role", "combobox")
    mail.page.keyboard.type("bo cau")
    typist.press("Enter")
    mail.told("movedTo", folder="Bồ câu")
    expect(mail.row(seed.OFFICE)).to_have_count(0)
    expect(mail.rows.and_(typist.focus)).to_have_count(1)
    typist.press("z z")
    expect(mail.row(seed.OFFICE)).to_have_count(1)
    expect(mail.row(seed.OFFICE).locator(".label")).to_have_count(0)


def test_search_and_go_elsewhere(typist: Typist) -> None:
    mail = typist.mail
    typist.press("/")
    expect(typist.focus).to_have_attribute("id", "search")
    mail.page.keyboard.type("bao cao je#")
    typist.press("Backspace Backspace Backspace Enter")
    expect(mail.page).to_have_url(re.compile(r"/mail/search\?q=bao"))
    expect(mail.row(seed.REPORT)).not_to_have_count(0)
    expect(mail.rows.and_(typist.focus)).to_have_count(1)
    for keys, folder in (("g t", "sent"), ("g d", "drafts"), ("g a", "archiveFolder"), ("g i", "inbox")):
        typist.press(keys)
        expect(mail.page.get_by_role("heading", name=typist.words(folder), level=1)).to_be_visible()
    typist.is_on(0)


def test_the_help_lists_every_key(typist: Typist) -> None:
    typist.press("?")
    help_ = typist.mail.dialog(typist.words("shortcuts"))
    for key in ("j", "k", "e", "#", "!", "x", "s", "l", "v", "/", "?", "r", "a", "f", "c", "z"):
        expect(help_.locator("kbd").filter(has_text=re.compile(rf"^{re.escape(key)}$"))).not_to_have_count(0)
    typist.press("Escape")
    expect(help_).to_have_count(0)
    typist.is_on(0)


@pytest.mark.parametrize("key", ["r", "a", "f", "c"])
def test_write_and_come_back(typist: Typist, key: str) -> None:
    mail = typist.mail
    place = typist.to_row(seed.WELCOME)
    typist.press(key)
    expect(mail.page).to_have_url(re.compile("/compose/new"))
    expect(mail.page.get_by_role("dialog").locator(":focus")).to_have_count(1)
    typist.press("Escape")
    expect(mail.page).to_have_url(re.compile("/mail/inbox"))
    typist.press("g l")
    typist.is_on(place)


def test_tab_goes_from_part_to_part(typist: Typist) -> None:
    """Skip link, bar, folders, list (one stop), conversation; nothing is hidden, nothing is a trap."""
    page = typist.page
    page.evaluate("document.activeElement.blur(); document.body.tabIndex = -1; document.body.focus()")
    seen: list[str] = []
    for _ in range(60):
        typist.press("Tab")
        told = page.evaluate(
            """() => { const one = document.activeElement, box = one.getBoundingClientRect();
                const part = one.closest(".skip, .top, .folders, .list, .reader");
                return [part?.className.split(" ")[0] ?? one.tagName,
                        box.width > 0 && box.height > 0, one.getAttribute("role") === "row"]; }"""
        )
        place, is_visible, is_row = told
        if place == "BODY":
            break
        assert is_visible, told
        if is_row:
            place = "row"
        if not seen or seen[-1] != place:
            seen.append(place)
    assert seen == ["skip", "top", "folders", "list", "row"]
    typist.press("Shift+Tab")
    page.keyboard.press("g")


def test_without_single_keys_letters_do_nothing(typist: Typist) -> None:
    """WCAG 2.2 §2.1.4."""
    mail = typist.mail
    typist.press("?")
    switch = mail.page.get_by_role("checkbox", name=typist.words("useShortcuts"))
    expect(switch).to_be_checked()
    with mail.page.expect_response(lambda answer: "Preferences/set" in (answer.request.post_data or "")):
        switch.press("Space")
    typist.press("Escape")
    typist.press("ArrowDown e")
    expect(mail.toasts.get_by_role("button")).to_have_count(0)
    with mail.page.expect_response(lambda answer: "Preferences/set" in (answer.request.post_data or "")):
        mail.page.get_by_role("button", name=re.compile(mail.variant.user)).press("Enter")
        mail.page.get_by_role("menuitem", name=typist.words("shortcuts")).press("Enter")
        switch.press("Space")


def test_to_any_folder_by_a_part_of_its_name(typist: Typist) -> None:
    typist.press("g f")
    dialog = typist.mail.dialog(typist.words("goTo"))
    expect(dialog.get_by_role("option").first).to_be_visible()
    typist.page.keyboard.type("bo cau")
    expect(dialog.get_by_role("option")).to_have_count(1)
    typist.press("Enter")
    expect(dialog).to_be_hidden()
    expect(typist.page.get_by_role("heading", name="Bồ câu", level=1)).to_be_attached()
