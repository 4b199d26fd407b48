"""The 64 hostile bodies in the webmail itself, in every place where a body can show (docs: webux §4.3).

body · enclosed message · print view · reply · forward · edited quotation · draft · signature · paste

`test_hostile` opens each body alone, with a mouse, behind each wall; here the app's own frames and its editor
show them by the dozen. winmail.dat is not unpacked: it is an attachment like any other.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Route, expect

from browser.webmail import Variant
from browser.words import Words
from harness import Server, eventually
from jmap_client import JmapClient

BODIES = {
    path.stem: path.read_text()
    for path in sorted((Path(__file__).parents[1] / "hostile" / "bodies").glob("*.html"))
}
TOO_DEEP = ("u04", "u05")
PER_MESSAGE = 16
SETTLE_MILLISECONDS = 150
SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
ALICE = Variant("alice", "en", 1366)
WORDS = Words("en")


def groups() -> dict[str, list[str]]:
    """Names of bodies by the subject of the message that holds them: what is too deep is one by itself."""
    names = [name for name in BODIES if name not in TOO_DEEP]
    found = {f"group {at}": names[at : at + PER_MESSAGE] for at in range(0, len(names), PER_MESSAGE)}
    return found | {name: [name] for name in TOO_DEEP}


def message(subject: str, names: list[str]) -> bytes:
    """All of them one after the other, each a part of its own; and once more in an enclosed message."""
    parts = "".join(f"--i\nContent-Type: text/html\n\n{BODIES[name]}\n" for name in names)
    body = f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="i"\n\n{parts}--i--\n'
    inner = f"From: inner@far.example\nSubject: inner\n{body}"
    outer = parts.replace("--i\n", "--o\n")
    head = f"From: x@far.example\nTo: alice@demo.test\nSubject: {subject}\nMIME-Version: 1.0\n"
    text = (
        f'{head}Content-Type: multipart/mixed; boundary="o"\n\n{outer}--o\n'
        f"Content-Type: message/rfc822\n\n{inner}--o\n"
        "Content-Type: application/ms-tnef; name=winmail.dat\n\nx\n--o--\n"
    )
    return text.replace("\n", "\r\n").encode()


@dataclass
class Watch:
    """What escapes in a context: scripts that run, requests to elsewhere and to what no body may ask for."""

    context: BrowserContext
    base: str
    scripts: set[str] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)

    def begin(self) -> None:
        self.context.expose_binding("pwn", lambda source, name: self.scripts.add(str(name)))
        self.context.route(self._is_foreign, self._stop)

    def _is_foreign(self, url: str) -> bool:
        own = url.startswith((f"{self.base}/", "data:", "blob:", "about:"))
        return not own or "/auth/logout" in url or "/px/" in url

    def _stop(self, route: Route) -> None:
        self.requests.add(route.request.url)
        route.fulfill(body="", content_type="text/html")

    def nothing(self, page: Page, where: str) -> None:
        page.wait_for_timeout(SETTLE_MILLISECONDS)
        assert (self.scripts, self.requests) == (set(), set()), where
        assert page.url.startswith(f"{self.base}/"), where


@pytest.fixture(scope="module")
def alice(server: Server) -> JmapClient:
    return JmapClient(server)


@pytest.fixture(scope="module")
def emails(server: Server, alice: JmapClient) -> dict[str, tuple[str, str]]:
    """Subject → ids of email and thread."""
    wanted = groups()
    for subject, names in wanted.items():
        server.deliver(message(subject, names), "alice")

    def found() -> dict[str, tuple[str, str]] | None:
        ids = alice.call("Email/query", limit=200)["ids"]
        told = alice.call("Email/get", ids=ids, properties=["subject", "threadId"])["list"]
        known = {one["subject"]: (one["id"], one["threadId"]) for one in told}
        return known if set(known) >= set(wanted) else None

    return eventually(found) or {}


@pytest.fixture(scope="module")
def watch(
    browser: Browser, base: str, logged_in: Callable[[Variant], object], emails: dict[str, tuple[str, str]]
) -> Iterator[Watch]:
    context = browser.new_context(
        storage_state=logged_in(ALICE),  # type: ignore[arg-type]
        viewport={"width": 1366, "height": 900},
        locale="en-GB",
    )
    context.set_default_timeout(20_000)
    watching = Watch(context, base)
    watching.begin()
    yield watching
    context.close()


@pytest.fixture
def page(watch: Watch) -> Iterator[Page]:
    opened = watch.context.new_page()
    yield opened
    opened.close()


def shown(frame: FrameLocator) -> None:
    expect(frame.locator("body")).to_be_attached()
    expect(frame.locator("script")).to_have_count(0)


def lab(page: Page, base: str) -> None:
    """An empty page of the same origin that does nothing against anything."""
    page.route("**/lab", lambda route: route.fulfill(body="<!DOCTYPE html>", content_type="text/html"))
    page.goto(f"{base}/lab")


def test_control_the_watch_sees_what_escapes(watch: Watch, page: Page, base: str) -> None:
    lab(page, base)
    for text in (text for name, text in BODIES.items() if not name.startswith("n")):
        page.evaluate(
            "text => { const one = document.createElement('iframe'); one.srcdoc = text;"
            "document.body.append(one); }",
            text,
        )
    for _ in range(100):
        page.wait_for_timeout(SETTLE_MILLISECONDS)
        if len(watch.scripts) >= 15 and len(watch.requests) >= 20:
            break
    scripts, requests = len(watch.scripts), len(watch.requests)
    watch.scripts.clear()
    watch.requests.clear()
    assert scripts >= 15 and requests >= 20, (scripts, requests)


@pytest.mark.parametrize("subject", groups())
def test_in_the_reader_and_on_paper(
    watch: Watch, page: Page, base: str, emails: dict[str, tuple[str, str]], subject: str
) -> None:
    page.goto(f"{base}/mail/inbox/t/{emails[subject][1]}")
    frame = page.locator("article.open iframe")
    expect(frame).to_have_attribute("sandbox", SANDBOX)
    shown(frame.content_frame)
    watch.nothing(page, "reader")
    page.emulate_media(media="print")
    page.pdf()
    page.emulate_media(media="screen")
    watch.nothing(page, "print")
    page.get_by_role("button", name="message.eml", exact=True).click()
    inner = page.get_by_role("dialog").locator("iframe")
    expect(inner).to_have_attribute("sandbox", SANDBOX)
    shown(inner.content_frame)
    watch.nothing(page, "enclosed")
    assert page.locator("iframe").count() == 2
    # winmail.dat: only to be saved.
    assert page.get_by_role("button", name="winmail.dat", exact=True).count() == 0


@pytest.mark.parametrize("mode", ["reply", "forward"])
@pytest.mark.parametrize("subject", groups())
def test_quoted_in_the_composer(
    watch: Watch, page: Page, base: str, emails: dict[str, tuple[str, str]], subject: str, mode: str
) -> None:
    page.goto(f"{base}/compose/new?mode={mode}&email={emails[subject][0]}")
    page.get_by_role("button", name=WORDS("composeShowQuote")).click()
    quote = page.locator(".quote iframe")
    expect(quote).to_have_attribute("sandbox", SANDBOX)
    shown(quote.content_frame)
    watch.nothing(page, mode)
    page.get_by_role("button", name=WORDS("composeEditQuote")).click()
    harmless(page)
    watch.nothing(page, f"{mode}, edited")


HARMLESS = """root => {
  const tags = /^(SCRIPT|STYLE|IFRAME|OBJECT|EMBED|FORM|INPUT|BUTTON|SVG|MATH|LINK|META|BASE|VIDEO|AUDIO)$/i;
  const names = /^on|^style$|^srcset$|^background$|^formaction$|^name$|^id$/;
  const found = [];
  for (const one of root.querySelectorAll('*')) {
    const isLink = /^\\s*(javascript|data|vbscript)/i.test(one.getAttribute('href') ?? '');
    if (tags.test(one.tagName) || isLink || one.getAttributeNames().some((name) => names.test(name)))
      found.push(one.cloneNode(false).outerHTML);
  }
  return found;
}"""


def harmless(page: Page) -> None:
    """The editor holds nothing but what it makes itself."""
    assert page.locator(".composer .text").evaluate(HARMLESS) == []


def test_pasted_into_the_composer(watch: Watch, page: Page, base: str) -> None:
    """As another program puts it on the clipboard."""
    page.goto(f"{base}/compose/new")
    editor = page.locator(".composer .text")
    for body in together(8):
        editor.evaluate(
            "(root, html) => { const data = new DataTransfer(); data.setData('text/html', html);"
            "data.setData('text/plain', 'plain'); const event = new ClipboardEvent('paste', "
            "{ clipboardData: data, bubbles: true, cancelable: true });"
            "root.replaceChildren(document.createElement('div')); root.focus();"
            "(document.activeElement ?? root).dispatchEvent(event); }",
            body,
        )
        harmless(page)
    watch.nothing(page, "paste")


def together(count: int) -> list[str]:
    """So many bodies a piece."""
    texts = [f"<div>{text}</div>" for text in BODIES.values()]
    return ["".join(texts[at : at + count]) for at in range(0, len(texts), count)]


@pytest.fixture(scope="module")
def drafts(alice: JmapClient) -> list[str]:
    """Ids of drafts with eight bodies each, as another program may leave them, with our quotation's mark."""
    folder = alice.call("Mailbox/query", filter={"role": "drafts"})["ids"][0]
    create = {}
    for at, html in enumerate(together(16)):
        create[f"d{at}"] = {
            "mailboxIds": {folder: True},
            "keywords": {"$draft": True},
            "subject": f"draft {at}",
            "htmlBody": [{"partId": "h", "type": "text/html"}],
            "bodyValues": {"h": {"value": f'{html}<div class="bocau-quote">{html}</div>'}},
        }
    made = alice.call("Email/set", create=create)
    assert not made["notCreated"], made
    return [one["id"] for one in made["created"].values()]


def test_drafts_that_are_opened_again(watch: Watch, page: Page, base: str, drafts: list[str]) -> None:
    for draft in drafts:
        page.goto(f"{base}/compose/{draft}")
        expect(page.locator(".composer .text")).to_be_visible()
        harmless(page)
        edit = page.get_by_role("button", name=WORDS("composeShowQuote"))
        if edit.count():
            edit.click()
            page.get_by_role("button", name=WORDS("composeEditQuote")).click()
            harmless(page)
    watch.nothing(page, "draft")


def test_written_anew_from_a_message_with_our_mark(
    watch: Watch, page: Page, base: str, server: Server, alice: JmapClient
) -> None:
    """A saved quotation goes out as it is; what another puts into one does not go out in one's own name."""
    html = '<p>hello<div class="bocau-quote"><script>pwn("q")</script><img src=https://canary.test/q></div>'
    head = "From: x@far.example\r\nSubject: anew\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n"
    server.deliver(f"{head}{html}\r\n".encode(), "alice")
    found = eventually(lambda: alice.call("Email/query", filter={"subject": "anew"})["ids"])[0]
    page.goto(f"{base}/compose/new?mode=editAsNew&email={found}")
    expect(page.locator(".composer .text")).to_contain_text("hello")
    assert page.get_by_role("button", name=WORDS("composeShowQuote")).count() == 0
    harmless(page)
    watch.nothing(page, "written anew")


def test_in_a_signature(watch: Watch, page: Page, base: str, alice: JmapClient) -> None:
    """The account's own, but perhaps pasted from somebody's mail."""
    identity = alice.call("Identity/get")["list"][0]["id"]
    for at, html in enumerate(together(16)):
        told = alice.call("Identity/set", update={identity: {"htmlSignature": html}})
        assert told["updated"], told
        page.goto(f"{base}/compose/new")
        expect(page.locator(".composer .text")).to_be_visible()
        harmless(page)
        watch.nothing(page, f"signature {at}")
        page.goto(f"{base}/settings/writing")
        page.get_by_role("button", name=WORDS("setSignatureEdit")).first.click()
        expect(page.locator(".editor .text")).to_be_visible()
        for place in (".paper", ".editor .text"):
            assert page.locator(place).first.evaluate(HARMLESS) == [], place
        watch.nothing(page, f"signature {at} in the settings")
    alice.call("Identity/set", update={identity: {"htmlSignature": ""}})


# --- around the body ------------------------------------------------------------------------------

MARK = "\"'><img src=x onerror=pwn('t1')><script>pwn('t1')</script>"
SHORT_MARK = "\"'><img src=x onerror=pwn('t1')>"
HOSTILE_FIELDS = (
    f"From: {json.dumps(MARK)} <x@far.example>\r\n"
    f"To: {json.dumps(MARK)} <alice@demo.test>\r\nSubject: {MARK}\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    "http://far.example/a\"onmouseover=pwn('t2') [ref] <http://far.example/'><script>pwn('t2')</script>>\r\n"
    "javascript:pwn('t2') mailto:x@y?body=<script>pwn('t7')</script>&attach=/etc/passwd\r\n"
)
FILES = (
    ("text/html", "page.html", "<script>pwn('t3')</script>"),
    ("image/svg+xml", "picture.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='pwn(`t3`)'/>"),
    (
        "application/xhtml+xml",
        "page.xhtml",
        "<html xmlns='http://www.w3.org/1999/xhtml'><script>pwn('t3')</script></html>",
    ),
    ("text/xml", "page.xml", "<x xmlns='http://www.w3.org/1999/xhtml'><script>pwn('t3')</script></x>"),
    (
        "text/calendar",
        "meet.ics",
        "BEGIN:VCALENDAR\nDESCRIPTION:<script>pwn('t5')</script>\nURL:javascript:pwn('t5')\nEND:VCALENDAR",
    ),
    ("text/vcard", "card.vcf", "BEGIN:VCARD\nNOTE:<script>pwn('t6')</script>\nEND:VCARD"),
    (f"application/{MARK}", "../../x", "x"),
    ("text/plain", SHORT_MARK, "<script>pwn('t3')</script>"),
    ("application/octet-stream", "invoice‮fdp.exe", "MZ"),
    ("message/rfc822", "x.eml", f"Subject: {MARK}\r\nFrom: {json.dumps(MARK)} <x@y.example>\r\n\r\nhi"),
)


def around() -> bytes:
    parts = "".join(
        f"--b\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; "
        f"filename={json.dumps(name, ensure_ascii=False)}\r\n\r\n{text}\r\n"
        for kind, name, text in FILES
    )
    text = f"{HOSTILE_FIELDS}{parts}--b--\r\n"
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


@pytest.mark.parametrize("variant", ["light", "dark"])
def test_what_stands_around_a_body_is_text(
    watch: Watch, page: Page, base: str, server: Server, alice: JmapClient, variant: str
) -> None:
    """t1–t7: list, title bar, headers, attachments, folders, labels, toasts, completion, print."""
    page.emulate_media(color_scheme=variant)  # type: ignore[arg-type]
    folder = alice.call("Mailbox/set", create={"f": {"name": f"{SHORT_MARK} {variant}"}})["created"]["f"][
        "id"
    ]
    server.deliver(around(), "alice")
    found = eventually(lambda: alice.call("Email/query", filter={"subject": "onerror"})["ids"])[0]
    told = alice.call("Email/get", ids=[found], properties=["threadId", "attachments"])["list"][0]
    page.goto(f"{base}/mail/inbox")
    expect(page.get_by_text(MARK).first).to_be_visible()
    page.goto(f"{base}/mail/inbox/t/{told['threadId']}")
    shown(page.locator("article.open iframe").first.content_frame)
    page.get_by_role("button", name=WORDS("readerDetails")).click()
    watch.nothing(page, "headers")
    names = page.locator("article.open section li .name").all_inner_texts()
    assert not any("/" in name.replace("</script>", "") or "‮" in name for name in names), names
    # What looks like a page is not offered to be looked at; plain text is looked at as text.
    assert (
        page.get_by_role("button", name=re.compile(r"\.(html|svg|xhtml|xml|ics|vcf)$"), exact=True).count()
        == 0
    )
    page.locator("article.open section li button.name", has_text="onerror").first.click()
    expect(page.get_by_role("dialog").locator("pre")).to_have_text(re.compile("<script>"))
    page.keyboard.press("Escape")
    page.locator("article.open section li button.name").last.click()
    expect(page.get_by_role("dialog")).to_contain_text(MARK[:20])
    watch.nothing(page, "attachments")
    page.keyboard.press("Escape")
    page.goto(f"{base}/mail/{folder}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(MARK[:20])
    page.goto(f"{base}/mail/search?q={MARK.replace('#', '')}")
    page.goto(f"{base}/compose/new?mode=replyAll&email={found}")
    expect(page.locator(".composer .text")).to_be_visible()
    page.goto(f"{base}/compose/new?to={MARK}&subject={MARK}&body={MARK}")
    expect(page.locator(".composer .text")).to_be_visible()
    harmless(page)
    watch.nothing(page, "composer")
    alice.call("Email/set", destroy=[found])


@pytest.mark.parametrize(
    "kind", [one[0] for one in FILES[:6]] + ["application/pdf", "text/javascript", "x/y"]
)
def test_a_download_is_never_a_page(
    watch: Watch, page: Page, base: str, alice: JmapClient, kind: str
) -> None:
    """t3: even by its address in a window of its own, whatever type is asked for."""
    blob = alice.upload(b"<html xmlns='http://www.w3.org/1999/xhtml'><script>pwn('t3')</script></html>", kind)
    path = f"/jmap/download/{alice.account}/{blob['blobId']}/x?type={kind}"
    answer = alice.ask("GET", path)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    lab(page, base)
    with page.expect_download():
        page.evaluate("path => { location.href = path }", path)
    page.evaluate(
        "path => { for (const [name, at] of [['iframe', 'src'], ['embed', 'src'], ['object', 'data']]) {"
        "const one = document.createElement(name); one.setAttribute(at, path);"
        "document.body.append(one); } }",
        path,
    )
    watch.nothing(page, kind)
