"""64 hostile bodies in a real browser: nothing runs, nothing is loaded, nobody is led away.

body · enclosed message · quotation for the composer     as the webmail opens them: both walls
cleaned, without sandbox and policy                       the second wall alone
as it came, in sandbox and policy                         the first wall alone
as it came, in a bare frame                               control: the same harness sees them all escape
"""

import base64
import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, Route

from harness import HOST, Server, eventually

BODIES = {
    path.stem: path.read_text()
    for path in sorted((Path(__file__).parents[1] / "hostile" / "bodies").glob("*.html"))
}
SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
GIF = bytes.fromhex("47494638396101000100800000c8c8c800000021f90400000000002c00000000010001000002024401003b")
TO_CLICK = ("x06", "x07", "x08", "x09", "x22", "x24", "x25", "x29", "x27")
SETTLE_MILLISECONDS = 100
LEADING = ("n01", "n02", "n03")
TOO_DEEP = ("u04", "u05")


class Jmap:
    """Calls as alice."""

    def __init__(self, server: Server) -> None:
        self.base = f"http://{HOST}:{server.port('http')}"
        login = base64.b64encode(f"alice@demo.test:{server.password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
        session = json.load(self._open("/jmap/session"))
        self.account = next(iter(session["accounts"]))

    def _open(self, path: str, body: bytes | None = None) -> Any:
        return urllib.request.urlopen(
            urllib.request.Request(self.base + path, body, self.headers), timeout=60
        )

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        using = [f"urn:ietf:params:jmap:{one}" for one in ("core", "mail")] + ["urn:bocau:params:jmap"]
        calls = [[name, {"accountId": self.account, **arguments}, "0"]]
        request = json.dumps({"using": using, "methodCalls": calls}).encode()
        answered, told, _ = json.load(self._open("/jmap/api", request))["methodResponses"][0]
        assert answered == name, told
        return dict(told)

    def read(self, path: str) -> tuple[bytes, Any]:
        with urllib.request.urlopen(self.base + path, timeout=60) as answer:
            return answer.read(), answer.headers


def message(name: str, body: str) -> bytes:
    html = f"Content-Type: text/html; charset=utf-8\r\n\r\n{body}\r\n"
    inner = f"From: inner@far.example\r\nSubject: inner {name}\r\nMIME-Version: 1.0\r\n{html}"
    head = f"From: x@far.example\r\nTo: alice@demo.test\r\nSubject: {name}\r\nMIME-Version: 1.0\r\n"
    return (
        (
            f"{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{html}--b\r\n"
            f"Content-Type: message/rfc822\r\n\r\n{inner}--b--\r\n"
        )
        .encode()
        .replace(b"\r\n", b"\n")
        .replace(b"\n", b"\r\n")
    )


@pytest.fixture(scope="module")
def jmap(server: Server) -> Jmap:
    return Jmap(server)


@pytest.fixture(scope="module")
def emails(server: Server, jmap: Jmap) -> dict[str, str]:
    """Name → id of the email with that body."""
    for name, body in BODIES.items():
        server.deliver(message(name, body), "alice")

    def found() -> dict[str, str]:
        ids = jmap.call("Email/query", limit=200)["ids"]
        told = jmap.call("Email/get", ids=ids, properties=["id", "subject"])["list"]
        return {one["subject"]: one["id"] for one in told if one["subject"] in BODIES}

    return eventually(lambda: all_found if len(all_found := found()) == len(BODIES) else None) or {}


def views(jmap: Jmap, ids: dict[str, str], **more: Any) -> dict[str, dict[str, Any]]:
    """Name → EmailView."""
    asked = list(ids.items())
    told: dict[str, dict[str, Any]] = {}
    for start in range(0, len(asked), 40):
        portion = dict(asked[start : start + 40])
        names = {email: name for name, email in portion.items()}
        answer = jmap.call("EmailView/get", ids=list(names), **more)
        assert not answer["notFound"]
        told |= {names[one["id"]]: one for one in answer["list"]}
    return told


@dataclass
class Seen:
    """What escaped."""

    scripts: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)
    """Requests to the server's own origin that no harmless body makes."""
    led_away: set[str] = field(default_factory=set)
    """Where the lab's own page was to go."""
    windows: set[str] = field(default_factory=set)
    """What a click opened beside it: that is what links are for."""


class Lab:
    """Opens frames on a page of the server's own origin, and watches."""

    def __init__(
        self, browser: Browser, base: str, frame_of: Callable[[str], str], pages: dict[str, tuple[str, str]]
    ) -> None:
        """`frame_of`: name → the element that shows it. `pages`: path → (policy, HTML) of the lab's own."""
        self.base = base
        self.frame_of = frame_of
        self.pages = pages
        self.seen = Seen()
        self.opened: list[Page] = []
        self.context: BrowserContext = browser.new_context()
        self.context.route("**/*", self._request)
        self.context.expose_binding("pwn", lambda source, name: self.seen.scripts.add(str(name)))

    def _request(self, route: Route) -> None:
        url = route.request.url
        path = url.removeprefix(self.base)
        if path == "/lab":
            route.fulfill(body=self.document, content_type="text/html; charset=utf-8")
        elif path in self.pages:
            policy, html = self.pages[path]
            headers = {"content-security-policy": policy} if policy else {}
            route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=headers)
        elif path.startswith(("/px/", "/cid/")):
            self.seen.own.add(path[:4])
            route.fulfill(body=GIF, content_type="image/gif")
        elif url.startswith(self.base) and path.startswith("/view/"):
            route.continue_()
        else:
            self._kind(route.request, path).add(path)
            route.fulfill(body="", content_type="text/html")

    def _kind(self, request: Request, path: str) -> set[str]:
        if request.is_navigation_request():
            try:
                frame = request.frame
            except Error:
                return self.seen.windows  # a window so new that it has no frame yet
            if frame.parent_frame is None:
                return self.seen.led_away if frame.page in self.opened else self.seen.windows
        return self.seen.own if request.url.startswith(self.base) else self.seen.loads

    def _open(self, names: list[str]) -> Page:
        frames = "".join(f"<div>{self.frame_of(name)}</div>" for name in names)
        style = "<style>iframe,.quote{display:block;width:500px;height:60px;contain:strict}</style>"
        self.document = f"<!DOCTYPE html><meta charset=utf-8>{style}{frames}"
        page = self.context.new_page()
        self.opened.append(page)
        page.goto(f"{self.base}/lab", wait_until="networkidle")
        return page

    def run(self) -> Seen:
        """All bodies side by side; then with a mouse; then each that leads away, alone."""
        page = self._open([name for name in BODIES if name not in LEADING])
        for name in TO_CLICK:
            self._click(page, name)
        for name in LEADING:
            self._click(self._open([name]), name)
        # Closed all at once, by the context: a page alone waits for windows that its links have opened.
        self.context.close()
        return self.seen

    def _click(self, page: Page, name: str) -> None:
        element = page.locator(f"#{name}")
        element.scroll_into_view_if_needed()
        box = element.bounding_box()
        assert box is not None
        for x in (20, 45, 120, 190):
            for y in (12, 22, 32):
                if page.url == f"{self.base}/lab":
                    page.mouse.click(box["x"] + x, box["y"] + y)
        # Nothing to wait for where nothing is to happen: time for what a click might have begun.
        page.wait_for_timeout(SETTLE_MILLISECONDS)


def framed(urls: dict[str, str]) -> Callable[[str], str]:
    return lambda name: f'<iframe id={name} sandbox="{SANDBOX}" src="{escape(urls[name])}"></iframe>'


def nothing(seen: Seen) -> None:
    assert seen.scripts == set()
    assert seen.loads == set()
    assert seen.led_away == set()
    assert seen.own == set()


def test_control_the_harness_sees_what_escapes(browser: Browser, jmap: Jmap) -> None:
    def bare(name: str) -> str:
        return f'<iframe id={name} srcdoc="{escape(BODIES[name])}"></iframe>'

    seen = Lab(browser, jmap.base, bare, {}).run()
    assert len([name for name in seen.scripts if name.startswith(("x", "1"))]) >= 20, seen.scripts
    loaded = {path.rpartition("/")[2][:3] for path in seen.loads}
    assert len(loaded) >= 20, loaded
    away = {path.rpartition("/")[2].partition("?")[0] for path in seen.led_away}
    assert away == {"n01", "n02", "logout"}, away


def test_no_body_escapes(browser: Browser, jmap: Jmap, emails: dict[str, str]) -> None:
    urls = {name: view["url"] for name, view in views(jmap, emails).items()}
    nothing(Lab(browser, jmap.base, framed(urls), {}).run())


def test_no_enclosed_message_escapes(browser: Browser, jmap: Jmap, emails: dict[str, str]) -> None:
    urls = {
        name: one["url"]
        for name, one in views(jmap, {name: f"{email}_2" for name, email in emails.items()}).items()
    }
    nothing(Lab(browser, jmap.base, framed(urls), {}).run())


def test_images_that_are_shown_come_from_here(browser: Browser, jmap: Jmap, emails: dict[str, str]) -> None:
    urls = {name: view["url"] for name, view in views(jmap, emails, images="shown").items()}
    seen = Lab(browser, jmap.base, framed(urls), {}).run()
    assert seen.own == {"/px/"}
    seen.own.clear()
    nothing(seen)


def test_no_quotation_escapes_in_a_composer(browser: Browser, jmap: Jmap, emails: dict[str, str]) -> None:
    """In a document of the webmail's own origin, and without its policy."""
    quotes = {name: one["quoteHtml"] for name, one in views(jmap, emails, properties=["quoteHtml"]).items()}

    def editor(name: str) -> str:
        return f"<div class=quote id={name} contenteditable>{quotes[name]}</div>"

    seen = Lab(browser, jmap.base, editor, {}).run()
    nothing(seen)


def test_the_cleaning_alone_holds(browser: Browser, jmap: Jmap, emails: dict[str, str]) -> None:
    told = views(jmap, emails)
    pages = {f"/lab/{name}": ("", jmap.read(view["url"])[0].decode()) for name, view in told.items()}

    def bare(name: str) -> str:
        return f"<iframe id={name} src=/lab/{name}></iframe>"

    nothing(Lab(browser, jmap.base, bare, pages).run())


def test_sandbox_and_policy_alone_hold(browser: Browser, jmap: Jmap, emails: dict[str, str]) -> None:
    url = views(jmap, {"x01": emails["x01"]})["x01"]["url"]
    policy = jmap.read(url)[1]["content-security-policy"]
    pages = {f"/lab/{name}": (policy, body) for name, body in BODIES.items()}
    nothing(Lab(browser, jmap.base, framed({name: f"/lab/{name}" for name in BODIES}), pages).run())


def test_the_page_says_what_it_may_not(jmap: Jmap, emails: dict[str, str]) -> None:
    _, headers = jmap.read(views(jmap, {"x01": emails["x01"]})["x01"]["url"])
    assert headers["content-security-policy"] == (
        f"default-src 'none'; img-src data: {jmap.base}/cid/ {jmap.base}/px/; style-src 'unsafe-inline'; "
        f"form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox {SANDBOX}"
    )
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"


def test_what_is_too_deep_is_shown_as_text(jmap: Jmap, emails: dict[str, str]) -> None:
    for name, view in views(jmap, {name: emails[name] for name in TOO_DEEP}).items():
        assert view["kind"] == "text", name
        assert "deep" in jmap.read(view["url"])[0].decode() or name == "u05"
