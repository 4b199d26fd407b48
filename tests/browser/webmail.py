"""A person at the webmail: what is done with it in every test, by the words that are on the screen."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Download, FrameLocator, Locator, Page, expect

from browser.guards import Guard
from browser.words import Words

Language = Literal["en", "vi"]
PHONE_WIDTH = 700
ANIMATION_MILLISECONDS = 50


@dataclass(frozen=True)
class Variant:
    """Whose mail, in which language, on which screen."""

    user: str
    language: Language
    width: int

    @property
    def name(self) -> str:
        return f"{self.language}-{self.width}"

    @property
    def is_phone(self) -> bool:
        return self.width < PHONE_WIDTH

    @property
    def height(self) -> int:
        return 844 if self.is_phone else 800


class Webmail:
    """One page of it."""

    def __init__(self, page: Page, base: str, variant: Variant, guard: Guard) -> None:
        self.page = page
        self.base = base
        self.variant = variant
        self.guard = guard
        self.words = Words(variant.language)

    # --- where -------------------------------------------------------------------

    def go(self, path: str = "/mail/inbox") -> None:
        """Load the page there, and wait for its list."""
        self.page.goto(self.base + path)
        expect(self.rows.first).to_be_visible()

    def log_in(self, password: str) -> None:
        self.page.get_by_label(self.words("loginName")).fill(f"{self.variant.user}@demo.test")
        self.page.get_by_label(self.words("password")).fill(password)
        self.page.get_by_role("button", name=self.words("logIn"), exact=True).click()

    @contextmanager
    def folders(self) -> Iterator[Locator]:
        """The folders: beside the list, or drawn out over it."""
        if self.page.viewport_size is not None and self.page.viewport_size["width"] < 1100:
            self.page.get_by_role("button", name=self.words("folders"), exact=True).first.click()
        yield self.page.get_by_role("navigation", name=self.words("folders"))

    def open_folder(self, name: str) -> None:
        with self.folders() as folders:
            folders.get_by_role("link", name=re.compile(rf"^{re.escape(name)}( |$)")).click()
        expect(self.page.get_by_role("heading", name=name, level=1)).to_be_attached()

    # --- the list ----------------------------------------------------------------

    @property
    def rows(self) -> Locator:
        return self.page.get_by_role("grid").locator("[role=row]")

    def row(self, text: str) -> Locator:
        return self.rows.filter(has_text=text)

    def pick(self, text: str) -> None:
        """Choose a row."""
        self.row(text).locator(".pick").click()

    def search(self, query: str) -> None:
        box = self.page.get_by_role("combobox", name=self.words("searchMail"))
        box.fill(query)
        box.press("Enter")
        expect(self.page).to_have_url(re.compile(r"/mail/search\?q="))

    # --- a conversation ----------------------------------------------------------

    @property
    def reader(self) -> Locator:
        return self.page.get_by_role("region", name=self.words("readerConversation"))

    def read(self, text: str) -> None:
        """Open a row, and wait for the body of its newest message."""
        self.row(text).click()
        expect(self.reader.locator("article.open iframe").last).to_be_visible()

    @property
    def messages(self) -> Locator:
        return self.reader.locator("article")

    @property
    def body(self) -> FrameLocator:
        """Of the newest message that is open."""
        return self.reader.locator("article.open iframe").last.content_frame

    def tool(self, key: str) -> Locator:
        """A button above the conversation."""
        return self.reader.get_by_role("toolbar").get_by_role("button", name=self.words(key), exact=True)

    def choose(self, menu: Locator, key: str) -> None:
        """An item of a menu."""
        menu.click()
        self.page.get_by_role("menu").get_by_role("menuitem", name=self.words(key)).click()

    def back_to_list(self) -> None:
        if self.variant.is_phone:
            self.tool("readerBack").click()

    # --- what it says ------------------------------------------------------------

    @property
    def toasts(self) -> Locator:
        return self.page.get_by_role("region", name=self.words("notices"))

    def told(self, key: str, **values: object) -> None:
        """A notice says so."""
        expect(self.toasts).to_contain_text(self.words(key, **values))

    def undo(self) -> None:
        self.toasts.get_by_role("button", name=self.words("undo")).last.click()

    def dialog(self, name: str) -> Locator:
        return self.page.get_by_role("dialog", name=name)

    @contextmanager
    def download(self) -> Iterator[list[Download]]:
        """What is saved by what is done within."""
        saved: list[Download] = []
        with self.page.expect_download() as told:
            yield saved
        saved.append(told.value)
