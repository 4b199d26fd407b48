"""A person at the webmail in any engine, by the words that are on the screen."""

from typing import Any

from browser.words import Words
from engines.webdriver import Json, Page, eventually

ROW = "[role=grid] [role=row]"
FRAME = "article.open iframe"
EDITOR = ".composer [role=textbox][contenteditable]"
TOASTS = ".toasts"


class Reading:
    """One page of it."""

    def __init__(self, page: Page, base: str, user: str, words: Words) -> None:
        self.page = page
        self.base = base
        self.user = user
        self.words = words

    def log_in(self, password: str) -> None:
        self.page.go(f"{self.base}/login")
        self.page.type(self.page.find("input[autocomplete=username]"), f"{self.user}@demo.test")
        self.page.type(self.page.find("input[autocomplete=current-password]"), password)
        self.page.press(self.words("logIn"))
        self.page.find(ROW)

    def go(self, path: str = "/mail/inbox") -> None:
        self.page.go(self.base + path)
        self.page.find(ROW)

    # --- the list and what is read ---------------------------------------------------

    def row(self, text: str) -> Json:
        return self.page.find(ROW, text=text)

    def in_row(self, text: str, css: str) -> Json:
        found: Json = self.page.run("return arguments[0].querySelector(arguments[1])", self.row(text), css)
        return found

    def read(self, text: str) -> Json:
        """Open a row; the frame of its newest message, when the body is in it."""
        self.page.click(self.row(text))
        eventually(lambda: self.of_body("body.innerText.trim()"))
        return self.page.find(FRAME)

    def of_body(self, expression: str) -> Any:
        """Something of the document in the frame, as this page may look at it."""
        page = "const page = document.querySelector(arguments[0])?.contentDocument;"
        return self.page.run(f"{page} return page?.body && page.{expression}", FRAME)

    def told(self, key: str) -> None:
        self.page.find(TOASTS, text=self.words(key))

    def undo(self) -> None:
        eventually(
            lambda: self.page.click(self.page.find(f"{TOASTS} button", text=self.words("undo"))) or True
        )

    # --- what is written -------------------------------------------------------------

    def compose(self, to: str, subject: str) -> None:
        """A new message, the cursor in its text."""
        self.page.go(f"{self.base}/compose/new?to={to}@demo.test&subject={subject}")
        self.page.click(self.page.find(EDITOR))

    def written(self) -> str:
        return str(self.page.run("return document.querySelector(arguments[0]).innerHTML", EDITOR))

    def send(self) -> None:
        self.page.press(self.words("composeSend"), within=".composer")
        self.page.gone(".composer")
