"""Vietnamese by an input method, key by key: what is composed, and the keys that belong to it alone."""

from collections.abc import Callable, Iterable

from playwright.sync_api import CDPSession, Page

TYPED = "tiếng Việt"
WORDS = (
    ("t", "ti", "tie", "tiê", "tiên", "tiêng", "tiếng"),
    ("V", "Vi", "Vie", "Viê", "Viêt", "Việt"),
)
"""As Telex goes: `tieengs Vieetj`."""
PROCESSED = 229
"""The code of every key that an input method has taken (UI Events §7.3.1)."""
CODES = {"Enter": 13, "Escape": 27, "Backspace": 8, "Tab": 9}
CONTROL = 2

Check = Callable[[], None]


class InputMethod:
    """What Chromium hears from ibus, from a phone's keyboard or from Windows, at the focus of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._browser: CDPSession = page.context.new_cdp_session(page)

    def write(self, words: Iterable[tuple[str, ...]] = WORDS, before_last: Check | None = None) -> None:
        """Each word is composed and taken; `before_last` runs while the last is still composed."""
        for at, steps in enumerate(words):
            if at > 0:
                self.page.keyboard.press("Space")
            self.compose(steps)
            if before_last is not None and at == len(WORDS) - 1:
                before_last()
            self.take(steps[-1])

    def compose(self, steps: tuple[str, ...]) -> None:
        for text in steps:
            self.press(text[-1])
            told = {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
            self._browser.send("Input.imeSetComposition", told)

    def take(self, text: str) -> None:
        """The word is done."""
        self._browser.send("Input.insertText", {"text": text})

    def press(self, key: str, modifiers: int = 0) -> None:
        """A key that the input method has taken for itself: the page hears of it, and shall not act."""
        told = {"key": key, "windowsVirtualKeyCode": PROCESSED, "modifiers": modifiers}
        self._browser.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **told})
        own = CODES.get(key, ord(key.upper()[0]) & 0xFF)
        self._browser.send("Input.dispatchKeyEvent", {"type": "keyUp", **told, "windowsVirtualKeyCode": own})

    def retype(self) -> None:
        """As UniKey does it on Windows: no composition, but letters that are taken back and written again."""
        for word, steps in enumerate(WORDS):
            if word > 0:
                self.page.keyboard.press("Space")
            for before, after in zip(("", *steps), steps, strict=False):
                kept = next((at for at, letter in enumerate(before) if letter != after[at]), len(before))
                for _ in before[kept:]:
                    self.page.keyboard.press("Backspace")
                self.take(after[kept:])
        # The editor tidies up after a Backspace in a timer, which no hand on a keyboard overtakes.
        self.page.evaluate("new Promise((done) => setTimeout(done))")
