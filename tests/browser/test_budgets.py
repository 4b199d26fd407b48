"""What the webmail costs, in bytes over the wire and requests, not in times: those are for `make bench`."""

import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Request, expect

from browser.conftest import new_context
from browser.correspondence import REPORT, Correspondence
from browser.guards import Guard
from browser.webmail import Variant, Webmail
from harness import Server

KB = 1024
INBOX_SCRIPT_BYTES_MAX = 70 * KB
INBOX_STYLE_BYTES_MAX = 12 * KB
READER_BYTES_MAX = 15 * KB
COMPOSER_BYTES_MAX = 45 * KB
SETTINGS_BYTES_MAX = 25 * KB
LIST_REQUESTS_MAX = 1
LIST_NODES_MAX = 400
ALICE = Variant("alice", "vi", 1366)


class Wire:
    """What a page asks for, and how many bytes a file is with gzip."""

    def __init__(self, mail: Webmail) -> None:
        self.base = mail.base
        self.asked: list[Request] = []
        mail.page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        self.asked.append(request)

    def take(self) -> list[Request]:
        """Since the last time."""
        taken, self.asked[:] = self.asked[:], []
        return taken

    def size(self, requests: list[Request], suffix: str) -> int:
        paths = {urlsplit(one.url).path for one in requests}
        return sum(self._gzipped(path) for path in paths if path.endswith(suffix))

    def _gzipped(self, path: str) -> int:
        request = urllib.request.Request(self.base + path, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            # What is very small is sent as it is.
            return len(answer.read())


def data(requests: list[Request]) -> list[Request]:
    return [one for one in requests if urlsplit(one.url).path.startswith(("/jmap/api", "/auth/"))]


@pytest.fixture(scope="module")
def filled(server: Server) -> None:
    Correspondence(server, ALICE.user).fill()


@pytest.fixture
def mail(browser: Browser, base: str, filled: None) -> Iterator[Webmail]:
    """Nobody is logged in, nothing is in the cache."""
    context = new_context(browser, ALICE)
    guard = Guard(context, base)
    yield Webmail(context.new_page(), base, ALICE, guard)
    context.close()
    guard.check()


def test_from_the_login_to_the_inbox(mail: Webmail, server: Server) -> None:
    wire = Wire(mail)
    mail.page.goto(f"{mail.base}/login")
    mail.page.get_by_label(mail.words("password")).wait_for()
    before = wire.take()
    mail.log_in(server.password)
    mail.row(REPORT).first.wait_for()
    after = wire.take()
    scripts, styles = wire.size(before + after, ".js"), wire.size(before + after, ".css")
    print(f"login to inbox: scripts {scripts} bytes, styles {styles} bytes, gzipped")
    assert scripts <= INBOX_SCRIPT_BYTES_MAX
    assert styles <= INBOX_STYLE_BYTES_MAX
    assert len([one for one in data(after) if not one.url.endswith("/auth/login")]) <= LIST_REQUESTS_MAX

    for place in ("/mail/inbox", "/mail/sent", "/mail/search?q=a"):
        mail.go(place)
        mail.page.wait_for_load_state("networkidle")
        again = data(wire.take())
        assert len(again) <= LIST_REQUESTS_MAX, [one.post_data for one in again]


def lazily(mail: Webmail, server: Server, go: Callable[[], None]) -> int:
    """The bytes of scripts that come only when they are needed."""
    wire = Wire(mail)
    mail.page.goto(f"{mail.base}/login")
    mail.log_in(server.password)
    mail.row(REPORT).first.wait_for()
    wire.take()
    go()
    size = wire.size(wire.take(), ".js")
    print(f"{size} bytes, gzipped")
    assert size > 0
    return size


def test_the_reader(mail: Webmail, server: Server) -> None:
    assert lazily(mail, server, lambda: mail.read(REPORT)) <= READER_BYTES_MAX


def test_the_composer(mail: Webmail, server: Server) -> None:
    def write() -> None:
        mail.page.keyboard.press("c")
        expect(mail.page.get_by_role("textbox", name=mail.words("composeBody"))).to_be_visible()

    assert lazily(mail, server, write) <= COMPOSER_BYTES_MAX


def test_the_settings(mail: Webmail, server: Server) -> None:
    def settings() -> None:
        name = mail.words("accountMenu", name="alice@demo.test")
        mail.choose(mail.page.get_by_role("button", name=name), "settings")
        mail.page.get_by_role("link", name=mail.words("setSecurity")).click()
        expect(mail.page.get_by_role("heading", name=mail.words("setSessions"))).to_be_visible()

    assert lazily(mail, server, settings) <= SETTINGS_BYTES_MAX


def test_a_list_has_few_nodes(mail: Webmail, server: Server) -> None:
    mail.page.goto(f"{mail.base}/login")
    mail.log_in(server.password)
    mail.row(REPORT).first.wait_for()
    count = "document.querySelectorAll('[role=grid] *').length"
    for density in ("densityRoomy", "densityNormal", "densityCompact"):
        mail.page.get_by_role("button", name=mail.words("viewOptions")).click()
        mail.page.get_by_role("menuitemcheckbox", name=mail.words(density)).click()
        assert mail.page.evaluate(count) <= LIST_NODES_MAX, density
