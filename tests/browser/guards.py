"""What makes a test fail wherever it happens: errors, broken policies, requests to anywhere else."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

LOUD = ("error", "warning")
KNOWN = ("https://svelte.dev/e/derived_inert",)
"""A screen that goes while it is still being loaded: Svelte mentions it, nothing is wrong on the page."""
HARMLESS = ("data:", "blob:", "about:")


class Guard:
    """Watches every page of a context; `check` tells what a test has not expected."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.base = base
        self.seen: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        context.on("console", self._said)
        context.on("weberror", self._failed)
        context.on("request", self._asked)

    def expect(self, pattern: str) -> None:
        """What matches is no fault in this test."""
        self._expected.append(re.compile(pattern))

    def check(self) -> None:
        unexpected = [one for one in self.seen if not any(each.search(one) for each in self._expected)]
        assert not unexpected, unexpected

    def _said(self, message: ConsoleMessage) -> None:
        # A broken Content-Security-Policy is an error of the console, too.
        if message.type in LOUD and message.text not in KNOWN:
            self.seen.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _failed(self, error: WebError) -> None:
        self.seen.append(f"error: {error.error}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.base}/", *HARMLESS)):
            self.seen.append(f"request: {request.url}")


def overflow(page: Page) -> int:
    """How far the page can be moved sideways, in px; a person should never have to."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
