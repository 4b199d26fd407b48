"""A real browser at a real server: Debian's Chromium, by Playwright, with guards that make any test fail.

The headless shell is the same engine without the windows of a desktop, which nobody sees here and which cost
two thirds of the time.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, StorageState, expect, sync_playwright

from browser.correspondence import Correspondence
from browser.guards import Guard
from browser.webmail import Variant, Webmail
from harness import HOST, Server

CHROMIUMS = ("chromium-headless-shell", "chromium")
"""The first that is there."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
WAIT_MILLISECONDS = 30_000
LOCALES = {"en": "en-GB", "vi": "vi-VN"}
VARIANTS = (
    Variant("alice", "en", 1366),
    Variant("bob", "vi", 1366),
    Variant("user1", "en", 390),
    Variant("user2", "vi", 390),
)
"""An account for each: what one of them changes, no other sees."""


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        expect.set_options(timeout=WAIT_MILLISECONDS)
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One for a file of tests: while it is open, its event loop is the process's."""
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed; `make packages` installs it")
        pytest.skip("chromium is not installed; `make packages` installs it where root and apt are there")
    opened = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def base(server: Server) -> str:
    return f"http://{HOST}:{server.port('http')}"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(one, id=one.name, marks=[] if one in (VARIANTS[0], VARIANTS[3]) else pytest.mark.long)
        for one in VARIANTS
    ],
)
def variant(request: pytest.FixtureRequest) -> Variant:
    """Both languages, on a desk and in a hand; the other two pairs in the long run."""
    chosen: Variant = request.param
    return chosen


def new_context(browser: Browser, variant: Variant, **more: Any) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": variant.width, "height": variant.height},
        has_touch=variant.is_phone,
        locale=LOCALES[variant.language],
        **more,
    )
    context.set_default_timeout(WAIT_MILLISECONDS)
    return context


@pytest.fixture(scope="module")
def logged_in(browser: Browser, server: Server, base: str) -> Callable[[Variant], StorageState]:
    """Fills the account and logs in, as a person does, once; the cookies are used again by every test."""
    known: dict[Variant, StorageState] = {}
    filled: set[Variant] = set()

    def storage(variant: Variant) -> StorageState:
        if variant not in filled:
            filled.add(variant)
            Correspondence(server, variant.user).fill()
        if variant not in known:
            known[variant] = _log_in(browser, variant, base, server.password)
        return known[variant]

    return storage


def _log_in(browser: Browser, variant: Variant, base: str, password: str) -> StorageState:
    context = new_context(browser, variant)
    guard = Guard(context, base)
    mail = Webmail(context.new_page(), base, variant, guard)
    mail.page.goto(f"{base}/login")
    mail.log_in(password)
    expect(mail.rows.first).to_be_visible()
    guard.check()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def mail(
    browser: Browser, base: str, variant: Variant, logged_in: Callable[[Variant], StorageState]
) -> Iterator[Webmail]:
    """The webmail, logged in; nothing unexpected may happen in it."""
    context = new_context(browser, variant, storage_state=logged_in(variant), accept_downloads=True)
    guard = Guard(context, base)
    yield Webmail(context.new_page(), base, variant, guard)
    context.close()
    guard.check()
