"""Every screen, seen: a picture for a person to look at, and what axe has to say of it (WCAG 2.2 AA).

The pictures are tests/browser/artifacts/<screen>-<language>-<width>-<scheme>.png. Each screen is seen by
two of the four, so that each language, width and scheme has all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from browser.axe import violations
from browser.conftest import new_context
from browser.correspondence import Correspondence
from browser.guards import Guard, overflow
from browser.screens import LOGGED_OUT, SCREENS
from browser.webmail import Variant, Webmail
from harness import Server
from jmap_client import JmapClient

ARTIFACTS = Path(__file__).parent / "artifacts"
LABELS = {"cong-viec": {"name": "Công việc khẩn", "color": 4}, "travel": {"name": "Travel", "color": 2}}


@dataclass(frozen=True)
class Look:
    variant: Variant
    scheme: Literal["light", "dark"]

    @property
    def name(self) -> str:
        return f"{self.variant.name}-{self.scheme}"


LOOKS = (
    Look(Variant("alice", "en", 1366), "light"),
    Look(Variant("bob", "vi", 390), "dark"),
    Look(Variant("user1", "vi", 1366), "dark"),
    Look(Variant("user2", "en", 390), "light"),
)
SEEN = [
    pytest.param(
        look, name, id=f"{name}-{look.name}", marks=[pytest.mark.long] * (index // 2 % 2 != number % 2)
    )
    for number, look in enumerate(LOOKS)
    for index, name in enumerate(SCREENS)
    if index % 2 == number // 2
]
"""Each screen in one look, and in another one in the long run."""


class Seat:
    """One look: a page that is logged in, and one that is not."""

    def __init__(self, browser: Browser, server: Server, base: str, look: Look) -> None:
        self.look = look
        self.browser, self.base = browser, base
        self.contexts: list[BrowserContext] = []
        self.inside = self._page()
        self.outside = self._page()
        self.inside.page.goto(f"{base}/login")
        self.inside.log_in(server.password)
        expect(self.inside.rows.first).to_be_visible()

    def _page(self) -> Webmail:
        context = new_context(
            self.browser, self.look.variant, color_scheme=self.look.scheme, reduced_motion="reduce"
        )
        self.contexts.append(context)
        return Webmail(context.new_page(), self.base, self.look.variant, Guard(context, self.base))

    def see(self, name: str) -> Webmail:
        mail = self.outside if name in LOGGED_OUT else self.inside
        mail.page.unroute_all()
        # What waits there, also for a connection, must not hold up where the next one goes.
        mail.page.goto("about:blank")
        mail.page.context.set_offline(False)
        mail.guard.seen.clear()
        SCREENS[name](mail)
        return mail

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture(scope="module")
def seats(browser: Browser, server: Server, base: str) -> Iterator[dict[Look, Seat]]:
    known: dict[Look, Seat] = {}
    for look in LOOKS:
        Correspondence(server, look.variant.user).fill()
        JmapClient(server, look.variant.user).call(
            "Preferences/set", update={"singleton": {"labels": LABELS}}
        )
        known[look] = Seat(browser, server, base, look)
    yield known
    for seat in known.values():
        seat.close()


@pytest.mark.parametrize(("look", "name"), SEEN)
def test_screen(seats: dict[Look, Seat], look: Look, name: str) -> None:
    mail = seats[look].see(name)
    ARTIFACTS.mkdir(exist_ok=True)
    mail.page.screenshot(path=ARTIFACTS / f"{name}-{look.name}.png")
    assert not violations(mail.page)
    assert overflow(mail.page) <= 0
    mail.guard.check()
